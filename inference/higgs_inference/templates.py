"""Expected counts of every process in bins, as smooth functions of the nuisance parameters."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement

import numpy as np
import numpy.typing as npt

from higgs_inference.nuisances import Nuisance, shape_nuisances

Floats = npt.NDArray[np.float64]

MIN_EXPECTED = 1e-6
"""Expected counts of a bin below this, as a fit may try them at a negative mu, count as this."""


@dataclass(frozen=True, eq=False)
class Expectation:
    """Expected counts at one point, with the derivatives by mu and by every pull.

    Attributes:
        total: of signal and background, shape (bins,).
        background: shape (bins,).
        by_parameter: derivatives of the total, shape (1 + nuisances, bins).
        background_by_parameter: derivatives of the background.
    """

    total: Floats
    background: Floats
    by_parameter: Floats
    background_by_parameter: Floats


@dataclass(frozen=True, eq=False)
class Templates:
    """Expected counts per process and bin.

    In a bin, a process has the expected count

        factor * nominal * exp(response . terms(shifts)),

    where the factor is mu for the signal, and for a background the product of the scales that act on it.

    Attributes:
        processes: names, in the order of the arrays' first axis.
        signal: the name of the one that mu multiplies.
        nuisances: all nuisance parameters.
        nominal: expected counts at mu = 1 and nominal nuisance parameters, shape (processes, bins).
        variance: of the nominal counts, from the finite number of events that they were made of, same shape.
        response: coefficients of `terms`, shape (processes, bins, terms).
    """

    processes: tuple[str, ...]
    signal: str
    nuisances: tuple[Nuisance, ...]
    nominal: Floats
    variance: Floats
    response: Floats

    @property
    def bins(self) -> int:
        """The number of bins."""
        return int(self.nominal.shape[1])

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the fit's parameters: mu, then the nuisance parameters."""
        return ("mu", *(one.name for one in self.nuisances))

    @property
    def signal_index(self) -> int:
        """The signal's place among the processes."""
        return self.processes.index(self.signal)

    @property
    def background_variance(self) -> Floats:
        """Variance of the summed nominal background, relative to its square, shape (bins,)."""
        background = np.delete(self.nominal, self.signal_index, axis=0).sum(axis=0)
        variance: Floats = np.delete(self.variance, self.signal_index, axis=0).sum(axis=0)
        return np.asarray(variance / np.maximum(background, 1e-12) ** 2)

    def by_process(self, parameters: Floats) -> Floats:
        """Return every process's expected counts, shape (processes, bins).

        Args:
            parameters: mu and the pulls, shape (1 + nuisances,).
        """
        shifts = [one.shift(pull) for one, pull in self._shapes(parameters)]
        changes: Floats = np.exp(self.response @ terms(shifts))
        return self.factors(parameters)[:, np.newaxis] * self.nominal * changes

    def expect(self, parameters: Floats) -> Expectation:
        """Return the expected counts with their derivatives.

        Args:
            parameters: mu and the pulls, shape (1 + nuisances,).
        """
        shapes = self._shapes(parameters)
        shifts = [one.shift(pull) for one, pull in shapes]
        yields = self.nominal * np.exp(self.response @ terms(shifts))
        counts = self.factors(parameters)[:, np.newaxis] * yields
        slopes = np.array([one.slope(pull) / one.width for one, pull in shapes])
        by_shift = self.response @ (slopes_of_terms(shifts) * slopes)
        backgrounds = np.arange(len(self.processes)) != self.signal_index
        derivatives = np.zeros((2, 1 + len(self.nuisances), self.bins))
        derivatives[0, 0] = yields[self.signal_index]
        shape = 0
        for number, (nuisance, pull) in enumerate(zip(self.nuisances, parameters[1:].tolist(), strict=True)):
            if nuisance.scales:
                relative = nuisance.slope(pull) / max(nuisance.value(pull), 1e-300)
                scaled = counts * (relative * self._scaled[number])[:, np.newaxis]
            else:
                scaled = counts * by_shift[:, :, shape]
                shape += 1
            derivatives[:, 1 + number] = scaled.sum(axis=0), scaled[backgrounds].sum(axis=0)
        return Expectation(counts.sum(axis=0), counts[backgrounds].sum(axis=0), *derivatives)

    def _shapes(self, parameters: Floats) -> list[tuple[Nuisance, float]]:
        pairs = zip(self.nuisances, parameters[1:].tolist(), strict=True)
        return [(one, pull) for one, pull in pairs if not one.scales]

    @cached_property
    def _scaled(self) -> Floats:
        """1 where a nuisance parameter multiplies a process's yield, shape (nuisances, processes)."""
        return np.array([np.isin(self.processes, one.scales) for one in self.nuisances], dtype=np.float64)

    def factors(self, parameters: Floats) -> Floats:
        """Return what multiplies each process's counts: mu, and the scales of the backgrounds, shape (processes,)."""
        factors = np.ones(len(self.processes))
        for nuisance, scaled, pull in zip(self.nuisances, self._scaled, parameters[1:].tolist(), strict=True):
            if nuisance.scales:
                factors *= 1 + scaled * (nuisance.value(pull) - 1)
        factors[self.signal_index] = parameters[0]
        return factors


def terms(shifts: Sequence[float]) -> Floats:
    """Return the terms of a quadratic that vanishes at nominal: the shifts, then all products of two.

    Example:
        >>> terms([2.0, 3.0]).tolist()
        [2.0, 3.0, 4.0, 6.0, 9.0]
    """
    products = [one * other for one, other in combinations_with_replacement(shifts, 2)]
    return np.array([*shifts, *products], dtype=np.float64)


def slopes_of_terms(shifts: Sequence[float]) -> Floats:
    """Return the derivatives of `terms` by the shifts, shape (terms, shifts)."""
    number = len(shifts)
    unit = np.eye(number)
    pairs = combinations_with_replacement(range(number), 2)
    products = [shifts[one] * unit[other] + shifts[other] * unit[one] for one, other in pairs]
    return np.array([*unit, *products]).reshape(-1, number)


def num_terms(nuisances: Sequence[Nuisance]) -> int:
    """Return how many terms a response to these nuisance parameters has."""
    return len(terms([0.0] * len(shape_nuisances(nuisances))))


def merge_bins(templates: Templates, groups: npt.NDArray[np.int64]) -> Templates:
    """Merge bins whose processes respond alike: counts and variances add up, responses are averages.

    Args:
        templates: with n bins.
        groups: for each bin the number of the new one, from 0, shape (n,).
    """
    number = int(groups.max()) + 1
    member = (groups[:, np.newaxis] == np.arange(number)).astype(np.float64)
    nominal = templates.nominal @ member
    weighted = np.einsum("pb,pbt,bg->pgt", templates.nominal, templates.response, member)
    return Templates(
        templates.processes,
        templates.signal,
        templates.nuisances,
        nominal,
        templates.variance @ member,
        weighted / np.maximum(nominal, 1e-300)[:, :, np.newaxis],
    )
