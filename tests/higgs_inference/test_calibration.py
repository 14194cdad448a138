"""The last correction: what intervals are off by is found back, with honest errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from higgs_inference.calibration import Calibration, Integers, calibrate, combine
from higgs_inference.intervals import Interval
from higgs_inference.templates import Floats
from tests.helpers.handmade import z_limit

GROUPS, OF_GROUP = 20, 50
SHIFT, FACTOR = 0.4, 1.25
"""What the estimates are too high by, in half widths, and what the widths are too small by."""


def made_intervals(
    rng: np.random.Generator, shift: float = 0.0, factor: float = 1.0, common: float = 0.0
) -> tuple[Floats, list[Interval], Integers]:
    """Make intervals whose estimates are normal, half of each pull's variance from the group where common is 0.5.

    The halves of an interval are 20 % shorter below and 20 % longer above, as is the distribution of the estimates.
    """
    groups = np.repeat(np.arange(GROUPS), OF_GROUP)
    mus = rng.uniform(0.1, 3.0, len(groups))
    pulls = np.sqrt(common) * rng.standard_normal(GROUPS)[groups] + np.sqrt(1 - common) * rng.standard_normal(len(mus))
    half = 0.3 * (1 + 0.1 * mus)
    estimates = mus - half * factor * pulls * np.where(pulls > 0, 1.2, 0.8) + shift * half
    return mus, [Interval(one, one - 0.8 * h, one + 1.2 * h) for one, h in zip(estimates, half, strict=True)], groups


def symmetric(rng: np.random.Generator, common: float = 0.0) -> Calibration:
    """Calibrate symmetric intervals, too high by SHIFT and too narrow by FACTOR."""
    groups = np.repeat(np.arange(GROUPS), OF_GROUP)
    mus = rng.uniform(0.1, 3.0, len(groups))
    pulls = np.sqrt(common) * rng.standard_normal(GROUPS)[groups] + np.sqrt(1 - common) * rng.standard_normal(len(mus))
    estimates = mus + 0.3 * (FACTOR * pulls + SHIFT)
    return calibrate(mus, [Interval(one, one - 0.3, one + 0.3) for one in estimates], groups)


def test_known_shift_and_factor_are_found_within_their_errors() -> None:
    """Of 1000 intervals each: 0.03 to 0.04. False alarm 1e-6; an uncorrected one is far off."""
    found = symmetric(np.random.default_rng(1))
    assert 0.02 < found.shift_error < 0.06
    assert 0.02 < found.scale_error < 0.06
    assert abs(found.shift - SHIFT) < z_limit(2) * found.shift_error
    assert abs(found.scale - FACTOR) < z_limit(2) * found.scale_error
    assert found.shift > z_limit(2) * found.shift_error
    assert found.scale - 1 > z_limit(2) * found.scale_error


@pytest.mark.parametrize("common", [0.0, 0.5])
def test_errors_are_the_spread_over_repetitions(common: float) -> None:
    """Also where half of the variance is common to a group.

    With 20 groups an error has a relative error of about 0.2, their mean over 100 repetitions of 0.02, and the spread
    of 100 repetitions one of 0.07: 5 times 0.075, and a little for the jackknife's bias. For the shift, errors that
    take no notice of groups are a fifth of the spread.
    """
    rng = np.random.default_rng(3)
    made = [symmetric(rng, common) for _ in range(100)]
    spread = np.std([(one.shift, one.scale) for one in made], axis=0, ddof=1)
    stated = np.mean([(one.shift_error, one.scale_error) for one in made], axis=0)
    assert np.log(stated / spread) == pytest.approx([0.0, 0.0], abs=0.4)
    if common:
        independent = FACTOR / np.sqrt(GROUPS * OF_GROUP)
        assert np.log(independent / spread[0]) < -0.7


def test_calibrated_intervals_cover_as_often_as_they_should() -> None:
    mus, intervals, groups = made_intervals(np.random.default_rng(1), SHIFT, FACTOR)
    calibration = calibrate(mus, intervals, groups, 0.9)
    corrected = [calibration.apply(one) for one in intervals]
    covered = np.mean([one.low <= mu <= one.high for mu, one in zip(mus, corrected, strict=True)])
    before = np.mean([one.low <= mu <= one.high for mu, one in zip(mus, intervals, strict=True)])
    assert covered == pytest.approx(0.9, abs=0.002)
    assert before < 0.6
    assert np.mean([(one.mu - mu) / one.width for mu, one in zip(mus, corrected, strict=True)]) == pytest.approx(
        0.0, abs=1e-9
    )


@given(st.floats(-2, 2), st.floats(0.1, 3), st.floats(0.01, 2), st.floats(0.01, 2))
def test_a_correction_moves_and_stretches_both_halves(shift: float, scale: float, down: float, up: float) -> None:
    corrected = Calibration(shift, scale).apply(Interval(1.0, 1.0 - down, 1.0 + up))
    assert corrected.mu == pytest.approx(1.0 - shift * (down + up) / 2)
    assert corrected.mu - corrected.low == pytest.approx(scale * down)
    assert corrected.high - corrected.mu == pytest.approx(scale * up)


def test_what_tells_nothing_is_refused() -> None:
    mus, intervals, groups = made_intervals(np.random.default_rng(1))
    with pytest.raises(ValueError, match="at least two groups"):
        calibrate(mus, intervals, np.zeros_like(groups))
    with pytest.raises(ValueError, match="estimates inside, not cut at a range"):
        calibrate(mus, [*intervals[:-1], Interval(0.0, 0.1, 0.4)], groups)


def test_what_one_half_has_by_chance_cancels_and_widens() -> None:
    """Shifts of 0.1 +- 0.2: a chance of 0.2, of which 0.1 is left; with the shift's own error it widens by 0.6 %."""
    found = combine(Calibration(0.3, 1.1, 0.03, 0.06), Calibration(-0.1, 0.9, 0.04, 0.08))
    assert found.shift == pytest.approx(0.1)
    assert (found.shift_error, found.scale_error) == pytest.approx((0.025, 0.05))
    assert found.scale == pytest.approx(np.sqrt(1 + 0.025**2 + 0.1**2))
