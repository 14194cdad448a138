"""What scaling all intervals by one factor would do: the coverage that it gives, the score, and the factors to choose.

An interval is scaled about its own middle, which stays where it is; its width is multiplied by the factor. No scorer of
the challenge does this: everything here is this project's own, and none of it is ranked.
"""

import math
from dataclasses import dataclass

import numpy as np

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
class Calibration:
    """How the coverage of a run changes with a factor on all intervals.

    Attributes:
        needed: the factor that each interval needs to contain the true mu, ascending; infinite where none is enough.
        interval: mean width of the intervals as they are.
        exact: scaled so that the coverage is no less than 0.6827, but only just; None where no factor gives that.
        best: scaled for the best score of these pseudo-experiments; None where no factor gives enough coverage. It uses
            up the dead zone and so fits their chance too; for other pseudo-experiments `exact` is the better choice.
    """

    needed: FloatArray
    interval: float
    exact: Scaled | None
    best: Scaled | None

    def coverage_at(self, factor: FloatArray | float) -> FloatArray:
        """Return the coverage after scaling by each factor, in their shape."""
        return np.asarray(np.searchsorted(self.needed, factor, side="right") / self.needed.size)

    def score_at(self, factor: FloatArray | float) -> FloatArray:
        """Return the quantile score after scaling by each factor, in their shape."""
        penalty = coverage_penalty(self.coverage_at(factor), self.needed.size)
        return quantile_score(np.asarray(factor) * self.interval, penalty)

    def exact_range(self, coverage_error: float) -> tuple[float, float]:
        """Return the factors for exact coverage if the coverage were one standard error higher, and lower."""
        low, high = (
            _quantile(self.needed, min(max(TARGET_COVERAGE + shift, 0.0), 1.0))
            for shift in (-coverage_error, coverage_error)
        )
        return low, high


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
    >>> calibrate(np.array([1.0]), middles - 1, middles + 1).needed.tolist()
    [0.5, 1.0, 2.0]
    >>> calibrate(np.array([1.0]), middles - 1, middles + 1).exact.factor
    2.0
    """
    needed = np.sort(needed_factors(mus[:, np.newaxis], p16, p84), axis=None)
    unchosen = Calibration(needed, mean_width(p16, p84), exact=None, best=None)
    exact = _quantile(needed, TARGET_COVERAGE)
    return Calibration(
        needed, unchosen.interval, exact=_scaled(unchosen, exact), best=_scaled(unchosen, _best(unchosen))
    )


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


def _quantile(needed: FloatArray, share: float) -> float:
    """Return the least factor with which so many intervals, or more, contain mu."""
    return float(needed[max(math.ceil(share * needed.size) - 1, 0)])


def _best(calibration: Calibration) -> float:
    """Return the factor of the best score among those that leave at most a penalty of 2 for too little coverage.

    The score falls between the factors that single intervals need, so that the best is one of these. Without a limit,
    the best for very few pseudo-experiments would be no width at all, as covering nothing costs little then.
    """
    n = calibration.needed.size
    least = allowed_coverage(n)[0] - coverage_sigma(n)
    candidates = calibration.needed[(calibration.coverage_at(calibration.needed) >= least)]
    candidates = candidates[np.isfinite(candidates)]
    return float(candidates[np.argmax(calibration.score_at(candidates))]) if candidates.size else math.inf


def _scaled(calibration: Calibration, factor: float) -> Scaled | None:
    interval = factor * calibration.interval if math.isfinite(factor) else math.inf
    if not math.isfinite(interval):
        return None
    coverage, score = float(calibration.coverage_at(factor)), float(calibration.score_at(factor))
    return Scaled(factor, interval, coverage, score)
