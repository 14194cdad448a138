"""What scaling all intervals by a common factor would do to coverage and score, and which factors to choose.

An interval is scaled about its own middle, which does not move; its width is multiplied by the factor. This is not part
of the scores in arXiv:2410.02867, and none of it is ranked.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from higgs_scoring.metrics import (
    TARGET_COVERAGE,
    FloatArray,
    allowed_coverage,
    coverage_penalty,
    coverage_sigma,
    is_covered,
    mean_width,
    quantile_score,
)


@dataclass(frozen=True)
class Scaled:
    """The scores of a run if all its intervals were scaled by the factor."""

    factor: float
    interval: float
    coverage: float
    quantile_score: float


@dataclass(frozen=True, eq=False)
class ScalingCurve:
    """Coverage and score as functions of a factor on all widths.

    Attributes:
        needed: the factor that each interval needs to contain the true mu, ascending; infinite where none suffices.
        interval: mean width of the intervals as they are.
    """

    needed: FloatArray
    interval: float

    def coverage_at(self, factor: FloatArray | float) -> FloatArray:
        """Return the coverage after scaling by each factor, in their shape."""
        return np.asarray(np.searchsorted(self.needed, factor, side="right") / self.needed.size)

    def score_at(self, factor: FloatArray | float) -> FloatArray:
        """Return the quantile score after scaling by each factor, in their shape."""
        penalty = coverage_penalty(self.coverage_at(factor), self.needed.size)
        return quantile_score(np.asarray(factor) * self.interval, penalty)

    def scaled(self, factor: float) -> Scaled | None:
        """Return the scores after scaling; None if the factor, or the width with it, is not finite."""
        interval = factor * self.interval if math.isfinite(factor) else math.inf
        if not math.isfinite(interval):
            return None
        return Scaled(factor, interval, float(self.coverage_at(factor)), float(self.score_at(factor)))

    def factor_for(self, coverage: float) -> float:
        """Return the smallest factor that gives at least this coverage, from 0 to 1; infinite if none does."""
        return float(self.needed[max(math.ceil(coverage * self.needed.size) - 1, 0)])


@dataclass(frozen=True, eq=False)
class Calibration:
    """Which factors to choose.

    Attributes:
        curve: coverage and score for any factor.
        exact: scaled so that the coverage just reaches 0.6827; None if no factor gives that.
        exact_range: the factor for exact coverage plus and minus one standard error; None if it has no error.
        best: scaled for the best score on these pseudo-experiments; None if no factor gives enough coverage. It
            exploits the dead zone and fits fluctuations too; for other pseudo-experiments `exact` is the better choice.
    """

    curve: ScalingCurve
    exact: Scaled | None
    exact_range: tuple[float, float] | None
    best: Scaled | None


def calibrate(mus: FloatArray, p16: FloatArray, p84: FloatArray) -> Calibration:
    """Compute what scaling all intervals would do to coverage and score.

    Args:
        mus: true mu of each set, shape (sets,).
        p16, p84: ends of the intervals, shape (sets, pseudo-experiments), p16 <= p84.

    Returns:
        The coverage as a function of the factor, and the factors to choose.

    Three intervals of width 2 whose middles are 0.5, 1 and 2 away from mu need these factors; for a coverage of at
    least 0.6827 all three have to contain it:

    >>> middles = np.array([[1.5, 2.0, 3.0]])
    >>> calibrate(np.array([1.0]), middles - 1, middles + 1).curve.needed.tolist()
    [0.5, 1.0, 2.0]
    >>> calibrate(np.array([1.0]), middles - 1, middles + 1).exact.factor
    2.0
    """
    needed = needed_factors(mus[:, np.newaxis], p16, p84)
    curve = ScalingCurve(np.sort(needed, axis=None), mean_width(p16, p84))
    exact = curve.scaled(curve.factor_for(TARGET_COVERAGE))
    exact_range = None if exact is None else _range_of_exact(curve, needed <= exact.factor)
    return Calibration(curve, exact, exact_range, curve.scaled(_best(curve)))


def _range_of_exact(curve: ScalingCurve, covered: NDArray[np.bool_]) -> tuple[float, float] | None:
    """Return the factors for a coverage one standard error lower and higher.

    The error is that of the coverage at the exact factor, for which `covered` says what is covered: from the scatter of
    the sets, or of the pseudo-experiments of a single set.
    """
    units = covered.mean(axis=1) if len(covered) > 1 else covered.ravel()
    if units.size == 1:
        return None
    error = float(np.std(units, ddof=1)) / math.sqrt(units.size)
    low, high = (curve.factor_for(min(max(TARGET_COVERAGE + shift, 0.0), 1.0)) for shift in (-error, error))
    return (low, high) if math.isfinite(high) else None


def needed_factors(mu: FloatArray, p16: FloatArray, p84: FloatArray) -> FloatArray:
    """Return the factor by which each interval must be scaled about its middle to end at the true mu.

    |mu - m| / h with the middle m and the half-width h; infinite for an interval of zero width that misses mu. At most
    1 exactly where the interval contains mu. Shapes broadcast.

    >>> needed_factors(np.array([1.0, 1.0, 1.0]), np.array([1.0, 2.0, 1.5]), np.array([2.0, 4.0, 1.5])).tolist()
    [1.0, 2.0, inf]
    """
    half = (p84 - p16) / 2
    distance = np.abs(mu - (p16 + p84) / 2)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        factors = np.where(distance == 0, 0.0, distance / half)
    # Rounding must not move an end that coincides with mu past it.
    return np.where(is_covered(mu, p16, p84), np.minimum(factors, 1.0), np.maximum(factors, np.nextafter(1.0, 2.0)))


def _best(curve: ScalingCurve) -> float:
    """Return the factor with the best score among those whose penalty for too little coverage is at most 2.

    The score decreases between the factors that single intervals need, so that the best factor is one of these. Without
    a limit, zero width would be best for very few pseudo-experiments, since covering nothing costs little then.
    """
    n = curve.needed.size
    least = allowed_coverage(n)[0] - coverage_sigma(n)
    candidates = curve.needed[(curve.coverage_at(curve.needed) >= least) & np.isfinite(curve.needed)]
    return float(candidates[np.argmax(curve.score_at(candidates))]) if candidates.size else math.inf
