import math
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from higgs_challenge import InputError, Nuisances
from higgs_challenge.streams import stream
from higgs_challenge.task import Prior
from higgs_challenge.tasks.higgs.declaration import TASK
from higgs_challenge.tasks.higgs.events.columns import PROCESSES
from higgs_challenge.tasks.higgs.events.nuisances import PRIORS
from tests.helpers.handmade import z_limit

DRAWS = 20_000

EXPECTED = {
    "tes": (stats.norm(1.0, 0.01), 0.9, 1.1),
    "jes": (stats.norm(1.0, 0.01), 0.9, 1.1),
    "soft_met": (stats.lognorm(1.0), 0.0, 5.0),
    "ttbar_scale": (stats.norm(1.0, 0.02), 0.8, 1.2),
    "diboson_scale": (stats.norm(1.0, 0.25), 0.0, 2.0),
    "bkg_scale": (stats.norm(1.0, 0.001), 0.99, 1.01),
}
"""Distribution before clipping, and the range clipped to: the challenge's table, written down a second time."""

LIMIT = z_limit(2 * len(EXPECTED))
"""A mean and a variance for every nuisance parameter."""


def moment(name: str, function: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]) -> float:
    """Expectation of a function of a clipped nuisance parameter, by averaging over a million quantiles."""
    distribution, low, high = EXPECTED[name]
    quantiles = (np.arange(1_000_000) + 0.5) / 1_000_000
    return float(function(np.clip(distribution.ppf(quantiles), low, high)).mean())


def deviations(name: str, values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """How many standard deviations the mean and the variance of draws are from their prior's."""
    mean = moment(name, lambda x: x)
    variance = moment(name, lambda x: (x - mean) ** 2)
    fourth = moment(name, lambda x: (x - mean) ** 4)
    off_mean = (values.mean() - mean) / math.sqrt(variance / len(values))
    off_variance = (((values - mean) ** 2).mean() - variance) / math.sqrt((fourth - variance**2) / len(values))
    return abs(off_mean), abs(off_variance)


@pytest.fixture(scope="module")
def draws() -> dict[str, npt.NDArray[np.float64]]:
    rng = stream(1, "nuisances")
    drawn = [asdict(TASK.draw_nuisances(rng, PRIORS)) for _ in range(DRAWS)]
    return {name: np.array([values[name] for values in drawn]) for name in EXPECTED}


def test_every_nuisance_parameter_has_a_prior() -> None:
    assert list(PRIORS) == list(asdict(Nuisances())) == list(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_draws_have_the_moments_of_their_prior(draws: dict[str, npt.NDArray[np.float64]], name: str) -> None:
    off_mean, off_variance = deviations(name, draws[name])
    assert off_mean < LIMIT
    assert off_variance < LIMIT


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("tes", {"width": 0.001, "low": 0.99, "high": 1.01}),  # the official package's, ten times too narrow
        ("jes", {"width": 0.0105}),
        ("soft_met", {"high": 4.5}),
        ("ttbar_scale", {"centre": 1.001}),
        ("diboson_scale", {"width": 0.26}),
        ("bkg_scale", {"width": 0.00105}),
    ],
)
def test_a_wrong_prior_would_be_noticed(name: str, wrong: dict[str, float]) -> None:
    prior, rng = replace(PRIORS[name], **wrong), stream(2, "nuisances")
    assert max(deviations(name, np.array([prior.draw(rng) for _ in range(DRAWS)]))) > LIMIT


@pytest.mark.parametrize("name", EXPECTED)
def test_draws_stay_within_their_range(draws: dict[str, npt.NDArray[np.float64]], name: str) -> None:
    _, low, high = EXPECTED[name]
    assert (draws[name] >= low).all()
    assert (draws[name] <= high).all()


def test_soft_met_is_clipped_to_its_upper_end_not_drawn_again(draws: dict[str, npt.NDArray[np.float64]]) -> None:
    share = stats.lognorm(1.0).sf(5.0)
    clipped = (draws["soft_met"] == 5.0).mean()
    assert abs(clipped - share) < z_limit(1) * math.sqrt(share * (1 - share) / DRAWS)


def test_clipping_reaches_both_ends() -> None:
    rng = stream(3, "ends")
    wide = Prior("normal", 1.0, 100.0, 0.9, 1.1)
    assert {wide.draw(rng) for _ in range(100)} >= {0.9, 1.1}


@pytest.mark.parametrize("inactive", EXPECTED)
def test_an_inactive_one_stays_nominal_and_leaves_the_others_alone(inactive: str) -> None:
    active = [name for name in PRIORS if name != inactive]
    everything, without = (TASK.draw_nuisances(stream(4, "some"), names) for names in (PRIORS, active))
    assert getattr(without, inactive) == getattr(Nuisances(), inactive)
    assert without == replace(everything, **{inactive: getattr(Nuisances(), inactive)})


def test_nominal_values_change_no_yield() -> None:
    assert [Nuisances().yield_scale(name) for name in PROCESSES] == [1.0] * 4


def test_yield_scales_reach_their_processes() -> None:
    nuisances = Nuisances(tes=1.05, jes=0.95, soft_met=3.0, ttbar_scale=1.1, diboson_scale=0.5, bkg_scale=1.01)
    scales = {name: nuisances.yield_scale(name) for name in PROCESSES}
    expected = {"htautau": 1.0, "ztautau": 1.01, "diboson": 0.5 * 1.01, "ttbar": 1.1 * 1.01}
    assert scales == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("name", "value"), [("tes", 0.0), ("jes", -1.0), ("soft_met", math.nan), ("bkg_scale", "1")])
def test_a_nuisance_parameter_out_of_range_is_named(name: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"nuisance parameter {name} must be a number"):
        Nuisances(**{name: value})
