"""Intervals that are cut at the range of mu: how many there are, and how wide the intervals of the run were before.

The range from which mu is drawn is public. An interval that is cut there gets narrower and covers as often, so a mean
width says how well a method measures only beside the mean width before the cut.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from higgs_scoring.metrics import Intervals, significant

EDGE = 0.01
"""An interval ends at the edge of the range if it ends no further than this from it, inside or outside.

Of the challenge's two winners one cut to 0.09 and 3.01 where mu is drawn from 0.1 to 3.
"""

ROUNDING = 1e-6
"""Answers that are computed as float32 may be off by this much from rounding alone."""


@dataclass(frozen=True)
class RangeCut:
    """How a run's intervals are cut at the range of mu.

    Both numbers have few digits only: a submission states delta_mu_hat as it likes, and could make it tell more.

    Attributes:
        share: of the intervals that are cut.
        interval_before: mean width of all intervals before any cut.
    """

    share: float
    interval_before: float


def find_cut(intervals: Intervals, mu_range: tuple[float, float] | None) -> npt.NDArray[np.bool_]:
    """Return which intervals are cut at the range of mu, shape (sets, pseudo-experiments).

    delta_mu_hat is half the width of an interval before any cut. So an interval is cut if it ends at an edge of the
    range and is narrower than 2 delta_mu_hat.

    Args:
        intervals: of the whole run.
        mu_range: lowest and highest mu from which the sets are drawn; None where that is unknown, and so none is cut.
    """
    if mu_range is None:
        return np.zeros(intervals.p16.shape, dtype=bool)
    lowest, highest = mu_range
    reach = EDGE + ROUNDING
    at_edge = (np.abs(intervals.p16 - lowest) <= reach) | (np.abs(intervals.p84 - highest) <= reach)
    return np.asarray(at_edge & (intervals.p84 - intervals.p16 < 2 * intervals.delta_mu_hats - ROUNDING))


def find_range_cut(intervals: Intervals, mu_range: tuple[float, float] | None) -> RangeCut | None:
    """Return the share of intervals that are cut at the range of mu, and the mean width before; None without a range.

    Args:
        intervals: of the whole run.
        mu_range: as in `find_cut`.

    Of four intervals with a delta_mu_hat of 0.25 the first is cut at 0.1, the second at 3.01. The others are as wide as
    they say, although the last one ends at 0.1 too:

    >>> p16, p84 = np.array([[0.1, 2.7, 1.25, 0.1]]), np.array([[0.45, 3.01, 1.75, 0.6]])
    >>> find_range_cut(Intervals(np.ones(1), (p16 + p84) / 2, np.full((1, 4), 0.25), p16, p84), (0.1, 3.0))
    RangeCut(share=0.5, interval_before=0.5)
    """
    if mu_range is None:
        return None
    share, before = np.mean(find_cut(intervals, mu_range)), np.mean(2 * intervals.delta_mu_hats)
    return RangeCut(significant(float(share), 3), significant(float(before), 4))
