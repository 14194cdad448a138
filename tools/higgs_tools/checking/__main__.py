"""`python -m higgs_tools.checking`: tell whether a submission will run on the platform, and pack it."""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from higgs_challenge.cli import exit_on_mistakes
from higgs_challenge.durations import format_seconds
from higgs_challenge.errors import InputError
from higgs_tools.checking.checker import check_submission
from higgs_tools.checking.findings import NOT_READY, Verdict, count, judge, show
from higgs_tools.checking.packing import pack
from higgs_tools.checking.phases import Phase, find_phase

EPILOG = """exit codes: 0 ready, 1 not ready, 2 it could not be told, or the command was wrong

The submission runs here as it would on the platform, in processes that are closed in, on tiny synthetic data and on
pseudo-experiments of the real size. Scores on tiny data mean nothing."""


def main(kit: Path | None = None) -> None:
    """Read the command line, check, and exit with the verdict's code.

    Args:
        kit: folder of the starting kit, which knows the phases; None for the working directory.
    """
    arguments = _parser().parse_args()
    started = time.monotonic()
    phase = find_phase(arguments.phase, kit or Path.cwd(), arguments.time_limit, arguments.workers)
    if arguments.pack is None:
        verdict = _check(arguments, arguments.submission, phase)
    else:
        verdict = _pack_and_check(arguments, phase)
    print(f"{verdict.text} ({format_seconds(time.monotonic() - started)})")
    sys.exit(verdict.code)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Tell whether a submission will run on the platform, and what to mend.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("submission", type=Path, help="its folder, or the zip to hand in")
    parser.add_argument(
        "--phase",
        default="feedback",
        help="feedback or final, whose limits are in phases/, or a folder with a settings.yaml (default: %(default)s)",
    )
    parser.add_argument(
        "--pack", type=Path, metavar="ZIP", help="pack the folder, check the zip, and keep it unless a check failed"
    )
    parser.add_argument(
        "--time-limit", type=_positive, metavar="SECONDS", help="for the whole run, instead of the phase's"
    )
    parser.add_argument(
        "--workers", type=_whole, metavar="N", help="processes that share the pseudo-experiments there, if you know"
    )
    parser.add_argument("--data", type=Path, help="an event store to try it on, instead of tiny synthetic data")
    return parser


def _check(arguments: argparse.Namespace, submission: Path, phase: Phase) -> Verdict:
    findings = check_submission(submission, phase, arguments.data)
    show(findings, Console(soft_wrap=False))
    return judge(findings, submission.name)


def _pack_and_check(arguments: argparse.Namespace, phase: Phase) -> Verdict:
    """Pack, check what was packed, and put it in its place only if nothing failed."""
    target: Path = arguments.pack
    if not arguments.submission.is_dir():
        raise InputError(f"--pack packs a folder, and {arguments.submission} is none.")
    if target.resolve().is_relative_to(arguments.submission.resolve()):
        raise InputError(f"{target} would lie in the folder that is packed: name a place outside.")
    with tempfile.TemporaryDirectory(prefix="higgs_pack_") as scratch:
        made = Path(scratch) / target.name
        names = pack(arguments.submission, made)
        verdict = _check(arguments, made, phase)
        if verdict.code == NOT_READY:
            return Verdict(f"{verdict.text} {target} was not written.", verdict.code)
        _keep(made, target)
    return Verdict(f"{verdict.text} {target} is packed, {count(len(names), 'file')}: hand it in.", verdict.code)


def _keep(made: Path, target: Path) -> None:
    partial = target.with_name(target.name + ".partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(made.read_bytes())
        os.replace(partial, target)
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error}.") from error


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be more than 0, not {text}")
    return value


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {text}")
    return int(text)


if __name__ == "__main__":
    exit_on_mistakes(main)
