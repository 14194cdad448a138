"""From the data to a score, through the command lines that `make run` and the platform use."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.repository import ROOT

pytestmark = pytest.mark.slow


def run(*command: object) -> None:
    subprocess.run([sys.executable, *map(str, command)], check=True, timeout=500)


def score(tmp_path: Path, submission: str, data: Path, *, sets: int, experiments: int) -> dict[str, float]:
    """Write the truth, run a submission, score it, and give the scores."""
    phase = ("--input", ROOT / "input_data" / "feedback")
    plan = (*phase, "--num-of-sets", sets, "--num-pseudo-experiments", experiments)
    reference, results, scores = (tmp_path / name for name in ("reference", "results", "scores"))
    run("-m", "higgs_tools", "truth", *plan, "--output", reference)
    run(
        ROOT / "ingestion_program" / "run_ingestion.py",
        *plan,
        *("--data", data, "--submission", ROOT / submission, "--output", results),
    )
    run(
        ROOT / "scoring_program" / "run_scoring.py",
        "--prediction",
        results,
        "--reference",
        reference,
        "--output",
        scores,
    )
    assert (scores / "detailed_results.html").stat().st_size > 10_000
    content: dict[str, float] = json.loads((scores / "scores.json").read_text())
    assert all(math.isfinite(value) for value in content.values())
    return content


def test_the_dummy_submission_is_scored_as_its_constant_interval_deserves(tmp_path: Path, small_store: Path) -> None:
    """It always answers [0.56, 2.54]: 1.98 of the 2.9 that mu is drawn from."""
    truth = tmp_path / "reference" / "truth.json"

    scores = score(tmp_path, "dummy_submission", small_store, sets=4, experiments=2)

    mus = json.loads(truth.read_text())["ground_truth_mus"]
    width = scores["interval"]
    low, high = 1.55 - width / 2, 1.55 + width / 2
    assert width == pytest.approx(0.6827 * 2.9, abs=0.01)
    assert scores["coverage"] == pytest.approx(sum(low <= mu <= high for mu in mus) / 4)


def test_the_sample_submission_runs_on_the_official_sample(tmp_path: Path, official_sample: Path) -> None:
    """700 training rows teach nothing, and estimates may lie outside the range of mu; but every number is finite."""
    scores = score(tmp_path, "sample_code_submission", official_sample, sets=2, experiments=3)

    assert 0 <= scores["interval"] <= 2.9
    answers = json.loads((tmp_path / "results" / "result_0.json").read_text())
    assert all(half > 0 for half in answers["delta_mu_hats"])
    assert all(math.isfinite(value) for value in scores.values())
