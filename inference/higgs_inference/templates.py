"""Expected counts of every process in bins, as smooth functions of the nuisance parameters."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement

import numpy as np
import numpy.typing as npt

from higgs_inference.nuisances import Nuisance, shape_nuisances

Floats = npt.NDArray[np.float64]
Values = npt.NDArray[np.float32]
"""Of single events, of which there are many."""

MIN_EXPECTED = 1e-6
"""Expected counts of a bin below this, as a fit may try them at a negative mu, count as this."""


@dataclass(frozen=True, eq=False)
class Expectation:
    """Expected counts at one point, with the derivatives by mu and by every pull.

    Attributes:
        counts: shape (processes, bins).
        by_parameter: their derivatives, shape (1 + nuisances, processes, bins).
        signal_index: the signal's place among the processes.
    """

    counts: Floats
    by_parameter: Floats
    signal_index: int

    @property
    def total(self) -> Floats:
        """Of signal and background, shape (bins,)."""
        return np.asarray(self.counts.sum(axis=0))

    @property
    def background(self) -> Floats:
        """Shape (bins,)."""
        return np.asarray(self.total - self.counts[self.signal_index])

    @property
    def total_by_parameter(self) -> Floats:
        """Derivatives of the total, shape (1 + nuisances, bins)."""
        return np.asarray(self.by_parameter.sum(axis=1))

    @property
    def background_by_parameter(self) -> Floats:
        """Derivatives of the background, shape (1 + nuisances, bins)."""
        return np.asarray(self.total_by_parameter - self.by_parameter[:, self.signal_index])


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

    Raises:
        ValueError: shapes do not fit together, counts are negative, or a scale acts on what is no background.
    """

    processes: tuple[str, ...]
    signal: str
    nuisances: tuple[Nuisance, ...]
    nominal: Floats
    variance: Floats
    response: Floats

    def __post_init__(self) -> None:
        if self.signal not in self.processes:
            raise ValueError(f"the signal {self.signal} is none of the processes {', '.join(self.processes)}")
        bins = self.nominal.shape[1:]
        expected = (len(self.processes), *bins)
        if len(bins) != 1 or self.nominal.shape != expected or self.variance.shape != expected:
            raise ValueError(
                f"expected nominal counts and variances of shape ({len(self.processes)}, bins); "
                f"got {self.nominal.shape} and {self.variance.shape}"
            )
        if self.response.shape != (*expected, num_terms(self.nuisances)):
            raise ValueError(
                f"expected responses of shape {(*expected, num_terms(self.nuisances))}; got {self.response.shape}"
            )
        if not (np.all(self.nominal >= 0) and np.all(self.variance >= 0)):
            raise ValueError("nominal counts and variances must be numbers, and not below 0")
        for one in self.nuisances:
            for name in one.scales:
                if name == self.signal or name not in self.processes:
                    raise ValueError(f"{one.name} scales {name}, which is none of the backgrounds")

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
        return self.factors(parameters)[:, np.newaxis] * self.nominal * self.ratios(parameters)

    def ratios(self, parameters: Floats) -> Floats:
        """Return distorted over nominal counts as the response describes them, shape (processes, bins).

        Args:
            parameters: mu and the pulls, shape (1 + nuisances,).
        """
        return np.asarray(np.exp(self.response @ self.terms_at(parameters)))

    def expect(self, parameters: Floats) -> Expectation:
        """Return the expected counts with their derivatives.

        Args:
            parameters: mu and the pulls, shape (1 + nuisances,).
        """
        yields = self.nominal * self.ratios(parameters)
        counts = self.factors(parameters)[:, np.newaxis] * yields
        by_parameter = self._relative_slopes(parameters)[:, :, np.newaxis] * counts
        by_parameter[0, self.signal_index] = yields[self.signal_index]
        of_terms = self.terms_by_parameter(parameters)[self._places]
        by_parameter[self._places] = counts * np.moveaxis(self.response @ of_terms.T, 2, 0)
        return Expectation(counts, by_parameter, self.signal_index)

    def terms_at(self, parameters: Floats) -> Floats:
        """Return the terms that responses multiply, shape (terms,).

        Args:
            parameters: mu and the pulls, shape (1 + nuisances,).
        """
        return terms([one.shift(pull) for one, pull in self._shapes(parameters)])

    def terms_by_parameter(self, parameters: Floats) -> Floats:
        """Return the derivatives of `terms_at` by mu and the pulls, shape (1 + nuisances, terms)."""
        shapes = self._shapes(parameters)
        slopes = np.array([one.slope(pull) / one.width for one, pull in shapes])
        derivatives = np.zeros((len(parameters), num_terms(self.nuisances)))
        derivatives[self._places] = (slopes_of_terms([one.shift(pull) for one, pull in shapes]) * slopes).T
        return derivatives

    def _shapes(self, parameters: Floats) -> list[tuple[Nuisance, float]]:
        pairs = zip(self.nuisances, parameters[1:].tolist(), strict=True)
        return [(one, pull) for one, pull in pairs if not one.scales]

    @cached_property
    def _places(self) -> list[int]:
        """Where the nuisance parameters that change events are among the parameters."""
        return [number for number, one in enumerate(self.nuisances, start=1) if not one.scales]

    @cached_property
    def _scaled(self) -> npt.NDArray[np.bool_]:
        """Whether a nuisance parameter multiplies a process's yield, shape (nuisances, processes)."""
        scaled = [[process in one.scales for process in self.processes] for one in self.nuisances]
        return np.array(scaled, dtype=bool).reshape(len(self.nuisances), len(self.processes))

    def _relative_slopes(self, parameters: Floats) -> Floats:
        """Return the derivatives of the logarithms of `factors`, 0 for mu, shape (1 + nuisances, processes)."""
        pairs = list(zip(self.nuisances, parameters[1:].tolist(), strict=True))
        relative = [one.slope(pull) / (one.value(pull) or 1.0) if one.scales else 0.0 for one, pull in pairs]
        return np.concatenate([np.zeros((1, len(self.processes))), np.array(relative)[:, np.newaxis] * self._scaled])

    def factors(self, parameters: Floats) -> Floats:
        """Return what multiplies each process's counts: mu, and the scales of the backgrounds, shape (processes,)."""
        pairs = zip(self.nuisances, parameters[1:].tolist(), strict=True)
        values = np.array([one.value(pull) if one.scales else 1.0 for one, pull in pairs])
        factors: Floats = np.where(self._scaled, values[:, np.newaxis], 1.0).prod(axis=0)
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
    slopes = np.zeros((number * (number + 3) // 2, number))
    slopes[:number] = np.eye(number)
    for term, (one, other) in enumerate(combinations_with_replacement(range(number), 2), start=number):
        slopes[term, one] += shifts[other]
        slopes[term, other] += shifts[one]
    return slopes


def num_terms(nuisances: Sequence[Nuisance]) -> int:
    """Return how many terms a response to these nuisance parameters has."""
    return len(terms([0.0] * len(shape_nuisances(nuisances))))
