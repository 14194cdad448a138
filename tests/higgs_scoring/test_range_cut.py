"""Intervals that are cut at the range of mu: which ones count, and where that is said."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from higgs_scoring.metrics import FloatArray, Intervals
from higgs_scoring.range_cut import RangeCut, find_range_cut
from tests.helpers.made_runs import NO_BREAK, made_run
from tests.helpers.phase import Phase, change

RANGE = (0.1, 3.0)
TRUTH = "ref/truth.json"


def cut_of(*answers: tuple[float, float, float]) -> RangeCut:
    """What is found for intervals of these ends and of these delta_mu_hat."""
    p16, p84, deltas = np.array(answers).T[:, np.newaxis]
    found = find_range_cut(Intervals(np.ones(1), (p16 + p84) / 2, deltas, p16, p84), RANGE)
    assert found is not None
    return found


def cut_answers(low: FloatArray, high: FloatArray, edges: tuple[float, float]) -> tuple[FloatArray, FloatArray]:
    """Cut intervals as the challenge's winners did: only those that reach beyond the range, to these edges."""
    return np.where(low < RANGE[0], edges[0], low), np.where(high > RANGE[1], edges[1], high)


@pytest.mark.parametrize(
    ("low", "high", "delta", "is_cut"),
    [
        (0.1, 0.5, 0.25, True),
        (0.09, 0.5, 0.25, True),
        (0.11, 0.5, 0.25, True),
        (2.7, 3.0, 0.25, True),
        (2.7, 3.01, 0.25, True),
        (0.1, 3.0, 1.6, True),
        (0.1, 0.1, 0.25, True),  # all of it was below
        (float(np.float32(0.09)), 0.5, 0.25, True),
        (2.7, float(np.float32(3.01)), 0.25, True),
        (0.1, 0.6, 0.25, False),  # ends there, and is as wide as it says
        (float(np.float32(0.1)), float(np.float32(0.6)), float(np.float32(0.25)), False),
        (2.5, 3.0, 0.25, False),
        (0.08, 0.5, 0.25, False),
        (0.12, 0.5, 0.25, False),
        (2.7, 3.02, 0.25, False),
        (1.0, 1.3, 0.25, False),
        (-0.3, 0.1, 0.25, False),  # not the end that a cut moves
        (3.0, 3.3, 0.25, False),
        (0.1, 0.7, 0.25, False),
        (0.1, 3.0, (3.0 - 0.1) / 2, False),  # a failed prediction
    ],
)
def test_an_interval_is_cut_if_it_ends_at_the_edge_and_is_narrower_than_stated(
    low: float, high: float, delta: float, is_cut: bool
) -> None:
    found = cut_of((low, high, delta))
    assert found.share == float(is_cut)
    assert found.interval_before == pytest.approx(2 * delta, rel=5e-4)


@pytest.mark.parametrize("edges", [RANGE, (0.09, 3.01)])
def test_the_share_is_that_of_the_intervals_which_the_cut_has_narrowed(edges: tuple[float, float]) -> None:
    rng = np.random.default_rng(5)
    mus = rng.uniform(*RANGE, 40)
    deltas = rng.uniform(0.2, 0.3, (40, 50))
    mu_hats = rng.normal(mus[:, np.newaxis], deltas)
    whole = mu_hats - deltas, mu_hats + deltas
    p16, p84 = cut_answers(*whole, edges)
    # One that began between 0.09 and 0.1 gets wider, if anything.
    narrowed = (whole[0] < edges[0]) | (whole[1] > edges[1])
    assert 0.05 < narrowed.mean() < 0.3
    assert find_range_cut(Intervals(mus, mu_hats, deltas, p16, p84), RANGE) == RangeCut(
        pytest.approx(narrowed.mean(), rel=5e-3), pytest.approx(2 * deltas.mean(), rel=5e-4)
    )


def test_without_a_range_nothing_is_said() -> None:
    _, predictions = made_run(3, 5)
    assert find_range_cut(predictions.intervals, None) is None


def cut_run(run: Any, number: int = 4) -> None:
    """Cut so many of the fifteen intervals at the lower edge to half their width; every one was 0.5 wide."""
    for one in range(3):
        low = np.full(5, 1.0)
        low[: max(0, min(number - 5 * one, 5))] = 0.1
        high = np.where(low == 0.1, 0.35, 1.5)
        run.change(f"res/result_{one}.json", p16=low.tolist(), p84=high.tolist(), delta_mu_hats=[0.25] * 5)


def test_report_and_scores_say_both_widths(run: Any, main: Any, capsys: pytest.CaptureFixture[str]) -> None:
    cut_run(run)
    run.change(TRUTH, mu_range=RANGE)
    assert main(run.arguments) == 0
    scores = run.read("out/scores.json")
    assert (scores["interval_before_cut"], scores["cut_share"]) == (0.5, 0.267)
    assert scores["interval"] == pytest.approx(0.5 - 0.25 * 4 / 15)
    page = (run.output / "detailed_results.html").read_text(encoding="utf-8").translate(NO_BREAK)
    for text in (page, capsys.readouterr().out.translate(NO_BREAK)):
        assert "26.7 % of the intervals are cut at the range of μ: the mean width is 0.433, and was 0.5 before" in text
    assert '<th scope="row">Interval before the cut</th><td class="value">0.5000</td>' in page
    assert '<th scope="row">Cut intervals</th><td class="value">26.7 %</td>' in page


def test_of_a_run_without_cuts_the_report_says_only_that(run: Any, main: Any) -> None:
    cut_run(run, 0)
    run.change(TRUTH, mu_range=RANGE)
    assert main(run.arguments) == 0
    scores = run.read("out/scores.json")
    assert (scores["interval_before_cut"], scores["cut_share"]) == (0.5, 0.0)
    page = (run.output / "detailed_results.html").read_text(encoding="utf-8").translate(NO_BREAK)
    assert '<th scope="row">Cut intervals</th><td class="value">0 %</td>' in page
    assert "before" not in page
    assert "are cut" not in page


def test_a_truth_without_the_range_is_scored_without_these_numbers(run: Any, main: Any) -> None:
    cut_run(run)
    assert main(run.arguments) == 0
    scores, page = run.read("out/scores.json"), (run.output / "detailed_results.html").read_text(encoding="utf-8")
    assert not {"interval_before_cut", "cut_share"} & scores.keys()
    assert "Cut intervals" not in page
    run.change(TRUTH, mu_range=RANGE)
    assert main(run.arguments) == 0
    assert {key: value for key, value in run.read("out/scores.json").items() if key in scores} == scores


def test_the_summary_cannot_say_another_range(run: Any, main: Any) -> None:
    cut_run(run)
    run.change(TRUTH, mu_range=RANGE)
    run.change("res/ingestion_summary.json", mu_range=[0.0, 5.0])
    assert main(run.arguments) == 0
    assert run.read("out/scores.json")["cut_share"] == 0.267


def test_delta_mu_hat_which_nobody_checks_cannot_tell_many_digits() -> None:
    answers = (0.1, 0.5, 0.25123456), (1.0, 1.5, 0.25), (1.0, 1.5, 0.25)
    assert cut_of(*answers) == RangeCut(share=0.333, interval_before=0.5008)


def test_the_leaderboard_says_both_widths(
    phase: Phase, rank: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    runs = [phase.write_run("whole", 1.2), phase.write_run("cut", 1.0)]
    for number in range(6):
        change(
            runs[1] / f"result_{number}.json", p16=[0.1] + [0.6] * 9, p84=[0.3] + [0.8] * 9, delta_mu_hats=[0.2] * 10
        )
    change(phase.reference / "truth.json", mu_range=RANGE)
    assert rank(phase.arguments(*runs)) == 0
    rows = {row["name"]: (float(row["interval_before_cut"]), float(row["cut_share"])) for row in phase.table()}
    before = 1.2 * np.random.default_rng(1).uniform(0.3, 0.7, (6, 10)).mean()
    assert rows == {"cut": (0.4, 0.1), "whole": (pytest.approx(before, rel=5e-4), 0.0)}
    note = "compare the mean widths before the cut too: cut (10 % of its intervals, 0.4 wide before)."
    printed, page = capsys.readouterr().out.translate(NO_BREAK), phase.page().translate(NO_BREAK)
    assert note in printed
    assert note in page
    for text in (printed, page):
        assert "Before cut" in text
        assert "0.4000" in text
    assert '<td class="value">0.4000</td><td class="value">10 %</td>' in page


def test_a_leaderboard_without_cuts_or_without_the_range_has_no_remark(
    phase: Phase, rank: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str]
) -> None:
    run = phase.write_run("whole", 1.0)
    assert rank(phase.arguments(run)) == 0
    assert [row["cut_share"] for row in phase.table()] == [""]
    change(phase.reference / "truth.json", mu_range=RANGE)
    assert rank(phase.arguments(run)) == 0
    assert [row["cut_share"] for row in phase.table()] == ["0.0"]
    assert "are cut at the range" not in capsys.readouterr().out + phase.page()
