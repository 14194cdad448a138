"""Run a submission over a phase's pseudo-experiments."""

import argparse
from pathlib import Path

from higgs_challenge.cli import add_plan_options, available_cores, existing_folder, exit_on_mistakes, plan_settings
from higgs_challenge.execution.output import prepare_output
from higgs_challenge.ingestion import Run, run_ingestion


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--input",
        type=existing_folder,
        required=True,
        help="folder of the phase: settings.yaml (the official settings where there is none), and perhaps the data",
    )
    parser.add_argument(
        "--data",
        type=Path,
        help="folder of the data, where they are not in --input: an event store, or the official parquet file with its "
        "metadata JSON",
    )
    parser.add_argument(
        "--submission", type=existing_folder, required=True, help="folder with the participant's model.py"
    )
    parser.add_argument("--output", type=Path, required=True, help="folder for the results, made if need be")
    parser.add_argument(
        "--workers",
        type=int,
        metavar="N",
        default=available_cores(),
        help="processes that predict at the same time, sharing the cores (default: one a core, here %(default)s)",
    )
    add_plan_options(parser)
    arguments = parser.parse_args()
    if arguments.workers < 1:
        parser.error("--workers must be at least 1")
    prepare_output(arguments.output)  # before anything can fail, so that no earlier results are taken for this run's
    settings = plan_settings(arguments)
    run_ingestion(
        Run(
            settings=settings,
            data=[folder for folder in (arguments.data, arguments.input) if folder is not None],
            submission=arguments.submission,
            output=arguments.output,
            workers=min(arguments.workers, settings.num_of_sets * settings.num_pseudo_experiments),
            cores=available_cores(),
        )
    )


if __name__ == "__main__":
    exit_on_mistakes(main)
