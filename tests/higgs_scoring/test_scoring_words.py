"""The sentences of the report, case by case."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from higgs_scoring.analysis import Analysis, analyse
from higgs_scoring.bootstrap import Bootstrap
from higgs_scoring.calibration import Calibration, calibrate
from higgs_scoring.dependence import PullSummary
from higgs_scoring.metrics import FloatArray, Scores
from higgs_scoring.shared_events import SharedEvents
from higgs_scoring.verdict import (
    advice,
    dependence_note,
    error_note,
    pull_note,
    scaling_advice,
    verdict,
)
from tests.helpers.made_runs import NO_BREAK, depending, made_run


def of_coverage(coverage: float, *, score: float = 0.5, penalty: float = 1.0) -> Scores:
    return Scores(score, 0.6, coverage, penalty, 0, 0, 0)


def scaled_by(exact: float, n: int = 200) -> Calibration:
    """A run of n in which 68.27 % need at most the factor."""
    needed = np.sort(exact * np.arange(1, n + 1) / np.ceil(0.6827 * n))[:, np.newaxis]
    return calibrate(needed[:, 0], -np.ones((n, 1)), np.ones((n, 1)))


def analysis_of(coverage: float, calibration: Calibration, pulls: PullSummary | None = None) -> Analysis:
    return Analysis(of_coverage(coverage), None, None, calibration, np.zeros((1, 1)), pulls, (), ())


BIASED = PullSummary(0.4, 0.05, 10, 1.0)


WIDEN, NARROW = "widening every interval by a factor of", "narrowing every interval to"


@pytest.mark.parametrize(
    ("coverage", "exact", "pulls", "words"),
    [
        (0.61, 1.16, None, f"too narrow by 14 %: {WIDEN} 1.16 would fix this, at a score of −0.84"),
        (0.61, 1.16, BIASED, "too narrow by 14 %, or shifted to higher μ: widening every"),
        (0.61, 1.16, replace(BIASED, mean=-0.4), "too narrow by 14 %, or shifted to lower μ: widening every"),
        (0.61, 1.16, replace(BIASED, mean=0.1), "too narrow by 14 %: widening every interval"),
        (0.61, 1.002, None, f"too narrow by 0.2 %: {WIDEN} 1.002 would"),
        (0.61, 25.0, None, f"far too narrow: {WIDEN} more than 10 would"),
        (0.68, 1.02, BIASED, "which is right within the allowed error."),
        (0.99, 0.1001, None, f"too wide by a factor of 10.0: {NARROW} 0.10 of its width would give"),
        (0.90, 0.80, BIASED, f"too wide by 25 %: {NARROW} 0.80 of its width would fix this, at a score of −0.47"),
    ],
)
def test_verdict(coverage: float, exact: float, pulls: PullSummary | None, words: str) -> None:
    sentence = verdict(analysis_of(coverage, scaled_by(exact), pulls)).translate(NO_BREAK)
    assert sentence.startswith(
        f"The intervals cover the true μ in {100 * coverage:.1f} % of 200 pseudo-experiments, {words}"
    )
    assert sentence.endswith(("instead of 0.50.", "allowed error."))


@pytest.mark.parametrize(
    ("pulls", "words"),
    [
        (PullSummary(0.31, 0.05, 10, 1.2), "μ̂ lies 0.31 ± 0.05 stated uncertainties above the true μ: a"),
        (PullSummary(-0.31, 0.05, 10, 1.2), "stated uncertainties below the true μ: a bias"),
        (PullSummary(0.1, 0.05, 10, 1.2), "No overall bias is seen (mean pull 0.10 ± 0.05); the pulls"),
        (PullSummary(-0.001, 0.05, 10, 1.2), "(mean pull 0.00 ± 0.05)"),
        (PullSummary(-5.0, 0.0, 10, 0.0), "On average μ̂ lies 5 or more stated uncertainties below"),
    ],
)
def test_pulls_in_words(pulls: PullSummary, words: str) -> None:
    assert words in pull_note(pulls)


@pytest.mark.parametrize("pulls", [None, PullSummary(4.0, float("nan"), 1, 0.0)])
def test_no_pull_and_a_single_one_tell_nothing(pulls: PullSummary | None) -> None:
    assert pull_note(pulls) == ""


@pytest.mark.parametrize(
    ("coverage", "depth", "words"),
    [
        (
            0.61,
            25.0,
            "too rarely; but a store of this size alone may cost as much: the intervals may be right.",
        ),
        (0.40, 25.0, "too narrow by 14 %"),  # shared events may cost 0.07
        (0.61, 1000.0, "too narrow by 14 %"),
        (0.90, 25.0, "too often"),  # they never make an interval cover more
    ],
)
def test_a_run_on_a_shallow_store_cannot_tell_that_intervals_are_too_narrow(
    coverage: float, depth: float, words: str
) -> None:
    analysis = analysis_of(coverage, scaled_by(1.16 if coverage < 0.68 else 1.0))
    assert words in verdict(replace(analysis, shared=SharedEvents(depth, depth))).translate(NO_BREAK)


@pytest.mark.parametrize(
    ("p_values", "words"),
    [
        ({"mu": (0.2, 0.5), "tes": (1e-4, 0.5)}, "Coverage changes with tes: fix how the method treats tes."),
        (
            {"mu": (1e-5, 0.5), "tes": (1e-4, 0.5)},
            "Coverage changes with μ and tes: fix how the method treats μ and tes.",
        ),
        ({"mu": (0.2, 0.5), "tes": (0.1, 1e-5)}, "The bias of μ̂ changes with tes: fix how the method treats tes."),
        (
            {"mu": (1e-5, 0.5), "tes": (1e-4, 1e-5)},
            "Coverage changes with μ and tes and the bias of μ̂ changes with tes: fix how the method treats μ and tes.",
        ),
        ({"tes": (1e-5, 1e-5)}, "Coverage and the bias of μ̂ change with tes: fix how the method treats tes."),
        ({"mu": (0.2, 0.5), "tes": (0.002, 0.5)}, "Neither coverage nor bias is seen to change with μ or tes."),
        ({"mu": (None, None)}, ""),
    ],
)
def test_dependence_in_words(p_values: dict[str, tuple[float | None, float | None]], words: str) -> None:
    assert dependence_note(tuple(depending(name, *pair) for name, pair in p_values.items())) == words


def test_scaling_in_words() -> None:
    calibration = scaled_by(1.16)
    sentence = scaling_advice(calibration, in_full=True).translate(NO_BREAK)
    assert "68.27 % needs intervals 1.16 times as wide (1.10 to 1.22 within one standard error), 2.32 on" in sentence
    assert "Among the factors that keep the penalty below 2" in sentence
    short = scaling_advice(calibration, in_full=False).translate(NO_BREAK)
    assert short == "A coverage of 68.27 % needs intervals 1.16 times as wide."
    hopeless = calibrate(np.ones(2), np.zeros((2, 2)), np.zeros((2, 2)))
    assert "too many intervals have zero width" in scaling_advice(hopeless, in_full=True)
    assert "rescaling cannot fix this" in verdict(analysis_of(0.0, hopeless))
    on_the_truth = calibrate(np.zeros(2), np.zeros((2, 2)), np.zeros((2, 2)))
    assert scaling_advice(on_the_truth, in_full=True) == ""


def test_a_remedy_that_costs_score_is_not_sold_as_a_gain() -> None:
    calibration = scaled_by(1.16)
    analysis = replace(analysis_of(0.61, calibration), scores=of_coverage(0.61, score=-0.80))
    assert "by a factor of 1.16 would fix this, at a score of −0.84 instead of −0.80." in verdict(analysis)


def test_one_pseudo_experiment_is_too_few_for_a_verdict() -> None:
    truth, predictions = made_run(1, 1)
    assert verdict(analyse(truth, predictions)).endswith(
        "of 1 pseudo-experiment, too few to say whether that is right."
    )


def test_answers_that_are_all_alike_jump_over_the_target() -> None:
    """One factor moves the coverage from nothing to all, so that no factor helps."""
    alike = calibrate(np.ones(1), np.full((1, 200), 1.5), np.full((1, 200), 2.5))
    assert "too rarely; rescaling cannot fix this" in verdict(analysis_of(0.0, alike))
    sentence = scaling_advice(alike, in_full=True).translate(NO_BREAK)
    assert (
        sentence == "A coverage of 68.27 % needs intervals 2.00 times as wide, 2 on average, which then cover 100.0 %."
    )


def drawn(unit: Any, num_units: int, scores: FloatArray) -> Bootstrap:
    return Bootstrap(unit, num_units, scores, *[np.ones(scores.size)] * 6)


def test_words_on_errors() -> None:
    few, many = drawn("set", 10, np.linspace(0.0, 1.0, 1001)), drawn("set", 60, np.linspace(0.0, 1.0, 1001))
    experiments = drawn("pseudo-experiment", 100, np.linspace(2.0, 3.0, 1001))
    assert "(known to 24 % from 10 sets)" in error_note(few, experiments).translate(NO_BREAK)
    both = error_note(many, experiments).translate(NO_BREAK)
    assert "the sets are resampled 1 001 times with replacement, as for the final ranking. ± pseudo-exp" in both
    assert "Where the first is much larger, the number depends on μ." in both
    assert both.endswith("95 % of the resampled quantile scores lie between 0.025 and 0.975.")
    alone = error_note(None, experiments).translate(NO_BREAK)
    assert alone.startswith("± pseudo-experiments is the scatter when those of each set are resampled 1 001 times")
    assert "sets is" not in alone
    assert "Where" not in alone
    assert alone.endswith("95 % of the resampled quantile scores lie between 2.025 and 2.975.")
    assert error_note(None, None).startswith("A single pseudo-experiment says nothing about")


def test_advice_has_digits_enough_to_tell_the_coverage_from_the_edge() -> None:
    # The lower edge for 100 000 is 67.9756 %.
    sentence = advice(of_coverage(0.67975, penalty=1.0001), 100_000).translate(NO_BREAK)
    assert "Any coverage from 67.98 % to 68.56 % is free of penalty. Here the penalty multiplies" in sentence
