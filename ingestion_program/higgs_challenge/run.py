"""Run a submission over a phase's pseudo-experiments."""

import argparse
import re
from pathlib import Path

from higgs_challenge.cli import add_plan_options, existing_folder, exit_on_mistakes, plan_settings
from higgs_challenge.execution.devices import available_cores, find_gpus
from higgs_challenge.ingestion import Run, prepared_output, run_ingestion
from higgs_challenge.submission.process import BEST_EFFORT, DEMANDS


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
        type=number_of_workers,
        metavar="auto|N",
        help="submission processes that predict at the same time, sharing GPUs and cores (default: auto, one a GPU, or "
        "one a core where there is none)",
    )
    parser.add_argument(
        "--isolation",
        choices=DEMANDS,
        default=BEST_EFFORT,
        help="how the submission is kept from the truth, other files, other processes and the network: required "
        "refuses to run where that is not fully possible (default: %(default)s)",
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on with what an ended run left in --output, whatever ended it"
    )
    parser.add_argument(
        "--check-order",
        type=int,
        metavar="N",
        default=0,
        help="repeat N pseudo-experiments in fresh processes at the end, and tell whether their answers differ",
    )
    cluster = parser.add_argument_group("cluster")
    cluster.add_argument(
        "--engine",
        choices=("local", "dask"),
        default="local",
        help="where the submission runs: on this machine, or on the workers of a Dask scheduler (default: %(default)s)",
    )
    cluster.add_argument(
        "--scheduler",
        type=scheduler_address,
        metavar="ADDRESS",
        help="of the Dask scheduler, for instance tcp://10.0.0.1:8786",
    )
    add_plan_options(parser)
    arguments = parser.parse_args()
    if (arguments.engine == "dask") != (arguments.scheduler is not None):
        parser.error("--engine dask and --scheduler ADDRESS need each other")
    if arguments.engine == "dask" and arguments.workers is not None:
        parser.error("--workers is for this machine; with --engine dask, each thread of a Dask worker is one")
    if arguments.check_order < 0:
        parser.error("--check-order must be at least 0")
    with prepared_output(arguments.output, arguments.resume):  # before anything can fail: no old results stay
        settings = plan_settings(arguments)
        run_ingestion(
            Run(
                settings=settings,
                data=[folder for folder in (arguments.data, arguments.input) if folder is not None],
                submission=arguments.submission,
                output=arguments.output,
                secrets=[arguments.input],
                gpus=find_gpus(),
                cores=available_cores(),
                workers=arguments.workers,
                isolation=arguments.isolation,
                resume=arguments.resume,
                order_checks=min(arguments.check_order, settings.number),
                scheduler=arguments.scheduler,
            )
        )


def scheduler_address(text: str) -> str:
    """Check --scheduler."""
    found = re.fullmatch(r"(tcp|tls)://.+:(\d+)", text)
    if not found or not 0 < int(found[2]) < 65536:
        raise argparse.ArgumentTypeError(f"must be like tcp://10.0.0.1:8786, as the scheduler prints it, not {text}")
    return text


def number_of_workers(text: str) -> int | None:
    """Read --workers; None for auto."""
    if text == "auto":
        return None
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be auto or at least 1, not {text}")
    return int(text)


if __name__ == "__main__":
    exit_on_mistakes(main)
