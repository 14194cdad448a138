"""A folder of code and one of competition files add a measurement: a third one is checked, run and scored."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.repository import ROOT

DECLARATION = '''\
"""The toy, better calibrated."""

from dataclasses import replace

from higgs_challenge.task import Prior
from higgs_challenge.tasks.gaussian.declaration import TASK as TOY

PRIOR = Prior("normal", 0.0, 0.1, -0.5, 0.5)

TASK = replace(TOY, title="Calibrated Gaussians", priors={"shift": PRIOR}, reference_width=0.6)
'''
SETTINGS = "task: calibrated\nnum_of_sets: 2\nnum_pseudo_experiments: 3\nrandom_seed: 11\n"


def run(programs: Path, *command: object) -> None:
    environment = {**os.environ, "PYTHONPATH": str(programs)}  # before the installed package
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=programs,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A copy of the ingestion program with one folder more."""
    copy = tmp_path / "ingestion_program"
    shutil.copytree(ROOT / "ingestion_program", copy, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    folder = copy / "higgs_challenge" / "tasks" / "calibrated"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "declaration.py").write_text(DECLARATION)
    return copy


def test_a_third_task_is_checked_run_and_scored(programs: Path, tmp_path: Path) -> None:
    phase = tmp_path / "tasks" / "calibrated" / "input_data" / "feedback"
    phase.mkdir(parents=True)
    (phase / "settings.yaml").write_text(SETTINGS)
    truth, results, scores = (tmp_path / name for name in ("truth", "results", "scores"))
    submission = ROOT / "tasks" / "gaussian" / "sample_code_submission"
    run(programs, "-m", "higgs_tools", "check", submission, "--phase", phase)
    run(programs, "-m", "higgs_tools", "truth", "--input", phase, "--output", truth, "--reveal", "all")
    run(
        *(programs, programs / "run_ingestion.py", "--input", phase, "--submission", submission),
        *("--output", results, "--workers", 1),
    )
    score = ROOT / "scoring_program" / "run_scoring.py"
    run(programs, score, "--reference", truth, "--prediction", results, "--output", scores)
    shifts = json.loads((truth / "true_nuisances.json").read_text())["shift"]
    assert 0 < max(abs(shift) for one_set in shifts for shift in one_set) < 0.5
    assert json.loads((scores / "scores.json").read_text())["interval"] > 0
    assert "Calibrated Gaussians" in (scores / "detailed_results.html").read_text()
