"""Older kernels, as a submission's process sees them: with an earlier version of Landlock, or without."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PATCH = """\
import landlockpy

for module in (landlockpy, landlockpy._syscall):
    module.abi_version = lambda: {version}
"""


@contextmanager
def older_kernel(landlock: int, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let submissions' processes find this version of Landlock; 0 for the kernel's own."""
    if landlock:
        patch.setenv("PYTHONPATH", str(write_start(folder, PATCH.format(version=landlock))))
    yield


def write_start(folder: Path, code: str) -> Path:
    """Make a folder that, in PYTHONPATH, has every Python run this code at its start, those of submissions included."""
    (folder / "patched").mkdir()
    (folder / "patched" / "sitecustomize.py").write_text(code)
    return folder / "patched"
