"""Averages in groups, pulls, and the test for a coverage that is the same everywhere.

Draws are seeded, so that no test here fails by chance; the rates of false alarms are those of a seed not yet tried.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, kstest

from higgs_scoring import dependence
from higgs_scoring.dependence import PullSummary, find_dependence, find_pulls, group_neighbours, summarise_pulls
from higgs_scoring.metrics import FloatArray

FALSE_ALARM = 1e-6


def find(values: FloatArray, mu_hats: FloatArray, *, half: float = 0.3, mus: FloatArray | None = None) -> object:
    num_sets = len(mu_hats)
    return find_dependence(
        "tes",
        values,
        mus=np.ones(num_sets) if mus is None else mus,
        mu_hats=mu_hats,
        delta_mu_hats=np.full_like(mu_hats, half),
        p16=mu_hats - half,
        p84=mu_hats + half,
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
    assert isinstance(found, dependence.Dependence)
    assert found.values == pytest.approx([0.99, 1.01])
    assert found.sizes.tolist() == [10, 10]
    assert found.coverage.mean.tolist() == [0.0, 1.0]
    assert found.bias.mean == pytest.approx([-0.5, 0.2])
    error = np.std([0.1, 0.3] * 5, ddof=1) / np.sqrt(10)
    assert found.bias.high - found.bias.mean == pytest.approx([0.0, error], abs=1e-12)
    assert found.width.mean == pytest.approx([0.8, 0.8])
    assert found.pull.mean == pytest.approx([-1.25, 0.5])
    assert found.pull_width == pytest.approx([0.0, np.std([0.25, 0.75] * 5, ddof=1)], abs=1e-12)
    assert found.p_value == pytest.approx(7.7e-6, rel=0.01)  # chi2 of 20 with one degree of freedom


def test_pulls_without_a_stated_uncertainty_are_left_out_and_counted() -> None:
    pulls = find_pulls(np.array([[1.0]]), np.array([[1.5, 2.0, 3.0, 1e300]]), np.array([[0.5, 0.0, -1.0, 5e-324]]))
    assert pulls[0, 0] == 1.0
    assert np.isnan(pulls[0, 1:]).all()
    assert summarise_pulls(pulls) == PullSummary(mean=1.0, error=0.0, width=0.0, undefined=3)
    assert summarise_pulls(pulls[:, 1:]) is None
    found = find(np.linspace(0, 1, 20)[np.newaxis], np.ones((1, 20)), half=0.0)
    assert isinstance(found, dependence.Dependence)
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
    assert isinstance(against_tes, dependence.Dependence)
    assert isinstance(against_jes, dependence.Dependence)
    assert against_tes.p_value is not None
    assert against_tes.p_value < FALSE_ALARM
    assert against_jes.p_value is not None
    assert against_jes.p_value > FALSE_ALARM
    assert against_tes.bias.mean[0] < -0.3
    assert against_tes.bias.mean[-1] > 0.3


@pytest.mark.parametrize(
    ("hits", "sizes"), [([680], [1000]), ([100, 100], [100, 100]), ([0, 0], [50, 50]), ([8, 9], [10, 10])]
)
def test_too_little_to_test_has_no_p_value(hits: list[int], sizes: list[int]) -> None:
    assert dependence.uniform_coverage_p_value(np.array(hits), np.array(sizes)) is None
