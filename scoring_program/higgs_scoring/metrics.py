"""The scores as pure functions of arrays.

Source of every formula unless another is named: arXiv:2410.02867, section on evaluation. The pseudo-experiment axis is
always the last one; leading axes, if there are any, are sets.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv

FloatArray = NDArray[np.float64]

TARGET_COVERAGE = 0.6827
"""The fraction of intervals that should contain the true mu."""

WIDTH_OFFSET = 1e-3
"""Added to the width, so that intervals of zero width have a finite score."""

DEAD_ZONE_SIGMAS = 2
"""A coverage no further than this from the target costs nothing."""


@dataclass(frozen=True, eq=False)
class Intervals:
    """The answers of a run beside the truth that they are scored against.

    Attributes:
        mus: true mu of each set, shape (sets,).
        mu_hats: estimates of mu, shape (sets, pseudo-experiments), as the three that follow.
        delta_mu_hats: stated uncertainties of the estimates: half the width of the intervals before any cut.
        p16: lower ends of the intervals.
        p84: upper ends of the intervals, p16 <= p84.
    """

    mus: FloatArray
    mu_hats: FloatArray
    delta_mu_hats: FloatArray
    p16: FloatArray
    p84: FloatArray

    @property
    def true_mus(self) -> FloatArray:
        """The true mu of each set, shape (sets, 1), which broadcasts against the answers."""
        return self.mus[:, np.newaxis]


@dataclass(frozen=True)
class Scores:
    """Averages over a whole run. Larger is better for the quantile score, smaller for width, RMSE, MAE and Winkler."""

    quantile_score: float
    interval: float
    coverage: float
    penalty: float
    rmse: float
    mae: float
    winkler: float


def mean_width(p16: ArrayLike, p84: ArrayLike) -> float:
    """Return the mean length of the intervals, w = mean |p84 - p16|, over all axes.

    p16 and p84 have one shape, for example (sets, pseudo-experiments).

    >>> mean_width([0.5, 1.0], [1.0, 2.0])
    0.75
    """
    return float(np.mean(np.abs(np.subtract(p84, p16))))


def is_covered(mu: ArrayLike, p16: ArrayLike, p84: ArrayLike) -> NDArray[np.bool_]:
    """Return for each pseudo-experiment whether p16 <= mu <= p84, both ends included.

    mu broadcasts against p16 and p84: a number, or shape (sets, 1) against (sets, pseudo-experiments).

    >>> is_covered(1.0, [0.5, 1.1, 1.0], [1.5, 2.0, 2.0]).tolist()
    [True, False, True]
    """
    low, high, true = np.asarray(p16), np.asarray(p84), np.asarray(mu)
    return (low <= true) & (true <= high)


def coverage(mu: ArrayLike, p16: ArrayLike, p84: ArrayLike) -> float:
    """Return the fraction of intervals that contain the true mu, c = mean(p16 <= mu <= p84), over all axes.

    Shapes as in `is_covered`.

    >>> coverage(1.0, [0.5, 1.1, 1.0, 0.0], [1.5, 2.0, 2.0, 3.0])
    0.75
    """
    return float(np.mean(is_covered(mu, p16, p84)))


def coverage_sigma(n: int) -> float:
    """Return the binomial standard deviation of the coverage of n correct intervals, sqrt(0.6827 * 0.3173 * n) / n.

    >>> round(coverage_sigma(100), 6)
    0.046543
    """
    return float(np.sqrt((1 - TARGET_COVERAGE) * TARGET_COVERAGE * n) / n)


def allowed_coverage(n: int) -> tuple[float, float]:
    """Return the ends of the dead zone, 0.6827 -+ 2 sigma, in which the penalty is 1.

    For a few pseudo-experiments the zone reaches beyond 0 and 1.

    >>> [round(end, 4) for end in allowed_coverage(200)]
    [0.6169, 0.7485]
    """
    reach = DEAD_ZONE_SIGMAS * coverage_sigma(n)
    return TARGET_COVERAGE - reach, TARGET_COVERAGE + reach


def coverage_penalty(coverage: ArrayLike, n: int) -> FloatArray:
    """Return the factor f by which a wrong coverage multiplies the width, in the shape of `coverage`.

    f = 1 inside the dead zone; below its lower end a, f = 1 + ((a - c) / sigma)^4; above its upper end b,
    f = 1 + ((c - b) / sigma)^3; sigma is `coverage_sigma(n)` and n counts all pseudo-experiments.

    >>> sigma = coverage_sigma(100)
    >>> coverage_penalty([0.6827, 0.6827 - 4 * sigma, 0.6827 + 4 * sigma], 100).round(9).tolist()
    [1.0, 17.0, 9.0]
    """
    lowest, highest = allowed_coverage(n)
    sigma = coverage_sigma(n)
    share = np.asarray(coverage, dtype=np.float64)
    below = np.maximum(lowest - share, 0.0) / sigma
    above = np.maximum(share - highest, 0.0) / sigma
    return np.asarray(1.0 + below**4 + above**3)


def quantile_score(width: ArrayLike, penalty: ArrayLike) -> FloatArray:
    """Return -ln((w + 0.001) f); larger is better, and finite for every finite width >= 0 and penalty >= 1.

    width and penalty broadcast against each other.

    >>> quantile_score([0.999, 0.0], 1.0).round(4).tolist()
    [-0.0, 6.9078]
    """
    return np.asarray(-np.log((np.asarray(width) + WIDTH_OFFSET) * np.asarray(penalty)))


def mean_absolute_error(mu: ArrayLike, mu_hat: ArrayLike, delta_mu_hat: ArrayLike) -> FloatArray:
    """Return mean |mu_hat - mu| + mean | |mu_hat - mu| - delta_mu_hat | over the pseudo-experiment axis.

    mu broadcasts against mu_hat and delta_mu_hat of shape (..., n); the result has shape (...).

    >>> float(mean_absolute_error(1.0, [1.5, 1.0], [0.25, 0.25]))
    0.5
    """
    error = np.abs(np.subtract(mu_hat, mu))
    return np.asarray(np.mean(error, axis=-1) + np.mean(np.abs(error - delta_mu_hat), axis=-1))


def root_mean_square_error(mu: ArrayLike, mu_hat: ArrayLike, delta_mu_hat: ArrayLike) -> FloatArray:
    """Return the mean over the pseudo-experiment axis of sqrt(e^2 + (e^2 - delta_mu_hat^2)^2), e = mu_hat - mu.

    The root is taken for each pseudo-experiment, as the official scorer does. Shapes as in `mean_absolute_error`.

    >>> float(root_mean_square_error(1.0, [3.0, 1.0], [1.0, 1.0]).round(6))
    2.302776
    """
    square = np.square(np.subtract(mu_hat, mu))
    return np.asarray(np.mean(np.sqrt(square + (square - np.square(delta_mu_hat)) ** 2), axis=-1))


def winkler_score(mu: ArrayLike, p16: ArrayLike, p84: ArrayLike) -> FloatArray:
    """Return the mean Winkler score over the pseudo-experiment axis.

    W = (p84 - p16) + 2/alpha max(p16 - mu, 0) + 2/alpha max(mu - p84, 0), alpha = 1 - 0.6827; smaller is better. It is
    proper: given a distribution of mu, its expectation is lowest for the 15.9 % and 84.1 % quantiles. Unlike the
    quantile score it has no dead zone, and each interval counts by itself. Shapes as in `mean_absolute_error`.

    Source: R. L. Winkler, JASA 67 (1972) 187; T. Gneiting and A. E. Raftery, JASA 102 (2007) 359, equation 43.

    >>> float(winkler_score(1.0, [0.5, 2.0], [1.5, 3.0]).round(6))
    4.151592
    """
    missed_by = np.maximum(np.subtract(p16, mu), 0.0) + np.maximum(np.subtract(mu, p84), 0.0)
    return np.asarray(np.mean(np.subtract(p84, p16) + 2 / (1 - TARGET_COVERAGE) * missed_by, axis=-1))


def score_sets(intervals: Intervals) -> Scores:
    """Return the scores of a run.

    Width and coverage are averaged over all pseudo-experiments; RMSE, MAE and the Winkler score are averaged within
    each set and then over the sets.

    Args:
        intervals: of the whole run.

    Returns:
        The scores.
    """
    true, p16, p84 = intervals.true_mus, intervals.p16, intervals.p84
    width = mean_width(p16, p84)
    covered = coverage(true, p16, p84)
    penalty = coverage_penalty(covered, p16.size)
    return Scores(
        quantile_score=float(quantile_score(width, penalty)),
        interval=width,
        coverage=covered,
        penalty=float(penalty),
        rmse=float(np.mean(root_mean_square_error(true, intervals.mu_hats, intervals.delta_mu_hats))),
        mae=float(np.mean(mean_absolute_error(true, intervals.mu_hats, intervals.delta_mu_hats))),
        winkler=float(np.mean(winkler_score(true, p16, p84))),
    )


def significant(value: float, digits: int) -> float:
    """Return the number rounded to so many significant digits.

    What depends on the truth is shown like this: with a fixed number of decimals, answers that are large or small
    enough could reveal any number of digits of the truth.

    >>> significant(0.0123456, 2), significant(184487.6399, 4)
    (0.012, 184500.0)
    """
    return float(f"{value:.{digits - 1}e}")


def clopper_pearson(
    successes: ArrayLike, trials: ArrayLike, confidence: float = TARGET_COVERAGE
) -> tuple[FloatArray, FloatArray]:
    """Return the exact confidence interval of a binomial fraction, which covers at least as often as stated.

    At the lower end, so many successes or more have the probability (1 - confidence) / 2; at the upper end, so many or
    fewer do.

    Source: C. J. Clopper and E. S. Pearson, Biometrika 26 (1934) 404.

    >>> low, high = clopper_pearson(0, 4, confidence=0.5)
    >>> float(low), round(float(high), 6) == round(1 - 0.25 ** (1 / 4), 6)
    (0.0, True)
    """
    k, n = np.broadcast_arrays(np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64))
    tail = (1 - confidence) / 2
    # If nothing or everything succeeds, an argument of the beta function would be 0, which is not allowed.
    low = np.where(k > 0, betaincinv(np.maximum(k, 1), n - k + 1, tail), 0.0)
    high = np.where(k < n, betaincinv(k + 1, np.maximum(n - k, 1), 1 - tail), 1.0)
    return low, high
