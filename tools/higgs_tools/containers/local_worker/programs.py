"""What each container is given: command, folders and rights, as Codabench's worker gives them."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

from docker.types import DeviceRequest

from higgs_challenge.errors import InputError
from higgs_tools.bundle.rules.parsing import load_yaml
from higgs_tools.bundle.rules.programs import METADATA_NAMES

PROGRAM = "/app/program"
INPUT_DATA = "/app/input_data"
DATA = "/app/data"
DROPPED = (
    *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW"),
    *("SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
)
"""All that engines give to a container by default."""


@dataclass(frozen=True)
class Program:
    """A program to run in a container.

    Attributes:
        role: ingestion or scoring, for messages.
        command: its words.
        mounts: for each folder in the container the folder of this machine that lies there.
        data: the folder at /app/data, which no program writes.
    """

    role: str
    command: tuple[str, ...]
    mounts: Mapping[str, Path]
    data: Path | None = None


@dataclass(frozen=True)
class Container:
    """How containers are made.

    Attributes:
        image: its name.
        network: none, or the engine's name of a network.
        gpu: name of a CDI device, such as nvidia.com/gpu=all; None for no GPU.
        user: that its program runs as; None for the image's.
    """

    image: str
    network: str = "none"
    gpu: str | None = None
    user: str | None = None


def ingestion(work: Path, submission: Path, output: Path, data: Path | None) -> Program:
    """Describe the ingestion program, which lies in work/ingestion_program with its input data in work/input_data.

    Raises:
        InputError: it names no command.
    """
    program = work / "ingestion_program"
    mounts = {**_places(work), "/app/ingested_program": submission, "/app/output": output}
    return Program("ingestion", read_command(program), mounts, data)


def _places(work: Path) -> dict[str, Path]:
    return {PROGRAM: work / "ingestion_program", INPUT_DATA: work / "input_data"}


def phase_folder(work: Path) -> Path:
    """Find where the ingestion program reads its settings: the folder of work that its --input names.

    Raises:
        InputError: its command names none.
    """
    command = read_command(work / "ingestion_program")
    for option, named in pairwise(command):
        for place, folder in _places(work).items():
            if option == "--input" and PurePosixPath(named).is_relative_to(place):
                return folder / PurePosixPath(named).relative_to(place)
    raise InputError("The ingestion program's command has no --input with its settings: run all of the phase.")


def scoring(work: Path, output: Path, data: Path | None) -> Program:
    """Describe the scoring program, which lies in work/scoring_program, and work/input with ref and res beside it."""
    program = work / "scoring_program"
    mounts = {
        PROGRAM: program,
        "/app/input": work / "input",
        "/app/output": output,
        "/app/shared": work / "shared",
    }
    return Program("scoring", read_command(program), mounts, data)


def find_metadata(folder: Path) -> Path | None:
    """Find the file by which the worker takes a folder for a program."""
    return next((folder / name for name in METADATA_NAMES if (folder / name).is_file()), None)


def read_command(folder: Path) -> tuple[str, ...]:
    """Read the words of the command in a program's metadata file, which the worker splits at each single space.

    Raises:
        InputError: there is no such file or command.
    """
    path = find_metadata(folder)
    if path is None:
        raise InputError(f"The bundle's {folder.name} has no {METADATA_NAMES[0]} at its top; check the bundle.")
    command = command_in(path)
    if command is None:
        raise InputError(f"{path.name} in the bundle's {folder.name} is not YAML with a command; check the bundle.")
    return tuple(command.split(" "))


def command_in(metadata: Path) -> str | None:
    """Find the command in a metadata file; None where the worker finds none."""
    try:
        content = load_yaml(metadata.read_bytes())
    except ValueError:
        return None
    command = content.get("command") if isinstance(content, dict) else None
    return command if isinstance(command, str) and command else None


def container_options(program: Program, container: Container) -> dict[str, Any]:
    """Return the arguments of docker's containers.create, except for the container's own name."""
    volumes = {str(folder): {"bind": place, "mode": "z"} for place, folder in program.mounts.items()}
    if program.data is not None:
        volumes[str(program.data)] = {"bind": DATA, "mode": "ro"}
    gpu = [DeviceRequest(driver="cdi", device_ids=[container.gpu])] if container.gpu else []
    return {
        "image": container.image,
        "command": list(program.command),
        "working_dir": PROGRAM,
        "volumes": volumes,
        "environment": {"PYTHONUNBUFFERED": "1"},
        "network_mode": container.network,
        "cap_drop": list(DROPPED),
        "security_opt": ["no-new-privileges"],
        "userns_mode": "host",
        "device_requests": gpu,
        **({"user": container.user} if container.user else {}),
    }
