"""Build docker/Dockerfile into the image that competition.yaml names, through the Docker API."""

import argparse
from pathlib import Path

from docker.errors import APIError

from higgs_challenge.cli import exit_on_mistakes
from higgs_challenge.errors import InputError
from higgs_tools.containers.local_worker.bundle import parse_competition
from higgs_tools.containers.local_worker.engine import open_engine
from higgs_tools.repository import ROOT

DOCKERFILE = "docker/Dockerfile"
BUILD_ARGUMENTS = {
    "base": ("BASE", "image to begin with (default: the Dockerfile's, for machines without GPUs)"),
    "torch_index": ("TORCH_INDEX", "package index to find torch in too, for instance PyTorch's own of CPU builds"),
    "xgboost": ("XGBOOST", "xgboost-cpu or, with GPUs, xgboost (default: the Dockerfile's, xgboost-cpu)"),
}
"""For each option the Dockerfile's argument that it sets, and what it is."""

PLATFORM_USER = "root"
"""The user that can write into the output folder of Codabench's worker, see the Dockerfile."""


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__)
    for option, (_, explanation) in BUILD_ARGUMENTS.items():
        parser.add_argument(f"--{option.replace('_', '-')}", help=explanation)
    parser.add_argument("--image", help="name of the image (default: docker_image in competition.yaml)")
    parser.add_argument(
        "--run-as",
        default=PLATFORM_USER,
        help="user of its containers; runner is one without rights, who cannot write where Codabench's worker wants "
        "results (default: %(default)s)",
    )
    parser.add_argument("--network", help="network that the build uses (default: the engine's); host is the machine's")
    arguments = parser.parse_args()
    name = arguments.image or image_of(ROOT / "competition.yaml")
    chosen = {argument: getattr(arguments, option) for option, (argument, _) in BUILD_ARGUMENTS.items()}
    given = {argument: value for argument, value in chosen.items() if value}
    build(name, {**given, "RUN_AS": arguments.run_as}, arguments.network)


def image_of(competition: Path) -> str:
    """Read which image a competition.yaml names."""
    try:
        return parse_competition(competition.read_bytes(), competition.parent).docker_image
    except OSError as error:
        raise InputError(f"{competition} cannot be read ({error.strerror}): name the image (IMAGE=...).") from error


def build(name: str, arguments: dict[str, str], network: str | None) -> None:
    """Build the image, and print what the engine says meanwhile.

    Raises:
        InputError: no engine answers, or a step of the Dockerfile fails.
    """
    failure = None
    with open_engine() as engine:
        try:
            for said in engine.api.build(
                path=str(ROOT),
                dockerfile=DOCKERFILE,
                tag=name,
                buildargs=arguments,
                network_mode=network,
                rm=True,
                forcerm=True,
                decode=True,
            ):
                print(said.get("stream", ""), end="", flush=True)
                failure = said.get("error", failure)
        except APIError as error:
            failure = str(error.explanation or error)
    if failure:
        raise InputError(f"{DOCKERFILE} cannot be built: {failure.strip()} (base: {arguments.get('BASE', 'default')}).")
    print(f"Built {name}. Workers pull it from a registry: push it there under the name in competition.yaml.")


if __name__ == "__main__":
    exit_on_mistakes(main)
