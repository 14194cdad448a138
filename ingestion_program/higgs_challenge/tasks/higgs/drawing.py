"""What a pseudo-experiment is drawn with wherever its events come from: numbers, order, soft missing momentum."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from higgs_challenge.compiled import compiled
from higgs_challenge.errors import InputError
from higgs_challenge.streams import stream
from higgs_challenge.task import Experiment
from higgs_challenge.tasks.higgs.data.store import MAX_YIELD
from higgs_challenge.tasks.higgs.events.columns import FEATURES, SIGNAL
from higgs_challenge.tasks.higgs.events.transform import TABLE_SHIFT, Addresses, Floats, transform_drawn
from higgs_challenge.tasks.higgs.events.vector_maths import cosine_sine

Integers = npt.NDArray[np.int64]
SPARE = 1.05
"""Factor by which memory for events is oversized: the next pseudo-experiments may have a few more."""


def experiment_stream(experiment: Experiment, *purpose: str | int) -> np.random.Generator:
    """Open the random stream that a pseudo-experiment has for a purpose."""
    return stream(experiment.seed, experiment.set_index, experiment.index, *purpose)


def expected_number(nominal: float, process: str, experiment: Experiment) -> float:
    """Return a process's expected number of events before selection, with mu and the normalisation scales applied.

    Args:
        nominal: the same at mu = 1 and nominal nuisance parameters.
        process: one of columns.PROCESSES.
        experiment: with the true values.
    """
    strength = experiment.mu if process == SIGNAL else 1.0
    scale: float = experiment.nuisances.yield_scale(process)
    return strength * scale * nominal


def draw_number_of(nominal: float, process: str, experiment: Experiment) -> int:
    """Draw a process's number of events before selection; arguments as in expected_number."""
    expected = expected_number(nominal, process, experiment)
    if expected > MAX_YIELD:
        raise InputError(f"{expected:g} events of {process} do not fit into memory; expected about a million.")
    return int(experiment_stream(experiment, "yield", process).poisson(expected))


def mix(rows: tuple[Integers, ...], experiment: Experiment) -> Addresses:
    """Merge the rows of all processes in random order, as transform_drawn takes them, table p for rows[p]."""
    addresses = np.empty(sum(map(len, rows)), dtype=np.int64)
    merge(rows, experiment_stream(experiment, "order"), addresses)
    return addresses


@compiled
def merge(rows, rng, addresses) -> Any:  # type: ignore[no-untyped-def]
    """Merge rows of several tables in random order, all arrangements being equally likely.

    Rows of a table are independent of each other, so only which table comes next is drawn: each with the share
    that it has of what is left.

    Args:
        rows: of each table, a tuple of arrays.
        rng: random stream.
        addresses: filled, shape (n,): (position of the table << TABLE_SHIFT) + row.
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


def soft_noise(experiment: Experiment, n: int) -> Floats | None:
    """Draw normal noise on both components of the missing momentum, in GeV, shape (2, n); None where it has no width.

    As its length and direction, which is twice as fast as drawing two normal numbers: half the squared length, in
    widths, is exponential (G. E. P. Box, M. E. Muller, Ann. Math. Statist. 29 (1958) 610).
    """
    width = experiment.nuisances.soft_met
    if width == 0:
        return None
    rng = experiment_stream(experiment, "soft_met")
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


class Transformer:
    """Turns the events of one pseudo-experiment after the other into features, in the same memory.

    Fresh pages would cost a third of the time.
    """

    def __init__(self) -> None:
        self._features = np.empty((len(FEATURES), 0), dtype=np.float32)

    def transform(self, tables: tuple[Floats, ...], addresses: Addresses, experiment: Experiment) -> Floats:
        """Distort and select events as a pseudo-experiment's nuisance parameters say, soft missing momentum included.

        Args:
            tables, addresses: as in transform_drawn; addresses are overwritten.
            experiment: with the true values.

        Returns:
            float32, shape (28, n), columns contiguous; overwritten by the next call.
        """
        if self._features.shape[1] < len(addresses):
            self._features = np.empty((len(FEATURES), int(SPARE * len(addresses))), dtype=np.float32)
        values, noise = experiment.nuisances, soft_noise(experiment, len(addresses))
        count = transform_drawn(tables, addresses, self._features, tes=values.tes, jes=values.jes, noise=noise)
        return self._features[:, :count]
