import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from higgs_tools.validation import compare
from higgs_tools.validation.targets import Rounded
from tests.helpers.handmade import ONE_IN_A_MILLION, z_limit

EXPERIMENTS = 400
NUMBERS = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=30)


def exactly(value: float) -> Rounded:
    return Rounded(value, 0.0)


def test_effective_number_by_hand() -> None:
    assert compare.effective_number(np.array([2.0, 2.0, 2.0])) == pytest.approx(3.0)
    assert compare.effective_number(np.array([1.0, 3.0])) == pytest.approx(16 / 10)


@given(NUMBERS, st.floats(0, 1))
def test_quantile_of_equal_weights_is_numpys(values: list[float], level: float) -> None:
    array = np.array(values)
    found = compare.weighted_quantile(array, np.full(len(array), 0.7), level)
    assert found == pytest.approx(np.quantile(array, level), rel=1e-6, abs=1e-6)


def test_heavier_values_attract_the_quantile() -> None:
    # Middles of the weights lie at 0.5, 1.5 and 4: the median, half of the way from the first to the last, is at 2.25.
    values, weights = np.array([10.0, 20.0, 30.0]), np.array([1.0, 1.0, 4.0])
    assert compare.weighted_quantile(values, weights, 0.5) == pytest.approx(20 + 10 * 0.75 / 2.5)


def test_order_of_rows_means_nothing() -> None:
    rng = np.random.default_rng(1)
    values, weights, mixed = rng.normal(size=50), rng.uniform(1, 2, 50), rng.permutation(50)
    first = compare.weighted_quantile(values, weights, 0.3)
    assert first == compare.weighted_quantile(values[mixed], weights[mixed], 0.3)


@pytest.mark.parametrize(("number", "level"), [(26, 0.1), (26, 0.5), (336, 0.9), (2_000, 0.1)])
def test_quantile_pulls_of_the_same_distribution_are_standard_normal(number: int, level: float) -> None:
    rng = np.random.default_rng(2)
    reference = np.sort(rng.exponential(size=200_000))
    samples = rng.exponential(size=(EXPERIMENTS, number))
    pulls = [
        compare.compare_quantile(exactly(np.quantile(sample, level)), level, number, reference).pull
        for sample in samples
    ]
    # False-alarm rate: Kolmogorov and Smirnov's own, one in a million; the reference's fluctuation is far smaller.
    assert stats.kstest(pulls, "norm").pvalue > ONE_IN_A_MILLION


def test_error_of_a_median_is_the_textbook_one() -> None:
    reference = np.sort(np.random.default_rng(3).normal(size=400_000))
    comparison = compare.compare_quantile(exactly(0.1), 0.5, 10_000, reference)
    assert comparison.error == pytest.approx(math.sqrt(math.pi / 2) / 100, rel=0.02)
    assert comparison.synthetic == pytest.approx(0.0, abs=0.01)
    assert comparison.pull == pytest.approx(0.1 / comparison.error, rel=0.15)


def test_sign_of_a_pull_says_which_is_larger() -> None:
    reference = np.linspace(0, 1, 1_000)
    assert compare.compare_quantile(exactly(0.7), 0.5, 100, reference).pull > 3
    assert compare.compare_quantile(exactly(0.3), 0.5, 100, reference).pull < -3
    assert compare.compare_quantile(exactly(99.0), 0.5, 100, reference).pull == compare.FARTHEST


def test_rounding_explains_what_it_can() -> None:
    reference = np.linspace(0, 1, 1_001)
    assert compare.compare_quantile(Rounded(0.55, 0.05), 0.5, 1_000, reference).pull == pytest.approx(0.0, abs=1e-3)
    near = compare.compare_quantile(Rounded(0.56, 0.05), 0.5, 1_000, reference).pull
    assert near == pytest.approx(compare.compare_quantile(exactly(0.51), 0.5, 1_000, reference).pull)


def test_fraction_by_hand() -> None:
    comparison = compare.compare_fraction(exactly(0.5), 98, 0.4)
    assert comparison.error == pytest.approx(math.sqrt(0.25 / 98))
    assert comparison.pull == pytest.approx(0.1 / comparison.error)


def test_a_fraction_of_nothing_has_an_error() -> None:
    comparison = compare.compare_fraction(Rounded(0.0, 0.005), 26, 0.03)
    assert comparison.error == pytest.approx(math.sqrt(27 / 28**2 / 26))
    assert comparison.pull == pytest.approx(-0.025 / comparison.error)


@given(st.floats(-1, 1), st.floats(0, 0.5))
def test_rounding_never_turns_a_difference_round(difference: float, half_digit: float) -> None:
    rest = compare.beyond_rounding(difference, half_digit)
    assert rest * difference >= 0
    assert abs(difference) - half_digit - 1e-12 <= abs(rest) <= abs(difference)


def test_rank_correlation_is_scipys_where_weights_are_equal() -> None:
    rng = np.random.default_rng(4)
    x = rng.integers(0, 6, 200).astype(float)
    y = x + rng.normal(0, 2, 200)
    found = compare.rank_correlation(x, y, np.full(200, 3.0))
    assert found == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)


def test_a_weight_of_two_is_two_rows() -> None:
    rng = np.random.default_rng(5)
    x, y, weights = rng.normal(size=40), rng.normal(size=40), rng.integers(1, 4, 40)
    doubled = [np.repeat(values, weights) for values in (x, y)]
    assert compare.rank_correlation(x, y, weights) == pytest.approx(stats.spearmanr(*doubled).statistic, abs=1e-12)


@pytest.mark.parametrize("slope", [0.0, 1.0, -3.0])
def test_correlation_pulls_of_the_same_distribution_are_nearly_standard_normal(slope: float) -> None:
    rng = np.random.default_rng(6)
    number = 300

    def correlation(rows: int) -> float:
        x = rng.normal(size=rows)
        return compare.rank_correlation(x, slope * x + rng.normal(size=rows), np.ones(rows))

    true = correlation(300_000)
    pulls = [
        compare.compare_rank_correlation(exactly(correlation(number)), number, true).pull for _ in range(EXPERIMENTS)
    ]
    assert abs(np.mean(pulls)) < z_limit(1) / math.sqrt(EXPERIMENTS)
    # The variance of Fisher's z is an approximation, good to some per cent; 0.035 is the spread's own standard error.
    assert 0.8 < np.std(pulls) < 1.2


def test_kolmogorov_smirnov_agrees_with_scipy() -> None:
    rng = np.random.default_rng(7)
    real, reference = rng.normal(0.1, 1, 300), np.sort(rng.normal(size=5_000))
    found = compare.kolmogorov_smirnov(real, np.ones(300), reference)
    assert found == pytest.approx(stats.ks_2samp(real, reference, method="asymp").pvalue, rel=0.02)


def test_kolmogorov_smirnov_of_identical_tied_values_is_one() -> None:
    values = np.repeat([0.0, 1.0, 2.0], 50)
    assert compare.kolmogorov_smirnov(values, np.ones(150), values) == pytest.approx(1.0)


def test_kolmogorov_smirnov_counts_what_weights_are_worth() -> None:
    rng = np.random.default_rng(8)
    real, reference = rng.normal(0.3, 1, 200), np.sort(rng.normal(size=50_000))
    equal = compare.kolmogorov_smirnov(real, np.ones(200), reference)
    mostly_one = compare.kolmogorov_smirnov(real, np.where(np.arange(200) < 5, 1e3, 1.0), reference)
    assert mostly_one > equal
