"""`higgs-challenge upload` and `submit`: what is sent to Codabench, which is nothing without --send."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from higgs_challenge.cli import Command
from higgs_challenge.options import PATH, POSITIVE
from higgs_tools.bundle.check_bundle import default_bundle
from higgs_tools.codabench.platform_client import ACCOUNT_HELP
from higgs_tools.codabench.submit import PATIENCE, check_and_submit
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


@contextmanager
def interrupt_explained() -> Iterator[None]:
    """At an interrupt, explain that the platform goes on, and exit with code 130."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo("Interrupted; the platform goes on with what it has received.", err=True)
        sys.exit(EXIT_INTERRUPTED)
