"""Locks for a submission's own processes, which may not touch /dev/shm, where the C library keeps them.

Python's multiprocessing, thread pools and joblib make named semaphores there. Unnamed ones, in memory that forked
processes inherit, do the same for pools of processes and need no file. Processes that are not forked (spawn, loky)
cannot share them, so joblib is set to use threads.
"""

import _multiprocessing
import ctypes
import importlib.util
import mmap
import os
from typing import Any

MAX_SEMAPHORE_BYTES = 64
"""In bytes; the C library's semaphore takes at most 32."""


class UnnamedSemaphore(_multiprocessing.SemLock):  # type: ignore[misc,unused-ignore] # it has no stub
    """Replaces _multiprocessing.SemLock, and takes the same arguments."""

    def __new__(cls, kind: int, value: int, maxvalue: int, name: str, unlink: bool) -> Any:
        """Make a semaphore; one that must have a name, for processes that are not forked, is refused by the system."""
        if not unlink:
            return super().__new__(cls, kind, value, maxvalue, name, unlink)
        memory = mmap.mmap(-1, MAX_SEMAPHORE_BYTES)
        handle = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        if ctypes.CDLL(None, use_errno=True).sem_init(ctypes.c_void_p(handle), 1, ctypes.c_uint(value)):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        semaphore = cls._rebuild(handle, kind, maxvalue, None)
        semaphore.memory = memory  # which lives as long as the semaphore
        return semaphore


def use_unnamed_semaphores() -> None:
    """Have multiprocessing make unnamed semaphores in this process, and joblib threads."""
    _multiprocessing.SemLock = UnnamedSemaphore
    if importlib.util.find_spec("joblib"):
        import joblib

        joblib.parallel_config(backend="threading")
