"""Pseudo-experiments as rows of sums over their events, drawn by the thousand without drawing an event.

A column of a row is the sum, over all events, of what each adds to it: 1 to the bin that it falls into, or a feature to
that feature's sum. Many events make any such row normal, whose mean and covariance follow from labelled events.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.stats import norm, qmc

from higgs_inference.nuisances import Nuisance
from higgs_inference.pseudo_experiments import ratio_of, values_at
from higgs_inference.responses import fit_terms
from higgs_inference.templates import Floats, Templates, terms
from higgs_inference.training_events import Discriminate, Events, Systematics, score_events

if TYPE_CHECKING:
    import pandas as pd

FOLDS = 10
"""Parts of the distorted events, each left out once to see how far the responses are known."""

EVENTS_AT_ONCE = 500_000
THREADS = 2

Describe = Callable[[npt.NDArray[np.floating]], sparse.csr_array]
"""Returns what each event adds to the columns of a row, not below 0, shape (n, columns), from its discriminants."""


def add_up(events: Events, describe: Describe, num_processes: int, folds: int = 1) -> Floats:
    """Add up what labelled events give to the columns, by fold and process.

    Args:
        events: labelled ones.
        describe: what each adds to the columns.
        num_processes: how many processes there are.
        folds: into which the training rows are divided by their numbers.

    Returns:
        Shape (folds, processes, columns).
    """
    total: Floats | float = 0.0
    for part in _slices(len(events.weights)):
        groups = (events.rows[part] % folds) * num_processes + events.processes[part]
        weights = events.weights[part].astype(np.float64)
        shape = folds * num_processes, len(weights)
        by_group = sparse.csr_array((weights, (groups, np.arange(len(weights)))), shape=shape)
        total = total + (by_group @ describe(events.discriminants[part])).toarray()
    return np.asarray(total).reshape(folds, num_processes, -1)


def second_moments(events: Events, describe: Describe, num_processes: int, power: int = 1) -> Floats:
    """Add up the products of what events give to each two columns.

    With weights to the power of 1 this is the covariance of a pseudo-experiment's row, whose events are Poisson numbers
    (a compound Poisson distribution); with the power of 2 that of the labelled events' own sums.

    Args:
        events: labelled ones, whose weights add up to the yields.
        describe: what each adds to the columns.
        num_processes: how many processes there are.
        power: of the weights.

    Returns:
        Shape (processes, columns, columns).
    """
    moments: list[Floats | float] = [0.0] * num_processes
    for part in _slices(len(events.weights)):
        added = describe(events.discriminants[part])
        weights = events.weights[part].astype(np.float64) ** power
        for process in range(num_processes):
            own = np.flatnonzero(events.processes[part] == process)
            weighted = sparse.diags_array(weights[own]) @ added[own]
            moments[process] = moments[process] + (weighted.T @ added[own]).toarray()
    return np.array(moments)


class DistortedRows:
    """Sums over the same events distorted and not, by fold: what nuisance parameters really do to the columns.

    Args:
        slices: training events as `label` makes them, kept in memory.
        systematics: the challenge's function.
        discriminate: gives the discriminants.
        describe: what an event adds to the columns.
        num_processes: how many processes there are.

    Attributes:
        nominal: sums, up to a constant of each process, shape (FOLDS, processes, columns).
    """

    def __init__(
        self,
        slices: Sequence["pd.DataFrame"],
        systematics: Systematics,
        discriminate: Discriminate,
        describe: Describe,
        num_processes: int,
    ) -> None:
        self._slices, self._systematics, self._discriminate = slices, systematics, discriminate
        self._describe, self._num_processes = describe, num_processes
        self.nominal = self._sums({}, 0)

    def ratios(self, points: Sequence[dict[str, float]], first_seed: int) -> Floats:
        """Return distorted over nominal sums at some points.

        Args:
            points: values of the nuisance parameters, by name, at each.
            first_seed: of the noise at the first point; those of the others follow.

        Returns:
            Of all events, then of those without each fold in turn, shape (points, 1 + FOLDS, processes, columns); 1
            where there are no events.
        """
        with ThreadPoolExecutor(THREADS) as threads:
            sums = np.array(list(threads.map(self._sums, points, count(first_seed))))
        return ratio_of(leave_out(sums), leave_out(self.nominal))

    def _sums(self, values: dict[str, float], seed: int) -> Floats:
        events = score_events(self._slices, self._systematics, self._discriminate, values, seed)
        return add_up(events, self._describe, self._num_processes, FOLDS)


def leave_out(by_fold: Floats) -> Floats:
    """Return the sum of all folds, then that without each fold.

    Args:
        by_fold: shape (..., folds, processes, columns).

    Returns:
        Shape (..., 1 + folds, processes, columns).

    Example:
        >>> leave_out(np.array([1.0, 2.0, 4.0]).reshape(3, 1, 1)).ravel().tolist()
        [7.0, 6.0, 5.0, 3.0]
    """
    whole = by_fold.sum(axis=-3, keepdims=True)
    return np.concatenate([whole, whole - by_fold], axis=-3)


def spread_pulls(nuisances: Sequence[Nuisance], power: int) -> Floats:
    """Return pulls of those nuisance parameters that change events, spread evenly over their priors; others are 0.

    They are a Sobol sequence (I. M. Sobol, USSR Comput. Math. Math. Phys. 7 (1967) 86), either half of
    which is spread evenly as well.

    Args:
        nuisances: all of them.
        power: of two, the number of points.

    Returns:
        Shape (2 ** power, nuisances).
    """
    shapes = [not one.scales for one in nuisances]
    pulls = np.zeros((2**power, len(nuisances)))
    pulls[:, shapes] = norm.ppf(qmc.Sobol(sum(shapes), seed=1).random_base2(power))
    return pulls


def measure_responses(distorted: DistortedRows, templates: Templates, pulls: Floats) -> Floats:
    """Measure how every column responds to the nuisance parameters that change events.

    Args:
        distorted: training events.
        templates: nominal ones.
        pulls: at which they are distorted, shape (points, nuisances). Where they follow the priors, the quadratics
            are best where pseudo-experiments are.

    Returns:
        Coefficients of `templates.terms` from all events, then from those without each fold, shape (1 + FOLDS,
        processes, columns, terms).
    """
    shapes = [(place, one) for place, one in enumerate(templates.nuisances) if not one.scales]
    shifts = np.array([[one.shift(point[place]) for place, one in shapes] for point in pulls.tolist()])
    logarithms = np.log(distorted.ratios([values_at(templates.nuisances, point) for point in pulls], first_seed=1))
    found = fit_terms(shifts, logarithms.reshape(len(pulls), -1, logarithms.shape[-1]))
    return found.reshape(*logarithms.shape[1:], found.shape[-1])


@dataclass(frozen=True, eq=False)
class RowModel:
    """How the rows of pseudo-experiments are distributed.

    Attributes:
        templates: expected sums; their bins are the columns.
        covariance: of the rows of pseudo-experiments at mu = 1, by process, shape (processes, columns, columns).
        of_templates: covariance of the templates' nominal sums, from the finite number of labelled events, same shape.
        without_fold: responses measured without each fold of the events, shape (folds, processes, columns, terms).
    """

    templates: Templates
    covariance: Floats
    of_templates: Floats
    without_fold: Floats

    def draw(self, rng: np.random.Generator, parameters: Floats, ratios: Floats | None = None) -> Floats:
        """Draw the row of a pseudo-experiment at each point, shape (n, columns).

        Expected sums and responses are known with an error. Each row has its own fluctuation of both, so that a method
        trained on the rows learns how far to trust them. The responses' is drawn from the jackknife: the sum over the
        folds of a normal number times what leaving out the fold changes (B. Efron, The jackknife, SIAM 1982).

        Args:
            rng: source of the randomness.
            parameters: mu and the pulls, shape (n, 1 + nuisances). A mu below 0 lowers sums, and adds no fluctuation.
            ratios: distorted over nominal sums, in place of what the templates' response says, shape (processes,
                columns); None for the response.
        """
        number, folds = len(parameters), len(self.without_fold)
        shapes = [(place, one) for place, one in enumerate(self.templates.nuisances, start=1) if not one.scales]
        in_shifts = np.array([terms([one.shift(point[place]) for place, one in shapes]) for point in parameters])
        deviations = np.sqrt((folds - 1) / folds) * (self.without_fold - self.without_fold.mean(axis=0))
        by_fold = rng.standard_normal((number, folds, 1)) * in_shifts[:, np.newaxis]
        changed = np.tensordot(by_fold, deviations, ([1, 2], [0, 3]))
        changed += np.tensordot(in_shifts, self.templates.response, (1, 2)) if ratios is None else np.log(ratios)
        np.exp(changed, out=changed)
        nominal, noise = (
            np.stack([rng.standard_normal((number, len(one))) @ root_of(one).T for one in covariances], axis=1)
            for covariances in (self.of_templates, self.covariance)
        )
        nominal += self.templates.nominal
        factors = np.array([self.templates.factors(point) for point in parameters])[:, :, np.newaxis]
        spread = np.sqrt(np.maximum(factors, 0.0) * changed)
        return np.asarray((factors * changed * nominal + spread * noise).sum(axis=1))


def root_of(covariance: Floats) -> Floats:
    """Return a matrix that turns standard normal numbers into numbers with this covariance, which may be singular.

    Example:
        >>> root_of(np.array([[4.0, 0.0], [0.0, 0.0]])).round(3).tolist()
        [[0.0, 2.0], [0.0, 0.0]]
    """
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def _slices(number: int) -> list[slice]:
    return [slice(first, first + EVENTS_AT_ONCE) for first in range(0, number, EVENTS_AT_ONCE)]
