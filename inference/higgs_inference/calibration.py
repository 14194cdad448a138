"""The last correction: a shift and a factor on the width, from pseudo-experiments whose mu is known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from higgs_inference.intervals import CONFIDENCE, Interval
from higgs_inference.templates import Floats

Integers = npt.NDArray[np.integer]

MIN_SIGNIFICANCE = 2.0
"""In standard errors; a correction that is smaller would add more noise than it removes."""


@dataclass(frozen=True)
class Calibration:
    """How intervals are corrected.

    Attributes:
        shift: what the estimate is too high by, in units of the half width.
        scale: factor on both halves of the interval.
        shift_error, scale_error: standard errors.
    """

    shift: float = 0.0
    scale: float = 1.0
    shift_error: float = 0.0
    scale_error: float = 0.0

    def apply(self, interval: Interval) -> Interval:
        """Correct an interval.

        Example:
            >>> Calibration(shift=0.5, scale=2.0).apply(Interval(1.0, 0.75, 1.25))
            Interval(mu=0.875, low=0.375, high=1.375)
        """
        mu = interval.mu - self.shift * interval.width / 2
        low, high = mu - self.scale * (interval.mu - interval.low), mu + self.scale * (interval.high - interval.mu)
        return Interval(mu, low, high)


def calibrate(mus: Floats, intervals: list[Interval], groups: Integers, confidence: float = CONFIDENCE) -> Calibration:
    """Find the shift that centres the intervals and the factor at which they cover as often as they should.

    Args:
        mus: true signal strengths, shape (n,).
        intervals: before calibration.
        groups: pseudo-experiments of one group have the same nuisance parameters, so that their errors are not
            independent; numbers of the groups, shape (n,).
        confidence: share that should cover.

    Returns:
        The correction, as it was found; see `significant`. Its errors are from leaving out one group at a time, which
        needs groups of several: with groups of one, that of the factor is about a fifth too large.

    Raises:
        ValueError: there are fewer than two groups, or an interval whose estimate is one of its ends.
    """
    if not all(one.low < one.mu < one.high for one in intervals):
        raise ValueError("expected intervals with their estimates inside, not cut at a range")
    if len(np.unique(groups)) < 2:
        raise ValueError("errors need at least two groups of pseudo-experiments")
    ends = np.array([(one.mu, one.low, one.high) for one in intervals]).T
    found = _find(mus, ends, confidence)
    others = [groups != group for group in np.unique(groups)]
    left_out = np.array([_find(mus[kept], ends[:, kept], confidence) for kept in others])
    number = len(others)
    errors = np.sqrt((number - 1) / number * ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0))
    return Calibration(*found, *(float(error) for error in errors))


def average(calibrations: Sequence[Calibration]) -> Calibration:
    """Return the mean of independent corrections, with its standard errors."""
    rows = np.array([(one.shift, one.scale, one.shift_error, one.scale_error) for one in calibrations])
    shift, scale = rows[:, :2].mean(axis=0).tolist()
    shift_error, scale_error = (np.linalg.norm(rows[:, 2:], axis=0) / len(rows)).tolist()
    return Calibration(shift, scale, shift_error, scale_error)


def significant(calibration: Calibration) -> Calibration:
    """Return a correction without a shift or a factor that is within two standard errors of none."""
    shift = calibration.shift if abs(calibration.shift) > MIN_SIGNIFICANCE * calibration.shift_error else 0.0
    far = abs(calibration.scale - 1) > MIN_SIGNIFICANCE * calibration.scale_error
    scale = calibration.scale if far else 1.0
    return Calibration(shift, scale, calibration.shift_error, calibration.scale_error)


def _find(mus: Floats, ends: Floats, confidence: float) -> tuple[float, float]:
    """Return shift and factor; the ends are estimates, lower and upper ends, shape (3, n)."""
    estimates, low, high = ends
    half_widths = (high - low) / 2
    shift = np.mean((estimates - mus) / half_widths)
    missed = mus - (estimates - shift * half_widths)
    away = np.abs(missed) / np.where(missed > 0, high - estimates, estimates - low)
    return float(shift), float(np.quantile(away, confidence))
