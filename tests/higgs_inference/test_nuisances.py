"""Priors as a fit sees them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from higgs_challenge.tasks.higgs.declaration import TASK
from higgs_inference.nuisances import HIGGS, Nuisance, draw_pulls, shape_nuisances
from tests.helpers.made_templates import NUISANCES


def test_the_six_are_those_of_the_challenge() -> None:
    """The library knows nothing of the challenge's code, so the numbers stand in both."""
    for one in HIGGS:
        prior = TASK.priors[one.name]
        ours = one.prior, one.centre, one.width, one.low, one.high
        assert ours == (prior.shape, prior.centre, prior.width, prior.low, prior.high)
    assert {one.name for one in HIGGS} == set(TASK.priors)


@given(st.sampled_from(NUISANCES + HIGGS), st.floats(-4.9, 4.9))
def test_slope_is_a_finite_difference(one: Nuisance, pull: float) -> None:
    step = 1e-6
    edges = [abs(one.value(pull + side * step) - edge) for edge in (one.low, one.high) for side in (-1, 1)]
    slope = (one.value(pull + step) - one.value(pull - step)) / (2 * step)
    if min(edges) > 0 or max(edges) == 0 or slope == 0:  # not across a clip
        assert one.slope(pull) == pytest.approx(slope, rel=1e-5, abs=1e-8)


def test_values_are_clipped() -> None:
    soft_met = HIGGS[2]
    assert soft_met.value(0.0) == 1.0
    assert soft_met.value(1.0) == pytest.approx(math.e)
    assert (soft_met.value(4.0), soft_met.slope(4.0)) == (5.0, 0.0)


@given(st.sampled_from(HIGGS), st.floats(-2, 2))
def test_shift_is_undone(one: Nuisance, pull: float) -> None:
    assert one.value_of_shift(one.shift(pull)) == pytest.approx(one.value(pull))


def test_pulls_are_normal() -> None:
    """The sum of 60 000 squares has a standard deviation of 346; six of them: false alarm 2e-9."""
    pulls = np.array([draw_pulls(np.random.default_rng(seed), HIGGS) for seed in range(10_000)])
    assert pulls.shape == (10_000, 6)
    assert abs((pulls**2).sum() - 60_000) < 6 * math.sqrt(2 * 60_000)


def test_what_is_known_follows_another_within_two_widths() -> None:
    nuisances = (Nuisance("tes"), Nuisance("jes"), Nuisance("told_jes"))
    pulls = np.array([draw_pulls(np.random.default_rng(seed), nuisances, {"told_jes": "jes"}) for seed in range(100)])
    assert pulls[:, 2].tolist() == np.clip(pulls[:, 1], -2, 2).tolist()
    assert np.abs(pulls[:, 1]).max() > 2
    assert np.abs(pulls[:, 2] - pulls[:, 0]).min() > 0


def test_those_that_scale_do_not_change_events() -> None:
    assert [one.name for one in shape_nuisances(HIGGS)] == ["tes", "jes", "soft_met"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"prior": "flat"}, "normal or lognormal prior for tes; got flat"), ({"width": 0.0}, "tes needs a width above 0")],
)
def test_priors_that_make_no_sense_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Nuisance("tes", **arguments)
