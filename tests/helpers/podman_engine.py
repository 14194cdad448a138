"""A Podman of the tests' own, with images made where nothing can be pulled."""

import os
import socket
import subprocess
import tarfile
import time
import tomllib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.helpers.repository import ROOT

TOOLS = ("podman", "runc", "mmdebstrap")
DEBIAN, DEBIAN_PYTHON = "bookworm", (3, 11)
# crun needs limits that not every machine lets it set; runc takes these.
CONTAINERS_CONF = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
tmp_dir = "{folder}/tmp"
"""
STORAGE_CONF = """\
[storage]
driver = "{driver}"
graphroot = "{folder}/{driver}"
runroot = "{folder}/run"
"""
DIST_PACKAGES = "./usr/local/lib/python3.11/dist-packages"
BASE, IMAGE = "localhost/test-base:1", "localhost/test-runner:1"


@dataclass(frozen=True)
class Engine:
    """A Podman of our own, by its Docker-compatible socket."""

    folder: Path
    environment: dict[str, str]

    @property
    def address(self) -> str:
        return self.environment["DOCKER_HOST"]

    def podman(self, *words: str) -> str:
        """What a podman command prints."""
        done = podman(self.environment, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def containers(self) -> list[str]:
        """The containers that there are, running or not."""
        return self.podman("ps", "--all", "--quiet").split()


def pack_base(archive: Path) -> None:
    """A Debian with Python, from Debian's own archive; its packages are unpacked only, a sixth of the work."""
    packages = "base-files,coreutils,dash,libc-bin,libseccomp2,libstdc++6,python3"
    hook = '--extract-hook=ldconfig -r "$1"'  # Python finds libseccomp in ldconfig's cache
    command = ["mmdebstrap", "--variant=extract", f"--include={packages}", hook, DEBIAN, str(archive)]
    made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode != 0:
        pytest.skip(f"no base image can be made: {made.stderr.strip().splitlines()[-1]}")


def configure(folder: Path, base: Path) -> dict[str, str]:
    """Import the base image with the first storage driver that works; vfs does everywhere, but copies every layer."""
    (folder / "containers.conf").write_text(CONTAINERS_CONF.format(folder=folder))
    environment = {
        **os.environ,
        "CONTAINERS_CONF": str(folder / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        "DOCKER_HOST": f"unix://{folder}/sock",
    }
    said = []
    for driver in ("overlay", "vfs"):
        (folder / "storage.conf").write_text(STORAGE_CONF.format(driver=driver, folder=folder))
        made = podman(environment, "import", str(base), BASE)
        tried = made.returncode == 0 and podman(environment, "run", "--rm", "--network=none", BASE, "true")
        if tried and tried.returncode == 0:
            return environment
        said.append(f"{driver}: {(tried or made).stderr.strip()}")
        unmount_all(folder)
    pytest.skip(f"no container can be started: {'; '.join(said)}")


def podman(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["podman", *words], env=environment, capture_output=True, text=True, timeout=300)


def start_service(folder: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    with open(folder / "service.log", "wb") as log:
        command = ["podman", "system", "service", "--time=0", environment["DOCKER_HOST"]]
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log)


def wait_for(service: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(address.removeprefix("unix://"))
        except OSError:
            assert service.poll() is None, "podman system service has ended"
            assert time.monotonic() < deadline, "podman system service does not answer"
            time.sleep(0.1)
        else:
            return


def unmount_all(folder: Path) -> None:
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for mount in reversed([mount for mount in mounts if Path(mount).is_relative_to(folder)]):
        subprocess.run(["umount", mount], check=True)


def needed_distributions() -> set[str]:
    """Names of all packages that the project's own dependencies need."""
    found: set[str] = set()
    waiting = list(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"])
    while waiting:
        requirement = Requirement(waiting.pop())
        name = canonicalize_name(requirement.name)
        if name not in found and (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
            found.add(name)
            waiting += metadata.requires(name) or []
    return found


def add_distribution(archive: tarfile.TarFile, name: str) -> None:
    """Add an installed package to an image's files, where Debian's Python finds it."""
    for file in metadata.files(name) or []:
        path = Path(str(file.locate()))
        if ".." not in file.parts and "__pycache__" not in file.parts and path.is_file():
            archive.add(path, arcname=f"{DIST_PACKAGES}/{file}", filter=_owned_by_root)


def _owned_by_root(member: tarfile.TarInfo) -> Any:
    member.uid = member.gid = 0
    return member
