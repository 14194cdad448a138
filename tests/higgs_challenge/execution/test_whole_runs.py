"""What a run says, and how it ends where the whole of it is limited."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from higgs_challenge import InputError
from higgs_challenge.experiments import load_settings
from tests.helpers.repository import ROOT
from tests.helpers.tiny_submissions import write_submission

pytestmark = pytest.mark.slow

PROGRAM = ROOT / "ingestion_program" / "run_ingestion.py"
SETTINGS = "num_of_sets: 2\nnum_pseudo_experiments: 4\n"


@pytest.fixture
def phase(tmp_path: Path) -> Path:
    (tmp_path / "phase").mkdir()
    (tmp_path / "phase" / "settings.yaml").write_text(SETTINGS)
    return tmp_path / "phase"


def command(phase: Path, store: Path, *options: str) -> list[str]:
    folder = phase.parent
    named = {"--input": phase, "--data": store, "--submission": folder / "submission", "--output": folder / "output"}
    return [sys.executable, str(PROGRAM), *(str(part) for pair in named.items() for part in pair), *options]


def run(phase: Path, store: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(phase, store, *options), capture_output=True, text=True, timeout=120)


def test_a_run_ends_with_a_table_that_any_log_can_hold(phase: Path, small_store: Path) -> None:
    write_submission(phase.parent / "submission", fit="held = bytearray(300_000_000)\nimport time\ntime.sleep(0.5)")
    ended = run(phase, small_store, "--workers", "1")
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert [line.split()[0] for line in lines[-5:]] == ["Seconds", "fit", "predict", "outside", "Peak"]
    assert lines[-5].split() == ["Seconds", "median", "95", "%", "max"]
    median, p95, largest = map(float, lines[-3].split()[1:])
    assert 0 < median <= p95 <= largest < 60
    assert 0.35 < float(lines[-1].split()[5]) < 4.0
    assert not [letter for letter in ended.stdout if ord(letter) < 32 and letter != "\n"]
    summary = json.loads((phase.parent / "output" / "ingestion_summary.json").read_text())
    assert 0.5 <= summary["fit_seconds"] < 30
    assert summary["peak_memory_bytes"] > 350e6


def test_in_a_terminal_there_is_a_bar(phase: Path, small_store: Path) -> None:
    write_submission(phase.parent / "submission")
    ours, theirs = pty.openpty()
    with subprocess.Popen(command(phase, small_store), stdout=theirs, stderr=subprocess.DEVNULL) as process:
        os.close(theirs)
        seen = b""
        try:
            while piece := os.read(ours, 65_536):
                seen += piece
        except OSError:  # how a terminal without programs ends on Linux
            pass
        assert process.wait(timeout=60) == 0
    os.close(ours)
    assert b"8/8" in seen
    assert "━".encode() in seen


def test_a_run_that_takes_longer_than_its_total_limit_says_where_it_was(phase: Path, small_store: Path) -> None:
    write_submission(phase.parent / "submission")
    assert run(phase, small_store, "--num-of-sets", "1").returncode == 0  # after which everything is compiled
    write_submission(phase.parent / "submission", predict="import time\ntime.sleep(6)")
    (phase / "settings.yaml").write_text(f"{SETTINGS}limits: {{total_seconds: 15}}\n")
    ended = run(phase, small_store, "--workers", "1")
    assert ended.returncode == 2
    assert "SubmissionError: predict exceeded the run's total limit of 15 s: " in ended.stderr
    assert " of 8 pseudo-experiments were done; the next was set " in ended.stderr
    names = {path.name for path in (phase.parent / "output").iterdir()}
    assert names == {"journal.jsonl", "submission.log", "ingestion_failure.txt", "unfinished"}


def test_a_fit_that_takes_longer_than_the_total_limit_is_ended(phase: Path, small_store: Path) -> None:
    write_submission(phase.parent / "submission", fit="import time\ntime.sleep(100)")
    (phase / "settings.yaml").write_text(f"{SETTINGS}limits: {{total_seconds: 3, fit_seconds: 50}}\n")
    ended = run(phase, small_store)
    assert ended.returncode == 2
    assert "SubmissionError: fit took longer than the run's total limit of 3 s." in ended.stderr


@pytest.mark.parametrize(
    "name", ["fit_seconds", "predict_seconds", "total_seconds", "memory_gigabytes", "disk_gigabytes"]
)
@pytest.mark.parametrize("value", ["0", "-1", "many", ".inf"])
def test_a_limit_must_be_a_positive_number(phase: Path, name: str, value: str) -> None:
    (phase / "settings.yaml").write_text(f"limits: {{{name}: {value}}}\n")
    with pytest.raises(InputError, match=f"limits.{name}: "):
        load_settings(phase / "settings.yaml")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--check-order", "-1"), "'--check-order': -1 is not in the range x>=0"),
        (("--isolation", "none"), "'--isolation': 'none' is not one of"),
        (("--workers", "-3"), "must be auto or at least 1, not -3"),
        (("--workers", "two"), "'--workers': must be auto or at least 1, not two"),
    ],
)
def test_wrong_options_are_reported(phase: Path, small_store: Path, options: tuple[str, str], sentence: str) -> None:
    write_submission(phase.parent / "submission")
    ended = run(phase, small_store, *options)
    assert ended.returncode == 2
    assert sentence in ended.stderr


def test_a_folder_that_was_zipped_whole_is_reported(phase: Path, small_store: Path) -> None:
    write_submission(phase.parent / "submission" / "mine")
    ended = run(phase, small_store)
    assert ended.returncode == 2
    assert "has no model.py in its top folder; it is in mine/: zip the files, not their folder." in ended.stderr


def test_the_isolation_and_the_order_are_reported(phase: Path, small_store: Path) -> None:
    write_submission(phase.parent / "submission")
    ended = run(phase, small_store, "--check-order", "1", "--isolation", "required")
    assert "Isolation: full." in ended.stdout
    assert "Order: 1 pseudo-experiment had the same answer in a fresh process." in ended.stdout
    ended = run(phase, small_store, "--isolation", "off")
    assert ended.stderr == "Warning: the submission is not isolated, as --isolation off says.\n"


def test_a_submission_that_holds_its_own_output_is_refused(phase: Path, small_store: Path) -> None:
    """Copying it would not end."""
    write_submission(phase.parent / "submission")
    ended = run(phase, small_store, "--output", str(phase.parent / "submission" / "output"))
    assert ended.returncode == 2
    assert "The output folder must not lie in the submission's folder" in ended.stderr
