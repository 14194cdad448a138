"""Measure what a submission's process and its children use together, and check it against limits."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

from higgs_challenge.errors import Cause

MAX_PROCESSES = 200
MAX_THREADS = 5_000
MAX_FILES = 100_000
MAX_FOLDER_DEPTH = 100
CHECKS_BETWEEN_FILE_CHECKS = 20
OWN_MEMORY = ("RssAnon", "RssShmem", "VmSwap", "VmPTE")
"""In /proc/PID/status: memory that does not belong to a file, and the page tables."""


@dataclass(frozen=True)
class ResourceLimits:
    """Limits on all processes in the group of one submission process.

    Attributes:
        memory: bytes of memory.
        disk: bytes of files in the scratch folder, which all workers share, and of nameless files.
    """

    memory: int
    disk: int


@dataclass(frozen=True)
class Share:
    """Use by one process: bytes of memory that does not belong to files, and threads."""

    memory: int
    threads: int


@dataclass(frozen=True)
class Excess:
    """A limit that was exceeded: a text that follows the name of the call, and the cause if there is one."""

    text: str
    cause: Cause | None = None


class Usage:
    """Measures a process group repeatedly.

    The kernel limits single processes (sandbox.isolation); this adds those that a submission starts, and its files.
    """

    def __init__(self, group: int, scratch: Path, limits: ResourceLimits) -> None:
        self._group, self._scratch, self._limits = group, scratch, limits
        self._checks = 0
        self.peak_memory = 0

    def check(self, files: bool = False) -> Excess | None:
        """Measure, and return the limit exceeded, or None; files only now and then, or on request."""
        members = find_members(self._group)
        shares = list(map(measure_process, members))
        if len(members) > MAX_PROCESSES:
            return Excess(f"had more than {MAX_PROCESSES} processes at once")
        if sum(share.threads for share in shares) > MAX_THREADS:
            return Excess(f"had more than {MAX_THREADS} threads at once")
        memory = sum(share.memory for share in shares)
        if memory > self._limits.memory:  # shared memory is counted once per process, so measure more slowly
            memory = sum(map(proportional_memory, members))
        self.peak_memory = max(self.peak_memory, memory)
        if memory > self._limits.memory:
            return Excess(f"used more memory than its limit of {self._limits.memory / 1e9:g} GB", Cause.MEMORY)
        self._checks += 1
        return self._check_files(members) if files or self._checks % CHECKS_BETWEEN_FILE_CHECKS == 0 else None

    def _check_files(self, members: list[int]) -> Excess | None:
        try:
            nameless = sum(map(nameless_files, members))
        except PermissionError:
            return Excess("started a program that hides its open files")
        found = check_files(self._scratch, self._limits.disk, nameless)
        return Excess(f"made {found}") if found else None


def check_files(folder: Path, max_bytes: int, used: int = 0) -> str | None:
    """Describe how a folder exceeds the limits, or return None; folders count as files, holes in files as data.

    Args:
        folder: with its sub-folders.
        max_bytes: limit on the size of all files together.
        used: bytes elsewhere that count as well.
    """
    files = 0
    todo = [(folder, 0)]
    while todo:
        place, depth = todo.pop()
        if depth > MAX_FOLDER_DEPTH:
            return f"folders more than {MAX_FOLDER_DEPTH} deep"
        try:
            entries = list_folder(place)
        except OSError as error:  # the path is too long, or not accessible to us
            return f"a folder that cannot be listed ({error.strerror})"
        for entry in entries:
            files += 1
            if files > MAX_FILES:
                return f"more than {MAX_FILES} files"
            if entry.is_dir(follow_symlinks=False):
                todo.append((Path(entry.path), depth + 1))
            else:
                used += _size(entry.path, follow=False)
        if used > max_bytes:
            return f"files of more than {max_bytes / 1e9:g} GB"
    return None


def list_folder(folder: Path) -> list[os.DirEntry[str]]:
    """List a folder; empty if it has been removed meanwhile."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []


def find_members(group: int) -> list[int]:
    """Find the processes of a process group."""
    members = []
    for pid in psutil.pids():
        try:
            if os.getpgid(pid) == group:
                members.append(pid)
        except (ProcessLookupError, PermissionError):
            continue  # it has ended meanwhile
    return members


def measure_process(pid: int) -> Share:
    """Measure one process; zero if it has ended. Outside Linux, memory counts with the files that are mapped."""
    if sys.platform != "linux":
        try:
            process = psutil.Process(pid)
            return Share(process.memory_info().rss, process.num_threads())
        except psutil.Error:
            return Share(0, 0)
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return Share(0, 0)
    values = {name: text.split()[0] for name, _, text in (line.partition(":") for line in lines) if text.split()}
    kilobytes = sum(int(values.get(name, 0)) for name in OWN_MEMORY)
    return Share(1024 * kilobytes, int(values.get("Threads", 0)))


def proportional_memory(pid: int) -> int:
    """Return a process's memory in bytes, each page divided by the number of processes that share it."""
    try:
        memory = psutil.Process(pid).memory_full_info()
    except psutil.AccessDenied:  # hidden by a program that may be run but not read
        return measure_process(pid).memory
    except psutil.Error:
        return 0
    return int(getattr(memory, "pss", memory.uss))


def nameless_files(pid: int) -> int:
    """Return the bytes of a process's open files that have no name (any more), in memory or on disk.

    Raises:
        PermissionError: the process hides them.
    """
    try:
        handles = list(Path(f"/proc/{pid}/fd").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(_size(str(handle), follow=True) for handle in handles if _is_nameless(handle))


def _size(path: str, follow: bool) -> int:
    try:
        return os.stat(path, follow_symlinks=follow).st_size
    except OSError:
        return 0


def _is_nameless(handle: Path) -> bool:
    try:
        return os.readlink(handle).endswith(" (deleted)")
    except OSError:
        return False
