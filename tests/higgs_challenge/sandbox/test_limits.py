"""Memory, disk, processes: taking more than a limit ends a submission, with a message that names the limit."""

from pathlib import Path

import pytest

from higgs_challenge import SubmissionError
from higgs_challenge.experiments.settings import Limits
from higgs_challenge.submission import usage
from higgs_challenge.submission.scratch import remove_tree
from tests.helpers.tiny_submissions import running, write_submission

pytestmark = pytest.mark.slow

SMALL = Limits(memory_gigabytes=1.0, disk_gigabytes=0.1)
SECONDS = 25.0
"""Within which every submission here would have taken a few times its limit and ended well."""

WAIT = "import time\ntime.sleep(6)\n"
TOO_MUCH_MEMORY = "fit used more memory than its limit of 1 GB."
TOO_MUCH_DISK = "fit made files of more than 0.1 GB."
MAX_FILES = 2_000
TOO_MANY_FILES = f"fit made more than {MAX_FILES} files."
NO_MORE_MEMORY = "(a process may have 1 GB)"

MEMORY = {
    "a list": ("x = []\nwhile len(x) < 30:\n    x.append(bytearray(100_000_000))", f"MemoryError {NO_MORE_MEMORY}"),
    "an array": ("import numpy\nx = numpy.ones(250_000_000)", "MemoryError: Unable to allocate"),
    "processes": (
        "import os\nfor _ in range(5):\n    if os.fork() == 0:\n        x = bytearray(b'1') * 400_000_000\n"
        f"        {WAIT.strip().replace(chr(10), '; ')}; os._exit(0)\n{WAIT}",
        TOO_MUCH_MEMORY,
    ),
    "shared memory": (
        "import mmap\nx = []\nfor _ in range(12):\n    x.append(mmap.mmap(-1, 100_000_000))\n"
        f"    x[-1].write(bytes(100_000_000))\n{WAIT}",
        TOO_MUCH_MEMORY,
    ),
    "files in memory": (
        "import os\nfor _ in range(12):\n    file = os.memfd_create('x')\n    os.write(file, bytes(90_000_000))\n"
        f"{WAIT}",
        TOO_MUCH_DISK,
    ),
}
DISK = {
    "one file": (
        "with open('x', 'wb') as file:\n    for _ in range(9):\n        file.write(bytes(20_000_000))",
        "0.1 GB",
    ),
    "some files": (
        "for name in range(9):\n    with open(str(name), 'wb') as file:\n        file.write(bytes(40_000_000))\n"
        + WAIT,
        TOO_MUCH_DISK,
    ),
    "removed files": (
        "import os\nfiles = []\nfor name in range(9):\n    files.append(open(str(name), 'wb'))\n"
        f"    files[-1].write(bytes(40_000_000))\n    os.remove(str(name))\n{WAIT}",
        TOO_MUCH_DISK,
    ),
    "files in its home": (
        "import os\nfor name in range(9):\n    with open(os.path.expanduser(f'~/{name}'), 'wb') as file:\n"
        f"        file.write(bytes(40_000_000))\n{WAIT}",
        TOO_MUCH_DISK,
    ),
    "files deep down": (
        "import os\nfor _ in range(25):\n    os.mkdir('d' * 200)\n    os.chdir('d' * 200)\n"
        "for name in range(9):\n    with open(str(name), 'wb') as file:\n        file.write(bytes(40_000_000))\n"
        f"{WAIT}",
        "fit ",
    ),
    "folders": (
        f"import os\nfor name in range(3_000):\n    os.mkdir(str(name))\n{WAIT}",
        TOO_MANY_FILES,
    ),
    "links": (
        f"import os\nfor name in range(3_000):\n    os.symlink('x', str(name))\n{WAIT}",
        TOO_MANY_FILES,
    ),
}
PROCESSES = {
    "processes": (
        f"import os\nfor _ in range(250):\n    if os.fork() == 0:\n        {WAIT.strip().replace(chr(10), '; ')}\n"
        f"        os._exit(0)\n{WAIT}",
        "fit had more than 200 processes at once.",
    ),
    "threads": (
        "import threading, time\nthreading.stack_size(65536)\nend = threading.Event()\nfor _ in range(6000):\n"
        "    threading.Thread(target=end.wait, args=(10,), daemon=True).start()\ntime.sleep(1)\nend.set()",
        "fit ",
    ),
}


def fails(folder: Path, training: Path, fit: str) -> str:
    """Give the message with which fit ends."""
    submission = write_submission(folder / "submission", fit=fit)
    with running(submission, training, limits=SMALL) as process, pytest.raises(SubmissionError) as caught:
        process.fit(SECONDS)
    remove_tree(folder / "scratch")
    assert not (folder / "scratch").exists()
    return str(caught.value)


@pytest.mark.parametrize(("fit", "message"), MEMORY.values(), ids=MEMORY)
def test_memory_cannot_be_eaten_by(tmp_path: Path, training: Path, fit: str, message: str) -> None:
    assert message in fails(tmp_path, training, fit)


@pytest.mark.parametrize(("fit", "message"), DISK.values(), ids=DISK)
def test_the_disk_cannot_be_filled_by(
    tmp_path: Path, training: Path, monkeypatch: pytest.MonkeyPatch, fit: str, message: str
) -> None:
    monkeypatch.setattr(usage, "MAX_FILES", MAX_FILES)
    assert message in fails(tmp_path, training, fit)


@pytest.mark.parametrize(("fit", "message"), PROCESSES.values(), ids=PROCESSES)
def test_the_machine_cannot_be_filled_with(tmp_path: Path, training: Path, fit: str, message: str) -> None:
    text = fails(tmp_path, training, fit)
    assert message in text
    assert "took longer" not in text
