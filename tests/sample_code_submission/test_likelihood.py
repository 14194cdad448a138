"""The sample submission's fit: exact where the answer is known, and covering where it is not."""

from dataclasses import replace

import numpy as np
import pytest

import likelihood
from likelihood import expected_counts, measure
from templates import PROCESSES, SIGNAL, Templates, terms

BINS = 6
TOYS = 300
SIGMAS = 5.0
"""Two-sided false-alarm rate 6e-7."""


@pytest.fixture
def templates() -> Templates:
    """A small measurement: the signal's share grows along the score, tes and jes tilt the backgrounds."""
    slope = np.linspace(-1, 1, BINS)
    nominal = np.array(
        [
            30 * np.exp(1.5 * slope),
            2000 * np.exp(-2.5 * slope),
            20 * np.exp(-1.0 * slope),
            100 * np.exp(-1.0 * slope),
        ]
    )
    response = np.zeros((len(PROCESSES), BINS, len(terms(0, 0, 0))))
    response[1:, :, 0] = 0.05 * slope
    response[1:, :, 1] = 0.03 * slope**2
    response[1:, :, 2] = 0.02 * slope
    return Templates(np.arange(1.0, BINS), nominal, np.zeros(BINS), response)


def frozen(templates: Templates) -> Templates:
    """The same templates, blind to the nuisance parameters that change their shape."""
    return replace(templates, response=np.zeros_like(templates.response))


@pytest.mark.parametrize("mu", [0.1, 1.0, 3.0])
def test_expected_counts_give_back_their_mu(templates: Templates, mu: float) -> None:
    counts = expected_counts(templates, mu, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

    answer = measure(templates, counts)

    assert answer["mu_hat"] == pytest.approx(mu, abs=0.01)
    assert answer["p16"] < mu < answer["p84"]


def test_one_bin_of_signal_gives_the_interval_of_a_poisson_count() -> None:
    """Without background -2 ln L = 2 (mu S - n ln mu) rises by 1 where a root finder says."""
    count = 100.0
    nominal = np.full((len(PROCESSES), 1), 1e-9)
    nominal[SIGNAL] = count
    alone = Templates(np.array([]), nominal, np.zeros(1), np.zeros((len(PROCESSES), 1, 9)))

    answer = measure(alone, np.array([count]))

    for end in ("p16", "p84"):
        mu = answer[end]
        assert 2 * (count * (mu - 1) - count * np.log(mu)) == pytest.approx(1.0, abs=0.01)


def test_uncertain_templates_widen_the_interval(templates: Templates) -> None:
    counts = expected_counts(templates, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    uncertain = replace(templates, variance=templates.nominal[1:].sum(axis=0))

    assert measure(uncertain, counts)["delta_mu_hat"] > 1.2 * measure(templates, counts)["delta_mu_hat"]


def test_nuisance_parameters_widen_the_interval(templates: Templates) -> None:
    counts = expected_counts(templates, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

    assert measure(templates, counts)["delta_mu_hat"] > 1.1 * measure(frozen(templates), counts)["delta_mu_hat"]


@pytest.mark.slow
def test_intervals_cover_when_nuisance_parameters_move(templates: Templates) -> None:
    assert abs(covered_share(templates, templates) - 0.6827) < SIGMAS * np.sqrt(0.6827 * 0.3173 / TOYS)


def test_the_coverage_check_catches_a_fit_blind_to_shapes(templates: Templates) -> None:
    assert abs(covered_share(templates, frozen(templates)) - 0.6827) > SIGMAS * np.sqrt(0.6827 * 0.3173 / TOYS)


def covered_share(truth: Templates, assumed: Templates) -> float:
    """Share of toy measurements, all nuisance parameters drawn from their priors, whose interval holds the true mu."""
    rng = np.random.default_rng(20)
    covered = 0
    for _ in range(TOYS):
        mu, nuisances = rng.uniform(0.5, 3.0), rng.standard_normal(6)
        counts = rng.poisson(expected_counts(truth, mu, *nuisances)).astype(float)
        answer = measure(assumed, counts)
        covered += answer["p16"] <= mu <= answer["p84"]
    return covered / TOYS


def test_soft_met_is_clipped_as_its_prior_is(templates: Templates) -> None:
    at_clip = expected_counts(templates, 1.0, 0.0, 0.0, np.log(likelihood.MAX_SOFT_MET), 0.0, 0.0, 0.0)
    beyond = expected_counts(templates, 1.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0)

    np.testing.assert_allclose(beyond, at_clip)
