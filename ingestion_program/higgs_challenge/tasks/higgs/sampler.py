"""Draw the events of one pseudo-experiment from the store's hidden part."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from higgs_challenge.frames import as_test_set
from higgs_challenge.task import Experiment
from higgs_challenge.tasks.higgs.data.store import Store
from higgs_challenge.tasks.higgs.data.strata import Stratum
from higgs_challenge.tasks.higgs.drawing import (
    Integers,
    Transformer,
    draw_number_of,
    experiment_stream,
    merge,
    mix,
)
from higgs_challenge.tasks.higgs.events.columns import FEATURES, PROCESSES
from higgs_challenge.tasks.higgs.events.transform import TABLE_SHIFT, Addresses, Floats

Weights = npt.NDArray[np.float32]


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
    """Draws pseudo-experiments one after the other.

    Every process has a Poisson number of events, drawn with replacement in proportion to their weights, which is the
    same distribution as an own Poisson weight for every stored event, at a cost that does not depend on the store's
    size. Their order is random. Soft missing momentum is drawn anew for every event.

    Args:
        store: from open_store.
    """

    def __init__(self, store: Store) -> None:
        self._store, self._transformer = store, Transformer()

    def draw(self, experiment: Experiment) -> Floats:
        """Draw a pseudo-experiment's features.

        Args:
            experiment: from a plan.

        Returns:
            float32, shape (28, n), columns contiguous; overwritten by the next call.
        """
        tables = tuple(self._store.hidden[name].events for name in PROCESSES)
        return self._transformer.transform(tables, draw_addresses(self._store, experiment), experiment)


def draw_addresses(store: Store, experiment: Experiment) -> Addresses:
    """Draw which stored events a pseudo-experiment consists of, before the selection, in random order.

    Returns:
        shape (n,), as transform_drawn takes them, where table p is the process PROCESSES[p].
    """
    return mix(tuple(_draw_rows(store, name, experiment) for name in PROCESSES), experiment)


def draw_number(store: Store, process: str, experiment: Experiment) -> int:
    """Draw a process's number of events before selection; 0 for a process without rows in the store."""
    if len(store.hidden[process].events) == 0:
        return 0
    return draw_number_of(store.hidden[process].expected, process, experiment)


def _draw_rows(store: Store, process: str, experiment: Experiment) -> Integers:
    """Draw a process's events as row numbers, with replacement, in proportion to their weights."""
    hidden, rng = store.hidden[process], experiment_stream(experiment, "rows", process)
    n = draw_number(store, process, experiment)
    if len(hidden.strata) == 1:
        return _draw_from(hidden.weights, hidden.strata[0], n, rng)
    shares = np.array([stratum.weight for stratum in hidden.strata])
    numbers = rng.multinomial(n, shares / shares.sum()) if n else np.zeros(len(shares), dtype=np.int64)
    first, drawn = 0, []
    for number, stratum in zip(numbers, hidden.strata, strict=True):
        drawn.append(_draw_from(hidden.weights[first : first + stratum.rows], stratum, number, rng) + first)
        first += stratum.rows
    rows = np.empty(n, dtype=np.int64)
    merge(tuple(drawn), rng, rows)
    rows &= (1 << TABLE_SHIFT) - 1
    return rows


def _draw_from(weights: Weights, stratum: Stratum, number: int, rng: np.random.Generator) -> Integers:
    """Draw a number of rows of a stratum, counted from its first."""
    rows = rng.integers(max(stratum.rows, 1), size=number)
    refused = _refuse(weights, stratum, rows, rng)
    while len(refused):
        again = rng.integers(stratum.rows, size=len(refused))
        rows[refused] = again
        refused = refused[_refuse(weights, stratum, again, rng)]
    return rows


def _refuse(weights: Weights, stratum: Stratum, rows: Integers, rng: np.random.Generator) -> Integers:
    """Choose the positions in rows to draw again, with probability 1 - weight / largest weight.

    A weight is read only where the smallest one would not do: in the official data for one row in a hundred. What this
    costs grows with the largest weight over the mean one, 1.01 there.
    """
    if stratum.smallest == stratum.largest:
        return np.empty(0, dtype=np.int64)
    heights = rng.random(len(rows)) * stratum.largest
    doubtful = np.flatnonzero(heights >= stratum.smallest)
    return doubtful[heights[doubtful] >= weights[rows[doubtful]]]
