"""How coverage, bias, width and pull depend on mu and on each nuisance parameter.

The two tests are written out. scipy.stats has both, but importing it would cost every run half a second, and its
f_oneway loses the scatter within groups to rounding where groups are narrow and far apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, fdtrc, stdtrit

from higgs_scoring.metrics import FloatArray, Intervals, clopper_pearson, is_covered

MAX_GROUPS = 12
"""Groups of neighbouring pseudo-experiments; with more, each would scatter too much."""

MAX_PULL = 5.0
"""Pulls beyond this count as this: one absurdly small stated uncertainty must not dominate all others."""

TIES_SEED = 250922247
"""Any fixed number would do."""

MIN_GROUP_SIZE = 10
"""With fewer pseudo-experiments, the coverage of a group would say nothing."""

ONE_SIDE_OF_3_SIGMA = 0.99865
"""The fraction of a normal distribution below 3 standard deviations."""

TINY = 1e-20
"""A sum of squares up to this comes from rounding."""

MIN_EXPECTED = 3.0
"""Expected hits and misses in every group above which the chi-squared distribution holds."""


@dataclass(frozen=True, eq=False)
class Averages:
    """Means over groups with the ends of their errors, each of shape (groups,)."""

    mean: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, eq=False)
class Dependence:
    """How the answers depend on a parameter.

    Attributes:
        parameter: truth.MU, or the name of a nuisance parameter.
        values: mean value of the parameter in each group, ascending, shape (groups,).
        sizes: pseudo-experiments of each group.
        coverage: with 68.27 % Clopper-Pearson intervals.
        bias: of mu_hat - mu, with standard errors of the mean, as the two that follow.
        width: of p84 - p16.
        pull: of (mu_hat - mu) / delta_mu_hat where that is defined.
        pull_width: standard deviation of the pulls of each group.
        coverage_p_value: of `uniform_coverage_p_value`.
        bias_p_value: of `uniform_bias_p_value`.
    """

    parameter: str
    values: FloatArray
    sizes: FloatArray
    coverage: Averages
    bias: Averages
    width: Averages
    pull: Averages
    pull_width: FloatArray
    coverage_p_value: float | None
    bias_p_value: float | None


@dataclass(frozen=True)
class PullSummary:
    """Mean of the pulls, its standard error from so many units, and their standard deviation.

    A unit is a set, or one pull where there is one set only; a single unit has the error NaN.
    """

    mean: float
    error: float
    units: int
    width: float

    @property
    def is_biased(self) -> bool:
        """Whether the mean is further from 0 than by chance once in 370 times: Student's 3 standard deviations."""
        return self.units > 1 and abs(self.mean) > self.error * stdtrit(self.units - 1, ONE_SIDE_OF_3_SIGMA)


def find_dependence(parameter: str, values: FloatArray, intervals: Intervals) -> Dependence:
    """Average in groups of pseudo-experiments with neighbouring values of a parameter.

    Args:
        parameter: its name.
        values: its true value in each pseudo-experiment, shape (sets, pseudo-experiments).
        intervals: of the whole run.

    Returns:
        Averages over at most MAX_GROUPS groups, and the p-values of a coverage and a bias that are the same in all.
    """
    groups = group_neighbours(values)
    covered = is_covered(intervals.true_mus, intervals.p16, intervals.p84).ravel()
    errors = (intervals.mu_hats - intervals.true_mus).ravel()
    pulls = find_pulls(intervals.true_mus, intervals.mu_hats, intervals.delta_mu_hats).ravel()
    hits = np.array([covered[group].sum() for group in groups])
    sizes = np.array([group.size for group in groups])
    return Dependence(
        parameter=parameter,
        values=_means(values.ravel(), groups),
        sizes=sizes,
        coverage=Averages(hits / sizes, *clopper_pearson(hits, sizes)),
        bias=_average(errors, groups),
        width=_average((intervals.p84 - intervals.p16).ravel(), groups),
        pull=_average(pulls, groups),
        pull_width=np.array([_spread(pulls[group]) for group in groups]),
        coverage_p_value=uniform_coverage_p_value(hits, sizes),
        bias_p_value=uniform_bias_p_value([errors[group] for group in groups]),
    )


def group_neighbours(values: FloatArray) -> list[np.ndarray]:
    """Return the flat indices of groups with neighbouring values, whose sizes differ by at most one.

    >>> [sorted(group.tolist()) for group in group_neighbours(np.array([[3.0] * 10, [1.0] * 10]))]
    [[10, 11, 12, 13, 14, 15, 16, 17, 18, 19], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]
    """
    distinct = np.unique(values).size
    number = max(1, min(MAX_GROUPS, distinct, values.size // MIN_GROUP_SIZE))
    # Equal values, such as those clipped by a prior, come in random order, or a group of them would hold whole sets.
    shuffled = np.random.default_rng(TIES_SEED).permutation(values.size)
    return np.array_split(shuffled[np.argsort(values.ravel()[shuffled], kind="stable")], number)


def find_pulls(mu: FloatArray, mu_hat: FloatArray, delta_mu_hat: FloatArray) -> FloatArray:
    """Return (mu_hat - mu) / delta_mu_hat within +-MAX_PULL, NaN where delta_mu_hat is not above 0.

    Pulls of correct answers have mean 0 and standard deviation 1. Shapes broadcast.

    >>> find_pulls(np.array([1.0, 1.0, 1.0]), np.array([1.5, 1.5, 1.5]), np.array([0.25, 0.0, 1e-3])).tolist()
    [2.0, nan, 5.0]
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        pulls = np.clip((mu_hat - mu) / delta_mu_hat, -MAX_PULL, MAX_PULL)
    return np.where(delta_mu_hat > 0, pulls, np.nan)


def summarise_pulls(pulls: FloatArray) -> PullSummary | None:
    """Return mean and width of all pulls that are defined, shape (sets, pseudo-experiments); None if none is.

    The error of the mean is the scatter of the means of sets over the root of their number, since pseudo-experiments of
    a set may be off in the same way; for a single set it is that of its pulls.

    >>> summarise_pulls(np.array([[-1.0, 1.0], [1.0, 3.0]]))
    PullSummary(mean=1.0, error=1.0, units=2, width=1.632993161855452)
    """
    defined = ~np.isnan(pulls)
    if not defined.any():
        return None
    of_sets = np.array([one[there].mean() for one, there in zip(pulls, defined, strict=True) if there.any()])
    units = of_sets if of_sets.size > 1 else pulls[defined]
    error = _spread(units) / np.sqrt(units.size) if units.size > 1 else np.nan
    return PullSummary(float(np.mean(pulls[defined])), float(error), units.size, _spread(pulls))


def uniform_coverage_p_value(hits: np.ndarray, sizes: np.ndarray) -> float | None:
    """Return the probability that groups with equal coverage differ at least as much as these.

    Pearson's chi-squared test of homogeneity: chi2 = sum_g (k_g - n_g c)^2 / (n_g c (1 - c)) with c = sum k / sum n has
    groups - 1 degrees of freedom. It asks whether coverage is uniform, not whether it is right.

    Args:
        hits: intervals of each group that contain mu, shape (groups,).
        sizes: intervals of each group.

    Returns:
        The p-value; None for a single group, or if groups have too few hits or misses for the distribution to hold.

    >>> round(uniform_coverage_p_value(np.array([60, 80]), np.array([100, 100])), 4)
    0.002
    >>> uniform_coverage_p_value(np.array([9, 10]), np.array([10, 10])) is None
    True
    """
    share = hits.sum() / sizes.sum()
    if len(sizes) == 1 or sizes.min() * min(share, 1 - share) < MIN_EXPECTED:
        return None
    chi2 = np.sum((hits - sizes * share) ** 2 / (sizes * share * (1 - share)))
    return float(chdtrc(len(sizes) - 1, chi2))


def uniform_bias_p_value(groups: Sequence[FloatArray]) -> float | None:
    """Return the probability that the means of groups with equal bias differ at least as much as these.

    Fisher's F test: the mean square between G groups over that within them, of N errors in all, has G - 1 and N - G
    degrees of freedom. It holds for normal errors, and nearly so for groups of ten of any others.

    Args:
        groups: mu_hat - mu of each pseudo-experiment, one array per group.

    Returns:
        The p-value; None for a single group, or if errors do not scatter within groups.

    >>> round(uniform_bias_p_value([np.array([1.0, 2.0, 3.0]), np.array([3.0, 4.0, 5.0])]), 4)
    0.0705
    """
    sizes, means = np.array([one.size for one in groups]), np.array([one.mean() for one in groups])
    within = sum(float(np.sum((one - one.mean()) ** 2)) for one in groups)
    free = int(sizes.sum()) - len(groups)
    if len(groups) == 1 or free < 1 or within <= TINY:
        return None
    between = float(np.sum(sizes * (means - np.average(means, weights=sizes)) ** 2))
    return float(fdtrc(len(groups) - 1, free, between / (len(groups) - 1) / (within / free)))


def _means(values: FloatArray, groups: list[np.ndarray]) -> FloatArray:
    return np.array([values[group].mean() for group in groups])


def _average(values: FloatArray, groups: list[np.ndarray]) -> Averages:
    """Return the averages over each group of values that are not NaN; NaN for a group without any."""
    there = [one[~np.isnan(one)] for one in (values[group] for group in groups)]
    means = np.array([one.mean() if one.size else np.nan for one in there])
    errors = np.array([_spread(one) / np.sqrt(max(one.size, 1)) for one in there])
    return Averages(means, means - errors, means + errors)


def _spread(values: FloatArray) -> float:
    """Return the standard deviation of the values that are not NaN; 0 for a single one, NaN for none."""
    there = values[~np.isnan(values)]
    return float(np.std(there, ddof=min(1, there.size - 1))) if there.size else np.nan
