"""Messages between the trusted side and a submission's process: JSON lines, with a file attached if needed."""

import json
import os
import socket
import tempfile
import time
from collections.abc import Callable
from typing import Any

MAX_MESSAGE_BYTES = 1_000_000
"""In bytes; a longer message would be a submission's attempt to fill our memory."""


SECONDS_BETWEEN_CHECKS = 0.1


class ChannelClosedError(Exception):
    """The other side has closed the connection, or violates the protocol."""


class Channel:
    """One end of a Unix socket that carries messages both ways."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._received = b""
        self._files: list[int] = []

    def send(self, message: dict[str, Any], file: int | None = None) -> None:
        """Send a message, perhaps with a file descriptor; ChannelClosedError if the other side has closed."""
        line = json.dumps(message).encode() + b"\n"
        try:
            sent = 0 if file is None else socket.send_fds(self._socket, [line], [file])
            self._socket.sendall(line[sent:])
        except OSError as error:
            raise ChannelClosedError from error

    def receive(
        self, timeout: float | None = None, check: Callable[[], None] | None = None
    ) -> tuple[dict[str, Any], int | None]:
        """Wait for the next message.

        Args:
            timeout: seconds within which the whole of it must come; None for no limit.
            check: called every tenth of a second meanwhile; what it raises ends the waiting.

        Returns:
            The message, and the file descriptor that came with it, which the caller closes.

        Raises:
            TimeoutError: it did not.
            ChannelClosedError: the other side has closed, or sent an invalid message.
        """
        deadline = float("inf") if timeout is None else time.monotonic() + timeout
        next_check = float("inf") if check is None else time.monotonic() + SECONDS_BETWEEN_CHECKS
        while b"\n" not in self._received:
            now = time.monotonic()
            if now >= deadline:
                raise TimeoutError
            if check is not None and now >= next_check:
                check()
                next_check = time.monotonic() + SECONDS_BETWEEN_CHECKS
            self._receive_piece(min(deadline, next_check) - now)
        line, _, self._received = self._received.partition(b"\n")
        try:
            message = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ChannelClosedError from error
        if not isinstance(message, dict):
            raise ChannelClosedError
        return message, self._files.pop(0) if self._files else None

    def _receive_piece(self, seconds: float) -> None:
        self._socket.settimeout(None if seconds == float("inf") else max(seconds, 1e-6))
        try:
            piece, files, _, _ = socket.recv_fds(self._socket, 65_536, 1)
        except TimeoutError:
            return
        except OSError as error:
            raise ChannelClosedError from error
        self._files += files
        self._received += piece
        if not piece or len(self._received) > MAX_MESSAGE_BYTES or len(self._files) > 1:
            raise ChannelClosedError

    def close(self) -> None:
        """Close this end and all files received but not claimed."""
        self._socket.close()
        for file in self._files:
            os.close(file)


def anonymous_file(size: int) -> int:
    """Create a nameless file in memory, which no other process can open; the caller closes its descriptor.

    Not /dev/shm, which has 64 MB in a default container.
    """
    if hasattr(os, "memfd_create"):
        file = os.memfd_create("higgs_challenge", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    else:
        with tempfile.TemporaryFile() as temporary:
            file = os.dup(temporary.fileno())
    os.ftruncate(file, size)
    return file
