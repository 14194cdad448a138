"""The command as a whole: its help, its sub-commands, and how mistakes end."""

import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from higgs_challenge.errors import InputError
from higgs_tools import repository
from higgs_tools.commands import group
from higgs_tools.commands.group import ENTRIES, higgs_challenge
from higgs_tools.repository import find_repository
from tests.helpers.commands import COMMAND, call, start
from tests.helpers.repository import ROOT


def test_help_is_there_at_once() -> None:
    begun = time.monotonic()
    shown = start("--help")
    assert shown.returncode == 0
    assert all(f"  {name} " in shown.stdout for name in ENTRIES)
    assert time.monotonic() - begun < 3  # a fraction of a second on an idle machine


def test_help_imports_no_sub_command() -> None:
    code = (
        "import sys; from higgs_tools.commands.group import higgs_challenge\n"
        "try: higgs_challenge.main(['--help'])\n"
        "except SystemExit: print(sorted(sys.modules.keys() & {'numpy', 'numba', 'pydantic', 'rich'}))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert shown.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", ENTRIES)
def test_the_list_of_commands_says_what_each_says_of_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = higgs_challenge.get_command(click.Context(higgs_challenge), name)
    assert command is not None
    assert command.name == name
    assert (command.help or "").partition("\n")[0] == ENTRIES[name].help
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{name}: {parameter.name} has no help"
    assert call(name, "--help") == 0
    assert f"Usage: higgs-challenge {name} " in capsys.readouterr().out


def test_an_unknown_command_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("dance") == 2
    assert "No such command 'dance'" in capsys.readouterr().err


def test_a_missing_package_is_named_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name}", name="jinja2")

    monkeypatch.setattr(group.importlib, "import_module", refuse)
    assert call("bundle") == 2
    assert capsys.readouterr().err.startswith("InputError: bundle needs the package jinja2, which is not installed")


def test_a_closed_pipe_ends_without_a_traceback(tmp_path: Path) -> None:
    script = f"{' '.join(COMMAND)} data --help | head -c 1"
    ended = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in ended.stderr
    assert "BrokenPipe" not in ended.stderr


def test_the_repository_is_found_from_within_and_from_where_the_package_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT / "docs")
    assert find_repository() == ROOT
    monkeypatch.chdir(tmp_path)
    assert find_repository() == ROOT
    (tmp_path / "ingestion_program").mkdir()
    (tmp_path / "scoring_program").mkdir()
    assert find_repository() == tmp_path


def test_no_repository_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(repository, "__file__", str(tmp_path / "site-packages" / "higgs_tools" / "repository.py"))
    with pytest.raises(InputError, match="is not in a checkout of the challenge's repository"):
        find_repository()
