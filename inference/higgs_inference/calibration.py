"""The last correction: a shift and a factor on the width, from pseudo-experiments whose mu is known."""

import math
from dataclasses import dataclass

import numpy as np

from higgs_inference.intervals import Interval
from higgs_inference.templates import Floats


@dataclass(frozen=True)
class Calibration:
    """How intervals are corrected.

    Attributes:
        shift: what the estimate is too high by, in units of the half width.
        scale: factor on both halves of the interval.
        shift_error: standard error of the shift.
    """

    shift: float = 0.0
    scale: float = 1.0
    shift_error: float = 0.0

    def apply(self, interval: Interval) -> Interval:
        """Correct an interval.

        Example:
            >>> Calibration(shift=0.5, scale=2.0).apply(Interval(1.0, 0.75, 1.25))
            Interval(mu=0.875, low=0.375, high=1.375)
        """
        mu = interval.mu - self.shift * interval.width / 2
        low, high = mu - self.scale * (interval.mu - interval.low), mu + self.scale * (interval.high - interval.mu)
        return Interval(mu, low, high)


def calibrate(offsets: Floats) -> Calibration:
    """Find shift and scale from how far estimates are off at some points in the space of nuisance parameters.

    Training events are divided into two halves. Each gives responses, whose mean is used, and pseudo-experiments. Where
    a half's responses measure its own pseudo-experiments, estimates are off by what the smooth responses get wrong, and
    by chance. Chance is independent in the two halves, so what these agree on is a misfit.

    Args:
        offsets: estimate minus mu, in half widths; at each point, with the responses of either half, for
            pseudo-experiments of either half, shape (points, 2, 2).

    Returns:
        The mean offset of the two halves. Its error is from the spread over the points, and from the chance that all
        points have in common. The scale adds to the variance of a sound interval, 1: that of this error; the variance
        of the mean response, a quarter of the mean squared difference of the two halves' responses; and the covariance
        of the two halves' offsets over the points.

    Raises:
        ValueError: there are fewer than two points, or an offset is no number.

    Example:
        >>> calibrate(np.full((5, 2, 2), 0.25))
        Calibration(shift=0.25, scale=1.0, shift_error=0.0)
    """
    if offsets.ndim != 3 or offsets.shape[1:] != (2, 2) or len(offsets) < 2:
        raise ValueError(f"expected offsets of shape (points, 2, 2), of at least two points; got {offsets.shape}")
    if not np.all(np.isfinite(offsets)):
        raise ValueError("expected offsets that are numbers; some are not")
    one, other = offsets[:, 0, 0], offsets[:, 1, 1]
    shift = float(np.mean(one + other)) / 2
    in_common = float(np.mean(one - other)) / 2
    shift_error = math.hypot(float(np.std(one + other, ddof=1)) / 2 / math.sqrt(len(offsets)), in_common)
    of_response = float(np.mean((offsets[:, 0] - offsets[:, 1]) ** 2)) / 4
    agreed = max(0.0, float(np.cov(one, other)[0, 1]))
    return Calibration(shift, math.sqrt(1 + shift_error**2 + of_response + agreed), shift_error)
