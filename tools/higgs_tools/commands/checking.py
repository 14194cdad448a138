"""`higgs-challenge check` and `pack`: whether a submission will run on the platform, and the zip to hand in."""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from higgs_challenge.atomic import require_writable, write_bytes
from higgs_challenge.cli import Command
from higgs_challenge.errors import InputError
from higgs_challenge.number_formats import format_seconds
from higgs_challenge.options import AT_LEAST_ONE, EXISTING_DIRECTORY, PATH, POSITIVE
from higgs_tools.checking.checker import check_submission
from higgs_tools.checking.findings import NOT_READY, Verdict, judge, show
from higgs_tools.checking.packing import count_files
from higgs_tools.checking.packing import pack as pack_folder
from higgs_tools.checking.phases import PHASES, Phase, find_phase
from higgs_tools.repository import find_repository

KIT = "starting_kit"
EPILOG = """Exit codes: 0 ready, 1 not ready, 2 where it could not be checked, or the command was wrong.

The submission runs here as it would on the platform, in sandboxed processes, on tiny data and on
pseudo-experiments of the real size. Scores on tiny data mean nothing."""


def check_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a check to a command."""
    for option in (
        click.option("--data", type=PATH, help="an event store to try it on, instead of tiny synthetic data"),
        click.option(
            "--workers",
            type=AT_LEAST_ONE,
            metavar="N",
            help="processes that share the pseudo-experiments on the platform, if you know",
        ),
        click.option(
            "--time-limit", type=POSITIVE, metavar="SECONDS", help="for the whole run, instead of the phase's"
        ),
        click.option(
            "--phase",
            default="feedback",
            show_default=True,
            help="feedback or final, whose limits are in the kit's phases/, or a folder with a settings.yaml",
        ),
    ):
        function = option(function)
    return function


@click.command(cls=Command, epilog=EPILOG)
@click.argument("submission", type=PATH, help="its folder, or the zip to hand in")
@check_options
def check(submission: Path, phase: str, time_limit: float | None, workers: int | None, data: Path | None) -> None:
    """Report whether a submission will run on the platform.

    Each line says what was found and, where something is wrong, what to do.
    """
    started = time.monotonic()
    verdict = _check(submission, find_phase(phase, find_kit(), time_limit, workers), data)
    _exit_with(verdict, started)


@click.command(cls=Command, epilog=EPILOG)
@click.argument("folder", type=EXISTING_DIRECTORY, help="the submission, with model.py at its top")
@click.argument("target", metavar="ZIP", type=PATH, help="the zip to write")
@check_options
def pack(
    folder: Path, target: Path, phase: str, time_limit: float | None, workers: int | None, data: Path | None
) -> None:
    """Pack a submission into the zip to hand in, and check it.

    The zip is checked as `higgs-challenge check` does, and kept unless a check fails.
    """
    started = time.monotonic()
    verdict = _pack_and_check(folder, target, find_phase(phase, find_kit(), time_limit, workers), data)
    _exit_with(verdict, started)


def find_kit() -> Path:
    """Find the starting kit, whose phases/ say what each phase allows: the working directory, or the repository's."""
    here = Path.cwd()
    if (here / PHASES).is_dir():
        return here
    try:
        return find_repository() / KIT
    except InputError:  # then only a folder with a settings.yaml is a phase
        return here


def _check(submission: Path, phase: Phase, data: Path | None) -> Verdict:
    findings = check_submission(submission, phase, data)
    show(findings, Console(soft_wrap=False))
    return judge(findings, submission.name)


def _pack_and_check(folder: Path, target: Path, phase: Phase, data: Path | None) -> Verdict:
    """Pack, check what was packed, and put it in its place only if nothing failed."""
    if target.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{target} would lie in the folder that is packed: name a place outside.")
    require_writable(target)
    if target.suffix != ".zip":
        raise InputError(f"{target}: expected a name that ends in .zip, as the platform takes it.")
    with tempfile.TemporaryDirectory(prefix="higgs_pack_") as scratch:
        made = Path(scratch) / target.name
        names = pack_folder(folder, made)
        verdict = _check(made, phase, data)
        if verdict.code == NOT_READY:
            return Verdict(f"{verdict.text} {target} was not written.", verdict.code)
        write_bytes(target, made.read_bytes())
    return Verdict(f"{verdict.text} {target} is packed, {count_files(names)}: hand it in.", verdict.code)


def _exit_with(verdict: Verdict, started: float) -> None:
    click.echo(f"{verdict.text} ({format_seconds(time.monotonic() - started)})")
    sys.exit(verdict.code)
