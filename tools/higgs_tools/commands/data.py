"""`higgs-challenge data`: synthetic events, or the official file as an event store."""

from pathlib import Path

import click
from click.core import ParameterSource

from higgs_challenge.cli import Command
from higgs_challenge.options import NOT_NEGATIVE, PATH
from higgs_tools.higgs_data.make_data import make_official, make_synthetic
from higgs_tools.higgs_data.sizes import MAX_DENSE, SIZES, parse_size
from higgs_tools.higgs_data.synthetic import DEFAULT_SEED


@click.command(cls=Command)
@click.argument("folder", type=PATH, help="folder of the data set, replaced if there is one")
@click.option(
    "--size",
    default="small",
    show_default=True,
    metavar="NAME|N",
    help=f"{', '.join(SIZES)}, or a number of hidden ztautau events, to which the others are in proportion",
)
@click.option(
    "--seed",
    type=NOT_NEGATIVE,
    default=DEFAULT_SEED,
    show_default=True,
    metavar="N",
    help="seed of synthetic data; who knows it can make the hidden events, so a competition takes a long secret one",
)
@click.option(
    "--dense",
    type=click.IntRange(1, MAX_DENSE),
    default=1,
    show_default=True,
    metavar="N",
    help="factor by which there are more synthetic events where the information about mu is; takes N times as long",
)
@click.option("--official", type=PATH, help="convert the official zip or parquet file, or a folder with it")
@click.option("--download", is_flag=True, help="download the official zip (6.5 GB) and convert it")
def data(folder: Path, size: str, seed: int, dense: int, official: Path | None, download: bool) -> None:
    """Make a data set, whose event store is FOLDER/store."""
    if official is not None and download:
        raise click.UsageError("--download and --official exclude each other")
    context = click.get_current_context()
    given = [
        name for name in ("size", "seed", "dense") if context.get_parameter_source(name) == ParameterSource.COMMANDLINE
    ]
    if given and (official is not None or download):
        raise click.UsageError(f"--{given[0]} is for synthetic data, not for the official file")
    if official is not None or download:
        make_official(folder, official)
    else:
        make_synthetic(folder, parse_size(size, dense), seed)
    click.echo(folder / "store")
