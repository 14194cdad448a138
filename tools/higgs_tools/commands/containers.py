"""`higgs-challenge docker-build` and `docker-run`: the competition's image, and runs in it."""

from pathlib import Path

import click

from higgs_challenge.cli import Command, Option
from higgs_challenge.errors import InputError
from higgs_challenge.options import AT_LEAST_ONE, PATH
from higgs_tools.bundle.check_bundle import default_bundle
from higgs_tools.containers.docker_build import PLATFORM_USER, build, image_of
from higgs_tools.containers.local_worker.bundle import choose, read_competition
from higgs_tools.containers.local_worker.engine import open_engine, require_image, user_of_containers
from higgs_tools.containers.local_worker.local_run import REPORT, LocalRun, run_locally
from higgs_tools.containers.local_worker.programs import Container
from higgs_tools.repository import find_repository

SMALLER = "Smaller (each option replaces a number in the phase's settings.yaml; the truth is then drawn anew)"
ENGINE = (
    "The engine is the one that DOCKER_HOST names: Docker's, or that of `podman system service`. Exit code 0 with "
    "scores; 2 with a message where the submission, the bundle or the engine fails."
)


@click.command(cls=Command)
@click.option("--base", help="image to begin with (default: the Dockerfile's, for machines without GPUs)")
@click.option("--torch-index", help="package index to find torch in too, for instance PyTorch's own of CPU builds")
@click.option("--xgboost", help="xgboost-cpu or, with GPUs, xgboost (default: the Dockerfile's, xgboost-cpu)")
@click.option(
    "--extras",
    help='extras of pyproject.toml: "image deep-learning" adds TensorFlow, Keras, nflows and torchvision to what '
    "submissions usually import (default: image)",
)
@click.option("--image", help="name of the image (default: docker_image in competition.yaml)")
@click.option(
    "--run-as",
    default=PLATFORM_USER,
    show_default=True,
    help="user of its containers; runner has no rights, and cannot write where Codabench's worker wants results",
)
@click.option("--network", help="network that the build uses (default: the engine's); host is the machine's")
def docker_build(
    base: str | None,
    torch_index: str | None,
    xgboost: str | None,
    extras: str | None,
    image: str | None,
    run_as: str,
    network: str | None,
) -> None:
    """Build the image that competition.yaml names.

    The Dockerfile is docker/Dockerfile; the build goes through the Docker API.
    """
    root = find_repository()
    chosen = {"BASE": base, "TORCH_INDEX": torch_index, "XGBOOST": xgboost, "EXTRAS": extras, "RUN_AS": run_as}
    name = image or image_of(root / "competition.yaml")
    build(root, name, {argument: value for argument, value in chosen.items() if value}, network)


@click.command(cls=Command, epilog=ENGINE)
@click.option("--submission", type=PATH, required=True, help="folder with the submission, or its zip")
@click.option("--bundle", type=PATH, help="the competition's zip (default: build/bundle.zip in the repository)")
@click.option("--phase", default="feedback", show_default=True, help="name or index of the phase")
@click.option("--image", help="image to run, instead of the one that competition.yaml names")
@click.option("--data", type=PATH, help="folder to show, read-only, as /app/data: on a worker, its host's data folder")
@click.option("--output", type=PATH, help="folder for the results (default: build/docker_run/SUBMISSION)")
@click.option("--network", default="none", show_default=True, help="none, or a network of the engine")
@click.option("--gpu", metavar="DEVICE", help="GPU to use, as CDI names it: nvidia.com/gpu=all")
@click.option("--sets", type=AT_LEAST_ONE, metavar="N", cls=Option, heading=SMALLER, help="number of sets")
@click.option(
    "--pseudo-experiments",
    type=AT_LEAST_ONE,
    metavar="N",
    cls=Option,
    heading=SMALLER,
    help="pseudo-experiments in each set",
)
def docker_run(
    submission: Path,
    bundle: Path | None,
    phase: str,
    image: str | None,
    data: Path | None,
    output: Path | None,
    network: str,
    gpu: str | None,
    sets: int | None,
    pseudo_experiments: int | None,
) -> None:
    """Run and score a submission in containers, as Codabench's worker would."""
    bundle = bundle or default_bundle()
    chosen = choose(read_competition(bundle), phase)
    if data is not None and not data.is_dir():
        raise InputError(f"There is no folder of data {data} (DATA=...).")
    name = submission.resolve().name.removesuffix(".zip")
    output = output or find_repository() / "build" / "docker_run" / name
    numbers = {"num_of_sets": sets, "num_pseudo_experiments": pseudo_experiments}
    with open_engine() as engine:
        container = Container(image or chosen.image, network, gpu, user_of_containers(engine))
        require_image(engine, container.image)
        local = LocalRun(
            bundle=bundle,
            chosen=chosen,
            submission=submission,
            data=data.resolve() if data else None,
            output=output.resolve(),
            container=container,
            numbers={key: number for key, number in numbers.items() if number is not None},
        )
        scores = run_locally(engine, local)
    for key, value in scores.items():
        click.echo(f"{key:30} {value:g}" if isinstance(value, int | float) else f"{key:30} {value}")
    click.echo(f"{'report':30} {local.output / REPORT}")
