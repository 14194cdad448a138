"""Write the truth of a phase's plan, which the scoring program compares intervals with.

Organisers run it once a phase; its output is reference data, never to be seen by a submission or a participant.
"""

import argparse
from pathlib import Path

from higgs_challenge.cli import add_plan_options, existing_folder, exit_on_mistakes, make_folder, plan_settings
from higgs_challenge.experiments import make_plan, write_truth


def main() -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", type=existing_folder, required=True, help="folder of the phase, with settings.yaml")
    parser.add_argument("--output", type=Path, required=True, help="reference folder, made if need be")
    add_plan_options(parser)
    arguments = parser.parse_args()
    print(write_truth(make_plan(plan_settings(arguments)), make_folder(arguments.output)))


if __name__ == "__main__":
    exit_on_mistakes(main)
