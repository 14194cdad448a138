"""An unbinned likelihood: counts in bins, and for some events where in its bin every single one lies.

In a bin the events of process p have the density

    h_p(x) exp(D_p(x) . t) / N_p(t),        t = terms(shifts),

relative to that of all nominal events of the bin, with ratios h_p and responses D_p from networks. N_p keeps its
integral over the bin 1, so networks decide where in a bin events lie, and templates how many there are. What a network
gets wrong from bin to bin has no effect.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from higgs_inference.likelihood import BinnedLikelihood
from higgs_inference.templates import MIN_EXPECTED, Floats, Templates, Values

MIN_RATIO = 0.01
"""Below this relative density of an event, as a fit may try it at a negative mu, the logarithm goes on straight."""

MAX_EXPONENT = 50.0
"""Of a response: networks trained with few events give larger ones, which would overflow."""


@dataclass(frozen=True, eq=False)
class Places:
    """What networks say of single events.

    Attributes:
        bins: the bin of every event, shape (n,).
        ratios: density of every process relative to that of all nominal events, up to a factor of the bin, shape
            (n, processes).
        responses: coefficients of `terms`, shape (n, processes, terms).
        weights: not negative, shape (n,).

    Raises:
        ValueError: these are not of the same number of events, or a weight is negative or not finite.
    """

    bins: npt.NDArray[np.int64]
    ratios: Values
    responses: Values
    weights: Floats

    def __post_init__(self) -> None:
        lengths = {len(self.bins), len(self.ratios), len(self.responses), len(self.weights)}
        if len(lengths) > 1:
            raise ValueError(f"expected bins, ratios, responses and weights of the same events; got {sorted(lengths)}")
        if not np.all(np.isfinite(self.weights) & (self.weights >= 0)):
            raise ValueError("expected weights of single events that are finite and not negative; some are not")


@dataclass(frozen=True, eq=False)
class Norms:
    """Integrals over bins, by which densities are divided: to second order in `terms`.

    log N_p(t) = log N_p(0) + mean . t + t . covariance . t / 2 are the cumulants of the responses among a process's
    nominal events in a bin.

    Attributes:
        ratios: mean of the ratios over all nominal events of the bin, shape (processes, bins).
        means: of the responses over the process's own ones, shape (processes, bins, terms).
        covariances: likewise, shape (processes, bins, terms, terms).
    """

    ratios: Floats
    means: Floats
    covariances: Floats


class NormSums:
    """Sums over nominal labelled events from which `Norms` are made, so that events need not be in memory at once.

    Args:
        shape: (processes, bins, terms).
    """

    def __init__(self, shape: tuple[int, int, int]) -> None:
        processes, bins, number = shape
        self._all, self._ratios = np.zeros(bins), np.zeros((processes, bins))
        self._own, self._means = np.zeros((processes, bins)), np.zeros((processes, bins, number))
        self._products = np.zeros((processes, bins, number, number))

    def add(self, places: Places, processes: npt.NDArray[np.integer]) -> None:
        """Add events.

        Args:
            places: with weights that add up to expected events at mu = 1.
            processes: the number of each event's process, shape (n,).
        """
        bins = len(self._all)
        self._all += np.bincount(places.bins, places.weights, bins)
        for process, (own, means, products) in enumerate(zip(self._own, self._means, self._products, strict=True)):
            self._ratios[process] += np.bincount(places.bins, places.weights * places.ratios[:, process], bins)
            chosen = processes == process
            where, weights = places.bins[chosen], places.weights[chosen]
            own += np.bincount(where, weights, bins)
            responses = places.responses[chosen, process].astype(np.float64)
            for one in range(means.shape[1]):
                weighted = weights * responses[:, one]
                means[:, one] += np.bincount(where, weighted, bins)
                for other in range(one + 1):
                    products[:, one, other] += np.bincount(where, weighted * responses[:, other], bins)

    def norms(self) -> Norms:
        """Return the integrals; where there are no events, those that leave densities as they are."""
        own = np.where(self._own > 0, self._own, 1.0)
        means = self._means / own[..., np.newaxis]
        lower = self._products / own[..., np.newaxis, np.newaxis]
        products = lower + np.swapaxes(np.tril(lower, -1), -1, -2)
        covariances = products - means[..., np.newaxis] * means[..., np.newaxis, :]
        ratios = np.where(self._ratios > 0, self._ratios, 1.0) / np.where(self._ratios > 0, self._all, 1.0)
        return Norms(ratios, means, covariances)


class UnbinnedLikelihood:
    """-2 ln L of counts and places: that of the counts, minus 2 sum of w ln(density of the event in its bin).

    Args:
        templates: expected counts.
        norms: integrals over bins.
        counts: observed counts, those events included that have places, shape (bins,).
        places: of the events that have some.

    Raises:
        ValueError: norms or places are of other processes or bins than the templates.
    """

    def __init__(self, templates: Templates, norms: Norms, counts: Floats, places: Places) -> None:
        shape = len(templates.processes), templates.bins
        if norms.ratios.shape != shape or places.ratios.shape[1:] != shape[:1]:
            raise ValueError(
                f"expected norms and places of {shape[0]} processes in {shape[1]} bins; got norms of shape "
                f"{norms.ratios.shape}, and ratios of shape {places.ratios.shape}"
            )
        self.templates, self.binned = templates, BinnedLikelihood(templates, counts)
        self._covariances = norms.covariances
        self._bins, self._weights = places.bins, places.weights
        self._ratios = np.ascontiguousarray((places.ratios / norms.ratios.T[places.bins]).T, dtype=np.float64)
        self._responses = {
            process: places.responses[:, process] - norms.means[process][places.bins]
            for process in range(len(templates.processes))
            if places.responses[:, process].any()
        }

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters; mu is the first, the pulls follow."""
        return self.templates.names

    def value(self, parameters: Floats) -> float:
        """Return -2 ln L, the priors of the pulls included, up to a constant.

        Args:
            parameters: mu and the pulls, shape (parameters,).
        """
        parameters = np.asarray(parameters, dtype=np.float64)
        density = self.density(parameters)
        above = np.maximum(density, MIN_RATIO)
        return self.binned.value(parameters) - 2 * float(
            self._weights @ (np.log(above) + (density - above) / MIN_RATIO)
        )

    def gradient(self, parameters: Floats) -> Floats:
        """Return the derivatives of `value`, shape (parameters,); argument as in `value`."""
        parameters = np.asarray(parameters, dtype=np.float64)
        at, of_terms = self.templates.expect(parameters), self.templates.terms_at(parameters)
        relative = self._relative(of_terms)
        density = self._density(at.counts, relative)
        total = np.maximum(at.total, MIN_EXPECTED)
        per_event = self._weights / np.maximum(density, MIN_RATIO) / total[self._bins]
        by_count = np.array([self._add_up(per_event * own) for own in relative])
        by_total = self._add_up(per_event * density)
        gradient = np.einsum("kpb,pb->k", at.by_parameter, by_count) - at.total_by_parameter @ by_total
        by_term = np.zeros(len(of_terms))
        for process, responses in self._responses.items():
            counts, covariances = at.counts[process], self._covariances[process]
            by_term += (per_event * counts[self._bins] * relative[process]) @ responses
            by_term -= (by_count[process] * counts) @ (covariances @ of_terms)
        gradient += self.templates.terms_by_parameter(parameters) @ by_term
        return np.asarray(self.binned.gradient(parameters) - 2 * gradient)

    def density(self, parameters: Floats) -> Floats:
        """Return the density of every event in its bin, relative to that of all nominal events, shape (n,).

        Args:
            parameters: mu and the pulls, shape (parameters,).
        """
        parameters = np.asarray(parameters, dtype=np.float64)
        relative = self._relative(self.templates.terms_at(parameters))
        return self._density(self.templates.by_process(parameters), relative)

    def _relative(self, of_terms: Floats) -> Floats:
        """Return every process's density relative to that of all nominal events of the bin, shape (processes, n)."""
        relative = self._ratios.copy()
        for process, responses in self._responses.items():
            norm = np.einsum("t,btu,u->b", of_terms, self._covariances[process], of_terms) / 2
            relative[process] *= np.exp(np.minimum(responses @ of_terms - norm[self._bins], MAX_EXPONENT))
        return relative

    def _density(self, counts: Floats, relative: Floats) -> Floats:
        """Return the density of every event in its bin, shape (n,).

        Args:
            counts: expected ones, shape (processes, bins).
            relative: densities of the processes, shape (processes, n).
        """
        shares = counts / np.maximum(counts.sum(axis=0), MIN_EXPECTED)
        density = np.zeros(len(self._bins))
        for own, share in zip(relative, shares, strict=True):
            density += share[self._bins] * own
        return density

    def _add_up(self, values: Floats) -> Floats:
        return np.bincount(self._bins, values, self.templates.bins).astype(np.float64)
