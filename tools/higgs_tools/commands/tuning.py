"""`higgs-challenge tune-simulation`, `fit-correction`, `pythia-events`: the event generator's numbers, and a check."""

from pathlib import Path

import click

from higgs_challenge.cli import Command
from higgs_challenge.options import AT_LEAST_ONE, EXISTING_DIRECTORY, PATH
from higgs_challenge.tasks.higgs.events.columns import PROCESSES
from higgs_tools.tuning.fit_correction import fit_process
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
@click.argument("process", type=click.Choice(PROCESSES), help="whose correction is fitted")
@click.option(
    "--official",
    type=EXISTING_DIRECTORY,
    envvar=OFFICIAL_SAMPLE,
    required=True,
    help="folder of official rows, moments, responses and facts",
)
@click.option(
    "--events",
    type=click.IntRange(min=1_000),
    default=400_000,
    show_default=True,
    metavar="N",
    help="synthetic events to fit with",
)
@click.option(
    "--share",
    type=click.FloatRange(0.0, 1.0, min_open=True, max_open=True),
    default=0.5,
    show_default=True,
    metavar="X",
    help="of the events, to be accepted; the less, the more the correction can change",
)
@click.option("--steps", type=AT_LEAST_ONE, default=8, show_default=True, metavar="N", help="maximum number of steps")
def fit_correction(process: str, official: Path, events: int, share: float, steps: int) -> None:
    """Fit with which probability the event generator accepts an event.

    The last step of the generator: what its mechanics get wrong is mended by accepting events with a probability that
    depends on their columns. It is fitted to all that is known of the official data, but for the held-out rows, and
    written into simulation/corrections.json; then every deviation is printed, of other events than those of the fit.
    Fit again after any change of the mechanics. Takes ten minutes and 5 GB of memory.
    """
    fit_process(process, official, events, share, steps)


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
