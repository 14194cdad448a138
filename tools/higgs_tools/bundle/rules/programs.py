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

SCRIPTS = (".py", ".sh", ".pl", ".r", ".R", ".jl")
"""Endings of files that a command starts."""

LEGACY_WORDS = {
    "$submission_program": "/app/ingested_program",
    "$ingestion_program": "/app/program",
    "$program": "/app/program",
    "$predictions": "/app/output",
    "$output": "/app/output",
    "$hidden": "/app/input/ref",
    "$shared": "/app/shared",
    "$tmp": "/app/output",
}
"""What the worker writes for these in a command; $input depends on the program."""


def check_programs(competition: Competition, archives: Archives) -> Iterator[Problem]:
    """Check that each program says in metadata.yaml how the worker starts it, and that what it starts is there."""
    for kind, name in sorted(set(competition.programs())):
        if name not in archives:
            continue
        names = archives[name].names
        inside = _nested_metadata(names)
        if not set(METADATA_NAMES) & set(names):
            if not inside:
                yield Problem(
                    name, "has no metadata.yaml at its root", "add one with the command that starts the program"
                )
            continue
        for member in inside:
            yield Problem(
                name, f"holds {member}, and some versions of the worker take its folder for the program", "rename it"
            )
        command = read_metadata(archives[name]).get("command")
        if not isinstance(command, str) or not command.strip():
            yield Problem(
                f"metadata.yaml in {name}",
                "has no command",
                "write command: python3 /app/program/FILE and its options",
            )
        else:
            yield from _check_script(name, kind, names, command)


def warn_programs(competition: Competition, archives: Archives) -> Iterator[Problem]:
    """Warn of programs that not every version of the worker starts as they are meant."""
    for kind, name in sorted(set(competition.programs())):
        if name not in archives:
            continue
        names = archives[name].names
        if not set(METADATA_NAMES) & set(names) and (inside := _nested_metadata(names)):
            yield Problem(
                name,
                f"has {inside[0]} and no metadata.yaml at its root, where some versions of the worker look alone",
                "pack the files of that folder, not the folder",
            )
        command = read_metadata(archives[name]).get("command")
        if isinstance(command, str) and command.strip():
            yield from _warn_command(name, kind, names, command)


def _nested_metadata(names: Collection[str]) -> list[str]:
    return [name for name in names if "/" in name and PurePosixPath(name).name in METADATA_NAMES]


def _expand(command: str, kind: str) -> str:
    words = {**LEGACY_WORDS, "$input": "/app/input_data" if kind == "ingestion" else "/app/input"}
    for word, path in words.items():
        command = command.replace(word, path)
    return command


def _in_program(path: str) -> str | None:
    """Return the name in the program's archive of a path in a command, None where it lies elsewhere."""
    absolute = PurePosixPath("/app/program") / path  # the worker starts there
    return str(absolute.relative_to("/app/program")) if absolute.is_relative_to("/app/program") else None


def _check_script(name: str, kind: str, members: Collection[str], command: str) -> Iterator[Problem]:
    script = next((word for word in _expand(command, kind).split() if word.endswith(SCRIPTS)), "/")
    if (started := _in_program(script)) is not None and started not in members:
        yield Problem(
            f"metadata.yaml in {name}",
            f"starts {script}, which is not in {name}",
            "correct the name or add the file",
        )


def _warn_command(name: str, kind: str, members: Collection[str], command: str) -> Iterator[Problem]:
    where = f"metadata.yaml in {name}"
    if "" in command.split(" ") or any(quote in command for quote in "\"'\n"):
        yield Problem(
            where,
            "has a command with quotes or doubled spaces, and some versions of the worker split it at every space",
            "separate its words by one space each",
        )
    words = _expand(command, kind).split()
    if not any(word.startswith("/app/program/") or word in members for word in words):
        yield Problem(where, "starts nothing in /app/program", "name the program there, as /app/program/FILE")
    for word in words:
        parts = PurePosixPath(word).parts
        if parts[:2] == ("/", "app") and parts[2:3] not in [(mount,) for mount in MOUNTS[kind]]:
            mounts = ", ".join(f"/app/{mount}" for mount in MOUNTS[kind])
            yield Problem(where, f"names {word}, which its container does not have", f"use one of {mounts}")


def read_metadata(program: Archive) -> dict[str, Any]:
    """Read a program's metadata.yaml; empty where it is not a mapping."""
    name = next((name for name in METADATA_NAMES if name in program.names), "")
    try:
        metadata = load_yaml(program.read(name))
    except ValueError:
        return {}
    return metadata if isinstance(metadata, dict) else {}
