"""Pass a pseudo-experiment's events to a submission's process."""

import errno
import fcntl
import os
import time
from types import TracebackType

import numpy as np
import numpy.typing as npt

from higgs_challenge.submission.channel import anonymous_file

MAX_ATTEMPTS, PAUSE = 50, 0.1
"""To seal a file, and the seconds between two: it failed once in some thousand files on a busy machine."""


class EventFile:
    """Events in an anonymous memory file, sealed against changes; a context manager that closes it.

    As no process that has it can change it, it can be handed to another one where the first dies.

    Args:
        features: float32, one row per feature, columns contiguous; copied.

    Attributes:
        events: their number n.
        handle: of the file, which holds the columns one after the other.
    """

    def __init__(self, features: npt.NDArray[np.float32]) -> None:
        self.events = features.shape[1]
        self.handle = anonymous_file(max(features.nbytes, 1))  # an empty file cannot be mapped
        try:
            with open(self.handle, "wb", closefd=False) as memory:  # faster than copying into mapped pages
                for column in features:
                    memory.write(column.data)
            _seal(self.handle)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "EventFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close our handle; the events are freed when the last process has closed its own."""
        os.close(self.handle)


def _seal(file: int) -> None:
    """Forbid every change; wait while the kernel itself holds pages of the file, as where it moves memory."""
    if not hasattr(os, "memfd_create"):
        return
    seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
    for remaining in reversed(range(MAX_ATTEMPTS)):
        try:
            fcntl.fcntl(file, fcntl.F_ADD_SEALS, seals)
            return
        except OSError as error:
            if error.errno != errno.EBUSY or not remaining:
                raise
            time.sleep(PAUSE)
