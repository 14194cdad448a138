"""Conformal factors: the k-th smallest ratio by hand, and one more case inside as often as promised."""

import numpy as np
import pytest
from scipy import stats

from higgs_inference.conformal import conformal_factor
from tests.helpers.handmade import ONE_IN_A_MILLION

CASES, REPETITIONS = 19, 40_000


@pytest.mark.parametrize(("share", "factor"), [(0.2, -2.0), (0.4, 0.5), (0.41, 1.0), (0.8, 4.0)])
def test_a_factor_is_one_of_the_ratios(share: float, factor: float) -> None:
    """Of four: the first holds one case in five, the last four in five."""
    distances, errors = np.array([2.0, -4.0, 0.5, 8.0]), np.array([2.0, 2.0, 1.0, 2.0])
    assert conformal_factor(distances, errors, share) == factor


def inside(share: float, place: int) -> int:
    """Count how often one more case lies within the ratio that is some places off the conformal one."""
    rng = np.random.default_rng(1)
    number = 0
    for _ in range(REPETITIONS):
        errors = rng.uniform(0.5, 2.0, CASES + 1)
        distances = errors * rng.standard_exponential(CASES + 1)
        factor = conformal_factor(distances[:-1], errors[:-1], share + place / (CASES + 1))
        number += int(distances[-1] <= factor * errors[-1])
    return number


def test_one_more_case_lies_within_as_often_as_promised() -> None:
    """With 19 cases 0.8 is the share exactly; one place off is 0.75 and is seen. False-alarm rate 1e-6."""
    low, high = stats.binom.interval(1 - ONE_IN_A_MILLION, REPETITIONS, 0.8)
    assert low <= inside(0.8, 0) <= high
    assert not low <= inside(0.8, -1) <= high


def test_a_share_that_so_few_cases_cannot_show_is_refused() -> None:
    assert conformal_factor(np.arange(4.0), np.ones(4), 0.8) == 3.0
    with pytest.raises(ValueError, match=r"a share of 0\.81 needs more than 4 held-out cases"):
        conformal_factor(np.arange(4.0), np.ones(4), 0.81)


@pytest.mark.parametrize("error", [0.0, np.nan, np.inf])
def test_an_error_that_is_none_is_refused(error: float) -> None:
    with pytest.raises(ValueError, match="errors above 0"):
        conformal_factor(np.ones(5), np.array([1.0, 1.0, error, 1.0, 1.0]), 0.5)


def test_distances_are_numbers() -> None:
    with pytest.raises(ValueError, match="finite distances"):
        conformal_factor(np.array([1.0, np.nan, 1.0]), np.ones(3), 0.5)
