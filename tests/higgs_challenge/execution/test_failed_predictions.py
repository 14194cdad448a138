"""Predictions that fail where a phase allows some: named, counted, scored as the whole range of mu."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from higgs_challenge.experiments import load_plan, write_truth
from higgs_scoring.leaderboard import make_leaderboard
from higgs_scoring.leaderboard_text import failure_note
from higgs_scoring.run_folders import RunFolder
from higgs_scoring.scoring import score_run
from higgs_scoring.truth import read_truth
from tests.helpers.ingestion import Ingest, read
from tests.helpers.tiny_submissions import write_submission

WHOLE = {"mu_hat": 1.55, "delta_mu_hat": 1.45, "p16": 0.1, "p84": 3.0}
ANSWER = {"mu_hat": 1.0, "delta_mu_hat": 0.2, "p16": 0.8, "p84": 1.2}

FAILING_CALLS = """
import os
with open("calls", "a+") as file:
    file.write("x")
    file.seek(0)
    call = len(file.read())
if call in {calls}:
    {failure}
"""
"""What predict does first: it counts its calls over all processes, and some fail."""

Toy = Callable[..., tuple[int, str]]


@pytest.fixture
def toy(tmp_path: Path, phase: Path, ingest: Ingest) -> Toy:
    """Run a submission of which some calls of predict fail on 2 x 3 pseudo-experiments of the toy."""

    def run(*options: str, allowed: int, calls: tuple[int, ...], failure: str, limits: str = "") -> tuple[int, str]:
        write_submission(tmp_path / "submission", predict=FAILING_CALLS.format(calls=calls, failure=failure))
        settings = "task: gaussian\nnum_of_sets: 2\nnum_pseudo_experiments: 3\nrandom_seed: 5\n"
        (phase / "settings.yaml").write_text(f"{settings}limits: {{failed_predictions: {allowed}{limits}}}\n")
        return ingest(*options, data=None)

    return run


def intervals(output: Path) -> list[dict[str, float]]:
    """The answers in the result files."""
    keys = {"mu_hats": "mu_hat", "delta_mu_hats": "delta_mu_hat", "p16": "p16", "p84": "p84"}
    contents = [read(output / f"result_{number}.json") for number in (0, 1)]
    return [{name: content[key][index] for key, name in keys.items()} for content in contents for index in range(3)]


@pytest.mark.parametrize(
    ("failure", "calls", "limits", "reason"),
    [
        ("raise ValueError('no minimum')", (2,), "", "predict failed: ValueError: no minimum"),
        ("return {'mu_hat': float('nan')}", (2,), "", "delta_mu_hat, p16, p84 is missing"),
        ("__import__('time').sleep(60)", (2,), ", predict_seconds: 1", "predict took longer than its limit of 1 s"),
        ("os._exit(3)", (2, 3, 4), "", "(exit code 3). This happened 3 times in a row."),
    ],
    ids=["exception", "answer", "time", "crash"],
)
def test_a_failed_prediction_counts_as_the_whole_range_of_mu(
    tmp_path: Path, toy: Toy, failure: str, calls: tuple[int, ...], limits: str, reason: str
) -> None:
    code, text = toy(allowed=1, calls=calls, failure=failure, limits=limits)
    assert code == 0, text
    output = tmp_path / "output"
    found = intervals(output)
    assert [found.count(ANSWER), found.count(WHOLE)] == [5, 1]
    number = found.index(WHOLE)
    named = f"Set {number // 3}, pseudo-experiment {number % 3}: "
    assert f"Warning: a failed prediction counts as the whole range of mu. {named}" in text
    assert reason in text
    assert "Failed, and counted as the whole range of mu: 1 prediction of 6." in text
    assert read(output / "ingestion_summary.json")["failed_predictions"] == 1


def test_failures_are_counted_in_scores_and_report(tmp_path: Path, toy: Toy) -> None:
    assert toy(allowed=4, calls=(1, 3, 4), failure="raise ValueError('no minimum')")[0] == 0
    truth, scores = tmp_path / "truth", tmp_path / "scores"
    write_truth(load_plan(tmp_path / "phase"), truth)
    score_run(tmp_path / "output", truth, scores)
    assert read(scores / "scores.json")["failed_predictions"] == 3
    report = (scores / "detailed_results.html").read_text()
    assert "Predictions that failed and count as the whole range of μ: 3." in report
    assert "Failed predictions: 3. The scores take the whole range of μ for each." in report
    board = make_leaderboard(read_truth(truth), [RunFolder("mine", tmp_path / "output")])
    assert failure_note(board) == "With failed predictions, each of which counts as the whole range of μ: mine (3)."


def test_one_failure_too_many_ends_the_run_and_what_was_finished_is_kept(tmp_path: Path, toy: Toy) -> None:
    failing: dict[str, Any] = {"calls": (2, 3, 5), "failure": "raise ValueError('no minimum')"}
    code, text = toy(allowed=2, **failing)
    assert code == 2
    assert "3 predictions failed, and this phase allows 2. Set " in text
    assert text.count("a failed prediction counts as the whole range of mu. Set ") == 2
    assert text.count('File "model.py"') == 2  # the tracebacks of the first and of the last
    assert "run the same command with --resume to continue" in text
    output = tmp_path / "output"
    assert not list(output.glob("result_*.json"))
    kept = [json.loads(line) for line in (output / "journal.jsonl").read_text().splitlines()]
    assert [bool(entry["result"]["failure"]) for entry in kept[2:]] == [False, True, True, False]
    code, text = toy("--resume", allowed=2, **failing)
    assert code == 0, text
    assert "Resuming: fitted already, 4 pseudo-experiments are done." in text
    assert intervals(output).count(WHOLE) == 2
    assert not (output / "unfinished").exists()


def test_the_next_run_begins_without_what_was_kept(tmp_path: Path, toy: Toy) -> None:
    assert toy(allowed=0, calls=(3,), failure="raise ValueError('no minimum')")[0] == 2
    assert (tmp_path / "output" / "unfinished" / "fitted_model").exists()
    code, text = toy(allowed=0, calls=(), failure="pass")
    assert code == 0, text
    assert "Resuming" not in text
    assert intervals(tmp_path / "output") == [ANSWER] * 6


def test_a_resumed_run_with_more_failures_than_allowed_ends_at_once(tmp_path: Path, toy: Toy) -> None:
    failing: dict[str, Any] = {"calls": (2, 3, 5), "failure": "raise ValueError('no minimum')"}
    assert toy(allowed=2, **failing)[0] == 2
    code, text = toy("--resume", allowed=1, **failing)
    assert code == 2
    assert "2 predictions failed, and this phase allows 1. Set " in text
