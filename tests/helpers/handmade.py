"""Events, stores and statistics that tests of several subjects share."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import stats

from higgs_challenge.tasks.higgs.data.store import StoreWriter
from higgs_challenge.tasks.higgs.events import columns
from higgs_challenge.tasks.higgs.events.columns import DERIVED, MISSING, OFFICIAL_COLUMNS, PRIMARY, PROCESSES

Floats = npt.NDArray[np.float32]

PARQUET = "FAIR_Universe_HiggsML_data.parquet"
METADATA = "FAIR_Universe_HiggsML_data_metadata.json"

ONE_IN_A_MILLION = 1e-6
"""False-alarm rate of every statistical test."""

NEAR_THRESHOLD = (24.0, 28.0)
"""Range in GeV that the 26 GeV threshold cuts, whatever the energy scales are."""

EDGE_ANGLES = (0.0, 3.142, -3.142, 3.141, -3.141, 1.571, -1.571, 0.001)
"""Angles in rad where formulas change sign or branch, as a record of 3 decimals holds them."""


def z_limit(comparisons: int) -> float:
    """How many standard deviations any of so many normal deviates exceeds with the agreed false-alarm rate."""
    return float(stats.norm.isf(ONE_IN_A_MILLION / (2 * comparisons)))


def physical_rows(rng: np.random.Generator, n: int, edges: float = 0.0) -> Floats:
    """Make events that could have been measured.

    Args:
        rng: what they are drawn from.
        n: how many.
        edges: share of the values that lie on an edge: angles where formulas branch, equal angles, momenta near 26 GeV.

    Returns:
        float32 of 3 decimals, shape (n, 16): up to six jets ordered in pt, PRI_jet_all_pt their sum.
    """

    def momenta(low: float, *shape: int) -> npt.NDArray[np.float64]:
        drawn = low + rng.exponential(30.0, shape)
        return np.where(rng.random(shape) < edges, rng.uniform(*NEAR_THRESHOLD, shape), np.minimum(drawn, 500.0))

    def angles() -> npt.NDArray[np.float64]:
        return np.where(rng.random(n) < edges, rng.choice(EDGE_ANGLES, n), rng.uniform(-np.pi, np.pi, n))

    def sometimes_as(other: npt.NDArray[np.float64], values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.where(rng.random(n) < edges / 2, other, values)

    rows = np.empty((n, len(PRIMARY)))
    rows[:, columns.LEP_PT] = momenta(20.0, n)
    rows[:, columns.HAD_PT] = momenta(26.0, n)
    rows[:, columns.MET] = rng.exponential(30.0, n)
    for eta in (columns.LEP_ETA, columns.HAD_ETA):
        rows[:, eta] = rng.uniform(-2.5, 2.5, n)
    rows[:, columns.LEP_PHI] = angles()
    rows[:, columns.HAD_PHI] = sometimes_as(rows[:, columns.LEP_PHI], angles())
    rows[:, columns.MET_PHI] = sometimes_as(rows[:, columns.HAD_PHI], angles())
    jets = rng.integers(0, 7, n)
    pt = np.round(np.sort(momenta(22.0, n, 6), axis=1)[:, ::-1], 3)
    exists = np.arange(6) < jets[:, None]
    rows[:, columns.JET1_PT], rows[:, columns.JET2_PT] = pt[:, 0], pt[:, 1]
    rows[:, columns.JET1_ETA] = rng.uniform(-4.5, 4.5, n)
    rows[:, columns.JET2_ETA] = sometimes_as(rows[:, columns.JET1_ETA], rng.uniform(-4.5, 4.5, n))
    rows[:, columns.JET1_PHI], rows[:, columns.JET2_PHI] = angles(), angles()
    rows[jets < 1, columns.JET1_PT : columns.JET1_PHI + 1] = MISSING
    rows[jets < 2, columns.JET2_PT : columns.JET2_PHI + 1] = MISSING
    rows[:, columns.N_JETS] = jets
    rows[:, columns.JET_ALL_PT] = (pt * exists).sum(axis=1)
    return np.round(rows, 3).astype(np.float32)


def primary_frame(rows: npt.NDArray[np.floating]) -> pd.DataFrame:
    """Name the columns of primary rows."""
    return pd.DataFrame(rows, columns=list(PRIMARY))


def labelled_frame(rows: npt.NDArray[np.floating], processes: Sequence[int]) -> pd.DataFrame:
    """Add weights of one and the labels of the given process numbers to primary rows."""
    names = [PROCESSES[number] for number in processes]
    labels = [float(name == columns.SIGNAL) for name in names]
    return primary_frame(rows).assign(weights=np.ones(len(rows)), detailed_labels=names, labels=labels)


def write_store(
    path: Path,
    hidden: Mapping[str, tuple[Floats, Floats]],
    training: Mapping[str, tuple[Floats, Floats]],
    yields: Mapping[str, float],
) -> Path:
    """Write a store from rows and weights by process, the training rows of all processes one after the other."""
    with StoreWriter(path, "made by hand") as writer:
        for part, add in ((hidden, writer.add_hidden), (training, writer.add_training)):
            for name, (rows, weights) in part.items():
                add(rows, np.full(len(rows), PROCESSES.index(name), dtype=np.uint8), weights)
        writer.finish(yields=yields)
    return path


def official_frame(n: int) -> pd.DataFrame:
    """What an official file holds, its processes in turn and its derived columns all 0."""
    rng = np.random.default_rng(9)
    labelled = labelled_frame(physical_rows(rng, n), (np.arange(n) % len(PROCESSES)).tolist())
    labelled = labelled.assign(weights=rng.uniform(0.5, 1.5, n), **dict.fromkeys(DERIVED, 0.0))
    kinds = {name: "float32" for name in OFFICIAL_COLUMNS if name != "detailed_labels"}
    return labelled[list(OFFICIAL_COLUMNS)].astype(kinds)


def write_official(folder: Path, frame: pd.DataFrame, group: int = 64, **metadata: Any) -> Path:
    """Write a file like the official one, with changes to its metadata; None leaves an entry out."""
    folder.mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), folder / PARQUET, row_group_size=group)
    entries = {"total_rows": len(frame), "sum_weights": 1000.0, "detailed_labels": list(PROCESSES), **metadata}
    content = {name: value for name, value in entries.items() if value is not None}
    (folder / METADATA).write_text(json.dumps(content))
    return folder / PARQUET
