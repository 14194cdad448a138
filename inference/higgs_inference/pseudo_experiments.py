"""Training events at any nuisance parameters: for classifiers, and as pseudo-experiments at any mu."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from higgs_inference.binning import Binning
from higgs_inference.nuisances import Nuisance
from higgs_inference.templates import Floats
from higgs_inference.training_events import Discriminate, Systematics, fill, score_events

if TYPE_CHECKING:
    import pandas as pd


def values_at(nuisances: Sequence[Nuisance], pulls: Floats) -> dict[str, float]:
    """Return the values of those nuisance parameters that change events, by name, at given pulls of all of them."""
    return {one.name: one.value(pull) for one, pull in zip(nuisances, pulls.tolist(), strict=True) if not one.scales}


def distort_shares(
    events: "pd.DataFrame", systematics: Systematics, nuisances: Sequence[Nuisance], points: Floats
) -> Iterator["pd.DataFrame"]:
    """Distort training events for a classifier, an equal share of them at each of many points.

    Args:
        events: as get_train_set gives them; share i is every event whose place, modulo the points, is i.
        systematics: the challenge's function.
        nuisances: all nuisance parameters.
        points: pulls of all of them, shape (points, nuisances).

    Yields:
        The selected events of one share, point by point.
    """
    for number, pulls in enumerate(points):
        yield systematics(events.iloc[number :: len(points)], seed=number, **values_at(nuisances, pulls))


class Distorted:
    """Ratios of distorted to nominal counts, measured on the same events: what nuisance parameters really do to bins.

    Args:
        slices: training events as `label` makes them, kept in memory.
        systematics: the challenge's function.
        discriminate: gives the discriminants.
        binning: the bins.
        num_processes: how many processes there are.

    Attributes:
        nominal: counts, up to a constant of each process, shape (processes, bins).
        squares: sums of squared weights, same shape.
    """

    def __init__(
        self,
        slices: Sequence["pd.DataFrame"],
        systematics: Systematics,
        discriminate: Discriminate,
        binning: Binning,
        num_processes: int,
    ) -> None:
        self._slices, self._systematics, self._discriminate = slices, systematics, discriminate
        self._binning, self._num_processes = binning, num_processes
        self.nominal, self.squares = self.count({}, seed=0)

    def ratios(self, values: dict[str, float], seed: int) -> Floats:
        """Return distorted over nominal counts, shape (processes, bins); 1 in bins where there are no events.

        Args:
            values: of the nuisance parameters, by name.
            seed: of the noise that systematics adds.
        """
        return ratio_of(self.count(values, seed)[0], self.nominal)

    def distort(self, values: dict[str, float], seed: int) -> Iterator["pd.DataFrame"]:
        """Yield the selected ones of the distorted events, slice by slice; arguments as in `ratios`."""
        for number, events in enumerate(self._slices):
            yield self._systematics(events, seed=1000 * seed + number, **values)

    def count(self, values: dict[str, float], seed: int) -> tuple[Floats, Floats]:
        """Return distorted counts and sums of squared weights, shaped as `nominal`; arguments as in `ratios`."""
        events = score_events(self._slices, self._systematics, self._discriminate, values, seed)
        return fill(events, self._binning, self._num_processes)


def unweighted(counts: Floats, squares: Floats) -> Floats:
    """Return the numbers of events without weights that fluctuate as much as the events of a bin do on average.

    Args:
        counts: sums of weights, shape (samples, processes, bins).
        squares: sums of squared weights, same shape.

    Example:
        >>> unweighted(np.array([[[4.0]], [[0.0]]]), np.array([[[8.0]], [[0.0]]])).tolist()
        [[[2.0]], [[0.0]]]
    """
    squared = squares.sum(axis=0)
    return np.asarray(counts * np.divide(counts.sum(axis=0), squared, out=np.zeros_like(squared), where=squared > 0))


def ratio_of(distorted: Floats, nominal: Floats) -> Floats:
    """Return distorted over nominal counts; 1 where there are no events.

    Args:
        distorted: counts, of any shape.
        nominal: of the same shape.

    Example:
        >>> ratio_of(np.array([3.0, 0.0]), np.array([2.0, 5.0])).tolist()
        [1.5, 1.0]
    """
    some = (nominal > 0) & (distorted > 0)
    return np.divide(distorted, nominal, out=np.ones_like(distorted), where=some)


def draw_rows(
    rng: np.random.Generator,
    weights: npt.NDArray[np.floating],
    processes: npt.NDArray[np.integer],
    factors: Iterable[float],
) -> npt.NDArray[np.int64]:
    """Draw the events of a pseudo-experiment, as numbers of labelled events, in random order.

    Of each process a Poisson number is drawn, in proportion to the weights, with replacement.

    Args:
        rng: source of the randomness.
        weights: those of a process add up to its expected events, shape (n,).
        processes: numbers of the processes, shape (n,).
        factors: by which each process's expected events are multiplied, mu for the signal.
    """
    drawn = []
    for process, factor in enumerate(factors):
        own = np.flatnonzero(processes == process)
        cumulative = np.cumsum(weights[own], dtype=np.float64)
        number = rng.poisson(factor * cumulative[-1]) if len(own) else 0
        if number:
            where = np.searchsorted(cumulative, rng.random(number) * cumulative[-1], side="right")
            drawn.append(own[np.minimum(where, len(own) - 1)])
    return rng.permutation(np.concatenate(drawn)) if drawn else np.empty(0, dtype=np.int64)
