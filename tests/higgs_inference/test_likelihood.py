"""The binned likelihood: known values, derivatives, and the best total of a bin whose expectation is uncertain."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import norm, poisson

from higgs_inference.likelihood import BinnedLikelihood, fit_total
from higgs_inference.templates import MIN_EXPECTED, Floats, Templates
from tests.helpers.made_templates import any_parameters, any_templates, make_templates

seeds = st.integers(0, 2**32)


def finite_differences(likelihood: BinnedLikelihood, parameters: Floats, step: float = 1e-4) -> Floats:
    """Five-point formula, whose error goes with the fourth power of the step."""
    found = []
    for move in np.eye(len(parameters)) * step:
        far, near = (likelihood.value(parameters + n * move) - likelihood.value(parameters - n * move) for n in (2, 1))
        found.append((8 * near - far) / (12 * step))
    return np.array(found)


@given(any_templates(), seeds, st.sampled_from([0.0, 0.1, 1.0, 3.0]))
def test_gradient_is_finite_differences(templates: Templates, seed: int, ratio: float) -> None:
    """Counts that fit, that do not, and zeros; bins without background or variance; pulls where values are clipped."""
    rng = np.random.default_rng(seed)
    parameters = any_parameters(rng, templates)
    parameters[0] = abs(parameters[0]) + 0.1
    likelihood = BinnedLikelihood(templates, rng.poisson(ratio * templates.by_process(parameters).sum(axis=0)))

    gradient, expected = likelihood.gradient(parameters), finite_differences(likelihood, parameters)

    assert gradient == pytest.approx(expected, rel=1e-4, abs=1e-6 * (1 + abs(likelihood.value(parameters))))


@pytest.mark.parametrize("depth", [0.5, 5.0, np.inf])
def test_gradient_where_a_negative_mu_leaves_nothing(depth: float) -> None:
    """The last bins' expectation is below 0 and counts as MIN_EXPECTED: they no longer pull, the others do."""
    templates = make_templates(depth=depth)
    parameters = np.array([-5.0, 0.1, 0.2, 0.3, 0.4])
    assert (templates.by_process(parameters).sum(axis=0) < 0).any()
    likelihood = BinnedLikelihood(templates, np.full(templates.bins, 3.0))
    assert likelihood.gradient(parameters) == pytest.approx(finite_differences(likelihood, parameters), rel=1e-5)


@given(any_templates(), seeds)
def test_only_pulls_cost_where_counts_are_as_expected(templates: Templates, seed: int) -> None:
    parameters = any_parameters(np.random.default_rng(seed), templates)
    parameters[0] = abs(parameters[0])
    expected = templates.by_process(parameters).sum(axis=0)
    likelihood = BinnedLikelihood(templates, expected)
    assert likelihood.value(parameters) == pytest.approx(np.sum(parameters[1:] ** 2), rel=1e-6, abs=1e-4)


@given(any_templates(), seeds)
def test_no_counts_are_likelier_than_those_expected(templates: Templates, seed: int) -> None:
    rng = np.random.default_rng(seed)
    parameters = any_parameters(rng, templates)
    likelihood = BinnedLikelihood(templates, rng.poisson(10.0, templates.bins))
    assert likelihood.value(parameters) >= np.sum(parameters[1:] ** 2) - 1e-6


def test_differences_are_those_of_the_logarithms_of_the_densities() -> None:
    templates = make_templates(bins=3)
    counts = np.array([2500.0, 1300.0, 600.0])
    likelihood = BinnedLikelihood(templates, counts)
    spread = np.sqrt(templates.background_variance)

    def by_density(parameters: Floats) -> float:
        each = templates.by_process(parameters)
        total = 0.0
        for number, count in enumerate(counts):
            signal, background = each[0, number], each[1:, number].sum()

            def minus_log(factor: float) -> float:
                density = poisson.logpmf(count, signal + factor * background)  # noqa: B023
                return float(-density - norm.logpdf(factor, 1.0, spread[number]))  # noqa: B023

            total += 2 * minimize_scalar(minus_log, bounds=(0.5, 1.5), method="bounded", options={"xatol": 1e-10}).fun
        return total - 2 * norm.logpdf(parameters[1:]).sum()

    one, other = np.array([1.0, 0.0, 0.0, 0.0, 0.0]), np.array([1.7, 0.4, -0.3, 0.8, -0.2])
    assert likelihood.value(other) - likelihood.value(one) == pytest.approx(by_density(other) - by_density(one))


@given(st.floats(0.01, 1e4), st.floats(0, 1e4), st.integers(0, 10_000))
def test_best_total_is_the_minimum(total: float, variance: float, count: int) -> None:
    found = fit_total(np.array([total]), np.array([variance]), np.array([float(count)]))[0]
    if variance < 1e-9:
        assert found == pytest.approx(total, rel=1e-6, abs=2 * variance * count / total)
        return

    def value(fitted: float) -> float:
        return float(2 * (fitted - count * np.log(fitted)) + (fitted - total) ** 2 / variance)

    beside = [value(max(found * (1 + side * 1e-3), MIN_EXPECTED)) for side in (-1, 1)]
    assert value(found) <= min(beside) + 1e-9 * abs(value(found))


def test_best_total_of_no_counts_with_a_variance_like_the_total() -> None:
    """Half way between both ways to write the root."""
    assert fit_total(np.array([2.0]), np.array([2.0]), np.array([0.0])).tolist() == [MIN_EXPECTED]


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (np.ones(11), r"shape \(12,\), one for each bin; got \(11,\)"),
        (np.full(12, -1.0), "not below 0"),
        (np.full(12, np.nan), "finite"),
        (np.full(12, np.inf), "finite"),
    ],
)
def test_counts_that_make_no_sense_are_refused(counts: Floats, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BinnedLikelihood(make_templates(), counts)
