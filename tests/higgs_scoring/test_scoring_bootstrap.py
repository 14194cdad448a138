"""The resamples against scores by hand, against a slow loop, and against the known error of a mean.

Draws are seeded, so that no test here fails by chance; the rates of false alarms are those of a seed not yet tried.
"""

import doctest
import math
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from higgs_scoring import bootstrap
from higgs_scoring.bootstrap import Bootstrap, bootstrap_pseudo_experiments, bootstrap_sets
from higgs_scoring.metrics import FloatArray, Intervals, Scores, score_sets

NAMES = ["quantile_score", "interval", "coverage", "penalty", "rmse", "mae", "winkler"]
SIGMAS = 6  # of a normal value, beyond which lie 2e-9

Arrays = dict[str, FloatArray]


def uneven_run(num_sets: int, n: int, seed: int = 1) -> tuple[FloatArray, Arrays]:
    """Sets that differ in the width and the coverage of their intervals."""
    rng = np.random.default_rng(seed)
    mus = rng.uniform(0.1, 3, num_sets)
    sigma = rng.uniform(0.1, 0.6, (num_sets, 1)) * rng.uniform(0.8, 1.2, (num_sets, n))
    mu_hats = rng.normal(mus[:, np.newaxis], sigma)
    stretch = rng.uniform(0.5, 1.5, (num_sets, 1))
    return mus, answers(mu_hats, sigma, mu_hats - stretch * sigma, mu_hats + stretch * sigma)


def answers(mu_hats: FloatArray, delta_mu_hats: FloatArray, p16: FloatArray, p84: FloatArray) -> Arrays:
    return {"mu_hats": mu_hats, "delta_mu_hats": delta_mu_hats, "p16": p16, "p84": p84}


def of_widths(widths: FloatArray) -> tuple[FloatArray, Arrays]:
    """Intervals around mu = 1 of so much width, all of which cover."""
    ones = np.ones_like(widths)
    return np.ones(len(widths)), answers(ones, ones, ones - widths / 2, ones + widths / 2)


def drawn_from(
    run: tuple[FloatArray, Arrays], draw: Callable[..., Bootstrap | None] = bootstrap_sets, **options: int
) -> Bootstrap:
    drawn = draw(Intervals(run[0], **run[1]), **options)
    assert drawn is not None
    return drawn


def agrees(error: float, expected: float, resamples: int) -> bool:
    """Whether an error from so many near-normal resamples, known to 1 / sqrt(2 resamples), can be the expected one."""
    return abs(error / expected - 1) < SIGMAS / math.sqrt(2 * resamples)


def test_examples_in_the_docstrings() -> None:
    outcome = doctest.testmod(bootstrap)
    assert outcome.attempted > 0
    assert outcome.failed == 0


def test_two_sets_by_hand() -> None:
    # Set 0: widths 1 and 2, both cover 1; set 1: widths 3 and 4, the first misses 2. RMSE and MAE with no error of
    # mu_hat are delta^2 and delta, 1 and 1 in set 0, 4 and 2 in set 1. With N = 4 sigma is 0.23, so the zone is wide.
    run = (
        np.array([1.0, 2.0]),
        answers(
            np.array([[1.0, 1.0], [2.0, 2.0]]),
            np.array([[1.0, 1.0], [2.0, 2.0]]),
            np.array([[1.0, 0.0], [2.5, 0.0]]),
            np.array([[2.0, 2.0], [5.5, 4.0]]),
        ),
    )
    drawn = drawn_from(run, resamples=20_000)
    rows = zip(drawn.interval, drawn.coverage, drawn.penalty, drawn.rmse, drawn.mae, strict=True)
    frequencies = Counter(tuple(float(value) for value in row) for row in rows)
    share = {
        (1.5, 1.0, 1.0, 1.0, 1.0): 0.25,
        (2.5, 0.75, 1.0, 2.5, 1.5): 0.5,
        (3.5, 0.5, 1.0, 4.0, 2.0): 0.25,
    }
    assert frequencies.keys() == share.keys()
    for values, expected in share.items():
        reach = SIGMAS * math.sqrt(expected * (1 - expected) / 20_000)  # false alarm: 3 x 2e-9
        assert frequencies[values] / 20_000 == pytest.approx(expected, abs=reach)
    assert drawn.quantile_score == pytest.approx(-np.log(drawn.interval + 0.001), rel=1e-14)
    medians = drawn.medians
    # Only the first of set 1 misses, 2 by 0.5.
    winkler = 2.5 + 2 / 0.3173 * 0.5 / 4
    assert medians == Scores(medians.quantile_score, 2.5, 0.75, 1.0, 2.5, 1.5, pytest.approx(winkler, rel=1e-12))
    assert medians.quantile_score == pytest.approx(-math.log(2.501), rel=1e-14)
    # The two widths 1.5 and 3.5 have a standard deviation of sqrt(2), their mean an error of 1.
    assert drawn.standard_errors.interval == pytest.approx(1.0, rel=0.05)
    assert drawn.standard_errors.penalty == 0.0


@pytest.mark.parametrize(("num_sets", "n"), [(2, 1), (10, 30), (40, 100)])
def test_resamples_are_those_of_a_slow_loop_over_the_arrays(num_sets: int, n: int) -> None:
    mus, arrays = uneven_run(num_sets, n)
    drawn = drawn_from((mus, arrays), resamples=50, seed=9)
    rng = np.random.default_rng(9)
    for number in range(50):
        sets = rng.integers(num_sets, size=num_sets)
        expected = score_sets(Intervals(mus[sets], **{name: values[sets] for name, values in arrays.items()}))
        assert drawn.coverage[number] == expected.coverage
        for name in NAMES:
            assert getattr(drawn, name)[number] == pytest.approx(getattr(expected, name), rel=1e-12, abs=1e-12)


def test_medians_and_errors_are_those_of_the_arrays() -> None:
    drawn = drawn_from(uneven_run(10, 30))
    for name in NAMES:
        values = getattr(drawn, name)
        assert values.shape == (1000,)
        assert getattr(drawn.medians, name) == np.median(values)
        assert getattr(drawn.standard_errors, name) == pytest.approx(values.std(ddof=0) * math.sqrt(10 / 9), rel=1e-12)


def test_two_calls_and_two_submissions_see_the_same_draws() -> None:
    run, again = drawn_from(uneven_run(20, 10)), drawn_from(uneven_run(20, 10))
    for name in NAMES:
        assert (getattr(run, name) == getattr(again, name)).all()
    mus, arrays = uneven_run(20, 10)
    wider = drawn_from((mus, arrays | {"p84": arrays["p84"] + 0.25}))
    assert wider.interval - run.interval == pytest.approx(0.25, rel=1e-12)
    assert np.std(drawn_from((mus, arrays), seed=1).interval - run.interval) > 0.1 * np.std(run.interval)


@pytest.mark.parametrize("num_sets", [5, 60])
def test_error_of_the_width_is_that_of_a_mean_of_sets_and_a_wrong_resampling_is_noticed(num_sets: int) -> None:
    """Sets differ more than the pseudo-experiments in them. False alarm of each `agrees`: 2e-9, near normality."""
    rng = np.random.default_rng(4)
    widths = np.linspace(0.5, 1.5, num_sets)[:, np.newaxis] + rng.uniform(0, 0.2, (num_sets, 20))
    resamples = 20_000
    expected = widths.mean(axis=1).std(ddof=1) / math.sqrt(num_sets)

    drawn = drawn_from(of_widths(widths), resamples=resamples)

    assert agrees(drawn.standard_errors.interval, expected, resamples)
    wrong = {
        "pseudo-experiments are drawn": rng.choice(widths.ravel(), (resamples, widths.size)).mean(axis=1).std(),
        "half as many sets": rng.choice(widths.mean(axis=1), (resamples, num_sets // 2)).mean(axis=1).std(),
        "every set once": 0.0,
    }
    if num_sets == 5:  # of 60 sets the factor is less than 1 %
        wrong["no factor for few sets"] = float(np.std(drawn.interval))
    assert [name for name, error in wrong.items() if agrees(float(error), expected, resamples)] == []


def test_error_of_the_coverage_knows_that_sets_differ() -> None:
    # Half of the sets cover always, half never: the sets, not 40 x 25 pseudo-experiments, decide.
    p84 = np.repeat(np.arange(40) % 2 + 0.5, 25).reshape(40, 25)
    ones = np.ones((40, 25))
    drawn = drawn_from((np.ones(40), answers(ones, ones, 0 * ones, p84)), resamples=20_000)
    assert agrees(drawn.standard_errors.coverage, math.sqrt(0.25 / 39), 20_000)


def test_resamples_are_penalised_for_all_drawn_pseudo_experiments() -> None:
    mus, arrays = uneven_run(30, 40)
    drawn = drawn_from((mus, arrays | {"p84": arrays["p16"]}), resamples=5)
    sigma = math.sqrt(0.6827 * 0.3173 / (30 * 40))
    assert drawn.coverage.tolist() == [0.0] * 5
    assert drawn.penalty == pytest.approx(1 + (0.6827 / sigma - 2) ** 4, rel=1e-9)


def test_pseudo_experiments_are_drawn_set_by_set_and_a_wrong_resampling_is_noticed() -> None:
    """The error of a mean of few sets that differ much. False alarm of each `agrees`: 2e-9, near normality."""
    rng = np.random.default_rng(6)
    widths = np.linspace(0.5, 1.5, 4)[:, np.newaxis] + rng.normal(0, 0.05, (4, 50))
    resamples = 20_000
    expected = math.sqrt(widths.var(axis=1, ddof=1).sum() / 50) / 4

    drawn = drawn_from(of_widths(widths), bootstrap_pseudo_experiments, resamples=resamples)

    assert (drawn.unit, drawn.num_units) == ("pseudo-experiment", 50)
    assert agrees(drawn.standard_errors.interval, expected, resamples)
    wrong = {
        "sets are drawn": drawn_from(of_widths(widths), resamples=resamples).standard_errors.interval,
        "from all sets": rng.choice(widths.ravel(), (resamples, widths.size)).mean(axis=1).std(),
    }
    assert [name for name, error in wrong.items() if agrees(float(error), expected, resamples)] == []


def test_sets_are_drawn_independently_of_each_other() -> None:
    """Copies of one set would scatter twice as much if all four were drawn alike. False alarm: 2e-9."""
    copies = np.repeat(np.random.default_rng(8).normal(5, 1, (1, 50)), 4, axis=0)
    drawn = drawn_from(of_widths(copies), bootstrap_pseudo_experiments, resamples=20_000)
    assert agrees(drawn.standard_errors.interval, copies[0].std(ddof=1) / math.sqrt(200), 20_000)


def test_pseudo_experiments_by_a_slow_loop() -> None:
    mus, arrays = uneven_run(3, 20)
    drawn = drawn_from((mus, arrays), bootstrap_pseudo_experiments, resamples=30, seed=9)
    streams = [np.random.default_rng([9, number]) for number in range(3)]
    for resample in range(30):
        rows = np.stack([stream.integers(20, size=20) for stream in streams])
        chosen = {name: np.take_along_axis(values, rows, axis=1) for name, values in arrays.items()}
        expected = score_sets(Intervals(mus, **chosen))
        for name in NAMES:
            assert getattr(drawn, name)[resample] == pytest.approx(getattr(expected, name), rel=1e-12, abs=1e-12)


def test_many_rows_are_drawn_in_pieces_as_they_are_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(1).normal(size=(7, 2))
    at_once = bootstrap.draw_sums(rows, resamples=50, rng=np.random.default_rng(3))
    monkeypatch.setattr(bootstrap, "MAX_COUNTS", 20)
    in_pieces = bootstrap.draw_sums(rows, resamples=50, rng=np.random.default_rng(3))
    assert in_pieces == pytest.approx(at_once, rel=1e-14)


def test_a_single_unit_says_nothing_about_its_error() -> None:
    mus, arrays = uneven_run(1, 3)
    assert bootstrap_sets(Intervals(mus, **arrays)) is None
    mus, arrays = uneven_run(3, 1)
    assert bootstrap_pseudo_experiments(Intervals(mus, **arrays)) is None


@given(st.integers(2, 12), st.integers(1, 8), st.integers(0, 2**32))
def test_sets_all_alike_have_no_error(num_sets: int, n: int, seed: int) -> None:
    mus, arrays = uneven_run(1, n, seed)
    alike = {name: np.repeat(values, num_sets, axis=0) for name, values in arrays.items()}
    run = (np.repeat(mus, num_sets), alike)
    drawn, scores = drawn_from(run, resamples=20), score_sets(Intervals(run[0], **alike))
    for name in NAMES:
        assert getattr(drawn, name) == pytest.approx(getattr(scores, name), rel=1e-12, abs=1e-12)
        assert getattr(drawn.standard_errors, name) == pytest.approx(0, abs=1e-12 * max(1.0, scores.penalty))


@given(st.integers(2, 12), st.integers(1, 8), st.integers(0, 2**32), st.randoms(use_true_random=False))
def test_order_in_a_set_and_a_common_shift_are_nothing(num_sets: int, n: int, seed: int, random: object) -> None:
    mus, arrays = uneven_run(num_sets, n, seed)
    drawn = drawn_from((mus, arrays), resamples=20)
    order = list(range(n))
    random.shuffle(order)  # type: ignore[attr-defined]
    turned = drawn_from((mus, {name: values[:, order] for name, values in arrays.items()}), resamples=20)
    moved = {name: values if name == "delta_mu_hats" else values + 2 for name, values in arrays.items()}
    shifted = drawn_from((mus + 2, moved), resamples=20)
    for name in NAMES:
        for other in (turned, shifted):
            assert getattr(other, name) == pytest.approx(getattr(drawn, name), rel=1e-9, abs=1e-9)


@settings(deadline=None)
@given(st.integers(2, 12), st.integers(1, 8), st.integers(0, 2**32))
def test_resamples_lie_between_the_best_and_the_worst_set(num_sets: int, n: int, seed: int) -> None:
    mus, arrays = uneven_run(num_sets, n, seed)
    drawn = drawn_from((mus, arrays), resamples=20)
    sets = [
        score_sets(Intervals(mus[[number]], **{name: values[[number]] for name, values in arrays.items()}))
        for number in range(num_sets)
    ]
    for name in ("interval", "coverage", "rmse", "mae"):
        single = [getattr(one, name) for one in sets]
        values = getattr(drawn, name)
        assert min(single) - 1e-12 <= values.min() <= values.max() <= max(single) + 1e-12


def test_the_width_of_an_error_by_many_errors() -> None:
    """Errors of runs with 10 sets scatter as the formula says. The scatter of 400 is known to 3.5 %; 6 of these."""
    rng = np.random.default_rng(5)
    errors = [
        drawn_from(of_widths(rng.normal(5, 1, (10, 1))), resamples=400).standard_errors.interval for _ in range(400)
    ]
    scatter = np.std(errors) / np.mean(errors)
    assert scatter == pytest.approx(bootstrap.uncertainty_of_error(10), rel=SIGMAS / math.sqrt(2 * 400))
