"""Fits: they give back what made the counts, and say what went wrong."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from higgs_inference.asimov import information
from higgs_inference.fitting import MAX_PULL, FitError, fit
from higgs_inference.likelihood import BinnedLikelihood
from higgs_inference.templates import Floats
from tests.helpers.made_templates import SHIFT, make_templates

FIRST = np.array([1.2, 0.3, -0.4, 0.5, -0.2])


def expected_counts() -> Floats:
    counts: Floats = make_templates().by_process(FIRST).sum(axis=0)
    return counts


@given(st.integers(0, 2**32), st.floats(0.1, 3.0))
@settings(max_examples=20)
def test_expected_counts_give_back_their_parameters(seed: int, mu: float) -> None:
    """At pulls of 0, where the prior draws nowhere, whatever the responses; to 0.04 standard deviations."""
    templates = make_templates(seed=seed)
    truth = np.array([mu, 0.0, 0.0, 0.0, 0.0])
    found = fit(BinnedLikelihood(templates, templates.by_process(truth).sum(axis=0)))
    assert found.values == pytest.approx(truth, abs=0.04)
    assert found.minimum == pytest.approx(0.0, abs=1e-3)


def test_minimum_is_that_of_another_minimiser() -> None:
    likelihood = BinnedLikelihood(make_templates(), np.random.default_rng(1).poisson(expected_counts()))
    found = fit(likelihood)
    other = minimize(likelihood.value, FIRST, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9})
    assert found.minimum == pytest.approx(other.fun, abs=1e-3)
    assert found.values == pytest.approx(other.x, abs=0.02)
    assert found.mu == found.values[0]


def test_covariance_is_the_inverse_of_the_information() -> None:
    templates = make_templates(nuisances=(SHIFT,))
    truth = np.array([1.0, 0.0])
    found = fit(BinnedLikelihood(templates, templates.by_process(truth).sum(axis=0)))
    assert found.covariance == pytest.approx(np.linalg.inv(information(templates, truth)), rel=0.02)
    assert found.errors == pytest.approx(np.sqrt(np.diag(found.covariance)))


def test_a_fixed_parameter_stays_and_is_known_exactly() -> None:
    templates = make_templates(nuisances=(SHIFT,), depth=np.inf)
    counts = templates.by_process(np.array([1.0, 0.5])).sum(axis=0)
    found = fit(BinnedLikelihood(templates, counts), fixed={"shift": 0.5})
    moved = templates.by_process(np.array([1.0, 0.5]))
    alone = replace(templates, nuisances=(), nominal=moved, response=np.zeros((*moved.shape, 0)))
    without = fit(BinnedLikelihood(alone, counts))

    assert found.values.tolist() == pytest.approx([1.0, 0.5], abs=1e-3)
    assert found.values[1] == 0.5
    assert found.covariance[1].tolist() == [0.0, 0.0]
    assert found.minimum == pytest.approx(0.25, abs=1e-4)
    assert found.errors[0] == pytest.approx(without.errors[0], rel=1e-3)


def test_a_parameter_can_be_fixed_beyond_where_a_fit_searches() -> None:
    found = fit(BinnedLikelihood(make_templates(), expected_counts()), fixed={"shift": 2 * MAX_PULL})
    assert found.values[1] == 2 * MAX_PULL


def test_a_fit_with_all_parameters_fixed_is_a_value() -> None:
    likelihood = BinnedLikelihood(make_templates(), expected_counts())
    at = dict(zip(likelihood.names, FIRST.tolist(), strict=True))
    assert fit(likelihood, fixed=at).minimum == pytest.approx(np.sum(FIRST[1:] ** 2))


class Falling:
    """Has no minimum."""

    names = ("mu",)

    def value(self, parameters: Floats) -> float:
        return float(-parameters[0])

    def gradient(self, parameters: Floats) -> Floats:
        return np.array([-1.0])


def test_a_fit_that_fails_says_where_it_ended() -> None:
    with pytest.raises(FitError, match=r"no minimum of -2 ln L was found; the search ended at mu = \S+, where it is -"):
        fit(Falling())


def test_parameters_that_do_not_exist_are_refused() -> None:
    likelihood = BinnedLikelihood(make_templates(), expected_counts())
    with pytest.raises(ValueError, match="no parameter tes; it has mu, shift, noise, rare_scale, scale"):
        fit(likelihood, fixed={"tes": 1.0})
    with pytest.raises(ValueError, match=r"expected 5 values to start from, for mu, .*; got \(2,\)"):
        fit(likelihood, start=np.zeros(2))
