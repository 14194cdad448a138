import os
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.podman_engine import (
    DEBIAN,
    DEBIAN_PYTHON,
    IMAGE,
    TOOLS,
    Engine,
    add_distribution,
    configure,
    needed_distributions,
    pack_base,
    podman,
    start_service,
    unmount_all,
    wait_for,
)


@pytest.fixture(scope="module")  # an idle service of Podman can keep a core busy
def engine() -> Iterator[Engine]:
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing or os.getuid() != 0:
        pytest.skip(f"no container engine can be started: {f'no {missing}' if missing else 'not an administrator'}")
    # With a path of its sockets beyond 108 characters, Podman takes 20 seconds to notice that a container was killed.
    folder = Path(tempfile.mkdtemp(prefix="podman-"))
    try:
        pack_base(folder / "base.tar")
        environment = configure(folder, folder / "base.tar")
        service = start_service(folder, environment)
        try:
            wait_for(service, environment["DOCKER_HOST"])
            yield Engine(folder, environment)
        finally:
            podman(environment, "rm", "--all", "--force")
            service.terminate()
            service.wait(30)
    finally:
        unmount_all(folder)
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def image(engine: Engine) -> str:
    """An image with what both programs need, taken from the environment that runs this test."""
    if sys.version_info[:2] != DEBIAN_PYTHON:
        pytest.skip(f"the packages of this Python do not fit {DEBIAN}'s, which is {DEBIAN_PYTHON}")
    base = engine.folder / "base.tar"
    with tarfile.open(base, "a") as archive:
        for name in sorted(needed_distributions()):
            add_distribution(archive, name)
    engine.podman("import", str(base), IMAGE)
    base.unlink()
    return IMAGE
