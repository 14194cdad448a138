"""Stores of many hidden rows, made quickly, for benchmarks of drawing."""

import os
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from higgs_challenge.tasks.higgs.data.store import Store, StoreWriter, open_store
from higgs_challenge.tasks.higgs.events.columns import DERIVED, PRIMARY, PROCESSES
from higgs_challenge.tasks.higgs.simulation import BLOCK, NOMINAL_YIELDS, simulate_blocks

SHARES = {"htautau": 0.336, "ztautau": 0.634, "diboson": 0.004, "ttbar": 0.026}
"""Of the rows of the official file."""

OFFICIAL_ORDER = ("ztautau", "diboson", "ttbar", "htautau")


def make_store(path: Path, hidden: int, training: int = 1000) -> Store:
    """Make a store of a few simulated events that repeat; to draw them, that they are the same makes no difference.

    Its files are not in the page cache afterwards, as after a start of the machine: what is read then decides how large
    the pages are.

    Args:
        path: a new folder.
        hidden: rows.
        training: rows, in random order.
    """
    rng = np.random.default_rng(1)
    with StoreWriter(path, "benchmark") as writer:
        for number, name in enumerate(PROCESSES):
            events = _few(name)
            for rows in _pieces(int(SHARES[name] * hidden), len(events)):
                writer.add_hidden(events[:rows], np.full(rows, number, np.uint8), np.ones(rows, np.float32))
        tables = np.concatenate([_few(name) for name in PROCESSES])
        each = len(tables) // len(PROCESSES)
        for rows in _pieces(training, 1_000_000):
            processes = rng.choice(len(PROCESSES), rows, p=list(SHARES.values()))
            events = tables[processes * each + rng.integers(each, size=rows)]
            writer.add_training(events, processes, np.ones(rows, np.float32))
        writer.finish(yields=NOMINAL_YIELDS)
    for file in path.rglob("*.f32"):
        _forget(file)
    return open_store(path)


def official_test_set(store: Store) -> dict[str, pd.DataFrame]:
    """Hold a store's hidden events in memory as the official package does, in float32, derived features too.

    Args:
        store: at 30 million rows the result takes 3.5 GB.

    Returns:
        DataFrames of 16 primary columns, weights and 12 derived columns (zeros: they are computed anew), by process.
    """
    return {name: _official_frame(store, name) for name in OFFICIAL_ORDER}


def _official_frame(store: Store, name: str) -> pd.DataFrame:
    hidden = store.hidden[name]
    rows = len(hidden.events)
    columns = {column: np.ascontiguousarray(hidden.events[:, k]) for k, column in enumerate(PRIMARY)}
    columns["weights"] = np.full(rows, hidden.expected / rows, np.float32)
    columns |= {column: np.zeros(rows, np.float32) for column in DERIVED}
    return pd.DataFrame(columns, copy=False)


@cache
def _few(name: str) -> npt.NDArray[np.float32]:
    return np.concatenate([*simulate_blocks(name, 4 * BLOCK, 1)])


def _pieces(total: int, most: int) -> list[int]:
    return [min(most, total - start) for start in range(0, total, most)]


def _forget(path: Path) -> None:
    """Have the kernel write a file to the disk and drop it from its cache."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
