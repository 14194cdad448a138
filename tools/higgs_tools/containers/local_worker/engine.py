"""The container engine, Docker or Podman, reached through the Docker API."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import docker
from docker.errors import DockerException, ImageNotFound

from higgs_challenge.errors import InputError

ADDRESS = "DOCKER_HOST"
USUAL_ADDRESS = "unix:///var/run/docker.sock"
HOW_TO_START = (
    "Start Docker; or, with Podman, run `podman system service --time=0 unix:///tmp/podman.sock` and set "
    f"{ADDRESS}=unix:///tmp/podman.sock"
)


@contextmanager
def open_engine() -> Iterator[docker.DockerClient]:
    """Connect to the engine that DOCKER_HOST names, or Docker's usual one.

    Yields:
        The connection, which waits for answers as long as a program runs.

    Raises:
        InputError: no engine answers there.
    """
    try:
        engine = docker.from_env()
    except DockerException as error:
        place = os.environ.get(ADDRESS) or USUAL_ADDRESS
        raise InputError(f"No container engine answers at {place} ({error}). {HOW_TO_START}.") from error
    try:
        engine.api.timeout = None  # type: ignore[assignment] # a container may be silent for hours
        yield engine
    finally:
        engine.close()


def require_image(engine: docker.DockerClient, name: str) -> None:
    """Check that the engine has an image; a run pulls none, since it could pull another than the one built.

    Raises:
        InputError: it has not.
    """
    try:
        engine.images.get(name)
    except ImageNotFound:
        raise InputError(
            f"The container engine has no image {name}. Build it (make docker-build), or name another one (IMAGE=...)."
        ) from None


def user_of_containers(engine: docker.DockerClient) -> str | None:
    """Find the user that containers should run as; None for the image's, as the worker leaves it.

    The worker is its machine's administrator, or its engine is rootless, and so its containers own its folders. Here
    a person may use an administrator's engine: the containers run as that person, who owns the folders here.
    """
    rootless = any("rootless" in option for option in engine.info().get("SecurityOptions") or [])
    return None if rootless or sys.platform == "win32" or os.getuid() == 0 else f"{os.getuid()}:{os.getgid()}"
