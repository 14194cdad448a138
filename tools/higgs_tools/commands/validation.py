"""`higgs-challenge validate-data`: how close synthetic events are to the official data."""

from pathlib import Path

import click

from higgs_challenge.cli import Command
from higgs_challenge.options import EXISTING_DIRECTORY, PATH
from higgs_tools.repository import find_repository
from higgs_tools.validation.validate_data import OFFICIAL_SAMPLE, write_validation


@click.command(cls=Command)
@click.option(
    "--official",
    type=EXISTING_DIRECTORY,
    envvar=OFFICIAL_SAMPLE,
    help="folder of the official parquet file and its metadata, whole or a piece "
    f"(default: the environment variable {OFFICIAL_SAMPLE})",
)
@click.option(
    "--pythia",
    type=EXISTING_DIRECTORY,
    help="folder of particle-level events, pythia_PROCESS.parquet, to be passed through our detector step",
)
@click.option("--figures", type=PATH, help="folder for some pictures of the documentation as well")
@click.option("--output", type=PATH, help="the page (default: build/validation/data.html in the repository)")
def validate_data(official: Path | None, pythia: Path | None, figures: Path | None, output: Path | None) -> None:
    """Compare synthetic events with the official data.

    Writes one HTML page with a verdict, all checks and pictures of every column. Without the official file only
    published numbers are compared.
    """
    output = output or find_repository() / "build" / "validation" / "data.html"
    write_validation(output, official, pythia, figures)
    click.echo(output)
