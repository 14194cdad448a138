"""An unbinned measurement of four processes whose densities and responses are known."""

from collections.abc import Iterator
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
from higgs_inference.unbinned_measurement import UnbinnedMeasurement, build_unbinned_measurement
from tests.helpers.four_normal_processes import CENTRES, ROWS, YIELDS, Training, distort, small_sample

CENTRE = np.array([CENTRES[name] for name in PROCESSES])
YIELD = np.array([YIELDS[name] for name in PROCESSES])
CUT = -3.0
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

    The intervals are narrower than those of the same bins alone.
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
    assert np.mean(widths) < 0.95 * np.mean(binned)


def test_calibration_finds_nothing_to_correct_where_densities_are_exact(built: UnbinnedMeasurement) -> None:
    assert abs(built.calibration.shift) < 5 * built.calibration.shift_error + 0.05
    assert 1.0 <= built.calibration.scale < 1.5
