import doctest
import math
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, norm

from higgs_scoring import colours, metrics, number_formats
from higgs_scoring.metrics import Scores

counts = st.integers(1, 100_000)
shares = st.floats(0, 1)
near_mu = st.floats(-5, 5)


@pytest.mark.parametrize("module", [metrics, colours, number_formats], ids=lambda module: module.__name__)
def test_worked_examples_in_the_docstrings(module: ModuleType) -> None:
    outcome = doctest.testmod(module)
    assert outcome.attempted > 0
    assert outcome.failed == 0


def test_mean_width_by_hand() -> None:
    assert metrics.mean_width([[0.0, 1.0], [2.0, 3.0]], [[1.0, 3.0], [2.0, 4.0]]) == 1.0


def test_both_ends_of_an_interval_cover() -> None:
    covered = metrics.is_covered(
        np.array([[1.0], [2.0]]), np.array([[1.0, 1.01], [0.0, 0.0]]), np.array([[2.0] * 2] * 2)
    )
    assert covered.tolist() == [[True, False], [True, True]]
    assert metrics.coverage(1.0, [0.0, 0.0], [1.0, 0.99]) == 0.5


def test_sigma_by_hand() -> None:
    # 0.6827 * 0.3173 = 0.21662071; its root is 0.4654253...
    assert metrics.coverage_sigma(1) == pytest.approx(0.465425, abs=1e-6)
    assert metrics.coverage_sigma(10_000) == pytest.approx(0.00465425, abs=1e-8)


@pytest.mark.parametrize(
    ("sigmas_off", "penalty"),
    [(-5, 1 + 3**4), (-3, 2), (-2.5, 1 + 0.5**4), (-1, 1), (0, 1), (1, 1), (2.5, 1 + 0.5**3), (3, 2), (5, 1 + 3**3)],
)
def test_penalty_by_hand(sigmas_off: float, penalty: float) -> None:
    coverage = 0.6827 + sigmas_off * metrics.coverage_sigma(1000)
    assert metrics.coverage_penalty(coverage, 1000) == pytest.approx(penalty, rel=1e-9)


def test_quantile_score_by_hand() -> None:
    assert metrics.quantile_score(math.e - 0.001, 1.0) == pytest.approx(-1, abs=1e-15)
    assert metrics.quantile_score(0.499, 2.0) == 0.0
    assert metrics.quantile_score(0.0, 1.0) == pytest.approx(6.907755278982137)


def test_errors_by_hand() -> None:
    mu_hat, delta = np.array([[1.0, 4.0], [2.0, 2.0]]), np.array([[1.0, 1.0], [0.0, 2.0]])
    mu = np.array([[1.0], [2.0]])
    # Set 0: errors 0 and 3: mean |e| 1.5, mean ||e| - delta| (1 + 2) / 2; set 1: errors 0 and 0, (0 + 2) / 2.
    assert metrics.mean_absolute_error(mu, mu_hat, delta).tolist() == [3.0, 1.0]
    # Set 0: sqrt(0 + 1) and sqrt(9 + 64); set 1: 0 and sqrt(0 + 16).
    expected = [(1 + math.sqrt(73)) / 2, 2.0]
    assert metrics.root_mean_square_error(mu, mu_hat, delta) == pytest.approx(expected, rel=1e-15)


def test_a_run_by_hand() -> None:
    scores = metrics.score_sets(
        metrics.Intervals(
            np.array([1.0, 2.0]),
            mu_hats=np.array([[1.0, 4.0], [2.0, 2.0]]),
            delta_mu_hats=np.array([[1.0, 1.0], [0.0, 2.0]]),
            p16=np.array([[0.5, 3.0], [2.0, 1.0]]),
            p84=np.array([[1.5, 5.0], [2.0, 3.0]]),
        )
    )
    assert scores == Scores(
        quantile_score=-math.log(1.251),
        interval=1.25,
        coverage=0.75,
        penalty=1.0,
        rmse=((1 + math.sqrt(73)) / 2 + 2) / 2,
        mae=2.0,
        winkler=pytest.approx((1 + 2 + 2 / 0.3173 * 2 + 0 + 2) / 4, rel=1e-15),
    )


@given(counts)
def test_penalty_is_exactly_one_at_the_edges_of_the_dead_zone_and_grows_outside(n: int) -> None:
    low, high = metrics.allowed_coverage(n)
    sigma = metrics.coverage_sigma(n)
    inside = metrics.coverage_penalty([low, high], n)
    assert inside.tolist() == [1.0, 1.0]
    outside = metrics.coverage_penalty([low - sigma, low - sigma / 10, high + sigma / 10, high + sigma], n)
    assert outside == pytest.approx([2, 1 + 1e-4, 1 + 1e-3, 2], rel=1e-6)


@given(shares, counts)
def test_penalty_is_continuous(coverage: float, n: int) -> None:
    step = 1e-9
    # The slope of f is at most 4 (c / sigma)^3 / sigma.
    steepest = 4 * metrics.coverage_sigma(n) ** -4
    change = abs(metrics.coverage_penalty(coverage + step, n) - metrics.coverage_penalty(coverage, n))
    assert change <= steepest * step * (1 + 1e-6) + 1e-4 * metrics.coverage_penalty(coverage, n)


@given(st.floats(0, 1e4), st.floats(1e-6, 1e4), shares, counts)
def test_a_wider_run_of_the_same_coverage_scores_less(width: float, more: float, coverage: float, n: int) -> None:
    penalty = metrics.coverage_penalty(coverage, n)
    assert metrics.quantile_score(width + more, penalty) < metrics.quantile_score(width, penalty)


@given(shares, counts)
def test_scores_fit_the_leaderboard_whatever_the_coverage(coverage: float, n: int) -> None:
    for width in (0.0, 1e-300, 2e4):
        assert abs(metrics.quantile_score(width, metrics.coverage_penalty(coverage, n))) < 1e10


@given(st.lists(st.tuples(near_mu, near_mu, st.floats(0, 2), st.floats(0, 2)), min_size=2, max_size=20), st.randoms())
def test_order_of_sets_and_pseudo_experiments_is_nothing(rows: list[tuple[float, ...]], random: object) -> None:
    """Each row is one set: its mu, and two pseudo-experiments made from three numbers."""
    mus, mu_hats, below, above = np.array(rows).T
    hats = np.column_stack([mu_hats, mu_hats + below])
    arrays = {
        "mu_hats": hats,
        "delta_mu_hats": np.column_stack([below, above]),
        "p16": hats - below[:, np.newaxis],
        "p84": hats + above[:, np.newaxis],
    }
    straight = metrics.score_sets(metrics.Intervals(mus, **arrays))
    order = list(range(len(rows)))
    random.shuffle(order)  # type: ignore[attr-defined]
    turned = metrics.score_sets(
        metrics.Intervals(mus[order], **{key: values[order, ::-1] for key, values in arrays.items()})
    )
    assert turned.coverage == straight.coverage
    for name in ("quantile_score", "interval", "rmse", "mae", "winkler"):
        assert getattr(turned, name) == pytest.approx(getattr(straight, name), rel=1e-12, abs=1e-12)


def test_winkler_score_by_hand() -> None:
    # Width 1 and inside; width 1 and 0.5 below the truth; width 2 and 1 above it.
    p16, p84 = np.array([[0.5, -0.5, 2.0]]), np.array([[1.5, 0.5, 4.0]])
    expected = (1 + (1 + 2 / 0.3173 * 0.5) + (2 + 2 / 0.3173)) / 3
    assert metrics.winkler_score(np.array([[1.0]]), p16, p84) == pytest.approx([expected], rel=1e-15)
    assert metrics.winkler_score(1.0, [1.0, 1.0], [1.0, 1.0]) == 0.0


@given(st.floats(0.2, 3), st.floats(-1, 1))
def test_winkler_score_is_least_for_the_honest_interval(stretch: float, shift: float) -> None:
    """Its expectation for a normal truth, in closed form, has its minimum at the 15.9 % and 84.1 % quantiles."""
    honest = norm.ppf(1 - 0.3173 / 2)
    quantiles = norm.ppf((np.arange(20_000) + 0.5) / 20_000)  # stands for a normal truth around 0

    def expected(low: float, high: float) -> float:
        return float(np.mean(metrics.winkler_score(quantiles[:, np.newaxis], [[low]], [[high]])))

    best = expected(-honest, honest)
    assert expected(shift - stretch * honest, shift + stretch * honest) >= best - 1e-6
    assert best == pytest.approx(4 * norm.pdf(honest) / 0.3173, rel=1e-3)


@pytest.mark.parametrize("stretch", [0.75, 0.95, 1.05, 1.3])
def test_winkler_score_notices_what_the_dead_zone_forgives(stretch: float) -> None:
    """With 100 pseudo-experiments the quantile score rewards intervals that are too narrow by 5 %; Winkler does not."""
    honest = norm.ppf(1 - 0.3173 / 2)
    mu_hats = norm.ppf((np.arange(100) + 0.5) / 100)[np.newaxis]
    ones = np.ones_like(mu_hats)

    def score(factor: float) -> Scores:
        half = factor * honest
        return metrics.score_sets(
            metrics.Intervals(np.zeros(1), mu_hats=mu_hats, delta_mu_hats=ones, p16=mu_hats - half, p84=mu_hats + half)
        )

    assert score(stretch).winkler > score(1.0).winkler
    assert (score(stretch).quantile_score > score(1.0).quantile_score) is (0.9 < stretch < 1)


@given(st.data())
def test_clopper_pearson_interval_is_scipys(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 10_000))
    k = data.draw(st.integers(0, n))
    low, high = metrics.clopper_pearson(k, n)
    expected = binomtest(k, n).proportion_ci(confidence_level=0.6827, method="exact")
    assert (low, high) == pytest.approx((expected.low, expected.high), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6827, 0.99])
def test_clopper_pearson_intervals_cover_at_least_as_often_as_they_say(share: float) -> None:
    successes = np.arange(51)
    low, high = metrics.clopper_pearson(successes, 50)
    assert binom.pmf(successes, 50, share)[(low <= share) & (share <= high)].sum() >= 0.6827
