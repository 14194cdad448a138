"""Building docker/Dockerfile into an image, through the Docker API."""

from pathlib import Path

from docker.errors import APIError

from higgs_challenge.errors import InputError
from higgs_tools.containers.local_worker.bundle import parse_competition
from higgs_tools.containers.local_worker.engine import open_engine

DOCKERFILE = "docker/Dockerfile"
PLATFORM_USER = "root"
"""The user that can write into the output folder of Codabench's worker, see the Dockerfile."""


def image_of(competition: Path) -> str:
    """Read which image a competition.yaml names."""
    try:
        return parse_competition(competition.read_bytes(), competition.parent).docker_image
    except OSError as error:
        raise InputError(f"{competition} cannot be read ({error.strerror}): name the image (IMAGE=...).") from error


def build(root: Path, name: str, arguments: dict[str, str], network: str | None) -> None:
    """Build an image, and print what the engine says meanwhile.

    Args:
        root: the repository.
        name: of the image.
        arguments: of the Dockerfile, by name.
        network: that the build uses; None for the engine's own.

    Raises:
        InputError: no engine answers, or a step of the Dockerfile fails.
    """
    failure = None
    with open_engine() as engine:
        try:
            for said in engine.api.build(
                path=str(root),
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
