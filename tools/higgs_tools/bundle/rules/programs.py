"""Rules for programs: how the compute worker starts them."""

from collections.abc import Collection, Iterator
from pathlib import PurePosixPath
from typing import Any

from higgs_tools.bundle.competition_file import Competition
from higgs_tools.bundle.rules.archives import Archive, Archives
from higgs_tools.bundle.rules.findings import Problem
from higgs_tools.bundle.rules.parsing import load_yaml

METADATA_NAMES = ("metadata.yaml", "metadata")
"""Where the worker looks for a program's command, in this order."""

MOUNTS = {
    "ingestion": ("program", "input_data", "ingested_program", "output", "data"),
    "scoring": ("program", "input", "output", "shared", "data"),
}
"""The folders under /app that exist in the container of each program."""


def check_programs(competition: Competition, archives: Archives) -> Iterator[Problem]:
    """Check that each program says in metadata.yaml, at the root of its zip, how the worker starts it."""
    for kind, name in sorted(set(competition.programs())):
        if name not in archives:
            continue
        names = archives[name].names
        for member in names:
            if "/" in member and PurePosixPath(member).name in METADATA_NAMES:
                yield Problem(
                    name, f"holds {member}, and the worker would take its folder for the program", "rename it"
                )
        if not set(METADATA_NAMES) & set(names):
            yield Problem(name, "has no metadata.yaml at its root", "add one with the command that starts the program")
        else:
            command = read_metadata(archives[name]).get("command")
            yield from _check_command(name, kind, names, command)


def read_metadata(program: Archive) -> dict[str, Any]:
    """Read a program's metadata.yaml; empty where it is not a mapping."""
    name = next((name for name in METADATA_NAMES if name in program.names), "")
    try:
        metadata = load_yaml(program.read(name))
    except ValueError:
        return {}
    return metadata if isinstance(metadata, dict) else {}


def _check_command(name: str, kind: str, members: Collection[str], command: object) -> Iterator[Problem]:
    where = f"metadata.yaml in {name}"
    if not isinstance(command, str) or not command:
        yield Problem(where, "has no command", "write command: python3 /app/program/FILE and its options")
        return
    words = command.split(" ")
    if "" in words or any(quote in command for quote in "\"'\n"):
        # The worker splits at every single space and knows no quotes.
        yield Problem(where, "has a command with quotes or doubled spaces", "separate its words by one space each")
    paths = [PurePosixPath(word) for word in words if word.startswith("/")]
    started = [path for path in paths if path.is_relative_to("/app/program")]
    if not started and not any(word in members for word in words):  # the worker starts in /app/program
        yield Problem(where, "starts nothing in /app/program", "name the program there, as /app/program/FILE")
    places = {str(place) for member in members for place in (PurePosixPath(member), *PurePosixPath(member).parents)}
    for path in started:
        if str(path.relative_to("/app/program")) not in places:
            yield Problem(where, f"names {path}, which is not in {name}", "correct the name or add the file")
    for path in paths:
        if path.parts[1:2] == ("app",) and path.parts[2:3] not in [(mount,) for mount in MOUNTS[kind]]:
            mounts = ", ".join(f"/app/{mount}" for mount in MOUNTS[kind])
            yield Problem(where, f"names {path}, which its container does not have", f"use one of {mounts}")
