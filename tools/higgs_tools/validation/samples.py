"""Samples of events, and the real rows of the official file."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from higgs_challenge.errors import InputError
from higgs_challenge.tasks.higgs.data.official_reader import find_official_file
from higgs_challenge.tasks.higgs.events.columns import FEATURES, MISSING, PRIMARY, PROCESSES
from higgs_challenge.tasks.higgs.events.transform import transform
from higgs_tools.validation.regions import Floats, Mask, column, unselected

HELD_OUT_EVERY = 3
"""Real rows whose position in the file is divisible by this are held out of any tuning."""

MAX_REAL_ROWS = 200_000
"""Rows of one process to read from a large official file."""

MAX_SCANNED = 2_000_000
"""Rows of an official file to search; the processes are mixed in it."""

ROWS_AT_ONCE = 65_536

SUBLEADING = (
    *("PRI_jet_subleading_pt", "PRI_jet_subleading_eta", "PRI_jet_subleading_phi", "DER_deltaeta_jet_jet"),
    *("DER_mass_jet_jet", "DER_prodeta_jet_jet", "DER_pt_tot", "DER_lep_eta_centrality"),
)
"""Columns that depend on the subleading jet."""


@dataclass(frozen=True)
class Sample:
    """Events of one process, before any selection.

    Attributes:
        rows: primary columns, float32, shape (n, 16); those of the subleading jet are NaN where nothing is known of it.
        weights: shape (n,), > 0.
        held_out: which events were kept out of tuning, shape (n,).
    """

    rows: Floats
    weights: npt.NDArray[np.float64]
    held_out: Mask

    @classmethod
    def of_equal_weights(cls, rows: Floats) -> "Sample":
        """Make a sample of unit-weight events, none of them held out."""
        return cls(rows, np.ones(len(rows)), np.zeros(len(rows), dtype=bool))

    @cached_property
    def features(self) -> Floats:
        """The features of all events, shape (28, n), NaN where they are not known."""
        features = unselected(np.nan_to_num(self.rows, nan=MISSING))
        unknown = np.isnan(self.rows).any(axis=1)
        for name in SUBLEADING:
            features[FEATURES.index(name), unknown] = np.nan
        return features

    @cached_property
    def selected(self) -> tuple[Floats, npt.NDArray[np.float64]]:
        """The features of the events that the challenge's nominal selection keeps, shape (28, m), and their weights.

        All columns of all events must be known.
        """
        features, kept = transform(self.rows)
        return features, self.weights[kept]

    def known(self, name: str) -> tuple[Floats, npt.NDArray[np.float64]]:
        """Pick a column of the events of which it is known.

        Args:
            name: one of columns.FEATURES.

        Returns:
            Its values, -25 where there is no such jet, and the weights; shape (m,).
        """
        values = column(self.features, name)
        known = ~np.isnan(values)
        return values[known], self.weights[known]

    def defined(self, name: str) -> tuple[Floats, npt.NDArray[np.float64]]:
        """Pick a column of the events that have it.

        Args:
            name: one of columns.FEATURES.

        Returns:
            Its values and the weights; shape (m,).
        """
        values, weights = self.known(name)
        defined = values != MISSING
        return values[defined], weights[defined]

    def part(self, chosen: Mask) -> "Sample":
        """Take some of the events.

        Args:
            chosen: mask of shape (n,).

        Returns:
            A sample of the chosen events.
        """
        return Sample(self.rows[chosen], self.weights[chosen], self.held_out[chosen])


def is_held_out(positions: npt.NDArray[np.int64]) -> Mask:
    """Find which real rows are held out from tuning.

    Args:
        positions: of rows in the official file, from 0, any shape.

    Returns:
        A mask of the same shape.

    Example:
        >>> is_held_out(np.arange(5)).tolist()
        [True, False, False, True, False]
    """
    held_out: npt.NDArray[np.bool_] = positions % HELD_OUT_EVERY == 0
    return held_out


def read_real(folder: Path) -> dict[str, Sample]:
    """Read the first rows of each process of the official file.

    Args:
        folder: where the official parquet file lies with its metadata.

    Returns:
        A sample of at most MAX_REAL_ROWS rows for each process that has any.

    Raises:
        InputError: there is no official file, or it cannot be read.
    """
    path = find_official_file(folder) if folder.is_dir() else None
    if path is None:
        raise InputError(
            f"{folder} holds no official file; name the folder of FAIR_Universe_HiggsML_data.parquet and its metadata "
            "JSON, or none at all."
        )
    try:
        return _first_rows(path)
    except (OSError, KeyError, pa.ArrowException) as error:
        raise InputError(f"{path} cannot be read as the official file: {error}. Is it complete?") from error


def _first_rows(path: Path) -> dict[str, Sample]:
    parts: dict[str, list[Sample]] = {process: [] for process in PROCESSES}
    scanned = 0
    for batch in pq.ParquetFile(path).iter_batches(ROWS_AT_ONCE, columns=[*PRIMARY, "weights", "detailed_labels"]):
        rows = np.stack([batch.column(name).to_numpy() for name in PRIMARY], axis=1).astype(np.float32)
        weights = batch.column("weights").to_numpy().astype(np.float64)
        labels = np.asarray(batch.column("detailed_labels").to_pylist())
        whole = Sample(rows, weights, is_held_out(np.arange(scanned, scanned + len(rows))))
        for process, found in parts.items():
            found.append(whole.part((labels == process) & (weights > 0)))
        scanned += len(rows)
        if scanned >= MAX_SCANNED or all(_length(found) >= MAX_REAL_ROWS for found in parts.values()):
            break
    return {process: _joined(found) for process, found in parts.items() if _length(found) > 0}


def _length(samples: list[Sample]) -> int:
    return sum(len(sample.rows) for sample in samples)


def _joined(samples: list[Sample]) -> Sample:
    return join(samples).part(np.arange(_length(samples)) < MAX_REAL_ROWS)


def join(samples: Sequence[Sample]) -> Sample:
    """Put samples one after the other.

    Args:
        samples: one at least.

    Returns:
        Their events with the weights they have.
    """
    rows, weights, held_out = (
        np.concatenate([getattr(sample, name) for sample in samples]) for name in ("rows", "weights", "held_out")
    )
    return Sample(rows, weights, held_out)
