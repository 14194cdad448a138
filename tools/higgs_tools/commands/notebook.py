"""`higgs-challenge notebook`: the starting kit's notebook, executed."""

from pathlib import Path

import click

from higgs_challenge.cli import Command
from higgs_challenge.options import EXISTING_DIRECTORY, PATH, POSITIVE
from higgs_tools.kit.make_notebook import TIME_LIMIT, make_notebook
from higgs_tools.repository import find_repository


@click.command(cls=Command)
@click.option("--kit", type=EXISTING_DIRECTORY, help="folder of the kit (default: starting_kit of the repository)")
@click.option("--output", type=PATH, help="where to work (default: build/starting_kit in the repository)")
@click.option(
    "--time-limit", type=POSITIVE, default=TIME_LIMIT, show_default=True, metavar="SECONDS", help="for all cells"
)
def notebook(kit: Path | None, output: Path | None, time_limit: float) -> None:
    """Execute the starting kit's notebook and keep it with its pictures.

    It runs in a fresh kernel. The events are those in KIT_DATA, or of size KIT_SIZE (environment variables; the
    notebook makes them if need be).
    """
    kit = kit or find_repository() / "starting_kit"
    output = output or find_repository() / "build" / "starting_kit"
    click.echo(make_notebook(kit, output, time_limit))
