"""Runs of hostile submissions from the command line, and what must not be left of them."""

import multiprocessing
import os
import re
import resource
import runpy
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.helpers.repository import ROOT
from tests.helpers.tiny_submissions import write_submission

PROGRAM = ROOT / "ingestion_program" / "run_ingestion.py"
SETTINGS = "num_of_sets: 1\nnum_pseudo_experiments: 3\nrandom_seed: 1\n"
MARK = "TORCH_HOSTILE_RUN"
"""A variable that submissions' processes inherit, by which they are found again."""

PATIENCE = 60.0
"""Seconds that no run takes, on however busy a machine."""

MAX_FILE_SIZE = 2_000_000_000
"""Bytes that no file of ours has, so that a submission that gets us to write without end does not fill the disk."""

MISTAKES = re.compile(r"^\w+Error: ", re.MULTILINE)

LEFT_BY_A_FAILED_RUN = {"journal.jsonl", "submission.log", "ingestion_failure.txt", "unfinished"}
LEFT_BY_A_RUN = {
    *("journal.jsonl", "submission.log", "result_0.json", "ingestion_duration.json", "ingestion_summary.json")
}


@dataclass(frozen=True)
class Ended:
    """A run that has ended."""

    code: int
    text: str
    output: Path
    mark: str

    @property
    def files(self) -> set[str]:
        return {path.name for path in self.output.iterdir()} if self.output.exists() else set()

    @property
    def printed(self) -> str:
        return (self.output / "submission.log").read_text(errors="replace")

    @property
    def message(self) -> str:
        """What the participant reads."""
        found = MISTAKES.search(self.text)
        assert found, self.text
        return self.text[found.end() :]


STARTER = multiprocessing.get_context("forkserver")
STARTER.set_forkserver_preload(["higgs_challenge.ingestion", __name__])  # so that a run starts without importing them


def _run_program(command: list[str], environment: dict[str, str], written: str) -> None:
    """Become a process of the program."""
    for stream in (1, 2):
        os.dup2(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
    os.environ.update(environment)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE_SIZE, MAX_FILE_SIZE))
    sys.argv = command
    runpy.run_path(command[0], run_name="__main__")


@dataclass(frozen=True)
class Runs:
    """Starts runs with their folders inside one folder: on a store, or else of the toy, which starts sooner."""

    folder: Path
    store: Path | None = None

    def run(self, submission: Path, *options: object, limits: str = "", **environment: str) -> Ended:
        """Run a submission to the end, sandboxed as far as possible."""
        place = self.folder / f"run-{uuid.uuid4().hex}"
        phase = place / "phase"
        phase.mkdir(parents=True)
        task = "higgs" if self.store else "gaussian"
        (phase / "settings.yaml").write_text(f"task: {task}\n{SETTINGS}limits: {{{limits}}}\n")
        output, mark = place / "output", uuid.uuid4().hex
        data = ["--data", self.store] if self.store else []
        arguments = ["--input", phase, *data, "--submission", submission, "--output", output]
        command = [*map(str, [PROGRAM, *arguments, "--workers", 1, "--isolation", "required", *options])]
        written = place / "stderr"
        process = STARTER.Process(target=_run_program, args=(command, {MARK: mark, **environment}, str(written)))
        process.start()
        process.join(PATIENCE)
        process.kill()
        process.join()
        return Ended(process.exitcode or 0, written.read_text(errors="replace"), output, mark)

    def __call__(
        self, *options: object, files: dict[str, str] | None = None, limits: str = "", **methods: Any
    ) -> Ended:
        """Write a submission of a few lines and run it."""
        folder = write_submission(self.folder / f"submission-{uuid.uuid4().hex}", files, **methods)
        return self.run(folder, *options, limits=limits)


def marked_processes(mark: str) -> list[int]:
    """Find what a run's submission has started and is still there."""
    found = []
    for folder in filter(str.isdigit, os.listdir("/proc")):
        try:
            if f"{MARK}={mark}".encode() in Path("/proc", folder, "environ").read_bytes().split(b"\0"):
                found.append(int(folder))
        except OSError:  # it has ended, or is another user's
            continue
    return found


def assert_nothing_runs(ended: Ended) -> None:
    deadline = time.monotonic() + 10.0
    while marked_processes(ended.mark) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not marked_processes(ended.mark)


def assert_contained(ended: Ended, message: str) -> None:
    """Exit code 2, the message, no results, nothing half done, no process."""
    assert ended.code == 2, ended.text
    assert message in ended.message
    assert "Traceback" not in ended.message.replace("\nTraceback (most recent call last):\n", "", 1)
    assert "higgs_challenge" not in ended.message
    assert ended.files <= LEFT_BY_A_FAILED_RUN
    assert_nothing_runs(ended)


def assert_harmless(ended: Ended) -> None:
    """The run ends well, and only its own files are left."""
    assert ended.code == 0, ended.text
    assert ended.files == LEFT_BY_A_RUN
    assert_nothing_runs(ended)
