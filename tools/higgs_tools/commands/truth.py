"""`higgs-challenge truth`: the truth that the scoring program compares intervals with."""

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import click

from higgs_challenge.cli import Command, make_folder
from higgs_challenge.execution.progress import show_progress
from higgs_challenge.experiments import write_truth
from higgs_challenge.experiments.settings import Reveal, require_settings
from higgs_challenge.options import EXISTING_DIRECTORY, PATH
from higgs_challenge.plan_options import chosen_plan, plan_options


@click.command(cls=Command)
@click.option(
    "--input", "phase", type=EXISTING_DIRECTORY, required=True, help="folder of the phase, with settings.yaml"
)
@click.option("--output", type=PATH, required=True, help="folder for the reference data, made if need be")
@click.option(
    "--reveal",
    type=click.Choice(get_args(Reveal)),
    help="what reports of scoring may show of the truth, instead of what settings.yaml says: only numbers about the "
    "whole run (none), the true mu of each set too (mu), or also how answers depend on the true nuisance parameters "
    "(all)",
)
@plan_options
def truth(phase: Path, output: Path, reveal: Reveal | None, **chosen: Any) -> None:
    """Write the truth of a phase's plan.

    The scoring program compares intervals with it. Organisers write it once a phase; it is reference data, which
    neither a submission nor a participant may see.
    """
    require_settings(phase)
    plan = chosen_plan(phase, chosen)
    if reveal is not None:
        plan = replace(plan, settings=plan.settings.model_copy(update={"reveal": reveal}))
    folder = make_folder(output)
    with show_progress("Drawing the truth", plan.settings.number, "pseudo-experiments") as advance:
        for path in write_truth(plan, folder, advance):
            click.echo(path)
