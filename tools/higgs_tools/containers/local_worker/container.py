"""Running one program in a container: watched, limited in time, and removed whatever happens."""

import re
import signal
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, TextIO

import docker
from docker.errors import APIError, NotFound
from docker.models.containers import Container as DockerContainer

from higgs_challenge.errors import InputError, SubmissionError, printable
from higgs_tools.containers.local_worker.programs import Container, Program, container_options

SPACES = re.compile(r"[^\S\n\t]")  # those before a %, for instance, are not printable in Python's eyes
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM)
SECONDS_BETWEEN_CHECKS = 0.1


def run(engine: docker.DockerClient, program: Program, container: Container, seconds: float, log: BinaryIO) -> None:
    """Run a program to its end; what it prints goes on at once, each line with the program's role before it.

    Args:
        engine: where.
        program: what.
        container: how.
        seconds: the time that it may take.
        log: takes what it prints too, as it is.

    Raises:
        SubmissionError: ingestion took longer, or ended with another exit code than 0.
        InputError: another program did, or the engine refused to make or start the container.
    """
    name = f"local-worker-{program.role}-{uuid.uuid4().hex}"
    with _refusals_explained(program.role), _removed(engine, name):
        made = engine.containers.create(name=name, **container_options(program, container))
        # Before the start, so that not a line is missed.
        printed = made.attach(stream=True, logs=True, demux=True)
        made.start()
        ended, late = threading.Event(), threading.Event()

        def watch() -> None:
            if not ended.wait(seconds):
                late.set()
                _kill(engine, name)

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            _pass_on(printed, program.role, log)
            code = _exit_code(made)
        finally:
            ended.set()
            watcher.join()
    blame = SubmissionError if program.role == "ingestion" else InputError
    if late.is_set():
        raise blame(
            f"{program.role} was stopped after {seconds:g} s, the phase's execution_time_limit in competition.yaml."
        )
    if code != 0:
        raise blame(f"{program.role} ended with exit code {code}; the lines above, and {log.name}, say why.")


def _exit_code(made: DockerContainer) -> int:
    """Return a container's exit code once it has ended.

    Podman's own wait asks for the state in a loop without a pause and holds the container's lock, which keeps a core
    busy and the container from ending.
    """
    while True:
        made.reload()
        if not made.attrs["State"]["Running"]:
            return int(made.attrs["State"]["ExitCode"])
        time.sleep(SECONDS_BETWEEN_CHECKS)


@contextmanager
def _refusals_explained(role: str) -> Iterator[None]:
    try:
        yield
    except APIError as error:
        raise InputError(f"The container engine cannot run {role}: {error.explanation or error}.") from error


@contextmanager
def _removed(engine: docker.DockerClient, name: str) -> Iterator[None]:
    """Remove a container at the end, made or not, running or not."""
    try:
        yield
    finally:
        with _signals_later(), suppress(NotFound):  # it may never have been made
            engine.api.remove_container(name, force=True, v=True)


@contextmanager
def _signals_later() -> Iterator[None]:
    """Let a signal wait that would interrupt what is done meanwhile."""
    arrived: list[int] = []
    earlier = {number: signal.signal(number, lambda number, _: arrived.append(number)) for number in ENDING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
        for late in arrived:
            signal.raise_signal(late)


def _kill(engine: docker.DockerClient, name: str) -> None:
    try:
        engine.api.kill(name)
    except APIError as error:
        # It has ended in this moment, or the engine fails, which the one who waits for it is told too.
        print(f"{name} could not be killed: {error.explanation or error}", file=sys.stderr)


def _pass_on(printed: Iterator[tuple[bytes | None, bytes | None]], role: str, log: BinaryIO) -> None:
    writers = (LineWriter(role, sys.stdout), LineWriter(role, sys.stderr))
    for pieces in printed:
        for writer, piece in zip(writers, pieces, strict=True):
            if piece:
                log.write(piece)
                log.flush()
                writer.write(piece)
    for writer in writers:
        writer.close()


class LineWriter:
    """Passes what a container prints on, line by line, with the program's role before each."""

    def __init__(self, role: str, stream: TextIO) -> None:
        self._role, self._stream, self._rest = role, stream, b""

    def write(self, piece: bytes) -> None:
        """Take any piece of the output; a line is passed on once it is whole."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            self._pass(line)

    def close(self) -> None:
        """Pass on what came after the last end of a line."""
        if self._rest:
            self._pass(self._rest)
            self._rest = b""

    def _pass(self, line: bytes) -> None:
        text = line.rstrip(b"\r").decode("utf-8", errors="replace")
        print(f"{self._role} | {printable(SPACES.sub(' ', text))}", file=self._stream, flush=True)
