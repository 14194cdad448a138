"""The last correction: a shift and a factor on the width, from pseudo-experiments whose mu is known."""

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
        The correction, as it was found; see `significant`.

    Raises:
        ValueError: there are fewer than two groups, or an interval whose estimate is one of its ends.
    """
    if not all(one.low < one.mu < one.high for one in intervals):
        raise ValueError("expected intervals with their estimates inside, not cut at a range")
    if len(np.unique(groups)) < 2:
        raise ValueError("errors need at least two groups of pseudo-experiments")
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    found = _find(mus, intervals, np.arange(len(mus)), confidence)
    left_out = np.array([_find(mus, intervals, np.setdiff1d(np.arange(len(mus)), own), confidence) for own in members])
    number = len(members)
    errors = np.sqrt((number - 1) / number * ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0))
    return Calibration(*found, *(float(error) for error in errors))


def significant(calibration: Calibration) -> Calibration:
    """Return a correction without a shift or a factor that is within two standard errors of none."""
    shift = calibration.shift if abs(calibration.shift) > MIN_SIGNIFICANCE * calibration.shift_error else 0.0
    far = abs(calibration.scale - 1) > MIN_SIGNIFICANCE * calibration.scale_error
    scale = calibration.scale if far else 1.0
    return Calibration(shift, scale, calibration.shift_error, calibration.scale_error)


def _find(mus: Floats, intervals: list[Interval], chosen: Integers, confidence: float) -> tuple[float, float]:
    some = [intervals[number] for number in chosen]
    true = mus[chosen]
    estimates = np.array([one.mu for one in some])
    half_widths = np.array([one.width / 2 for one in some])
    shift = float(np.mean((estimates - true) / half_widths))
    centred = [Calibration(shift).apply(one) for one in some]
    away = [
        (mu - one.mu) / ((one.high - one.mu) if mu > one.mu else (one.mu - one.low))
        for mu, one in zip(true, centred, strict=True)
    ]
    return shift, float(np.quantile(np.abs(away), confidence))
