"""Run a submission in containers as Codabench's compute worker would, and score it."""

import argparse
from pathlib import Path

from higgs_challenge.cli import exit_on_mistakes
from higgs_challenge.errors import InputError
from higgs_tools.containers.local_worker.bundle import choose, read_competition
from higgs_tools.containers.local_worker.engine import open_engine, require_image, user_of_containers
from higgs_tools.containers.local_worker.programs import Container
from higgs_tools.containers.local_worker.session import REPORT, LocalRun, run_locally
from higgs_tools.repository import ROOT

NUMBERS = {"sets": "num_of_sets", "pseudo_experiments": "num_pseudo_experiments"}
"""For each option the number in the phase's settings.yaml that it replaces."""


def main() -> None:
    """Read the command line, run, and print the scores."""
    arguments = read_arguments()
    chosen = choose(read_competition(arguments.bundle), arguments.phase)
    if arguments.data is not None and not arguments.data.is_dir():
        raise InputError(f"There is no folder of data {arguments.data} (DATA=...).")
    name = arguments.submission.resolve().name.removesuffix(".zip")
    with open_engine() as engine:
        container = Container(
            arguments.image or chosen.image, arguments.network, arguments.gpu, user_of_containers(engine)
        )
        require_image(engine, container.image)
        local = LocalRun(
            bundle=arguments.bundle,
            chosen=chosen,
            submission=arguments.submission,
            data=arguments.data.resolve() if arguments.data else None,
            output=(arguments.output or ROOT / "build" / "docker_run" / name).resolve(),
            container=container,
            numbers={NUMBERS[key]: getattr(arguments, key) for key in NUMBERS if getattr(arguments, key) is not None},
        )
        scores = run_locally(engine, local)
    for key, value in scores.items():
        print(f"{key:30} {value:g}" if isinstance(value, int | float) else f"{key:30} {value}")
    print(f"{'report':30} {local.output / REPORT}")


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="The engine is the one that DOCKER_HOST names: Docker's, or that of `podman system service`. Exit code "
        "0 with scores; 2 with a message, where the submission, the bundle or the engine fails.",
    )
    parser.add_argument("--submission", type=Path, required=True, help="folder with the submission, or its zip")
    parser.add_argument("--bundle", type=Path, default=ROOT / "build" / "bundle.zip", help="the competition's zip")
    parser.add_argument("--phase", default="feedback", help="name or index of the phase (default: %(default)s)")
    parser.add_argument("--image", help="image to run, instead of the one that competition.yaml names")
    parser.add_argument(
        "--data", type=Path, help="folder to show, read-only, as /app/data: on a worker, the data folder of its host"
    )
    parser.add_argument("--output", type=Path, help="folder for the results (default: build/docker_run/SUBMISSION)")
    parser.add_argument("--network", default="none", help="none, or a network of the engine (default: %(default)s)")
    parser.add_argument("--gpu", metavar="DEVICE", help="GPU to use, as CDI names it: nvidia.com/gpu=all")
    smaller = parser.add_argument_group(
        "smaller",
        "Replace numbers in the phase's settings.yaml for a short try. The truth is then drawn anew, by the ingestion "
        "program's write_truth.py.",
    )
    smaller.add_argument("--sets", type=positive, metavar="N", help="number of sets")
    smaller.add_argument("--pseudo-experiments", type=positive, metavar="N", help="pseudo-experiments of each set")
    return parser.parse_args()


def positive(text: str) -> int:
    """Read a number of at least 1; for argparse."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {text}")
    return int(text)


if __name__ == "__main__":
    exit_on_mistakes(main)
