"""Keep what a submission prints for its author, up to a limit."""

import contextlib
import threading
from pathlib import Path
from typing import BinaryIO

MAX_LOG_BYTES = 10_000_000


class SubmissionLog:
    """submission.log: the first 10 MB that all of a submission's processes print; the rest is read and dropped."""

    def __init__(self, path: Path, append: bool = False) -> None:
        self._file = path.open("ab" if append else "wb")
        self._left = MAX_LOG_BYTES - self._file.tell()
        self._lock = threading.Lock()

    def copy(self, output: BinaryIO) -> None:
        """Copy a process's output until it ends; run it in a separate thread."""
        with output:
            while piece := output.read1(65_536):  # type: ignore[attr-defined]
                self._write(piece)

    def close(self) -> None:
        """Close the file."""
        with self._lock, contextlib.suppress(OSError):  # the rest may not fit on a full disk
            self._file.close()

    def _write(self, piece: bytes) -> None:
        with self._lock:
            if self._left <= 0 or self._file.closed:
                return
            try:
                self._file.write(piece[: self._left])
                self._left -= len(piece)
                if self._left <= 0:
                    self._file.write(b"\n[the log is full; what follows is not kept]\n")
                self._file.flush()
            except OSError:  # writing the results reports a full disk; a submission must not hang on it
                self._left = 0
