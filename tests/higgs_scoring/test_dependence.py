"""Averages in groups, pulls, and the test for a coverage that is the same everywhere.

Draws are seeded, so that no test here fails by chance; the rates of false alarms are those of a seed not yet tried.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, f_oneway, kstest
from scipy.stats import f as f_distribution

from higgs_scoring import dependence
from higgs_scoring.dependence import (
    Dependence,
    PullSummary,
    find_dependence,
    find_pulls,
    group_neighbours,
    summarise_pulls,
)
from higgs_scoring.metrics import FloatArray, Intervals

FALSE_ALARM = 1e-6


def find(values: FloatArray, mu_hats: FloatArray, *, half: float = 0.3) -> Dependence:
    return find_dependence(
        "tes",
        values,
        Intervals(np.ones(len(mu_hats)), mu_hats, np.full_like(mu_hats, half), mu_hats - half, mu_hats + half),
    )


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=300))
def test_groups_hold_every_pseudo_experiment_once_in_order(values: list[float]) -> None:
    array = np.array(values)[np.newaxis]
    groups = group_neighbours(array)
    assert sorted(np.concatenate(groups).tolist()) == list(range(len(values)))
    assert 1 <= len(groups) <= 12
    sizes = [group.size for group in groups]
    assert max(sizes) - min(sizes) <= 1
    assert len(groups) == 1 or min(sizes) >= 10
    ordered = array.ravel()[np.concatenate(groups)]
    assert (np.diff(ordered) >= 0).all()


def test_sets_are_groups_of_mu_when_there_are_few() -> None:
    mus = np.array([2.0, 0.5, 1.0])
    groups = group_neighbours(np.repeat(mus, 20).reshape(3, 20))
    assert [sorted(group.tolist()) for group in groups] == [
        list(range(20, 40)),
        list(range(40, 60)),
        list(range(20)),
    ]


def test_averages_by_hand() -> None:
    # Ten at tes 0.99 whose estimates are 0.5 too low and miss, ten at 1.01 that are 0.1 or 0.3 too high.
    values = np.array([[0.99] * 10 + [1.01] * 10])
    mu_hats = np.array([[0.5] * 10 + [1.1, 1.3] * 5])
    found = find(values, mu_hats, half=0.4)
    assert found.values == pytest.approx([0.99, 1.01])
    assert found.sizes.tolist() == [10, 10]
    assert found.coverage.mean.tolist() == [0.0, 1.0]
    assert found.bias.mean == pytest.approx([-0.5, 0.2])
    error = np.std([0.1, 0.3] * 5, ddof=1) / np.sqrt(10)
    assert found.bias.high - found.bias.mean == pytest.approx([0.0, error], abs=1e-12)
    assert found.width.mean == pytest.approx([0.8, 0.8])
    assert found.pull.mean == pytest.approx([-1.25, 0.5])
    assert found.pull_width == pytest.approx([0.0, np.std([0.25, 0.75] * 5, ddof=1)], abs=1e-12)
    assert found.coverage_p_value == pytest.approx(7.7e-6, rel=0.01)  # chi2 of 20 with one degree of freedom
    # Between: 20 x 0.35^2; within: 10 x 0.1^2, with 18 degrees of freedom: F(1, 18) = 441.
    assert found.bias_p_value == pytest.approx(f_distribution.sf(441, 1, 18), rel=1e-9)


def test_pulls_without_a_stated_uncertainty_are_left_out_and_counted() -> None:
    pulls = find_pulls(np.array([[1.0]]), np.array([[1.5, 2.0, 3.0, 0.0]]), np.array([[0.5, 0.0, -1.0, 0.5]]))
    assert pulls[0, [0, 3]].tolist() == [1.0, -2.0]
    assert np.isnan(pulls[0, 1:3]).all()
    assert summarise_pulls(pulls) == PullSummary(
        mean=-0.5, error=pytest.approx(1.5), units=2, width=pytest.approx(3 / np.sqrt(2))
    )
    assert summarise_pulls(pulls[:, 1:3]) is None
    found = find(np.linspace(0, 1, 20)[np.newaxis], np.ones((1, 20)), half=0.0)
    assert np.isnan(found.pull.mean).all()


def test_the_error_of_the_mean_pull_knows_that_sets_are_off_together() -> None:
    shifts = np.array([[-1.0], [0.0], [1.0], [2.0]])
    summary = summarise_pulls(np.repeat(shifts, 50, axis=1))
    assert summary is not None
    assert summary.error == pytest.approx(np.std(shifts, ddof=1) / 2)
    alone = summarise_pulls(np.array([[0.0, 1.0, 2.0, 3.0]]))
    assert alone is not None
    assert alone.error == pytest.approx(np.std([0, 1, 2, 3], ddof=1) / 2)


@given(st.lists(st.tuples(st.integers(20, 400), st.floats(0.3, 0.7)), min_size=2, max_size=12))
def test_p_value_is_scipys(groups: list[tuple[int, float]]) -> None:
    sizes = np.array([size for size, _ in groups])
    hits = np.array([round(size * share) for size, share in groups])
    expected = chi2_contingency(np.stack([hits, sizes - hits]), correction=False).pvalue
    assert dependence.uniform_coverage_p_value(hits, sizes) == pytest.approx(expected, rel=1e-6, abs=1e-300)


def p_values_of_honest_runs(degrees_too_many: int = 0) -> list[float]:
    rng = np.random.default_rng(12)
    found = []
    for _ in range(2000):
        sizes = np.full(12, 83)
        hits = rng.binomial(sizes, 0.66)
        p = dependence.uniform_coverage_p_value(hits, sizes)
        assert p is not None
        if degrees_too_many:
            share = hits.sum() / sizes.sum()
            chi2 = np.sum((hits - sizes * share) ** 2 / (sizes * share * (1 - share)))
            p = float(dependence.chdtrc(11 + degrees_too_many, chi2))
        found.append(p)
    return found


def test_p_values_of_honest_runs_are_uniform_and_a_wrong_degree_of_freedom_is_noticed() -> None:
    """Kolmogorov's test of 2 000, whose coverage, 0.66, is not the target: the test is about uniformity alone."""
    assert kstest(p_values_of_honest_runs(), "uniform").pvalue > FALSE_ALARM
    assert kstest(p_values_of_honest_runs(degrees_too_many=1), "uniform").pvalue < FALSE_ALARM


def test_a_stated_uncertainty_next_to_nothing_does_not_hide_the_others() -> None:
    deltas = np.array([[0.5, 0.5, 1e-200, 5e-324]])
    pulls = find_pulls(np.array([[1.0]]), np.array([[1.5, 0.5, 2.0, 0.0]]), deltas)
    assert pulls.tolist() == [[1.0, -1.0, 5.0, -5.0]]


def test_a_mean_pull_of_few_sets_is_no_bias_before_student_says_so() -> None:
    """Honest runs of 3 sets: 0.27 % are called biased, 27 of 10 000; with 3 normal standard errors it is 8 %."""
    rng = np.random.default_rng(15)
    means = rng.normal(size=(10_000, 3))
    errors = means.std(axis=1, ddof=1) / np.sqrt(3)
    called = sum(PullSummary(m, e, 3, 1.0).is_biased for m, e in zip(means.mean(axis=1), errors, strict=True))
    assert called < 27 + 6 * np.sqrt(27)
    assert (np.abs(means.mean(axis=1)) > 3 * errors).sum() > 27 + 6 * np.sqrt(27)
    assert not PullSummary(5.0, float("nan"), 1, 0.0).is_biased
    assert PullSummary(0.5, 0.1, 10, 1.0).is_biased
    assert not PullSummary(0.5, 0.1, 2, 1.0).is_biased


@given(st.integers(2, 6), st.integers(2, 40), st.integers(0, 1000))
def test_p_value_of_the_bias_is_scipys(num_groups: int, size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = [rng.normal(0.2 * number, 1, size + number) for number in range(num_groups)]
    assert dependence.uniform_bias_p_value(groups) == pytest.approx(f_oneway(*groups).pvalue, rel=1e-6)


def test_errors_without_scatter_have_no_p_value_of_the_bias() -> None:
    assert dependence.uniform_bias_p_value([np.ones(10)]) is None
    assert dependence.uniform_bias_p_value([np.ones(10), np.zeros(10)]) is None


def test_equal_values_do_not_gather_whole_sets_in_a_group() -> None:
    """A parameter that a prior clips, and answers of which whole sets cover or miss: nothing depends on it."""
    rng = np.random.default_rng(16)
    clipped = np.minimum(rng.lognormal(0, 1, (10, 100)), 1.5)  # a third is at the end
    hits = np.repeat(np.arange(10) < 5, 100)
    groups = group_neighbours(clipped)
    p_value = dependence.uniform_coverage_p_value(
        np.array([hits[group].sum() for group in groups]), np.array([group.size for group in groups])
    )
    assert p_value is not None
    assert p_value > FALSE_ALARM
    in_order = np.array_split(np.argsort(clipped, axis=None, kind="stable"), len(groups))
    wrong = dependence.uniform_coverage_p_value(
        np.array([hits[group].sum() for group in in_order]), np.array([group.size for group in in_order])
    )
    assert wrong is not None
    assert wrong < FALSE_ALARM


def test_small_groups_do_not_cry_wolf() -> None:
    """Of 20 000 honest runs of 50 in five groups, those below 0.001 are 20 +- 4.5; 47 would be 6 of these."""
    rng = np.random.default_rng(13)
    sizes = np.full(5, 10)
    found = [dependence.uniform_coverage_p_value(rng.binomial(sizes, 0.68), sizes) for _ in range(20_000)]
    assert sum(p is not None and p < 0.001 for p in found) < 47


def test_a_mishandled_nuisance_parameter_shows_and_the_others_do_not() -> None:
    """A bias of one standard deviation for each of tes; 1 000 pseudo-experiments are one feedback phase."""
    rng = np.random.default_rng(14)
    tes, jes = rng.normal(1, 0.01, (10, 100)), rng.normal(1, 0.01, (10, 100))
    mu_hats = rng.normal(1, 0.3, (10, 100)) + 0.3 * (tes - 1) / 0.01
    against_tes, against_jes = find(tes, mu_hats), find(jes, mu_hats)
    for against, shows in ((against_tes, True), (against_jes, False)):
        for p_value in (against.coverage_p_value, against.bias_p_value):
            assert p_value is not None
            assert (p_value < FALSE_ALARM) is shows
    assert against_tes.bias.mean[0] < -0.3
    assert against_tes.bias.mean[-1] > 0.3


@pytest.mark.parametrize(
    ("hits", "sizes"), [([680], [1000]), ([100, 100], [100, 100]), ([0, 0], [50, 50]), ([8, 9], [10, 10])]
)
def test_too_little_to_test_has_no_p_value(hits: list[int], sizes: list[int]) -> None:
    assert dependence.uniform_coverage_p_value(np.array(hits), np.array(sizes)) is None
