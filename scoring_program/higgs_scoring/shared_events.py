"""What a finite store does to a run's coverage: the events that all pseudo-experiments share shift them together.

A part that holds the events of n pseudo-experiments fluctuates as the data of one do, by a factor sqrt(n) less. So the
estimates of all of them are off by the same z b half widths of an interval, where z is standard normal and the half
width one standard deviation of an estimate, as it is for a coverage of 68.27 %. The variances of the hidden and the
training part add up: b^2 = 1 / n_hidden + 1 / n_training.

An interval that is off by d half widths covers with the probability Phi(1 - d) - Phi(-1 - d), which is
0.6827 - phi(1) d^2 up to d^4, as its second derivative at 0 is 2 phi'(1) = -2 phi(1); phi(1) = 0.242. Whatever its
direction, a shift costs coverage.
"""

import math
from dataclasses import dataclass

from scipy.special import ndtr

RARE_SHIFT = 2.0
"""Standard deviations of a shift that are exceeded in one run of twenty."""


@dataclass(frozen=True)
class SharedEvents:
    """How many events a run's pseudo-experiments share, and what follows from it.

    Attributes:
        hidden_depth: how many pseudo-experiments' events the hidden part holds; infinite where each has its own.
        training_depth: how many the training part holds.
    """

    hidden_depth: float
    training_depth: float

    @property
    def shift(self) -> float:
        """One standard deviation, b, of the shift that all estimates have in common, in half widths of an interval.

        >>> round(SharedEvents(25, 25).shift, 3), round(SharedEvents(math.inf, 25).shift, 3)
        (0.283, 0.2)
        """
        return math.sqrt(_inverse(self.hidden_depth) + _inverse(self.training_depth))

    @property
    def mean_cost(self) -> float:
        """The coverage that it costs on average: an estimate then has the variance 1 + b^2 instead of 1; 0.242 b^2.

        >>> round(SharedEvents(25, 25).mean_cost, 4), round(0.242 * SharedEvents(25, 25).shift ** 2, 4)
        (0.0186, 0.0194)
        """
        return float(2 * ndtr(1) - 2 * ndtr(1 / math.sqrt(1 + self.shift**2)))

    @property
    def rare_cost(self) -> float:
        """The coverage that it costs at least in one run of twenty."""
        return cost_of_shift(RARE_SHIFT * self.shift)


def cost_of_shift(shift: float) -> float:
    """Return the coverage that intervals lose which are all off by so many half widths.

    >>> round(cost_of_shift(0.1), 5), round(0.242 * 0.1 ** 2, 5), round(cost_of_shift(math.inf), 4)
    (0.00242, 0.00242, 0.6827)
    """
    return float(2 * ndtr(1) - 1 - (ndtr(1 - shift) - ndtr(-1 - shift)))


def _inverse(depth: float) -> float:
    return 1 / depth if depth else math.inf
