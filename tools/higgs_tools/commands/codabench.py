"""`higgs-challenge upload` and `submit`, which send nothing to Codabench without --send, and `results`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from higgs_challenge.cli import Command
from higgs_challenge.errors import InputError
from higgs_challenge.number_formats import count
from higgs_challenge.options import EXISTING_DIRECTORY, PATH, POSITIVE
from higgs_scoring.commands import leaderboard
from higgs_scoring.scoring import CSV_FILE, PAGE_FILE
from higgs_tools.bundle.check_bundle import default_bundle
from higgs_tools.codabench.platform_client import ACCOUNT_HELP, Platform, read_account
from higgs_tools.codabench.results import download_phase
from higgs_tools.codabench.submit import PATIENCE, check_and_submit, find_competition
from higgs_tools.codabench.upload import check_and_upload

EXIT_INTERRUPTED = 130

send_option = click.option("--send", is_flag=True, help="send it, instead of only saying what would be sent")


@click.command(cls=Command, epilog=ACCOUNT_HELP)
@click.argument("bundle", type=PATH, required=False, help="the zip (default: build/bundle.zip in the repository)")
@send_option
def upload(bundle: Path | None, send: bool) -> None:
    """Create a competition on Codabench from a bundle.

    Without --send it only checks the bundle and says what would be sent.
    """
    with interrupt_explained():
        check_and_upload(bundle or default_bundle(), send)


@click.command(cls=Command, epilog=ACCOUNT_HELP)
@click.argument("submission", type=PATH, help="folder with model.py, or a zip of its files")
@click.option("--competition", required=True, help="number or address of the competition")
@click.option("--phase", required=True, help="name of the phase, as in competition.yaml, or its number")
@send_option
@click.option(
    "--hours", type=POSITIVE, default=PATIENCE, show_default=True, metavar="N", help="how long to wait for the score"
)
def submit(submission: Path, competition: str, phase: str, send: bool, hours: float) -> None:
    """Send a submission to Codabench and wait for its score.

    Without --send it only checks the submission and says what would be sent.
    """
    with interrupt_explained():
        check_and_submit(submission, competition, phase, send, hours)


@click.command(cls=Command, epilog=ACCOUNT_HELP)
@click.option("--competition", required=True, help="number or address of the competition")
@click.option("--phase", required=True, help="name of the phase, as in competition.yaml, or its number")
@click.option(
    "--output", type=PATH, required=True, help="folder of all downloads; those of a phase are in COMPETITION/PHASE"
)
@click.option(
    "--reference",
    type=EXISTING_DIRECTORY,
    help="folder of the phase's truth, to rank all runs [default: only download]",
)
@click.option("--baseline", metavar="NAME", help="folder of the run that is the baseline, see the command leaderboard")
def results(competition: str, phase: str, output: Path, reference: Path | None, baseline: str | None) -> None:
    """Download the results and scores of all participants of a phase from Codabench, and rank them.

    Of each participant one submission counts: that on the platform's leaderboard, or else the last that finished. What
    is there from an earlier call is kept. One that cannot be downloaded is named, listed as not ranked, and makes the
    exit code 2.
    """
    account = read_account()
    number = find_competition(competition, account.url)
    downloaded, failed = download_phase(Platform(account), number, phase, output)
    runs = [*downloaded, *failed]
    if reference is not None:
        folder = runs[0].parent
        for older in (CSV_FILE, PAGE_FILE):
            (folder / older).unlink(missing_ok=True)
        click.echo()
        click.get_current_context().invoke(
            leaderboard, reference=reference, output=folder, baseline=baseline, runs=list(map(str, runs))
        )
    if failed:
        raise InputError(
            f"{count(len(failed), 'submission')} of {len(runs)} could not be downloaded, as said above; the same "
            "command tries again."
        )


@contextmanager
def interrupt_explained() -> Iterator[None]:
    """At an interrupt, explain that the platform goes on, and exit with code 130."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo("Interrupted; the platform goes on with what it has received.", err=True)
        sys.exit(EXIT_INTERRUPTED)
