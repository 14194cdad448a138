"""`higgs-challenge table` and `new-baseline`: what is done with methods beside running them."""

from pathlib import Path

import click

from higgs_challenge.atomic import write_bytes
from higgs_challenge.cli import Command
from higgs_challenge.errors import InputError
from higgs_challenge.options import EXISTING_DIRECTORY, PATH
from higgs_tools.baselines.new_baseline import make_baseline
from higgs_tools.baselines.result_file import read_results
from higgs_tools.baselines.table import make_table
from higgs_tools.baselines.table_files import as_markdown, put_table, write_table
from higgs_tools.repository import find_repository


@click.command(cls=Command)
@click.option("--output", type=PATH, help="folder for table.md and table.html (default: print the table only)")
@click.option("--document", type=PATH, help="document between whose two comments the table is put, such as README.md")
@click.argument("results", type=EXISTING_DIRECTORY, help="folder of results files")
def table(output: Path | None, document: Path | None, results: Path) -> None:
    """Make the table of methods from their results files.

    All must be of the same pseudo-experiments.
    """
    made = make_table(read_results(results))
    if document is not None:
        try:
            text = document.read_text(encoding="utf-8")
        except OSError as error:
            raise InputError(f"{document} cannot be read: {error.strerror}.") from error
        write_bytes(document, put_table(text, made).encode())
    click.echo(as_markdown(made))
    for path in write_table(made, output) if output is not None else []:
        click.echo(path)


@click.command(cls=Command)
@click.argument("name", help="of the method, and of its folder in baselines/")
def new_baseline(name: str) -> None:
    """Make a new method from the template."""
    folder = make_baseline(find_repository(), name)
    click.echo(f"{folder} is there. Change its model.py and README.md, then, on small data:")
    click.echo(f"  make run SUBMISSION=baselines/{name} SETS=2 PSEUDO_EXPERIMENTS=3")
    click.echo("and on large data, as the command below README's table of methods runs the others:")
    click.echo(f"  make baselines METHODS={name} STORE=… SETS=… PSEUDO_EXPERIMENTS=… SEED=…")
