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
        patched_start(folder, PATCH.format(version=landlock), patch)
    yield


def patched_start(folder: Path, code: str, patch: pytest.MonkeyPatch) -> None:
    """Run code at the start of every Python from now on, those of submissions included."""
    (folder / "patched").mkdir()
    (folder / "patched" / "sitecustomize.py").write_text(code)
    patch.setenv("PYTHONPATH", str(folder / "patched"))
