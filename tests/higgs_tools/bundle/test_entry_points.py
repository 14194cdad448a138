"""What Codabench starts as a file of its own can be started from the installed package as well."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.repository import ROOT


def help_of(folder: Path, *command: str | Path) -> str:
    ended = subprocess.run([sys.executable, *command, "--help"], cwd=folder, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.partition("\n\n")[2]  # the lines before are the usage, with the program's name


@pytest.mark.parametrize(
    ("script", "module"),
    [
        ("ingestion_program/run_ingestion.py", ["higgs_challenge.run"]),
        ("ingestion_program/write_truth.py", ["higgs_challenge.truth"]),
        ("scoring_program/run_scoring.py", ["higgs_scoring.commands", "score"]),
    ],
)
def test_a_module_is_what_the_script_is(tmp_path: Path, script: str, module: list[str]) -> None:
    text = help_of(tmp_path, "-m", *module)
    assert "--output" in text
    assert text == help_of(tmp_path, ROOT / script)
