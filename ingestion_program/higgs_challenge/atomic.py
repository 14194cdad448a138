"""Files that appear whole or not at all: written aside, then moved."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from higgs_challenge.errors import InputError


@contextmanager
def report_write_errors(folder: Path) -> Iterator[None]:
    """Turn an error of the file system into one sentence for the organiser.

    Args:
        folder: the output folder that the sentence names.

    Raises:
        InputError: the folder cannot be written, or its disk is full.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"The output folder {folder} cannot be written: {reason}.") from error


@contextmanager
def atomic_file(path: Path, durable: bool = False) -> Iterator[BinaryIO]:
    """Open a file to write, which replaces the one at path once everything is written.

    Args:
        path: where it shall be; its folder exists.
        durable: wait until it is on the disk before moving it.

    Yields:
        The file, beside path until the end; removed where something fails.

    Raises:
        InputError: the folder cannot be written, or its disk is full.
    """
    partial = path.with_name(path.name + ".partial")
    with report_write_errors(path.parent):
        try:
            with partial.open("wb") as file:
                yield file
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)


def require_writable(path: Path) -> None:
    """Check, before long work, that its result can be written; nothing is made.

    Args:
        path: of the file; its folder need not exist yet.

    Raises:
        InputError: a folder is at this path, or the nearest folder above it that exists cannot be written.
    """
    if path.is_dir():
        raise InputError(f"{path}: expected the path of a file, got a folder; add the file's name.")
    existing = next(parent for parent in path.absolute().parents if parent.exists())
    if not existing.is_dir():
        raise InputError(f"{path} cannot be written: {existing} is not a folder.")
    if not os.access(existing, os.W_OK):
        raise InputError(f"{path} cannot be written: you may not write to {existing}.")


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; its folder is made where needed.

    Args:
        path: of the file.
        content: its bytes.

    Raises:
        InputError: a folder is at this path, its folder cannot be written, or the disk is full.
    """
    require_writable(path)
    with report_write_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_file(path) as file:
        file.write(content)


def write_json(path: Path, content: Any, indent: int | None = 2) -> bytes:
    """Write a JSON file whole or not at all.

    Args:
        path: of the file.
        content: numbers are finite.
        indent: spaces of a level; None for one line.

    Returns:
        What was written.

    Raises:
        InputError: the folder cannot be written, or its disk is full.
    """
    written = json.dumps(content, indent=indent, allow_nan=False).encode()
    with atomic_file(path) as file:
        file.write(written)
    return written
