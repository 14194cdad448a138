"""An unbinned measurement of four processes whose densities and responses are known."""

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from higgs_inference import unbinned_measurement
from higgs_inference.cascade import FirstStage, TwoStages
from higgs_inference.intervals import profile_interval
from higgs_inference.likelihood import BinnedLikelihood
from higgs_inference.measurement import PROCESSES
from higgs_inference.networks import Network
from higgs_inference.nuisances import HIGGS, draw_pulls
from higgs_inference.pseudo_experiments import values_at
from higgs_inference.templates import Floats, num_terms
from higgs_inference.unbinned import Places
from higgs_inference.unbinned_measurement import (
    Half,
    Observation,
    UnbinnedMeasurement,
    build_unbinned_measurement,
    compare,
)
from tests.helpers.four_normal_processes import CENTRES, ROWS, YIELDS, Training, distort, small_sample

CENTRE = np.array([CENTRES[name] for name in PROCESSES])
YIELD = np.array([YIELDS[name] for name in PROCESSES])
CUT = -3.0
NOMINAL = np.array([1.0, 0.0, 0.0, -20.0, 0.0, 0.0, 0.0])
"""mu is 1, and soft_met next to nothing."""

PULLED = 0.1
"""By which u and v move for one standard deviation of tes and jes, and soft_met smears u."""


class Exact:
    """Knows the densities of the processes and their responses; of observables it has u and v."""

    def logits(self, events: pd.DataFrame) -> Floats:
        values = events[["u", "v"]].to_numpy()[:, np.newaxis, :]
        return np.asarray(norm.logpdf(values, CENTRE).sum(axis=2))

    def responses(self, events: pd.DataFrame) -> Floats:
        away = events[["u", "v"]].to_numpy()[:, np.newaxis, :] - CENTRE
        found = np.zeros((len(events), len(PROCESSES), num_terms(HIGGS)))
        found[:, :, 0], found[:, :, 1] = PULLED * away[..., 0], PULLED * away[..., 1]
        found[:, :, 3] = found[:, :, 6] = -(PULLED**2) / 2
        found[:, :, 8] = PULLED**2 / 2 * (away[..., 0] ** 2 - 1)
        return found


class FirstLook(Exact):
    def logits(self, events: pd.DataFrame) -> Floats:
        return np.concatenate([super().logits(events), events[["u", "v"]].to_numpy()], axis=1)


@pytest.fixture(scope="module")
def built() -> Iterator[UnbinnedMeasurement]:
    first = FirstStage(cast(Network, FirstLook()), YIELD, CUT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unbinned_measurement, "SAMPLE", small_sample(8000))
        patch.setattr(unbinned_measurement, "CALIBRATION_POINTS", 5)
        stages = TwoStages(first, Exact().logits, YIELD)
        yield build_unbinned_measurement(Training(1), distort, np.arange(ROWS), stages, Exact().responses, (3, 1, 2, 2))


def draw_events(rng: np.random.Generator, factors: Floats) -> pd.DataFrame:
    """Draw the events of a pseudo-experiment from the densities themselves."""
    numbers = rng.poisson(factors * YIELD)
    features = rng.standard_normal((numbers.sum(), 2)) + np.repeat(CENTRE, numbers, axis=0)
    return pd.DataFrame(features, columns=["u", "v"])


def test_mu_is_found_and_intervals_are_as_wide_as_estimates_scatter(built: UnbinnedMeasurement) -> None:
    """Limits: five standard deviations of 50 pseudo-experiments, and for the mean of templates 10 of them deep.

    Before calibration, the intervals are narrower than those of the same bins alone.
    """
    rng, number = np.random.default_rng(5), 50
    pulls, widths, binned = [], [], []
    for seed in range(number):
        mu, nuisances = rng.uniform(0.1, 3.0), draw_pulls(rng, HIGGS)
        drawn = draw_events(rng, built.templates.factors(np.array([mu, *nuisances])))
        events = distort(drawn, seed, **values_at(HIGGS, nuisances))
        observed = built.observe(events, np.ones(len(events)))
        assert 0.1 * len(events) < len(observed.places.bins) < 0.9 * len(events)
        interval, _ = built.fit(observed)
        pulls.append((interval.mu - mu) / (interval.width / 2))
        widths.append(interval.width)
        binned.append(profile_interval(BinnedLikelihood(built.templates, observed.counts))[0].width)
    assert abs(np.mean(pulls)) < 5 * np.sqrt(1 / number + 1 / 10)
    assert 0.5 < np.std(pulls) < 1.5
    assert np.mean(widths) / built.calibration.scale < 0.95 * np.mean(binned)


def observe_training_events(measurement: UnbinnedMeasurement, parameters: Floats, seed: int = 0) -> Observation:
    """Observe the events that the templates count, distorted, with weights that add up to their expectations."""
    events = Training(1)(selected_indices=range(ROWS))
    factors = dict(zip(PROCESSES, measurement.templates.factors(parameters), strict=True))
    kept = distort(events, seed, **values_at(HIGGS, parameters[1:]))
    return measurement.observe(kept, kept["weights"] * kept["detailed_labels"].map(factors))


POINTS = [np.array([0.5, 1.0, -1.0, 0.5, 0.0, 0.0, 0.0]), np.array([2.0, -1.0, 1.0, 0.9, 1.0, 1.0, -1.0])]


@pytest.mark.parametrize("parameters", POINTS)
def test_distorted_training_events_give_mu(built: UnbinnedMeasurement, parameters: Floats) -> None:
    """Nothing fluctuates but the noise of soft_met; responses of the wrong sign would be seen."""

    def offset(measurement: UnbinnedMeasurement) -> float:
        fitted, _ = profile_interval(measurement.likelihood(observe_training_events(measurement, parameters)))
        expected, _ = profile_interval(
            built.likelihood(built.expect(observe_training_events(built, NOMINAL), parameters))
        )
        return 2 * (fitted.mu - expected.mu) / expected.width

    wrong = replace(built, respond=lambda events: -Exact().responses(events))
    assert abs(offset(built)) < 0.4
    assert abs(offset(wrong)) > 2


def test_calibration_would_find_an_offset_of_mu(built: UnbinnedMeasurement) -> None:
    """By one step of Newton's method, whose error of mu is the half width of the interval."""
    parameters = POINTS[0]
    nominal, expected = observe_training_events(built, NOMINAL), observe_training_events(built, parameters)
    without, error = compare((built, nominal, expected), parameters)
    moved = observe_training_events(built, parameters + np.array([0.1, *np.zeros(6)]))
    offset, _ = compare((built, nominal, moved), parameters)
    assert abs(without) < 0.3
    assert (offset - without) * error == pytest.approx(0.1, rel=0.1)
    assert error == pytest.approx(profile_interval(built.likelihood(expected))[0].width / 2, rel=0.1)


def test_events_in_bins_without_nominal_ones_have_no_weight() -> None:
    places = Places(np.array([0, 1]), np.ones((2, 1)), np.zeros((2, 1, 1)), np.array([3.0, 5.0]))
    half = Half(np.array([[3.0, 5.0]]), places, np.zeros(2, dtype=np.int8))
    scaled = half.scaled(half.counts, np.array([[6.0, 0.0]]), np.array([[12.0, 7.0]]))
    assert scaled.places.weights.tolist() == [6.0, 0.0]


def test_calibration_finds_nothing_to_correct_where_densities_are_exact(built: UnbinnedMeasurement) -> None:
    assert abs(built.calibration.shift) < 5 * built.calibration.shift_error + 0.05
    assert built.calibration.scale < 1.5
