"""The statistics of comparing a small weighted sample, the real rows, with a large one, the synthetic events.

Errors are those of the small sample; the large one counts as exact.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from higgs_tools.validation.targets import Rounded

Array = npt.NDArray[np.floating]

FARTHEST = 37.0
"""Largest pull that is told apart from infinity, where a normal tail has probability 1e-300."""


class Comparison(NamedTuple):
    """A number of the real data with its standard error, the synthetic one, and their distance in standard errors."""

    real: float
    error: float
    synthetic: float
    pull: float


def effective_number(weights: Array) -> float:
    """Return the number of equally weighted events that fluctuate as much as the weighted ones (Kish).

    Args:
        weights: shape (n,), >= 0, not all 0.

    Returns:
        (sum w)^2 / sum w^2, from 1 to n.
    """
    exact = weights.astype(np.float64)
    return float(exact.sum() ** 2 / (exact**2).sum())


def weighted_quantile(values: Array, weights: Array, level: float) -> float:
    """Return a quantile; with equal weights it is numpy's default one.

    Args:
        values: shape (n,), n >= 1.
        weights: shape (n,), > 0.
        level: from 0 to 1.

    Returns:
        The quantile in the unit of the values, interpolated between neighbours.
    """
    order = np.argsort(values, kind="stable")
    sorted_weights = weights[order].astype(np.float64)
    middles = np.cumsum(sorted_weights) - 0.5 * sorted_weights
    return float(np.interp(level * (middles[-1] - middles[0]), middles - middles[0], values[order].astype(np.float64)))


def compare_quantile(real: Rounded, level: float, number: float, reference: Array) -> Comparison:
    """Compare a quantile of the real rows with the synthetic events.

    The share of the synthetic events below a quantile of n rows from the same distribution follows a beta
    distribution, whatever that distribution is. So the pull is exact for few rows and needs no density, and the error
    is how far 68.27 % of that beta distribution reach in the synthetic events.

    Args:
        real: the quantile in the column's unit, and half of its last digit (0 where it is not rounded).
        level: of the quantile, between 0 and 1.
        number: of real rows that it comes from, >= 1.
        reference: sorted synthetic values, shape (m,).

    Returns:
        The comparison in the column's unit; its pull is negative where the synthetic quantile is above the real one,
        and 0 where rounding alone explains the difference.
    """
    a, b = level * (number - 1) + 1, (1 - level) * (number - 1) + 1
    low, high = np.quantile(reference, stats.beta.ppf(stats.norm.cdf([-1.0, 1.0]), a, b))
    ends = [real.value - real.half_digit, real.value + real.half_digit]
    pulls = [_beta_deviate((_share_below(reference, end)), a, b) for end in ends]
    pull = 0.0 if pulls[0] <= 0 <= pulls[1] else min(pulls, key=abs)
    return Comparison(real.value, float(high - low) / 2, float(np.quantile(reference, level)), pull)


def _share_below(reference: Array, value: float) -> float:
    below = np.searchsorted(reference, value, "left") + np.searchsorted(reference, value, "right")
    return float(below) / (2 * len(reference))


def _beta_deviate(share: float, a: float, b: float) -> float:
    """Return the normal deviate with the probability that the beta distribution gives to a smaller share."""
    if share > stats.beta.median(a, b):
        deviate = stats.norm.isf(stats.beta.sf(share, a, b))
    else:
        deviate = stats.norm.ppf(stats.beta.cdf(share, a, b))
    return float(np.clip(deviate, -FARTHEST, FARTHEST))


def compare_fraction(real: Rounded, number: float, synthetic: float) -> Comparison:
    """Compare a share of the real rows with the synthetic one.

    Args:
        real: the share, and half of its last digit.
        number: of real rows.
        synthetic: share of the synthetic events.

    Returns:
        The comparison, dimensionless; its error is binomial at Laplace's estimate (k + 1) / (n + 2), so that 0 of n has
        one too.
    """
    estimate = (real.value * number + 1) / (number + 2)
    error = math.sqrt(estimate * (1 - estimate) / number)
    return Comparison(real.value, error, synthetic, beyond_rounding(real.value - synthetic, real.half_digit) / error)


def beyond_rounding(difference: float, half_digit: float) -> float:
    """Take off a difference what rounding may have made of it.

    Example:
        >>> beyond_rounding(-3.0, 0.5), beyond_rounding(0.3, 0.5)
        (-2.5, 0.0)
    """
    return math.copysign(max(abs(difference) - half_digit, 0.0), difference)


def rank_correlation(x: Array, y: Array, weights: Array) -> float:
    """Compute Spearman's rank correlation of weighted events.

    Args:
        x, y: shape (n,), each with two different values at least.
        weights: shape (n,), > 0.

    Returns:
        From -1 to 1; with equal weights it is the usual one.
    """
    ranks = np.stack([_weighted_ranks(values, weights) for values in (x, y)])
    covariance = np.cov(ranks, aweights=weights)
    return float(covariance[0, 1] / math.sqrt(covariance[0, 0] * covariance[1, 1]))


def _weighted_ranks(values: Array, weights: Array) -> Array:
    """Return the weight below each value, plus half of the weight at it."""
    _, group = np.unique(values, return_inverse=True)
    at = np.bincount(group, weights=weights)
    return (np.cumsum(at) - 0.5 * at)[group]


def compare_rank_correlation(real: Rounded, number: float, synthetic: float) -> Comparison:
    """Compare a rank correlation of the real rows with the synthetic one.

    Args:
        real: the correlation, and half of its last digit.
        number: of real rows, above 3.
        synthetic: correlation of the synthetic events, strictly between -1 and 1.

    Returns:
        The comparison, dimensionless; its pull is taken in Fisher's z = artanh(r), whose variance for ranks is about
        (1 + r^2 / 2) / (n - 3) (Bonett and Wright 2000).
    """
    sigma_z = math.sqrt((1 + synthetic**2 / 2) / (number - 3))
    nearest = synthetic + beyond_rounding(real.value - synthetic, real.half_digit)
    distance = math.atanh(np.clip(nearest, -0.999999, 0.999999)) - math.atanh(synthetic)
    return Comparison(real.value, sigma_z * (1 - synthetic**2), synthetic, distance / sigma_z)


def poisson_interval(counts: Array) -> Array:
    """Return the central 68.27 % intervals of Poisson means (Garwood).

    Args:
        counts: events seen, >= 0, shape (n,); effective numbers of weighted events need not be whole.

    Returns:
        Lower and upper ends, shape (2, n); 0 events reach from 0 to 1.84.
    """
    low, high = stats.norm.cdf([-1.0, 1.0])
    ends = [
        np.where(counts > 0, stats.gamma.ppf(low, np.maximum(counts, 1e-9)), 0.0),
        stats.gamma.ppf(high, counts + 1),
    ]
    return np.array(ends)


def kolmogorov_smirnov(real: Array, weights: Array, reference: Array) -> float:
    """Return the probability that rows of the reference's distribution lie as far from it as the real rows do.

    Args:
        real: shape (n,), n >= 1.
        weights: of the real rows, shape (n,), > 0.
        reference: sorted synthetic values, shape (m,).

    Returns:
        The p-value, from 0 to 1; too large rather than too small where values are tied.
    """
    order = np.argsort(real, kind="stable")
    points, above = real[order], np.cumsum(weights[order].astype(np.float64))
    above /= above[-1]
    below = np.concatenate([[0.0], above[:-1]])
    last = np.append(points[1:] != points[:-1], True)
    first = np.append(True, points[1:] != points[:-1])
    over = above[last] - np.searchsorted(reference, points[last], "right") / len(reference)
    under = np.searchsorted(reference, points[first], "left") / len(reference) - below[first]
    n, m = effective_number(weights), len(reference)
    distance = max(float(over.max()), float(under.max()), 0.0)
    return float(stats.kstwo.sf(distance, max(round(n * m / (n + m)), 1)))
