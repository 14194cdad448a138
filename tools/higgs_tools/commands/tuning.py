"""`higgs-challenge tune-simulation` and `pythia-events`: the numbers of the event generator, and a check of them."""

from pathlib import Path

import click

from higgs_challenge.cli import Command
from higgs_challenge.options import AT_LEAST_ONE, EXISTING_DIRECTORY, PATH
from higgs_challenge.tasks.higgs.events.columns import PROCESSES
from higgs_tools.tuning.pythia_events import MAX_SEED, SETTINGS, write_events
from higgs_tools.tuning.tune_simulation import tune
from higgs_tools.validation.validate_data import OFFICIAL_SAMPLE


@click.command(cls=Command)
@click.argument("process", type=click.Choice(PROCESSES), help="whose events are compared")
@click.argument("numbers", nargs=-1, help="dotted names in simulation/tuning.py; without any only residuals are shown")
@click.option("--official", type=EXISTING_DIRECTORY, envvar=OFFICIAL_SAMPLE, help="folder of the official file")
@click.option("--pythia", type=EXISTING_DIRECTORY, help="folder of pythia_PROCESS.parquet")
@click.option(
    "--events", type=AT_LEAST_ONE, default=300_000, show_default=True, metavar="N", help="synthetic events a step"
)
@click.option("--steps", type=AT_LEAST_ONE, default=4, show_default=True, metavar="N", help="maximum number of steps")
def tune_simulation(
    process: str, numbers: tuple[str, ...], official: Path | None, pythia: Path | None, events: int, steps: int
) -> None:
    """Fit numbers of the event generator.

    They are fitted to region yields, to the real rows that are not held out, and to Pythia's events. Numbers are named
    as in simulation/tuning.py: z.radiation.scale, detector.met_noise. The fit starts there and prints what it finds; a
    person decides whether it goes into that file. Fit a process at a time, ztautau first: it has most of the detector's
    numbers.
    """
    tune(process, numbers, official, pythia, events, steps)


@click.command(cls=Command)
@click.argument("folder", type=PATH, help="folder for pythia_PROCESS.parquet")
@click.option("--process", type=click.Choice(sorted(SETTINGS)), required=True, help="the process to generate")
@click.option("--events", type=AT_LEAST_ONE, default=10_000, show_default=True, metavar="N", help="events to keep")
@click.option("--seed", type=click.IntRange(1, MAX_SEED), default=1, show_default=True, metavar="N", help="of Pythia")
def pythia_events(folder: Path, process: str, events: int, seed: int) -> None:
    """Make particle-level events with Pythia 8.

    They check the synthetic events against a full event generator: `make validate-data PYTHIA=FOLDER`. Needs the
    package pythia8mc, which is not installed with the rest because it compiles for half an hour or more. About 2
    ztautau or 10 ttbar events are kept a second; files of different seeds may be joined.
    """
    click.echo(write_events(folder, process, events, seed))
