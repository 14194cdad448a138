"""What scaling all intervals by one factor would do: the coverage that it gives, the score, and the factors to choose.

An interval is scaled about its own middle, which stays where it is; its width is multiplied by the factor. No scorer of
the challenge does this: everything here is this project's own, and none of it is ranked.
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
    """What a run would be if all its intervals were scaled by the factor."""

    factor: float
    interval: float
    coverage: float
    quantile_score: float


@dataclass(frozen=True, eq=False)
class ScalingCurve:
    """Coverage and score as functions of a factor on all widths.

    Attributes:
        needed: the factor that each interval needs to contain the true mu, ascending; infinite where none is enough.
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
        """Return the run after scaling; None for a factor, or with it a width, beyond all numbers."""
        interval = factor * self.interval if math.isfinite(factor) else math.inf
        if not math.isfinite(interval):
            return None
        return Scaled(factor, interval, float(self.coverage_at(factor)), float(self.score_at(factor)))

    def factor_for(self, coverage: float) -> float:
        """Return the least factor that gives so much coverage, from 0 to 1, or more; infinite where none does."""
        return float(self.needed[max(math.ceil(coverage * self.needed.size) - 1, 0)])


@dataclass(frozen=True, eq=False)
class Calibration:
    """Which factors to choose.

    Attributes:
        curve: what any factor does.
        exact: scaled so that the coverage is no less than 0.6827, but only just; None where no factor gives that.
        exact_range: ends of the factor for exact coverage within one standard error; None where it has none.
        best: scaled for the best score of these pseudo-experiments; None where no factor gives enough coverage. It uses
            up the dead zone and so fits their chance too; for other pseudo-experiments `exact` is the better choice.
    """

    curve: ScalingCurve
    exact: Scaled | None
    exact_range: tuple[float, float] | None
    best: Scaled | None


def calibrate(mus: FloatArray, p16: FloatArray, p84: FloatArray) -> Calibration:
    """Find what the scaling of all intervals would do to coverage and score.

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
    """Return the factors for a coverage one standard error lower and higher; covered as they are at the exact factor.

    The error is that of the coverage there: the scatter of the sets, or that of the pseudo-experiments of a single one.
    """
    units = covered.mean(axis=1) if len(covered) > 1 else covered.ravel()
    if units.size == 1:
        return None
    error = float(np.std(units, ddof=1)) / math.sqrt(units.size)
    low, high = (curve.factor_for(min(max(TARGET_COVERAGE + shift, 0.0), 1.0)) for shift in (-error, error))
    return (low, high) if math.isfinite(high) else None


def needed_factors(mu: FloatArray, p16: FloatArray, p84: FloatArray) -> FloatArray:
    """Return by how much each interval would have to be scaled about its middle for its end to be at the true mu.

    |mu - m| / h with the middle m and half the width h; infinite for an interval of no width beside mu. At most 1
    exactly where the interval contains mu. Shapes broadcast.

    >>> needed_factors(np.array([1.0, 1.0, 1.0]), np.array([1.0, 2.0, 1.5]), np.array([2.0, 4.0, 1.5])).tolist()
    [1.0, 2.0, inf]
    """
    half = (p84 - p16) / 2
    distance = np.abs(mu - (p16 + p84) / 2)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        factors = np.where(distance == 0, 0.0, distance / half)
    # Rounding must not move an end that lies on mu to the other side of it.
    return np.where(is_covered(mu, p16, p84), np.minimum(factors, 1.0), np.maximum(factors, np.nextafter(1.0, 2.0)))


def _best(curve: ScalingCurve) -> float:
    """Return the factor of the best score among those that leave at most a penalty of 2 for too little coverage.

    The score falls between the factors that single intervals need, so that the best is one of these. Without a limit,
    the best for very few pseudo-experiments would be no width at all, as covering nothing costs little then.
    """
    n = curve.needed.size
    least = allowed_coverage(n)[0] - coverage_sigma(n)
    candidates = curve.needed[(curve.coverage_at(curve.needed) >= least) & np.isfinite(curve.needed)]
    return float(candidates[np.argmax(curve.score_at(candidates))]) if candidates.size else math.inf
