"""Random streams of neighbouring pseudo-experiments, sets and processes have nothing in common."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from higgs_challenge import Experiment, Nuisances, open_store
from higgs_challenge.streams import derive_seed, stream
from higgs_challenge.tasks.higgs import drawing
from higgs_challenge.tasks.higgs import sampler as draw
from higgs_challenge.tasks.higgs.data.store import Store
from higgs_challenge.tasks.higgs.events.columns import PROCESSES
from tests.helpers.handmade import z_limit

Opener = Callable[..., np.random.Generator]
Names = tuple[str | int, ...]

SETS, INDICES, SEEDS = 2, 4, 2
LENGTH = 3000
"""Numbers compared of every stream."""

FIRST = Experiment(set_index=0, index=0, mu=1.0, nuisances=Nuisances(soft_met=1.0), seed=31415)


@pytest.fixture(scope="module")
def store(small_store: Path) -> Store:
    return open_store(small_store)


def added(root: int, set_index: int, index: int, purpose: str, process: str = PROCESSES[0]) -> np.random.Generator:
    """The official way: one seed a pseudo-experiment, counted up, and a process adds its number to it."""
    return np.random.default_rng(root + set_index * INDICES + index + PROCESSES.index(process))


def opened_streams(store: Store, opener: Opener, monkeypatch: pytest.MonkeyPatch) -> list[Names]:
    """The names of all streams that drawing neighbouring pseudo-experiments opens."""
    names: list[Names] = []

    def spy(*name: str | int) -> np.random.Generator:
        names.append(name)
        return opener(*name)

    monkeypatch.setattr(drawing, "stream", spy)
    for seed, set_index, index in product(range(SEEDS), range(SETS), range(INDICES)):
        draw.draw_features(store, replace(FIRST, seed=FIRST.seed + seed, set_index=set_index, index=index))
    return names


def largest_correlation(names: list[Names], opener: Opener) -> tuple[float, int]:
    """The largest correlation between any two streams, in standard deviations, and the number of pairs."""
    numbers = np.array([opener(*name).random(LENGTH) for name in names])
    correlations = np.corrcoef(numbers)[np.triu_indices(len(names), 1)]
    return float(np.abs(correlations).max() * math.sqrt(LENGTH)), len(correlations)


def test_no_two_streams_are_correlated(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    names = opened_streams(store, stream, monkeypatch)
    assert len(set(names)) == len(names) == SEEDS * SETS * INDICES * (2 * len(PROCESSES) + 2)
    largest, pairs = largest_correlation(names, stream)
    assert largest < z_limit(pairs)


def test_added_seeds_would_be_noticed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    names = opened_streams(store, added, monkeypatch)
    largest, pairs = largest_correlation(names, added)
    assert largest > z_limit(pairs)


def correlations_of_yields(store: Store) -> npt.NDArray[np.float64]:
    """Correlations of processes' yields in a pseudo-experiment and its neighbours, in standard deviations."""
    n = 1500
    sets = [
        [
            [draw.draw_number(store, name, replace(FIRST, set_index=number, index=index)) for name in PROCESSES]
            for index in range(n + 1)
        ]
        for number in (0, 1)
    ]
    here, other_set = np.array(sets[0])[:-1], np.array(sets[1])[:-1]
    following = np.array(sets[0])[1:]
    matrix = np.corrcoef(np.hstack([here, following, other_set]).T)
    processes = len(PROCESSES)
    within = matrix[:processes, :processes][np.triu_indices(processes, 1)]
    return np.concatenate([within, matrix[:processes, processes:].ravel()]) * math.sqrt(n)


def test_yields_of_neighbours_are_independent(store: Store) -> None:
    deviations = correlations_of_yields(store)
    assert np.abs(deviations).max() < z_limit(len(deviations))


def test_yields_from_added_seeds_would_be_noticed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "stream", added)
    deviations = correlations_of_yields(store)
    assert np.abs(deviations).max() > z_limit(len(deviations))


def test_names_are_told_apart() -> None:
    names: list[Names] = [("a", "b"), ("ab",), ("b", "a"), ("a",), (1, 2), (12,), ("1", "2"), (1, "2"), ("a/b",), ()]
    assert len({derive_seed(1, *name) for name in names}) == len(names)
    assert derive_seed(1, "a") != derive_seed(2, "a")
    assert derive_seed(1, "a") != derive_seed(1, 1, "a")


def test_a_seed_has_128_bits() -> None:
    seeds = [derive_seed(number, "a") for number in range(200)]
    assert max(seeds) < 2**128
    bits = np.array([[seed >> bit & 1 for bit in range(128)] for seed in seeds])
    assert (np.abs(bits.mean(axis=0) - 0.5) / math.sqrt(0.25 / len(seeds)) < z_limit(128)).all()
