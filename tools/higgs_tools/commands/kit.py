"""`higgs-challenge kit`: what the starting kit says of the phases."""

import click

from higgs_challenge.cli import Command
from higgs_tools.kit.make_kit import write_phases
from higgs_tools.repository import find_repository


@click.command(cls=Command)
def kit() -> None:
    """Write the starting kit's phases from the competition's.

    They say what a phase allows, but not the seed that its truth follows from.
    """
    for path in write_phases(find_repository()):
        click.echo(path)
