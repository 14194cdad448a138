"""Rows of the official samples of July and August 2024, beside those of the official file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from higgs_challenge.errors import InputError
from higgs_challenge.tasks.higgs.events.columns import JET2_PHI, JET2_PT, PRIMARY, PROCESSES
from higgs_tools.validation.samples import Sample, is_held_out, join, read_real

FINAL, AUGUST, JULY = "official file", "2024-08", "2024-07"
"""Names of the samples."""


def read_all_real(folder: Path) -> dict[str, dict[str, Sample]]:
    """Read the official file's first rows and the earlier ones.

    Args:
        folder: where the official parquet file lies with its metadata, and official_PROCESS.parquet if there are any.

    Returns:
        For each process that has rows its samples by name.

    Raises:
        InputError: there is no official file, or a file cannot be read.
    """
    final = read_real(folder)
    found = {
        process: ({FINAL: final[process]} if process in final else {}) | read_earlier(folder, process)
        for process in PROCESSES
    }
    return {process: samples for process, samples in found.items() if samples}


def read_earlier(folder: Path, process: str) -> dict[str, Sample]:
    """Read the rows of July and August 2024 of one process.

    Args:
        folder: with official_PROCESS.parquet, or without.
        process: one of columns.PROCESSES.

    Returns:
        The samples that have rows. In July the hadronic tau was among the jets, and where it was one of the first two
        of three jets or more the subleading jet was not recorded; so that what is left is no biased choice, the
        subleading jet counts as unknown in all rows of July.

    Raises:
        InputError: the file cannot be read.
    """
    path = folder / f"official_{process}.parquet"
    if not path.is_file():
        return {}
    try:
        table = pq.read_table(path, columns=[*PRIMARY, "sample"])
    except (OSError, KeyError, pa.ArrowException) as error:
        raise InputError(f"{path} cannot be read as official rows of 2024: {error}. Is it complete?") from error
    names = np.asarray(table["sample"].to_pylist())
    rows = np.stack([table[name].to_numpy() for name in PRIMARY], axis=1).astype(np.float32)
    rows[names == JULY, JET2_PT : JET2_PHI + 1] = np.nan
    return {name: _sample(rows[names == name]) for name in (AUGUST, JULY) if (names == name).any()}


def _sample(rows: np.ndarray) -> Sample:
    return Sample(rows, np.ones(len(rows)), is_held_out(np.arange(len(rows))))


def pool(samples: Sequence[Sample]) -> Sample:
    """Join samples of one process whose weights have different units.

    Args:
        samples: one at least.

    Returns:
        All rows, the mean weight of every sample 1.
    """
    return join([Sample(one.rows, one.weights / one.weights.mean(), one.held_out) for one in samples])
