"""What must not change an answer: the order of bins, bins that say the same; and how it grows with the yields."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from higgs_inference.asimov import expected_width, information
from higgs_inference.intervals import Interval, profile_interval
from higgs_inference.likelihood import BinnedLikelihood
from higgs_inference.templates import Floats, Templates
from tests.helpers.made_templates import NUISANCES, any_parameters, any_templates, make_templates, merge_bins

seeds = st.integers(0, 2**32)
CENTRED = tuple(one for one in NUISANCES if one.prior == "normal")
TRUTH = np.array([1.3, 0.4, 0.2, -0.5, 0.3])


def divide(templates: Templates, counts: Floats, rng: np.random.Generator) -> tuple[Templates, Floats, Floats]:
    """Divide every bin into two that say the same; returns the templates, the counts, and which belong together."""
    parts = rng.uniform(0.2, 0.8, templates.bins)
    shares = np.concatenate([parts, 1 - parts])

    def twice(values: Floats) -> Floats:
        return np.asarray(np.concatenate([values, values], axis=-1) * shares)

    response = np.concatenate([templates.response, templates.response], axis=1)
    divided = replace(
        templates, nominal=twice(templates.nominal), variance=twice(templates.variance), response=response
    )
    return divided, twice(counts), np.tile(np.arange(templates.bins), 2)


def permute(templates: Templates, order: Floats) -> Templates:
    names = ("nominal", "variance", "response")
    return replace(templates, **{name: getattr(templates, name)[:, order] for name in names})


def assert_same(one: Interval, other: Interval) -> None:
    ends = [(found.mu, found.low, found.high) for found in (one, other)]
    assert ends[0] == pytest.approx(ends[1], abs=0.01 * one.width)


@given(any_templates(), seeds)
def test_the_order_of_bins_does_not_matter(templates: Templates, seed: int) -> None:
    rng = np.random.default_rng(seed)
    parameters, order = any_parameters(rng, templates), rng.permutation(templates.bins)
    counts = rng.poisson(20.0, templates.bins)
    one, other = BinnedLikelihood(templates, counts), BinnedLikelihood(permute(templates, order), counts[order])
    assert other.value(parameters) == pytest.approx(one.value(parameters))
    assert other.gradient(parameters) == pytest.approx(one.gradient(parameters), rel=1e-6, abs=1e-6)
    there = information(permute(templates, order), parameters)
    assert there == pytest.approx(information(templates, parameters))


@given(any_templates(), seeds)
def test_bins_that_say_the_same_may_be_merged(templates: Templates, seed: int) -> None:
    """Of exact templates; of others, each bin has an error of its own."""
    rng = np.random.default_rng(seed)
    exact = replace(templates, variance=np.zeros_like(templates.variance))
    counts = rng.poisson(20.0, templates.bins).astype(np.float64)
    divided, parts, groups = divide(exact, counts, rng)
    # where no bin is left without an expectation
    parameters, elsewhere = (np.abs(any_parameters(rng, templates)) / 2 + 0.1 for _ in range(2))

    merged = merge_bins(divided, groups)

    assert information(divided, parameters) == pytest.approx(information(merged, parameters))
    rises = [
        likelihood.value(parameters) - likelihood.value(elsewhere)
        for likelihood in (BinnedLikelihood(divided, parts), BinnedLikelihood(merged, counts))
    ]
    assert rises[0] == pytest.approx(rises[1], rel=1e-6, abs=1e-4)


def test_neither_order_nor_bins_that_say_the_same_change_an_interval() -> None:
    rng = np.random.default_rng(1)
    templates = make_templates(depth=np.inf)
    counts = rng.poisson(templates.by_process(TRUTH).sum(axis=0)).astype(np.float64)
    divided, parts, _ = divide(templates, counts, rng)
    order = rng.permutation(divided.bins)
    whole = profile_interval(BinnedLikelihood(templates, counts))[0]
    assert_same(whole, profile_interval(BinnedLikelihood(divided, parts))[0])
    assert_same(whole, profile_interval(BinnedLikelihood(permute(divided, order), parts[order]))[0])


@given(any_templates(among=CENTRED), seeds, st.floats(0.0, 3.0))
def test_merging_never_gains_information(templates: Templates, seed: int, mu: float) -> None:
    """The matrix does not grow in any direction; at no shift, where a merged response is exactly the average."""
    rng = np.random.default_rng(seed)
    parameters = np.array([mu] + [0.0] * len(templates.nuisances))
    merged = merge_bins(templates, rng.integers(0, 2, templates.bins))
    lost = information(templates, parameters) - information(merged, parameters)
    assert np.linalg.eigvalsh(lost).min() >= -1e-9 * np.abs(information(templates, parameters)).max()


def test_merging_signal_with_background_loses_information() -> None:
    templates = make_templates()
    merged = merge_bins(templates, np.arange(templates.bins) // 6)
    assert expected_width(merged, 1.0) > 1.1 * expected_width(templates, 1.0)


@given(seeds, st.floats(0.5, 50.0))
@settings(max_examples=10)
def test_widths_fall_with_the_root_of_the_yields_where_nothing_else_is_uncertain(seed: int, factor: float) -> None:
    """Also with errors of the templates, whose variance grows as their counts do."""
    one = make_templates(bins=4, nuisances=(), seed=seed)
    many = replace(one, nominal=factor * one.nominal, variance=factor * one.variance)
    counts = one.by_process(np.array([1.0])).sum(axis=0)
    found, other = (
        profile_interval(BinnedLikelihood(made, scale * counts))[0].width
        for made, scale in ((one, 1.0), (many, factor))
    )
    assert other == pytest.approx(found / np.sqrt(factor), rel=0.01)
    assert expected_width(many, 1.0) == pytest.approx(expected_width(one, 1.0) / np.sqrt(factor))
