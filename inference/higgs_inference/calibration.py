"""The last correction: a shift and a factor on the width, from pseudo-experiments whose mu is known."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from higgs_inference.intervals import Interval
from higgs_inference.templates import Floats

Integers = npt.NDArray[np.integer]


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


def calibrate(mus: Floats, intervals: Sequence[Interval], sound: Sequence[Interval], groups: Integers) -> Calibration:
    """Find the shift that centres intervals, and the factor on their widths, by comparing them with sound ones.

    Both come from the same pseudo-experiments but for what the templates do wrong, so chance drops out. Without that, a
    dozen sets of nuisance parameters tell little: each of them moves all its pseudo-experiments by a part of the half
    width.

    Args:
        mus: true signal strengths, shape (n,).
        intervals: to be calibrated.
        sound: of the same pseudo-experiments with expectations as the templates have them.
        groups: pseudo-experiments of one group have the same nuisance parameters, so that their errors are not
            independent; numbers of the groups, shape (n,).

    Returns:
        The correction: the ratio of the mean distances from mu, in half widths, of intervals and sound ones, and by how
        much more than sound ones of that width intervals are shifted. Its errors are from leaving out one group at a
        time. (The factors at which 68.27 % of either would cover have the same ratio but larger errors.)

    Raises:
        ValueError: there are fewer than two groups, or an interval whose estimate is one of its ends.
    """
    if not all(one.low < one.mu < one.high for one in (*intervals, *sound)):
        raise ValueError("expected intervals with their estimates inside, not cut at a range")
    if len(np.unique(groups)) < 2:
        raise ValueError("errors need at least two groups of pseudo-experiments")
    every = [np.array([(one.mu, one.low, one.high) for one in some]).T for some in (intervals, sound)]

    def compare(kept: npt.NDArray[np.bool_]) -> tuple[float, float]:
        (shift, scale), (sound_shift, sound_scale) = (_find(mus[kept], ends[:, kept]) for ends in every)
        return shift - scale / sound_scale * sound_shift, scale / sound_scale

    found = compare(np.ones(len(mus), dtype=bool))
    others = [groups != group for group in np.unique(groups)]
    left_out = np.array([compare(kept) for kept in others])
    number = len(others)
    errors = np.sqrt((number - 1) / number * ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0))
    return Calibration(*found, *(float(error) for error in errors))


def combine(one: Calibration, other: Calibration) -> Calibration:
    """Combine the calibrations of responses from either half of the events, each on the other half.

    What one half has by chance shifts one up and the other down: it cancels in the mean shift, and half the difference
    shows its size h. The mean of both responses has h^2 / 4 of that variance on average; this and the shift's own error
    widen the intervals, as every independent error does.

    Args:
        one, other: whose standard errors are independent.
    """
    shift, half = (one.shift + other.shift) / 2, (one.shift - other.shift) / 2
    shift_error, scale_error = (
        math.hypot(*errors) / 2
        for errors in ((one.shift_error, other.shift_error), (one.scale_error, other.scale_error))
    )
    scale = (one.scale + other.scale) / 2 * math.sqrt(1 + shift_error**2 + half**2 / 4)
    return Calibration(shift, scale, shift_error, scale_error)


def _find(mus: Floats, ends: Floats) -> tuple[float, float]:
    """Return the shift, and the mean distance of mu from the shifted estimate in halves of the interval on its side.

    The ends are estimates, lower and upper ends, shape (3, n).
    """
    estimates, low, high = ends
    half_widths = (high - low) / 2
    shift = np.mean((estimates - mus) / half_widths)
    missed = mus - (estimates - shift * half_widths)
    away = np.abs(missed) / np.where(missed > 0, high - estimates, estimates - low)
    return float(shift), float(away.mean())
