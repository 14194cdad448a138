"""The sandbox that a process enters before it runs untrusted code: files, system calls and resources.

It needs no privileges, and works in a container with every capability dropped. Restrictions are permanent,
and apply to all processes that this one starts.
"""

import ctypes
import os
import resource
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FULL, PARTIAL, NONE, OFF = "full", "partial", "none", "off"
LEVELS = (OFF, NONE, PARTIAL, FULL)

MAX_OPEN_FILES = 1024
MAX_MORE_THREADS = 4096
"""Processes and threads on top of those that the user has already; the kernel does not count root's."""

CAPABILITIES_VERSION = 0x20080522
OPEN_FILES = "files are not restricted: {}"
OPEN_CALLS = "the network and other processes are not blocked: {}"
NO_LANDLOCK = "the kernel has no Landlock, or the container blocks it; Linux has it since 5.13"


@dataclass(frozen=True)
class SandboxPolicy:
    """What a sandboxed process may access.

    Attributes:
        reads: files and folders to read, besides the system and the Python installation.
        writes: folders with full access.
        secrets: files and folders that it must not read; each is tested.
        memory: largest private memory of one process, in bytes.
        file_size: largest file, in bytes.
    """

    reads: tuple[str, ...]
    writes: tuple[str, ...]
    secrets: tuple[str, ...]
    memory: int
    file_size: int


@dataclass(frozen=True)
class Isolation:
    """The isolation that was achieved.

    Attributes:
        level: full, partial or none; or off, if none was requested.
        landlock: its version, 0 if the kernel has none.
        missing: descriptions, for people, of what is not restricted but should be.
    """

    level: str
    landlock: int
    missing: tuple[str, ...]

    def strength(self) -> int:
        """Return a number for comparing levels."""
        return LEVELS.index(self.level)


def enter_sandbox(policy: SandboxPolicy) -> Isolation:
    """Put this process into the sandbox, as far as the machine allows; outside Linux only resources are limited.

    Args:
        policy: what it may access.

    Returns:
        The isolation reached.


    Raises:
        RuntimeError: the process already has several threads, and the others would stay outside the sandbox.
    """
    limit_resources(policy)
    if sys.platform != "linux":
        return Isolation(NONE, 0, (OPEN_FILES.format("this is not Linux"), OPEN_CALLS.format("this is not Linux")))
    threads = os.listdir("/proc/self/task")
    if len(threads) > 1:
        raise RuntimeError(f"A process must enter the sandbox before it starts threads; it has {len(threads)}.")
    # A sandboxed process finds its own entry in /proc only as long as the kernel remembers it.
    os.open("/proc/self", os.O_PATH)
    drop_capabilities()
    version = _restrict_files(policy)
    no_filter = _restrict_calls(version)
    seen = [path for path in policy.secrets if can_read(path)]
    missing = [] if version else [OPEN_FILES.format(NO_LANDLOCK)]
    if version and seen:
        missing.append(OPEN_FILES.format(f"{', '.join(seen)} can be read: it lies in a folder that must stay readable"))
    if no_filter:
        missing.append(OPEN_CALLS.format(no_filter))
    return Isolation((FULL, PARTIAL, NONE)[len(missing)], version, tuple(missing))


def limit_resources(policy: SandboxPolicy) -> None:
    """Limit memory, processes, open files and file sizes of this process and its children."""
    _lower(resource.RLIMIT_DATA, policy.memory)
    _lower(resource.RLIMIT_FSIZE, policy.file_size)
    _lower(resource.RLIMIT_NOFILE, MAX_OPEN_FILES)
    _lower(resource.RLIMIT_CORE, 0)
    if sys.platform == "linux":
        _lower(resource.RLIMIT_NPROC, _count_threads() + MAX_MORE_THREADS)
        Path("/proc/self/oom_score_adj").write_text("1000")  # if memory runs out, this process is killed first


def drop_capabilities() -> None:
    """Drop all of root's privileges."""
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_VERSION, 0)
    none = (ctypes.c_uint32 * 6)()
    if ctypes.CDLL(None, use_errno=True).capset(header, none):
        raise OSError(ctypes.get_errno(), "Capabilities cannot be dropped")


def can_read(path: str | Path) -> bool:
    """Try to open a file, or to list a folder."""
    try:
        os.close(os.open(path, os.O_RDONLY))
    except OSError:
        return False
    return True


def _restrict_files(policy: SandboxPolicy) -> int:
    import landlockpy

    from higgs_challenge.sandbox.file_access import restrict_files

    try:
        version = landlockpy.abi_version()
    except landlockpy.LandlockError:  # refused by a container's own system-call filter
        return 0
    if version:
        restrict_files(_paths(policy.reads), _paths(policy.writes), _paths(policy.secrets), version)
    return version


def _restrict_calls(landlock: int) -> str:
    try:
        from higgs_challenge.sandbox.system_calls import restrict_calls
    except RuntimeError as error:  # from pyseccomp
        return f"{error} (Debian and Ubuntu: apt-get install libseccomp2)"
    try:
        restrict_calls(landlock)
    except OSError as error:
        return f"this kernel does not accept a filter of system calls ({error})"
    return ""


def _paths(names: Sequence[str]) -> list[Path]:
    return [Path(name) for name in names]


def _lower(kind: int, value: int) -> None:
    _, hardest = resource.getrlimit(kind)
    lowest = value if hardest == resource.RLIM_INFINITY else min(value, hardest)
    resource.setrlimit(kind, (lowest, lowest))


def _count_threads() -> int:
    count = 0
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            count += len(os.listdir(f"/proc/{process}/task"))
        except OSError:  # it has ended, or belongs to another user
            continue
    return count
