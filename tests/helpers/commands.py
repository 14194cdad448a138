"""The command `higgs-challenge`, run in the test's own process or in one of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from higgs_tools.commands.group import higgs_challenge

COMMAND = (sys.executable, "-m", "higgs_tools")


def call(*arguments: object) -> int:
    """Run the command in this process, so that a test can replace what it uses; returns its exit code."""
    with pytest.raises(SystemExit) as ended:
        higgs_challenge.main([str(argument) for argument in arguments], prog_name="higgs-challenge")
    return int(ended.value.code or 0)


def start(*arguments: object, folder: Path | None = None, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own to its end; folder is its working directory."""
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=timeout, check=False)
