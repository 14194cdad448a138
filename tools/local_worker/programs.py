"""What each container is given: command, folders and rights, as Codabench's worker gives them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from docker.types import DeviceRequest

from higgs_challenge.errors import InputError

PROGRAM = "/app/program"
DATA = "/app/data"
DROPPED = (
    *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW"),
    *("SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
)
"""All that engines give to a container by default."""

METADATA_NAMES = ("metadata.yaml", "metadata")
TRUTH_PROGRAM = "write_truth.py"


@dataclass(frozen=True)
class Program:
    """A program to run in a container.

    Attributes:
        role: ingestion, scoring or truth, for messages.
        command: its words.
        mounts: for each folder in the container the folder of this machine that lies there.
        data: the folder at /app/data, which no program writes; None for none.
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
        InputError: it names no command, or reads data that are not there.
    """
    program = work / "ingestion_program"
    command = read_command(program)
    if data is None and any(word == DATA or word.startswith(f"{DATA}/") for word in command):
        raise InputError(
            f"The ingestion program reads {DATA}, but there is no folder for it: make data, or name one (DATA=...)."
        )
    mounts = {
        PROGRAM: program,
        "/app/input_data": work / "input_data",
        "/app/ingested_program": submission,
        "/app/output": output,
    }
    return Program("ingestion", command, mounts, data)


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


def truth(work: Path) -> Program:
    """Describe the ingestion program's own making of reference data, into work/input/ref.

    Raises:
        InputError: the program has none.
    """
    program = work / "ingestion_program"
    if not (program / TRUTH_PROGRAM).is_file():
        raise InputError(
            f"The ingestion program has no {TRUTH_PROGRAM}, so the phase cannot be made smaller: run all of it."
        )
    command = ("python3", f"{PROGRAM}/{TRUTH_PROGRAM}", "--input", "/app/input_data", "--output", "/app/output")
    mounts = {PROGRAM: program, "/app/input_data": work / "input_data", "/app/output": work / "input" / "ref"}
    return Program("truth", command, mounts)


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
        content = yaml.safe_load(metadata.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return None
    command = content.get("command") if isinstance(content, dict) else None
    return command if isinstance(command, str) and command else None


def container_options(program: Program, container: Container) -> dict[str, Any]:
    """Give the arguments of docker's containers.create, but for the container's own name."""
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
