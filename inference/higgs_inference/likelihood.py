"""Likelihoods: what a fit needs of one, and the binned one."""

from typing import Protocol

import numpy as np

from higgs_inference.templates import MIN_EXPECTED, Floats, Templates


class Likelihood(Protocol):
    """A function of mu and the pulls of the nuisance parameters; fits and intervals know nothing else about it."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters; mu is the first, the pulls follow."""

    def value(self, parameters: Floats) -> float:
        """Return -2 ln L, the priors of the pulls included, up to a constant."""

    def gradient(self, parameters: Floats) -> Floats:
        """Return the derivatives of `value`, shape (parameters,)."""


class BinnedLikelihood:
    """-2 ln L of counts, relative to expectations that equal them, plus the squares of the pulls.

    The summed background of every bin carries the uncertainty of its finite number of template events, as a factor
    of its own whose best value has a closed form (J. S. Conway, arXiv:1103.0354, after R. Barlow and C. Beeston,
    Comput. Phys. Commun. 77 (1993) 219): HistFactory calls it `staterror`.

    Args:
        templates: expected counts.
        counts: observed counts, shape (bins,), not below 0.

    Raises:
        ValueError: the counts have another shape, or are negative.
    """

    def __init__(self, templates: Templates, counts: Floats) -> None:
        counts = np.asarray(counts, dtype=np.float64)
        if counts.shape != (templates.bins,):
            raise ValueError(f"expected counts of shape ({templates.bins},), one for each bin; got {counts.shape}")
        if not np.all(counts >= 0) or np.isinf(counts).any():
            raise ValueError("expected counts that are finite and not below 0")
        self.templates = templates
        self.counts = counts
        self._spread = templates.background_variance
        self._perfect = counts * np.log(np.maximum(counts, 1e-300)) - counts

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters; mu is the first, the pulls follow."""
        return self.templates.names

    def value(self, parameters: Floats) -> float:
        """Return -2 ln L, the priors of the pulls included, relative to a perfect description of the counts."""
        parameters = np.asarray(parameters, dtype=np.float64)
        counts = self.templates.by_process(parameters)
        expected = counts.sum(axis=0)
        total = np.maximum(expected, MIN_EXPECTED)
        variance = self._spread * (expected - counts[self.templates.signal_index]) ** 2
        fitted = fit_total(total, variance, self.counts)
        deviance = 2 * (self._perfect + fitted - self.counts * np.log(fitted))
        pulls = np.divide((fitted - total) ** 2, variance, out=np.zeros_like(total), where=variance > 0)
        negative = np.minimum(expected - MIN_EXPECTED, 0.0)  # leads a fit back from where it makes no sense
        return float(np.sum(deviance) + np.sum(pulls) + np.sum(negative**2) + np.sum(parameters[1:] ** 2))

    def gradient(self, parameters: Floats) -> Floats:
        """Return the derivatives of `value`, shape (parameters,).

        At the best fitted total its own derivative vanishes, or the total is as small as it may be; only the
        derivatives by the expectation and by its variance remain.
        """
        parameters = np.asarray(parameters, dtype=np.float64)
        at = self.templates.expect(parameters)
        unclipped, background = at.total, at.background
        total = np.maximum(unclipped, MIN_EXPECTED)
        variance = self._spread * background**2
        fitted = fit_total(total, variance, self.counts)
        moved = np.divide(fitted - total, background, out=np.zeros_like(total), where=background > 0)
        smallest = 2 * (total - fitted) / np.maximum(variance, 1e-300)
        by_total = np.where(fitted > MIN_EXPECTED, 2 * (1 - self.counts / fitted), smallest)
        by_background = by_total * moved
        by_total = np.where(unclipped < MIN_EXPECTED, 2 * (unclipped - MIN_EXPECTED), by_total)
        gradient = at.total_by_parameter @ by_total + at.background_by_parameter @ by_background
        gradient[1:] += 2 * parameters[1:]
        return np.asarray(gradient)


def fit_total(total: Floats, variance: Floats, counts: Floats) -> Floats:
    """Return the total f that minimises 2 (f - n ln f) + (f - total)^2 / variance in every bin.

    Args:
        total: expected counts, above 0, shape (bins,).
        variance: of the expected counts, shape (bins,).
        counts: observed counts n, shape (bins,).

    Example:
        >>> fit_total(np.array([100.0]), np.array([0.0]), np.array([90.0])).tolist()
        [100.0]
    """
    half = (total - variance) / 2
    root = np.sqrt(half**2 + counts * variance)
    # The same root of the quadratic twice, each without a difference of nearly equal numbers.
    fitted = np.divide(counts * variance, root - half, out=half + root, where=half < 0)
    return np.asarray(np.maximum(fitted, MIN_EXPECTED))
