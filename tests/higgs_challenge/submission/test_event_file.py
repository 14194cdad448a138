"""Events are handed over in a sealed file; the kernel may need some attempts to seal it."""

import errno
import fcntl
import os
from typing import Any

import numpy as np
import pytest

from higgs_challenge.submission import event_file
from higgs_challenge.submission.event_file import EventFile

EVENTS = np.arange(6, dtype=np.float32).reshape(2, 3)

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="only Linux seals files in memory")


def busy(times: int, code: int = errno.EBUSY) -> Any:
    """A fcntl that fails so many times before it seals."""
    left, seal = [times], fcntl.fcntl

    def attempt(file: int, command: int, argument: int) -> int:
        left[0] -= 1
        if left[0] >= 0:
            raise OSError(code, os.strerror(code))
        return seal(file, command, argument)

    return attempt


def test_the_file_holds_the_columns_and_cannot_be_changed() -> None:
    with EventFile(EVENTS) as events:
        assert os.pread(events.handle, 100, 0) == EVENTS.tobytes()
        with pytest.raises(PermissionError):
            os.pwrite(events.handle, b"1234", 0)
        with pytest.raises(PermissionError):
            os.ftruncate(events.handle, 4)


def test_a_busy_file_is_sealed_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_file, "PAUSE", 0.0)
    monkeypatch.setattr(event_file.fcntl, "fcntl", busy(3))
    with EventFile(EVENTS) as events, pytest.raises(PermissionError):
        os.pwrite(events.handle, b"1234", 0)


@pytest.mark.parametrize(("times", "code"), [(1000, errno.EBUSY), (1, errno.EINVAL)])
def test_a_file_that_cannot_be_sealed_is_an_error(monkeypatch: pytest.MonkeyPatch, times: int, code: int) -> None:
    monkeypatch.setattr(event_file, "PAUSE", 0.0)
    monkeypatch.setattr(event_file.fcntl, "fcntl", busy(times, code))
    with pytest.raises(OSError, match=os.strerror(code)):
        EventFile(EVENTS)
