"""Ways to spoil a bundle, for tests of the rules that must notice it."""

from collections.abc import Callable
from typing import Any

from tests.helpers.zips import rezip, unzip

Spoil = Callable[[dict[str, Any], dict[str, bytes]], None]


def entry(document: Any, path: str) -> tuple[Any, int | str]:
    """The part of a parsed YAML file that holds the entry of a dotted path, and the entry's name in it."""
    *steps, last = (int(step) if step.isdigit() else step for step in path.split("."))
    for step in steps:
        document = document[step]
    return document, last


def put(path: str, value: Any) -> Spoil:
    """Set an entry of competition.yaml."""

    def spoil(competition: dict[str, Any], files: dict[str, bytes]) -> None:
        part, last = entry(competition, path)
        part[last] = value

    return spoil


def drop(path: str) -> Spoil:
    """Remove an entry of competition.yaml."""

    def spoil(competition: dict[str, Any], files: dict[str, bytes]) -> None:
        part, last = entry(competition, path)
        del part[last]

    return spoil


def write(name: str, content: bytes) -> Spoil:
    """Replace a file of the bundle."""
    return lambda competition, files: files.update({name: content})


def lose(name: str) -> Spoil:
    """Remove a file from the bundle."""

    def spoil(competition: dict[str, Any], files: dict[str, bytes]) -> None:
        del files[name]

    return spoil


def put_zip(path: str, name: str, content: dict[str, bytes]) -> Spoil:
    """Set an entry of competition.yaml to a new archive."""

    def spoil(competition: dict[str, Any], files: dict[str, bytes]) -> None:
        put(path, name)(competition, files)
        files[name] = rezip(content)

    return spoil


def inside(archive: str, changes: dict[str, bytes | None]) -> Spoil:
    """Replace, or with None remove, files inside an archive."""

    def spoil(competition: dict[str, Any], files: dict[str, bytes]) -> None:
        content = unzip(files[archive]) | changes
        files[archive] = rezip({name: change for name, change in content.items() if change is not None})

    return spoil


def command(line: str, archive: str = "ingestion_program_final.zip") -> Spoil:
    return inside(archive, {"metadata.yaml": f"command: {line}\n".encode()})


def cut(name: str, size: int) -> Spoil:
    """Keep only the first bytes of a file of the bundle."""
    return lambda competition, files: files.update({name: files[name][:size]})


def damage(archive: str) -> Spoil:
    """Change bytes in the middle of an archive, so that a checksum in it is wrong."""

    def spoil(competition: dict[str, Any], files: dict[str, bytes]) -> None:
        content = bytearray(files[archive])
        middle = len(content) // 2
        content[middle : middle + 8] = b"\xff" * 8
        files[archive] = bytes(content)

    return spoil


def copy(source: str, name: str, target: str, new_name: str) -> Spoil:
    """Copy a file from one archive into another, under another name."""

    def spoil(competition: dict[str, Any], files: dict[str, bytes]) -> None:
        files[target] = rezip(unzip(files[target]) | {new_name: unzip(files[source])[name]})

    return spoil
