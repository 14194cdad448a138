"""What Codabench starts as a file of its own is what the command runs."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.commands import COMMAND
from tests.helpers.repository import ROOT


def help_of(folder: Path, *command: str | Path) -> str:
    words = [*command, "--help"]
    ended = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.partition("\n\n")[2]  # the lines before are the usage, with the program's name


@pytest.mark.parametrize(
    ("script", "command"),
    [("ingestion_program/run_ingestion.py", "run"), ("scoring_program/run_scoring.py", "score")],
)
def test_a_command_is_what_the_script_is(tmp_path: Path, script: str, command: str) -> None:
    text = help_of(tmp_path, *COMMAND, command)
    assert "--output" in text
    assert text == help_of(tmp_path, sys.executable, ROOT / script)
