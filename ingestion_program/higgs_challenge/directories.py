"""Disk space, temporary folders, and folders that only one process at a time writes to."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from higgs_challenge.errors import InputError


def require_space(folder: Path, size: int, what: str) -> None:
    """Check that a disk has enough space, before hours of work fill it.

    Args:
        folder: where something is to be written; it need not exist yet.
        size: bytes that it will take.
        what: its name in the message.

    Raises:
        InputError: there is less space than that.
    """
    existing = next(path for path in (folder.resolve(), *folder.resolve().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free < size:
        raise InputError(
            f"{what} needs {size / 1e9:.1f} GB in {folder}, where {free / 1e9:.1f} GB are free: "
            "make room, or name a folder on another disk."
        )


@contextmanager
def temporary_directory(path: Path) -> Iterator[Path]:
    """Make an empty folder to write in, and remove it at the end with everything in it, whatever happens.

    Args:
        path: the folder; one that a killed run left there is removed first.

    Yields:
        The same path, existing.

    Raises:
        InputError: no folder can be made there.
    """
    shutil.rmtree(path, ignore_errors=True)
    try:
        path.mkdir(parents=True)
    except OSError as error:
        raise InputError(f"{path} cannot be used as an output folder: {error}.") from error
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def exclusive_lock(folder: Path) -> Iterator[None]:
    """Make a folder, and lock it against other processes that ask for it in the same way; on Windows nothing locks it.

    Args:
        folder: to write to; removed at the end where it is empty.

    Raises:
        InputError: another process is writing there, or no folder can be made.
    """
    try:
        folder.mkdir(exist_ok=True)
        handle = None if sys.platform == "win32" else _lock(folder)
    except OSError as error:
        raise InputError(f"{folder} cannot be used as an output folder: {error}.") from error
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)
        with suppress(OSError):
            folder.rmdir()  # only where it is empty


def _lock(folder: Path) -> int:
    """Lock a folder until the handle returned is closed, or the process has ended."""
    import fcntl  # Windows has none

    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise InputError(f"Another process is writing to {folder}; wait for it, or name another folder.") from error
    return handle
