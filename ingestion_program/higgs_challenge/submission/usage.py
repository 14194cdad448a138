"""What a submission's process and those it started use together, and where that is too much."""

import os
from dataclasses import dataclass
from pathlib import Path

import psutil

MOST_PROCESSES = 200
MOST_FILES = 100_000
LOOKS_BETWEEN_DISK_LOOKS = 20


@dataclass(frozen=True)
class Allowance:
    """What all processes of one submission process's group may use.

    Attributes:
        memory: bytes of memory.
        disk: bytes of files in the scratch folder, which all workers share, and of nameless files.
    """

    memory: int
    disk: int


class Usage:
    """Looks at a process group again and again.

    The kernel limits single processes (isolation.confine); this adds those that a submission starts, and its files.
    """

    def __init__(self, group: int, scratch: Path, allowance: Allowance) -> None:
        self._group, self._scratch, self._allowance = group, scratch, allowance
        self._looks = 0
        self.peak_memory = 0

    def look(self) -> str | None:
        """Measure, and say what is too much, or None."""
        members = find_members(self._group)
        if len(members) > MOST_PROCESSES:
            return f"had more than {MOST_PROCESSES} processes at once"
        memory = sum(map(private_memory, members))
        if memory > self._allowance.memory:  # forked processes share memory, which only a slower look sees
            memory = sum(map(proportional_memory, members))
        self.peak_memory = max(self.peak_memory, memory)
        if memory > self._allowance.memory:
            return f"used more memory than its limit of {self._allowance.memory / 1e9:g} GB"
        self._looks += 1
        return self._look_at_files(members) if self._looks % LOOKS_BETWEEN_DISK_LOOKS == 0 else None

    def _look_at_files(self, members: list[psutil.Process]) -> str | None:
        used = sum(nameless_files(member.pid) for member in members)
        files = 0
        for folder, _, names in os.walk(self._scratch):
            files += len(names)
            if files > MOST_FILES:
                return f"left more than {MOST_FILES} files"
            used += sum(size_on_disk(Path(folder, name), follow=False) for name in names)
            if used > self._allowance.disk:
                return f"wrote more files than its limit of {self._allowance.disk / 1e9:g} GB"
        return None


def find_members(group: int) -> list[psutil.Process]:
    """Find the processes of a process group."""
    members = []
    for pid in psutil.pids():
        try:
            if os.getpgid(pid) == group:
                members.append(psutil.Process(pid))
        except (ProcessLookupError, PermissionError, psutil.NoSuchProcess):
            continue  # it has ended meanwhile
    return members


def private_memory(process: psutil.Process) -> int:
    """Give the bytes of memory that a process does not take from files; forked processes each count what they share."""
    try:
        memory = process.memory_info()
    except psutil.Error:
        return 0
    return int(memory.rss - getattr(memory, "shared", 0))


def proportional_memory(process: psutil.Process) -> int:
    """Give the bytes of a process's memory, each page divided by the number of processes that share it."""
    try:
        memory = process.memory_full_info()
    except psutil.Error:
        return 0
    return int(getattr(memory, "pss", memory.uss))


def nameless_files(pid: int) -> int:
    """Give the bytes of a process's open files that have no name (any more), in memory or on disk."""
    try:
        handles = list(Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return 0
    return sum(size_on_disk(handle, follow=True) for handle in handles if _is_nameless(handle))


def size_on_disk(path: Path, follow: bool) -> int:
    """Give the bytes that a file really takes; 0 where it is gone."""
    try:
        return path.stat(follow_symlinks=follow).st_blocks * 512
    except OSError:
        return 0


def _is_nameless(handle: Path) -> bool:
    try:
        return os.readlink(handle).endswith(" (deleted)")
    except OSError:
        return False
