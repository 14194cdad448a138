"""The organiser's command that makes a phase's reference data."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from higgs_challenge.experiments import load_settings
from tests.helpers.commands import start
from tests.helpers.plans import plan_of


@pytest.fixture
def phase(tmp_path: Path) -> Path:
    (tmp_path / "phase").mkdir()
    (tmp_path / "phase" / "settings.yaml").write_text("num_of_sets: 2\nrandom_seed: 11\n")
    return tmp_path / "phase"


def write_truth(phase: Path, output: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return start("truth", "--input", phase, "--output", output, *options)


def test_it_writes_the_truth_that_a_run_has(tmp_path: Path, phase: Path) -> None:
    ended = write_truth(phase, tmp_path / "reference")
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    assert ended.stdout.splitlines()[-2:] == [
        str(tmp_path / "reference" / name) for name in ("truth.json", "true_nuisances.json")
    ]
    plan = plan_of(load_settings(phase / "settings.yaml"))
    truth = json.loads((tmp_path / "reference" / "truth.json").read_text())
    assert (truth["plan_fingerprint"], truth["ground_truth_mus"]) == (plan.fingerprint, list(plan.mus))
    assert truth["signature_key"] == plan.signature_key
    assert plan.signature_key not in ended.stdout + ended.stderr
    assert truth["reveal"] == "none"


@pytest.mark.parametrize("reveal", ["none", "mu", "all"])
def test_what_reports_may_reveal_can_be_said_on_the_command_line(tmp_path: Path, phase: Path, reveal: str) -> None:
    ended = write_truth(phase, tmp_path / "reference", "--reveal", reveal)
    assert ended.returncode == 0, ended.stderr
    assert json.loads((tmp_path / "reference" / "truth.json").read_text())["reveal"] == reveal


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ("systematics: {tau: true}", "expected nuisance parameters of the task higgs, which are tes, .*; got tau"),
        ("task: bosons", "There is no task bosons; the tasks are gaussian, higgs"),
        ("num_of_sets: 0", "num_of_sets: Input should be greater than 0"),
    ],
)
def test_wrong_settings_are_reported_with_their_file(tmp_path: Path, phase: Path, settings: str, fault: str) -> None:
    (phase / "settings.yaml").write_text(settings)
    ended = write_truth(phase, tmp_path / "reference")
    assert ended.returncode == 2
    assert re.fullmatch(f"InputError: {phase / 'settings.yaml'}: .*{fault}.*\n", ended.stderr)
    assert not (tmp_path / "reference").exists()


def test_a_folder_without_settings_is_refused(tmp_path: Path, phase: Path) -> None:
    (phase / "settings.yaml").unlink()
    ended = write_truth(phase, tmp_path / "reference")
    assert ended.returncode == 2
    assert "has no settings.yaml" in ended.stderr


def test_an_output_that_cannot_be_a_folder_is_refused(tmp_path: Path, phase: Path) -> None:
    (tmp_path / "file").write_text("kept")
    ended = write_truth(phase, tmp_path / "file" / "sub")
    assert ended.returncode == 2
    assert ended.stderr.startswith("InputError: ")
    assert "cannot be used as an output folder" in ended.stderr
