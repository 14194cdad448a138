"""The commands: score one run, and rank several."""

import io
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import click

from higgs_scoring.analysis import Analysis
from higgs_scoring.errors import ScoringError
from higgs_scoring.leaderboard import MAX_PROBLEM_LENGTH, make_leaderboard
from higgs_scoring.leaderboard_table import print_table
from higgs_scoring.number_formats import rounded_error, score_text
from higgs_scoring.run_folders import USUAL_BASELINE, RunFolder, choose_baseline, name_runs
from higgs_scoring.scoring import CSV_FILE, PAGE_FILE, REPORT_FILE, score_run, write_leaderboard
from higgs_scoring.truth import read_truth
from higgs_scoring.untrusted_text import one_line
from higgs_scoring.verdict import cut_note, verdict

DIRECTORY: Any = click.Path(path_type=Path)
"""What is wrong with a directory is reported where it is read or written, with what to do."""


class Refused(click.ClickException):
    """An input that cannot be used: one sentence on stderr, and exit code 2, as for a mistake in the options."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the sentence."""
        print(self.message, file=file or sys.stderr)


@click.command()
@click.option(
    "--prediction",
    type=DIRECTORY,
    required=True,
    metavar="DIR",
    help="Folder that ingestion wrote: ingestion_summary.json, ingestion_duration.json and result_<set>.json.",
)
@click.option(
    "--reference",
    type=DIRECTORY,
    required=True,
    metavar="DIR",
    help="Folder with truth.json, the true mu of every set, and true_nuisances.json.",
)
@click.option(
    "--output",
    type=DIRECTORY,
    required=True,
    metavar="DIR",
    help="Folder for scores.json and detailed_results.html; created if it does not exist.",
)
def score(prediction: Path, reference: Path, output: Path) -> None:
    """Score the intervals of a run against the true signal strengths.

    Writes scores.json and detailed_results.html. Where the input cannot be scored, says why in one sentence and exits
    with 2; scores of an earlier run in that folder are then removed too.
    """
    _replace_letters_that_cannot_be_printed()
    try:
        analysis = score_run(prediction, reference, output)
    except ScoringError as error:
        raise Refused(f"Not scored: {error}") from error
    _print_scores(analysis)
    for oddity in analysis.oddities:
        print(f"Warning: {oddity}", file=sys.stderr, flush=True)
    print(f"{'report':20} {output / REPORT_FILE}", flush=True)


@click.command()
@click.option(
    "--reference",
    type=DIRECTORY,
    required=True,
    metavar="DIR",
    help="Folder with truth.json: the true mu of every set.",
)
@click.option(
    "--output",
    type=DIRECTORY,
    metavar="DIR",
    help=f"Folder for {CSV_FILE} and {PAGE_FILE}; created if it does not exist.  [default: print the table only]",
)
@click.option(
    "--baseline",
    metavar="NAME",
    help=f"Run that is shown where it would stand, but takes no rank.  [default: {USUAL_BASELINE}, if it is there]",
)
@click.argument(
    "runs",
    nargs=-1,
    required=True,
    metavar="RUN...",
    help="[NAME=]FOLDER: the folder that ingestion wrote, with ingestion_summary.json in it or in its results/, as "
    "`make run` leaves it. The name is by default that of the folder; no two names may be the same.",
)
def leaderboard(reference: Path, output: Path | None, baseline: str | None, runs: Sequence[str]) -> None:
    """Rank finished runs of one plan as the final phase is ranked.

    Two runs tie unless one is better in more than 97.5 % of 1 000 random draws of the sets. Prints the table; a run
    that cannot be scored is listed with the reason. Exits with 2 and one sentence if not a single run can be ranked.
    """
    _replace_letters_that_cannot_be_printed()
    try:
        folders = name_runs(runs)
        chosen = choose_baseline(folders, baseline)
        board = make_leaderboard(read_truth(reference), _with_progress(folders), chosen)
        if output is not None:
            write_leaderboard(board, output)
    except ScoringError as error:
        raise Refused(f"Not ranked: {one_line(str(error), 2 * MAX_PROBLEM_LENGTH)}") from error
    print_table(board)
    if output is not None:
        print(f"\nWritten: {output / CSV_FILE} and {output / PAGE_FILE}", flush=True)


def _replace_letters_that_cannot_be_printed() -> None:
    """Print a ? where the encoding of the terminal, or of the log, lacks a letter, such as μ."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _print_scores(analysis: Analysis) -> None:
    """Print the verdict, what is cut at the range of mu, and each score with its standard error."""
    errors = None if analysis.bootstrap is None else analysis.bootstrap.standard_errors
    print(verdict(analysis))
    if note := cut_note(analysis.range_cut, analysis.scores.interval):
        print(note)
    for name, value in asdict(analysis.scores).items():
        # That of the penalty, which is 1 in most draws and huge in some, says nothing.
        error = "" if errors is None or name == "penalty" else rounded_error(getattr(errors, name))
        print(f"{name:20} {score_text(name, value):>10} {error}".rstrip())


def _with_progress(folders: Sequence[RunFolder]) -> Iterable[RunFolder]:
    """Show in a terminal how many of several runs are scored."""
    if len(folders) == 1 or not sys.stderr.isatty():
        return folders
    from rich.console import Console
    from rich.progress import track

    return track(folders, description="Scoring runs", console=Console(stderr=True), transient=True)
