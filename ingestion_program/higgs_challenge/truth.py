"""Write the truth of a phase's plan, which the scoring program compares intervals with.

Organisers run it once a phase; its output is reference data, never to be seen by a submission or a participant.
"""

import argparse
from pathlib import Path
from typing import get_args

from higgs_challenge.cli import add_plan_options, existing_folder, exit_on_mistakes, make_folder, plan_settings
from higgs_challenge.execution.progress import show_progress
from higgs_challenge.experiments import make_plan, write_truth
from higgs_challenge.experiments.settings import Reveal
from higgs_challenge.tasks import load_task


def main() -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", type=existing_folder, required=True, help="folder of the phase, with settings.yaml")
    parser.add_argument("--output", type=Path, required=True, help="reference folder, made if need be")
    parser.add_argument(
        "--reveal",
        choices=get_args(Reveal),
        help="what reports of scoring may show of the truth, instead of what settings.yaml says: numbers about the "
        "whole run only (none), the true mu of each set too (mu), or also how answers depend on the true nuisance "
        "parameters (all)",
    )
    add_plan_options(parser)
    arguments = parser.parse_args()
    settings = plan_settings(arguments)
    if arguments.reveal is not None:
        settings = settings.model_copy(update={"reveal": arguments.reveal})
    folder = make_folder(arguments.output)
    with show_progress("Drawing the truth", settings.number, "pseudo-experiments") as advance:
        for path in write_truth(make_plan(settings, load_task(settings.task)), folder, advance):
            print(path)


if __name__ == "__main__":
    exit_on_mistakes(main)
