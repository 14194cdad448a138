"""The last correction: what intervals are off by is found back, with honest errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from higgs_inference.calibration import Calibration, Integers, calibrate, combine
from higgs_inference.intervals import Interval
from higgs_inference.templates import Floats

GROUPS, OF_GROUP = 20, 50
SHIFT, FACTOR = 0.4, 1.25
"""What the estimates are too high by, in half widths, and what the widths are too small by."""


def made_intervals(
    rng: np.random.Generator, common: float = 0.0, apart: float = 0.0, longer: float = 0.0
) -> tuple[Floats, list[Interval], list[Interval], Integers]:
    """Make intervals that are too high by SHIFT and too narrow by FACTOR, and sound ones.

    Args:
        rng: source of the randomness.
        common: part of the variance of pulls that is the same for a group.
        apart: standard deviation of what is in a group's pulls and not in those of its sound intervals.
        longer: by which share upper halves are longer and lower ones shorter; so are the estimates' distances from mu.
    """
    groups = np.repeat(np.arange(GROUPS), OF_GROUP)
    mus = rng.uniform(0.1, 3.0, len(groups))
    pulls = np.sqrt(common) * rng.standard_normal(GROUPS)[groups] + np.sqrt(1 - common) * rng.standard_normal(len(mus))
    half = 0.3 * (1 + 0.1 * mus)

    def around(pulls: Floats) -> list[Interval]:
        estimates = mus + half * pulls * np.where(pulls > 0, 1 - longer, 1 + longer)
        ends = estimates - (1 - longer) * half, estimates + (1 + longer) * half
        return [Interval(*one) for one in zip(estimates, *ends, strict=True)]

    return mus, around(FACTOR * (pulls + apart * rng.standard_normal(GROUPS)[groups]) + SHIFT), around(pulls), groups


@pytest.mark.parametrize("common", [0.0, 0.5])
def test_where_nothing_else_differs_shift_and_factor_are_found_exactly(common: float) -> None:
    found = calibrate(*made_intervals(np.random.default_rng(1), common))
    assert (found.shift, found.scale) == pytest.approx((SHIFT, FACTOR))
    assert (found.shift_error, found.scale_error) == pytest.approx((0.0, 0.0), abs=1e-12)


@pytest.mark.parametrize("common", [0.0, 0.5])
def test_errors_are_the_spread_over_repetitions(common: float) -> None:
    """Of what differs from group to group.

    With 20 groups an error has a relative error of about 0.2, their mean over 100 repetitions of 0.02, and the spread
    of 100 repetitions one of 0.07: 5 times 0.075, and a little for the jackknife's bias. What all intervals of a group
    have in common with the sound ones, up to 0.16 of the half width in the mean, is not in the spread.
    """
    rng = np.random.default_rng(3)
    made = [calibrate(*made_intervals(rng, common, apart=0.2)) for _ in range(100)]
    spread = np.std([(one.shift, one.scale) for one in made], axis=0, ddof=1)
    stated = np.mean([(one.shift_error, one.scale_error) for one in made], axis=0)
    assert np.log(stated / spread) == pytest.approx([0.0, 0.0], abs=0.4)
    assert spread[0] == pytest.approx(FACTOR * 0.2 / np.sqrt(GROUPS), rel=0.4)
    assert np.mean([one.shift for one in made]) == pytest.approx(SHIFT, abs=5 * spread[0] / 10)


def test_calibrated_intervals_cover_as_often_as_sound_ones() -> None:
    mus, intervals, sound, groups = made_intervals(np.random.default_rng(1), longer=0.2)
    calibration = calibrate(mus, intervals, sound, groups)
    calibrated = [calibration.apply(one) for one in intervals]
    before, after, wanted = (
        np.mean([one.low <= mu <= one.high for mu, one in zip(mus, some, strict=True)])
        for some in (intervals, calibrated, sound)
    )
    assert after == pytest.approx(wanted, abs=0.02)
    assert before < wanted - 0.1


@given(st.floats(-2, 2), st.floats(0.1, 3), st.floats(0.01, 2), st.floats(0.01, 2))
def test_a_correction_moves_and_stretches_both_halves(shift: float, scale: float, down: float, up: float) -> None:
    corrected = Calibration(shift, scale).apply(Interval(1.0, 1.0 - down, 1.0 + up))
    assert corrected.mu == pytest.approx(1.0 - shift * (down + up) / 2)
    assert corrected.mu - corrected.low == pytest.approx(scale * down)
    assert corrected.high - corrected.mu == pytest.approx(scale * up)


def test_what_tells_nothing_is_refused() -> None:
    mus, intervals, sound, groups = made_intervals(np.random.default_rng(1))
    with pytest.raises(ValueError, match="at least two groups"):
        calibrate(mus, intervals, sound, np.zeros_like(groups))
    with pytest.raises(ValueError, match="estimates inside, not cut at a range"):
        calibrate(mus, [*intervals[:-1], Interval(0.0, 0.1, 0.4)], sound, groups)


def test_what_one_half_has_by_chance_cancels_and_widens() -> None:
    """Shifts of 0.1 +- 0.2: a chance of 0.2, of which 0.1 is left; with the shift's own error it widens by 0.6 %."""
    found = combine(Calibration(0.3, 1.1, 0.03, 0.06), Calibration(-0.1, 0.9, 0.04, 0.08))
    assert found.shift == pytest.approx(0.1)
    assert (found.shift_error, found.scale_error) == pytest.approx((0.025, 0.05))
    assert found.scale == pytest.approx(np.sqrt(1 + 0.025**2 + 0.1**2))
