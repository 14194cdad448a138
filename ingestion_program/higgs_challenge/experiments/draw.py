"""Drawing the events of one pseudo-experiment from the store's hidden part."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from higgs_challenge.compiled import compiled
from higgs_challenge.data.store import Store
from higgs_challenge.events.columns import PRIMARY, PROCESSES, SIGNAL
from higgs_challenge.events.frames import as_test_set
from higgs_challenge.events.transform import Floats, transform
from higgs_challenge.experiments.plan import Experiment
from higgs_challenge.streams import stream

Integers = npt.NDArray[np.int64]
PROCESS_SHIFT = 48
"""An event's address is its process number above this bit and its row below."""


def draw_pseudo_experiment(store: Store, experiment: Experiment) -> dict[str, pd.DataFrame | pd.Series]:
    """Draw a pseudo-experiment as a submission receives it.

    Args:
        store: from open_store.
        experiment: from a plan, or made by hand, for instance
            Experiment(set_index=0, index=0, mu=1.0, nuisances=Nuisances(tes=1.01), seed=1).

    Returns:
        {"data": DataFrame of the 28 float32 features, "weights": Series of ones}, about a million unlabelled events.
    """
    return as_test_set(draw_features(store, experiment))


def draw_features(store: Store, experiment: Experiment) -> Floats:
    """Draw a pseudo-experiment's features, float32, shape (28, n), columns contiguous.

    Every process has a Poisson number of events, drawn with replacement in proportion to their weights, which is the
    same distribution as an own Poisson weight for every stored event, at a cost that does not depend on the store's
    size. Their order is random. Soft missing momentum is drawn anew for every event.
    """
    addresses = np.concatenate(
        [_draw_rows(store, name, experiment) + (number << PROCESS_SHIFT) for number, name in enumerate(PROCESSES)]
    )
    _stream(experiment, "order").shuffle(addresses)
    rows = np.empty((len(addresses), len(PRIMARY)), dtype=np.float32)
    _gather(tuple(store.hidden[name].events for name in PROCESSES), addresses, rows)
    nuisances = experiment.nuisances
    features, _ = transform(rows, tes=nuisances.tes, jes=nuisances.jes, noise=_soft_noise(experiment, len(rows)))
    return features


def expected_yield(store: Store, process: str, experiment: Experiment) -> float:
    """Give a process's expected number of events before selection, with mu and the normalisation scales applied."""
    strength = experiment.mu if process == SIGNAL else 1.0
    return strength * experiment.nuisances.yield_scale(process) * store.hidden[process].expected


def draw_number(store: Store, process: str, experiment: Experiment) -> int:
    """Draw a process's number of events before selection; a process that the store has no row of gives none."""
    if len(store.hidden[process].events) == 0:
        return 0
    return int(_stream(experiment, "yield", process).poisson(expected_yield(store, process, experiment)))


def _draw_rows(store: Store, process: str, experiment: Experiment) -> Integers:
    """Draw a process's events as row numbers, with replacement, in proportion to their weights."""
    weights = store.hidden[process].weights
    rng = _stream(experiment, "rows", process)
    rows = np.empty(draw_number(store, process, experiment), dtype=np.int64)
    missing = len(rows)
    while missing:
        tried = rng.integers(len(weights), size=missing)
        accepted = tried[rng.random(missing) * store.hidden[process].largest_weight < weights[tried]]
        rows[len(rows) - missing : len(rows) - missing + len(accepted)] = accepted
        missing -= len(accepted)
    return rows


def _stream(experiment: Experiment, *purpose: str) -> np.random.Generator:
    return stream(experiment.seed, experiment.set_index, experiment.index, *purpose)


def _soft_noise(experiment: Experiment, n: int) -> Floats | None:
    width = experiment.nuisances.soft_met
    if width == 0:
        return None
    return _stream(experiment, "soft_met").standard_normal((n, 2), dtype=np.float32) * np.float32(width)


@compiled
def _gather(stores, addresses, rows) -> Any:  # type: ignore[no-untyped-def]
    for i in range(addresses.shape[0]):
        events = stores[addresses[i] >> PROCESS_SHIFT]
        row = addresses[i] & ((1 << PROCESS_SHIFT) - 1)
        for k in range(rows.shape[1]):
            rows[i, k] = events[row, k]
