"""Compiled event loops: decorators, and a cache on disk that any change of the sources renews."""

import functools
import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])

PACKAGE = Path(__file__).parent
FOLDER_VARIABLE = "HIGGS_COMPILED_FOLDER"


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function with numba, without the GIL, and keep the machine code for the next process.

    numba alone notices only a change of the function's own file, not of the functions it calls from other files,
    and would then run old code after an update; here the cache's folder is named after all sources.

    Args:
        function: plain scalar and array code that numba's nopython mode understands.

    Returns:
        The compiled function, which threads can run at the same time.
    """
    config: Any = numba.config  # its settings are made at import, unseen by type checkers
    earlier = config.CACHE_DIR
    config.CACHE_DIR = str(cache_folder())
    try:
        return numba.njit(nogil=True, cache=True, error_model="numpy")(function)
    finally:
        config.CACHE_DIR = earlier


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a function into those that call it.

    Loops over events are vectorised across it where it is scalar code without side effects whose branches are
    conditional expressions, which become selections. And records of hundreds of numbers, such as all of a generator's
    tuning, are not copied for every call. A product and a sum may become one instruction with one rounding, a fifth
    faster; nothing is reordered otherwise.

    Args:
        function: plain scalar and array code that numba's nopython mode understands.
    """
    return numba.njit(nogil=True, error_model="numpy", fastmath={"contract"}, forceinline=True)(function)


def subroutine(function: Function) -> Function:
    """Compile a function that compiled ones call.

    It divides as they do, without a check for zero, and rounds products as `inlined` ones.

    Args:
        function: plain scalar and array code that numba's nopython mode understands.
    """
    made: Any = numba.njit(nogil=True, error_model="numpy", fastmath={"contract"})(function)
    return cast(Function, made)


@functools.cache
def cache_folder() -> Path:
    """Return the folder of the machine code: beside the sources, or, in a submission's process, its own copy of it.

    The trusted side runs what lies there, so no submission may ever write to it.
    """
    if FOLDER_VARIABLE in os.environ:
        return Path(os.environ[FOLDER_VARIABLE])
    name = f"compiled-{_source_hash()}"
    beside = PACKAGE / "__pycache__"
    if os.access(beside if beside.exists() else PACKAGE, os.W_OK):
        return beside / name
    if sys.platform == "win32":  # where each user has a temporary folder that others cannot write to
        return Path(tempfile.gettempdir()) / name
    return _own_folder(Path(tempfile.gettempdir()) / f"higgs_challenge-{os.getuid()}") / name


def _own_folder(folder: Path) -> Path:
    """Make a folder that nobody else can write to; code of others must not run here."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(f"{folder} must be a folder of yours that nobody else can write to: remove it.")
    return folder


def _source_hash() -> str:
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
