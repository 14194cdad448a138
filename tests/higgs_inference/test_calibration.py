"""The last correction: what responses get wrong is found back, and chance widens intervals by as much as it does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from higgs_inference.calibration import Calibration, calibrate
from higgs_inference.intervals import Interval
from higgs_inference.templates import Floats
from tests.helpers.handmade import z_limit

POINTS, REPETITIONS = 24, 400


def make_offsets(rng: np.random.Generator, wrong: Floats, of_response: float, of_events: float) -> Floats:
    """Make offsets: what responses get wrong at each point, less their chance, plus that of pseudo-experiments.

    Args:
        rng: source of the randomness.
        wrong: shape (points,).
        of_response: standard deviation of the chance of a half's responses, which its pseudo-experiments have too.
        of_events: standard deviation of what these have besides.
    """
    response = of_response * rng.standard_normal((len(wrong), 2))
    events = response + of_events * rng.standard_normal((len(wrong), 2))
    return np.asarray(wrong[:, np.newaxis, np.newaxis] + events[:, np.newaxis, :] - response[:, :, np.newaxis])


def repeat(seed: int, spread: float = 0.0, of_response: float = 0.0, of_events: float = 0.0) -> list[Calibration]:
    """Calibrate responses that are wrong by 0.3 on average, with a spread over the points."""
    rng = np.random.default_rng(seed)
    made = [0.3 + spread * rng.standard_normal(POINTS) for _ in range(REPETITIONS)]
    return [calibrate(make_offsets(rng, wrong, of_response, of_events)) for wrong in made]


@pytest.mark.parametrize(("spread", "of_response", "of_events"), [(0.3, 0.0, 0.0), (0.0, 0.2, 0.1), (0.2, 0.1, 0.4)])
def test_the_shift_is_found_within_its_error(spread: float, of_response: float, of_events: float) -> None:
    """On average over 400 repetitions; false alarm 1e-6 for the three cases together.

    The stated error may be up to twice as large as the spread, since it counts what differs between the halves both in
    the spread over the points and as what all points have in common. It is not too small by a fifth: the spread of 400
    repetitions is known to 3.5 %.
    """
    found = repeat(1, spread, of_response, of_events)
    shifts = np.array([one.shift for one in found])
    stated = np.sqrt(np.mean([one.shift_error**2 for one in found]))
    assert shifts.mean() == pytest.approx(0.3, abs=z_limit(3) * shifts.std() / np.sqrt(REPETITIONS))
    assert stated > 0.8 * shifts.std()
    assert stated < 0.11


def test_what_differs_from_point_to_point_widens_as_much_as_it_adds_to_the_variance() -> None:
    found = repeat(2, spread=0.5)
    expected = np.sqrt(1 + 0.25 + 0.25 / POINTS)
    assert np.mean([one.scale for one in found]) == pytest.approx(expected, rel=0.01)


def test_chance_of_the_events_of_pseudo_experiments_hardly_widens() -> None:
    """Taken for the responses' own, it would add 8 %."""
    scales = [one.scale for one in repeat(3, of_events=0.4)]
    assert np.mean(scales) == pytest.approx(1.0, abs=0.01)


def test_chance_of_responses_widens_by_that_of_their_mean() -> None:
    """Both halves vary by 0.4, so their mean by 0.28."""
    scales = [one.scale for one in repeat(4, of_response=0.4)]
    assert np.mean(scales) == pytest.approx(np.sqrt(1 + 0.4**2 / 2), rel=0.02)


def test_what_one_half_has_by_chance_at_all_points_cancels_in_the_shift_and_is_its_error() -> None:
    offsets = np.zeros((POINTS, 2, 2))
    offsets[:, 0, 0], offsets[:, 1, 1] = 0.4, -0.2
    found = calibrate(offsets)
    assert (found.shift, found.shift_error) == pytest.approx((0.1, 0.3))


def test_chance_that_a_half_has_in_events_and_responses_does_not_hide_what_is_wrong() -> None:
    """Responses of one half against events of the other would: chance enters the two ways with opposite signs."""
    wrong, chance = 0.5 * np.array([1, 1, -1, -1] * 4), 0.4 * np.array([1, -1, 1, -1] * 4)
    offsets = np.stack([[wrong, wrong + chance], [wrong - chance, wrong]]).transpose(2, 0, 1)
    found = calibrate(offsets)
    assert found.shift == 0.0
    agreed = 0.25 * 16 / 15
    assert found.scale == pytest.approx(np.sqrt(1 + agreed / 16 + 0.4**2 / 4 + agreed))


@given(st.floats(-2, 2), st.floats(0.1, 3), st.floats(0.01, 2), st.floats(0.01, 2))
def test_a_correction_moves_and_stretches_both_halves(shift: float, scale: float, down: float, up: float) -> None:
    corrected = Calibration(shift, scale).apply(Interval(1.0, 1.0 - down, 1.0 + up))
    assert corrected.mu == pytest.approx(1.0 - shift * (down + up) / 2)
    assert corrected.mu - corrected.low == pytest.approx(scale * down)
    assert corrected.high - corrected.mu == pytest.approx(scale * up)


@pytest.mark.parametrize(
    ("offsets", "message"),
    [
        (np.zeros((5, 2)), "of shape \\(points, 2, 2\\)"),
        (np.zeros((1, 2, 2)), "at least two points"),
        (np.full((5, 2, 2), np.nan), "offsets that are numbers"),
    ],
)
def test_what_tells_nothing_is_refused(offsets: Floats, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        calibrate(offsets)
