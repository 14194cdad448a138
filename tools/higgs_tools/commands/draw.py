"""`higgs-challenge draw`: the pictures of the documentation, and the logo."""

from pathlib import Path

import click

from higgs_challenge.cli import Command
from higgs_challenge.options import EXISTING_DIRECTORY, PATH
from higgs_tools.baselines.methods import BASELINES
from higgs_tools.baselines.result_file import read_results
from higgs_tools.pictures.draw_architecture import draw_architecture
from higgs_tools.pictures.draw_logo import draw_logo
from higgs_tools.pictures.draw_method import draw_method
from higgs_tools.pictures.draw_shared_events import draw_shared_events
from higgs_tools.pictures.picture_of_report import photograph
from higgs_tools.repository import find_repository

REPORT = "build/run/sample_code_submission/scores/detailed_results.html"


@click.group()
def draw() -> None:
    """Draw the pictures of the documentation and the logo."""


@draw.command(cls=Command)
@click.option("--output", type=PATH, help="where to write it (default: logo.png in the repository)")
def logo(output: Path | None) -> None:
    """Draw the logo of the competition: a peak on a falling background, with its uncertainty and its interval."""
    draw_logo(output or find_repository() / "logo.png")


@draw.command(cls=Command)
@click.option("--output", type=PATH, help="where to write it (default: docs/architecture.svg in the repository)")
def architecture(output: Path | None) -> None:
    """Draw how a run flows and who sees what."""
    draw_architecture(output or find_repository() / "docs" / "architecture.svg")


@draw.command(cls=Command)
@click.option("--output", type=PATH, help="where to write it (default: docs/shared_events.svg in the repository)")
def shared_events(output: Path | None) -> None:
    """Draw the coverage that is lost because pseudo-experiments share events, against how many there are."""
    draw_shared_events(output or find_repository() / "docs" / "shared_events.svg")


@draw.command(cls=Command)
@click.argument("report", type=PATH, required=False, help=f"a run's detailed_results.html (default: {REPORT})")
@click.option("--output", type=PATH, help="where to write it (default: docs/report.png in the repository)")
def report(report: Path | None, output: Path | None) -> None:
    """Take a picture of the top of a run's report, as a browser shows it."""
    photograph(report or find_repository() / REPORT, output or find_repository() / "docs" / "report.png")


@draw.command(cls=Command)
@click.argument("results", type=EXISTING_DIRECTORY, help="folder of results files")
def methods(results: Path) -> None:
    """Draw pulls and bias of every method of baselines/ that has a results file, as measured.png beside its README."""
    for result in read_results(results):
        folder = find_repository() / BASELINES / result.identity.method
        if folder.is_dir() and result.identity.training_seed in (None, 1):
            draw_method(result, folder / "measured.png")
            click.echo(folder / "measured.png")
