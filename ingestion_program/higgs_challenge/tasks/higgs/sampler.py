"""Draw the events of one pseudo-experiment from the store's hidden part."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from higgs_challenge.compiled import compiled
from higgs_challenge.errors import InputError
from higgs_challenge.frames import as_test_set
from higgs_challenge.streams import stream
from higgs_challenge.task import Experiment
from higgs_challenge.tasks.higgs.data.store import MAX_YIELD, HiddenProcess, Store
from higgs_challenge.tasks.higgs.events.columns import FEATURES, PROCESSES, SIGNAL
from higgs_challenge.tasks.higgs.events.transform import TABLE_SHIFT, Addresses, Floats, transform_drawn
from higgs_challenge.tasks.higgs.events.vector_maths import cosine_sine

Integers = npt.NDArray[np.int64]
SPARE = 1.05
"""Factor by which memory for events is oversized: the next pseudo-experiments may have a few more."""


def draw_pseudo_experiment(store: Store, experiment: Experiment) -> dict[str, pd.DataFrame | pd.Series]:
    """Draw a pseudo-experiment as a submission receives it.

    Args:
        store: from open_store.
        experiment: from a plan, or made by hand, for instance
            Experiment(set_index=0, index=0, mu=1.0, nuisances=Nuisances(tes=1.01), seed=1).

    Returns:
        {"data": DataFrame of the 28 float32 features, "weights": Series of ones}, about a million unlabelled events.
    """
    return as_test_set(draw_features(store, experiment), FEATURES)


def draw_features(store: Store, experiment: Experiment) -> Floats:
    """Draw a pseudo-experiment's features, float32, shape (28, n), columns contiguous."""
    return StoreSampler(store).draw(experiment)


class StoreSampler:
    """Draws pseudo-experiments one after the other into the same memory: fresh pages would cost a third of the time.

    Every process has a Poisson number of events, drawn with replacement in proportion to their weights, which is the
    same distribution as an own Poisson weight for every stored event, at a cost that does not depend on the store's
    size. Their order is random. Soft missing momentum is drawn anew for every event.

    Args:
        store: from open_store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._features = np.empty((len(FEATURES), 0), dtype=np.float32)

    def draw(self, experiment: Experiment) -> Floats:
        """Draw a pseudo-experiment's features.

        Args:
            experiment: from a plan.

        Returns:
            float32, shape (28, n), columns contiguous; overwritten by the next call.
        """
        addresses = draw_addresses(self._store, experiment)
        if self._features.shape[1] < len(addresses):
            self._features = np.empty((len(FEATURES), int(SPARE * len(addresses))), dtype=np.float32)
        tables = tuple(self._store.hidden[name].events for name in PROCESSES)
        nuisances = experiment.nuisances
        noise = _soft_noise(experiment, len(addresses))
        count = transform_drawn(tables, addresses, self._features, tes=nuisances.tes, jes=nuisances.jes, noise=noise)
        return self._features[:, :count]


def draw_addresses(store: Store, experiment: Experiment) -> Addresses:
    """Draw which stored events a pseudo-experiment consists of, before the selection, in random order.

    Returns:
        shape (n,), as transform_drawn takes them, where table p is the process PROCESSES[p].
    """
    rows = tuple(_draw_rows(store, name, experiment) for name in PROCESSES)
    addresses = np.empty(sum(map(len, rows)), dtype=np.int64)
    _mix(rows, _stream(experiment, "order"), addresses)
    return addresses


def expected_yield(store: Store, process: str, experiment: Experiment) -> float:
    """Return a process's expected number of events before selection, with mu and the normalisation scales applied."""
    strength = experiment.mu if process == SIGNAL else 1.0
    scale: float = experiment.nuisances.yield_scale(process)
    return strength * scale * store.hidden[process].expected


def draw_number(store: Store, process: str, experiment: Experiment) -> int:
    """Draw a process's number of events before selection; 0 for a process without rows in the store."""
    if len(store.hidden[process].events) == 0:
        return 0
    expected = expected_yield(store, process, experiment)
    if expected > MAX_YIELD:
        raise InputError(f"{expected:g} events of {process} do not fit into memory; expected about a million.")
    return int(_stream(experiment, "yield", process).poisson(expected))


def _draw_rows(store: Store, process: str, experiment: Experiment) -> Integers:
    """Draw a process's events as row numbers, with replacement, in proportion to their weights."""
    hidden, rng = store.hidden[process], _stream(experiment, "rows", process)
    rows = rng.integers(max(len(hidden.weights), 1), size=draw_number(store, process, experiment))
    refused = _refuse(hidden, rows, rng)
    while len(refused):
        again = rng.integers(len(hidden.weights), size=len(refused))
        rows[refused] = again
        refused = refused[_refuse(hidden, again, rng)]
    return rows


def _refuse(hidden: HiddenProcess, rows: Integers, rng: np.random.Generator) -> Integers:
    """Choose the positions in rows to draw again, with probability 1 - weight / largest weight.

    A weight is read only where the smallest one would not do: in the official data for one row in a hundred. What this
    costs grows with the largest weight over the mean one, 1.01 there.
    """
    if hidden.smallest_weight == hidden.largest_weight:
        return np.empty(0, dtype=np.int64)
    heights = rng.random(len(rows)) * hidden.largest_weight
    doubtful = np.flatnonzero(heights >= hidden.smallest_weight)
    return doubtful[heights[doubtful] >= hidden.weights[rows[doubtful]]]


def _stream(experiment: Experiment, *purpose: str) -> np.random.Generator:
    return stream(experiment.seed, experiment.set_index, experiment.index, *purpose)


def _soft_noise(experiment: Experiment, n: int) -> Floats | None:
    """Draw normal noise on both components of the missing momentum, in GeV, shape (2, n); None where it has no width.

    As its length and direction, which is twice as fast as drawing two normal numbers: half the squared length, in
    widths, is exponential (G. E. P. Box, M. E. Muller, Ann. Math. Statist. 29 (1958) 610).
    """
    width = experiment.nuisances.soft_met
    if width == 0:
        return None
    rng = _stream(experiment, "soft_met")
    noise = np.empty((2, n), dtype=np.float32)
    _spread(rng.standard_exponential(n, dtype=np.float32), rng.random(n, dtype=np.float32), width, noise)
    return noise


@compiled
def _spread(half_squares, turns, width, noise) -> Any:  # type: ignore[no-untyped-def]
    for i in range(len(turns)):
        length = width * math.sqrt(2.0 * half_squares[i])
        x, y = cosine_sine(2.0 * math.pi * turns[i])
        noise[0, i] = length * x
        noise[1, i] = length * y


@compiled
def _mix(rows, rng, addresses) -> Any:  # type: ignore[no-untyped-def]
    """Merge the processes' rows in random order, all arrangements being equally likely.

    Rows of a process are independent of each other, so only which process comes next is drawn: each with the share
    that it has of what is left.
    """
    left = np.array([len(own) for own in rows])
    for i in range(len(addresses)):
        ticket = rng.random() * (len(addresses) - i)
        process = 0
        while ticket >= left[process]:
            ticket -= left[process]
            process += 1
        left[process] -= 1
        addresses[i] = (process << TABLE_SHIFT) + rows[process][left[process]]
