"""Stores filled by the synthetic event generator, the embedded default data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from higgs_challenge.data.store import Array, Progress, StoreWriter, no_progress
from higgs_challenge.events.columns import PRIMARY, PROCESSES
from higgs_challenge.simulation import NOMINAL_YIELDS, simulate_blocks
from higgs_challenge.streams import derive_seed, stream

DEFAULT_SEED = 2025
ROWS_AT_ONCE = 262_144


@dataclass(frozen=True)
class Size:
    """Rows per process of the two parts of a store.

    Rare processes have many times the rows that a pseudo-experiment has of them, so that it is the ztautau rows that
    decide how often pseudo-experiments repeat each other's events.
    """

    hidden: Mapping[str, int]
    training: Mapping[str, int]


SIZES = {
    "tiny": Size(
        hidden={"htautau": 20_000, "ztautau": 100_000, "diboson": 5_000, "ttbar": 20_000},
        training={"htautau": 30_000, "ztautau": 100_000, "diboson": 5_000, "ttbar": 20_000},
    ),
    "small": Size(
        hidden={"htautau": 150_000, "ztautau": 5_000_000, "diboson": 60_000, "ttbar": 500_000},
        training={"htautau": 900_000, "ztautau": 6_000_000, "diboson": 100_000, "ttbar": 600_000},
    ),
    "large": Size(
        hidden={"htautau": 600_000, "ztautau": 25_000_000, "diboson": 300_000, "ttbar": 1_500_000},
        training={"htautau": 2_000_000, "ztautau": 25_000_000, "diboson": 300_000, "ttbar": 1_500_000},
    ),
}


def make_synthetic_store(path: Path, size: Size, seed: int = DEFAULT_SEED, progress: Progress = no_progress) -> None:
    """Generate events and write them to a store, both parts from streams of their own.

    Args:
        path: folder to create or replace.
        size: rows per process and part, for instance SIZES["small"].
        seed: non-negative; the same seed and size give the same store.
        progress: called with rows done and rows in total.

    Raises:
        InputError: no store can be made there.
    """
    total = sum(size.hidden.values()) + sum(size.training.values())
    done = 0
    with StoreWriter(path, f"synthetic events, seed {seed}") as writer:
        for part, rows, add in (
            ("training", size.training, writer.add_training),
            ("hidden", size.hidden, writer.add_hidden),
        ):
            for events, processes in _mixed_events(rows, seed, part):
                add(events, processes, np.ones(len(events), dtype=np.float32))
                done += len(events)
                progress(done, total)
        writer.finish(yields=NOMINAL_YIELDS)


def _mixed_events(rows: Mapping[str, int], seed: int, part: str) -> Iterator[tuple[Array, Array]]:
    """Generate all processes' events in a random mixture, in batches, with their process numbers."""
    counts = [rows[name] for name in PROCESSES]
    order = np.repeat(np.arange(len(PROCESSES), dtype=np.uint8), counts)
    stream(seed, part, "mixture").shuffle(order)
    sources = [_Source(name, rows[name], derive_seed(seed, part, name)) for name in PROCESSES]
    for start in range(0, len(order), ROWS_AT_ONCE):
        processes = order[start : start + ROWS_AT_ONCE]
        events = np.empty((len(processes), len(PRIMARY)), dtype=np.float32)
        for number, source in enumerate(sources):
            own = processes == number
            events[own] = source.take(int(own.sum()))
        yield events, processes


class _Source:
    """One process's events, taken a few at a time."""

    def __init__(self, process: str, n: int, seed: int) -> None:
        self._blocks = simulate_blocks(process, n, seed)
        self._left = np.empty((0, len(PRIMARY)), dtype=np.float32)

    def take(self, n: int) -> Array:
        pieces = [self._left]
        while sum(map(len, pieces)) < n:
            pieces.append(next(self._blocks))
        events = np.concatenate(pieces)
        self._left = events[n:]
        return events[:n]
