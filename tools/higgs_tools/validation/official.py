"""All that is known of the official data: real rows, moments and responses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from higgs_tools.validation.earlier_rows import read_all_real
from higgs_tools.validation.moments import OfficialMoments, read_moments
from higgs_tools.validation.responses import OfficialResponse, read_responses
from higgs_tools.validation.samples import Sample


@dataclass(frozen=True)
class Official:
    """The official data of a folder; empty without one.

    Attributes:
        rows: real rows of each process that has any, by the name of their sample.
        moments: of the VBF regions, from full statistics.
        responses: of regions' yields, from full statistics.
    """

    rows: Mapping[str, Mapping[str, Sample]] = field(default_factory=dict)
    moments: Sequence[OfficialMoments] = ()
    responses: Sequence[OfficialResponse] = ()


def read_official(folder: Path) -> Official:
    """Read what a folder holds of the official data.

    Args:
        folder: with the official parquet file and its metadata, whole or a piece; and, as far as there are any,
            official_PROCESS.parquet, official_moments.json and official_responses.json.

    Returns:
        All of it.

    Raises:
        InputError: there is no official file, or a file cannot be read.
    """
    return Official(read_all_real(folder), read_moments(folder), read_responses(folder))
