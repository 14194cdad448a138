"""What the events that pseudo-experiments share do to coverage: the numbers, and where they are said."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from higgs_scoring.dependence import PullSummary
from higgs_scoring.metrics import TARGET_COVERAGE, coverage_sigma
from higgs_scoring.shared_events import RARE_SHIFT, SharedEvents, cost_of_shift
from higgs_scoring.verdict import pull_note, shared_note
from tests.helpers.made_runs import NO_BREAK
from tests.helpers.phase import Phase

LARGE = {"hidden_depth": 25.0, "training_depth": 25.0}
FRESH = {"hidden_depth": None, "training_depth": 25.0}


def test_a_shift_costs_what_integrating_a_normal_distribution_gives() -> None:
    for shift in (0.0, 0.13, 0.5, 2.0, -0.5):
        covered = stats.norm(shift).cdf(1) - stats.norm(shift).cdf(-1)
        assert cost_of_shift(shift) == pytest.approx(math.erf(math.sqrt(0.5)) - covered, abs=1e-12)


@pytest.mark.parametrize("depth", [0.2, 5.0, 25.0, 86.0])
def test_the_mean_cost_is_that_of_all_shifts(depth: float) -> None:
    shared = SharedEvents(depth, 2 * depth)
    z, weights = np.polynomial.hermite_e.hermegauss(120)
    costs = [cost_of_shift(shared.shift * one) for one in z]
    assert shared.mean_cost == pytest.approx(np.average(costs, weights=weights), rel=1e-6)
    assert shared.rare_cost == cost_of_shift(RARE_SHIFT * shared.shift)
    assert 2 * stats.norm.sf(RARE_SHIFT) == pytest.approx(1 / 20, rel=0.1)


def test_a_small_shift_costs_the_normal_density_at_one_times_its_square() -> None:
    shared = SharedEvents(1000.0, 2000.0)
    assert shared.shift**2 == pytest.approx(0.0015)
    assert shared.mean_cost == pytest.approx(stats.norm.pdf(1) * shared.shift**2, rel=0.002)
    assert round(stats.norm.pdf(1), 3) == 0.242


def test_without_shared_events_nothing_is_lost_and_with_none_at_all_everything() -> None:
    assert (SharedEvents(math.inf, math.inf).shift, SharedEvents(math.inf, math.inf).mean_cost) == (0.0, 0.0)
    nothing = SharedEvents(25.0, 0.0)
    assert (nothing.shift, nothing.mean_cost, nothing.rare_cost) == pytest.approx((math.inf, 0.6827, 0.6827), abs=1e-4)


def test_the_report_says_what_shared_events_cost(run: Any, main: Any) -> None:
    run.change("res/ingestion_summary.json", **LARGE)
    assert main(run.arguments) == 0
    page = (run.output / "detailed_results.html").read_text(encoding="utf-8")
    assert "The hidden events are those of 25 and the training events are those of 25 pseudo-experiments" in page
    assert "b = 0.283 of an interval&#39;s half width. This costs 0.0186 of coverage on average" in page
    assert "; its statistical error is 0." in page
    scores = run.read("out/scores.json")
    assert scores["shared_shift"] == pytest.approx(0.28284, abs=1e-4)
    assert scores["coverage_shared_cost"] == pytest.approx(0.0186, abs=1e-4)


def test_an_old_run_that_does_not_say_is_scored_all_the_same(run: Any, main: Any) -> None:
    assert main(run.arguments) == 0
    assert not {"shared_shift", "coverage_shared_cost"} & run.read("out/scores.json").keys()
    assert "half width" not in (run.output / "detailed_results.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("depth", [-1.0, "many", math.nan])
def test_a_depth_that_is_none_is_refused(run: Any, main: Any, depth: Any, capsys: pytest.CaptureFixture[str]) -> None:
    run.change("res/ingestion_summary.json", **{**LARGE, "hidden_depth": depth})
    assert main(run.arguments) == 2
    assert "hidden_depth" in capsys.readouterr().err


def test_words_on_fresh_events() -> None:
    fresh = shared_note(SharedEvents(math.inf, 25.0), None).translate(NO_BREAK)
    assert fresh.startswith("No two pseudo-experiments share an event. The training events are those of 25 pseudo-")
    assert "b = 0.2 of an interval's half width. This costs 0.0094" in fresh
    assert "statistical" not in fresh
    assert shared_note(SharedEvents(math.inf, math.inf), 0.01).startswith("The pseudo-experiments share no events")


def test_a_bias_that_shared_events_may_cause_is_not_blamed_on_the_method() -> None:
    pulls = PullSummary(mean=0.31, error=0.02, units=100, width=1.0)
    assert "a bias, which no change of the widths can fix" in pull_note(pulls, SharedEvents(math.inf, 1000.0))
    assert "no more than a store of this size may cause" in pull_note(pulls, SharedEvents(25, 25))
    assert "a bias" in pull_note(pulls)


def test_the_leaderboard_says_what_shared_events_cost(
    phase: Phase, rank: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [phase.write_run("large", 1.0, **LARGE), phase.write_run("fresh", 1.2, **FRESH)]
    assert rank(phase.arguments(*runs)) == 0
    words = "b = 0.283 (costs 0.0186) and 0.2 (costs 0.0095) of an interval"
    assert words in capsys.readouterr().out
    assert words in phase.page()
    costs = {row["name"]: float(row["coverage_shared_cost"]) for row in phase.table()}
    assert costs == pytest.approx({"large": 0.0186, "fresh": 0.00945}, abs=1e-4)
    assert rank(phase.arguments(phase.write_run("old", 1.0))) == 0
    assert "half width" not in phase.page()


def test_what_the_documentation_says_of_the_official_file() -> None:
    official = SharedEvents(66.0, 155.0)
    assert (official.shift, official.mean_cost, official.rare_cost) == pytest.approx((0.147, 0.0052, 0.021), rel=0.02)
    assert round(2 * coverage_sigma(100_000), 3) == 0.003 < official.mean_cost
    for coverage, share in ((0.6683, 0.10), (0.6698, 0.11), (0.6659, 0.07)):
        z = np.linspace(0, 5, 5001)
        enough = z[np.argmax([cost_of_shift(official.shift * one) >= TARGET_COVERAGE - coverage for one in z])]
        assert 2 * stats.norm.sf(enough) == pytest.approx(share, abs=0.005)
