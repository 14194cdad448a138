"""The trusted side's handle on a submission's process."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from higgs_challenge.errors import Cause, InputError, SubmissionError
from higgs_challenge.sandbox.isolation import FULL, OFF, Isolation
from higgs_challenge.submission.answer import (
    Interval,
    check_answer,
    check_cause,
    check_hidden_modules,
    check_loaded_files,
    check_name,
    check_rows,
)
from higgs_challenge.submission.channel import Channel, ChannelClosedError, anonymous_file
from higgs_challenge.submission.event_file import EventFile
from higgs_challenge.submission.job import Job
from higgs_challenge.submission.log import SubmissionLog
from higgs_challenge.submission.scratch import SUBMISSION, WORK, is_whole, make_environment
from higgs_challenge.submission.slot import Slot
from higgs_challenge.submission.usage import Usage

PROGRAM_FOLDER = Path(__file__).parents[2]
START_LIMIT = 300.0
"""Seconds to import our own modules, or to load a fitted model: too short to train there."""
REQUIRED, BEST_EFFORT = "required", "best-effort"
DEMANDS = (REQUIRED, BEST_EFFORT, OFF)

NAMES = {
    "start": "starting Python",
    "ready": "starting Python",
    "loaded": "listing the modules",
    "dump": "pickling the model",
    "load": "unpickling the model",
}
"""Names for messages of calls that a submission's author does not know."""

GUARD = 'read -r _; kill -s KILL -- "-$1"'
"""A shell that ends a process group when the pipe to us breaks, because we have ended for whatever reason."""


class TimeLimitError(SubmissionError):
    """A call took longer than its limit."""


class FailedCallError(SubmissionError):
    """The submission's process answered that a call failed; its description is untrusted, bounded text.

    Attributes:
        missing_module: that an import of the participant's did not find; empty for other reasons.
        hidden_modules: as in worker.Fit.
        rows_asked: training events that there would have to be for all that it asked for; 0 if it asked for none.
    """

    def __init__(
        self,
        text: str,
        cause: Cause | None = None,
        missing_module: str = "",
        hidden_modules: tuple[tuple[str, str], ...] = (),
        rows_asked: int = 0,
    ) -> None:
        super().__init__(text, cause)
        self.missing_module, self.hidden_modules, self.rows_asked = missing_module, hidden_modules, rows_asked


class ProcessDiedError(SubmissionError):
    """The submission's process exited or was killed."""


class SubmissionProcess:
    """A running submission; a context manager that ends the process whatever it is doing.

    Every call is timed by our own monotonic clock, from the request to the answer, so that a submission cannot forge
    it, and fails with a SubmissionError when the submission fails, answers wrongly, dies or exceeds a limit. Between
    calls the process is stopped, so that it cannot continue working unmeasured.

    Args:
        job: of the run.
        slot: the share of the machine that it may use.
        log: takes what it prints.

    Attributes:
        hidden_modules: as in worker.Fit, once it is fitted.
    """

    def __init__(self, job: Job, slot: Slot, log: SubmissionLog) -> None:
        if not is_whole(job.scratch):
            raise SubmissionError("The submission has removed its own folder, or the folder that it works in.")
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "higgs_challenge.submission.child_main", str(theirs.fileno())],
                cwd=job.scratch / WORK,
                env=make_environment(job.scratch.resolve(), PROGRAM_FOLDER, slot.threads, slot.device),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", GUARD, "guard", str(self._process.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._job = job
        self._channel = Channel(ours)
        self._usage = Usage(self._process.pid, job.scratch, job.resources())
        self._isolation: Isolation | None = None
        self.hidden_modules: tuple[tuple[str, str], ...] = ()
        self._ended = False
        self._copying = threading.Thread(target=log.copy, args=(self._process.stdout,), daemon=True)
        self._copying.start()

    def __enter__(self) -> "SubmissionProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    @property
    def peak_memory(self) -> int:
        """The largest memory use seen, in bytes."""
        return self._usage.peak_memory

    def start(self) -> Isolation:
        """Wait until the process is up, and sandboxed, but has not imported anything of the submission's.

        Returns:
            The isolation reached.

        Raises:
            InputError: it is less than required.
        """
        if self._isolation is None:
            reply, _ = self._call("start", START_LIMIT, self._describe_job())
            self._isolation = Isolation(**reply["isolation"])
            if self._job.isolation == REQUIRED and self._isolation.level != FULL:
                raise InputError(
                    f"Submissions must be isolated, but {'; and '.join(self._isolation.missing)}. Fix that, or use "
                    f"--isolation {BEST_EFFORT} if you trust the submission."
                )
            self._call("ready", START_LIMIT)
        return self._isolation

    def fit(self, limit: float) -> float:
        """Create the model and fit it; return the seconds that it took, without the start of Python."""
        self.start()
        reply, seconds = self._call("fit", limit)
        self.hidden_modules = check_hidden_modules(reply.get("hidden_modules"))
        return seconds

    def loaded_files(self) -> tuple[str, ...]:
        """Ask which of the submission's files are imported in this process, as paths from its folder."""
        reply, _ = self._call("loaded", START_LIMIT)
        return check_loaded_files(reply.get("files"))

    def dump(self, limit: float) -> int:
        """Get the fitted model as a file, never read here, for other such processes; the caller closes it."""
        model = anonymous_file(0)
        try:
            self._call("dump", limit, file=model)
            if os.fstat(model).st_size == 0:
                raise SubmissionError("The submission's process did not hand over its fitted model.")
        except BaseException:
            os.close(model)
            raise
        return model

    def load(self, model: int) -> None:
        """Pass a fitted model, a file from dump, to this process; the caller closes it."""
        self.start()
        self._call("load", START_LIMIT, file=model)

    def predict(self, events: EventFile, limit: float) -> tuple[Interval, float]:
        """Ask for the interval of one pseudo-experiment.

        Args:
            events: its events; the caller closes the file.
            limit: seconds allowed.

        Returns:
            The checked interval, and the seconds that predict took.
        """
        reply, seconds = self._call("predict", limit, {"events": events.events}, events.handle)
        return check_answer(reply.get("answer", "nothing")), seconds

    def end(self) -> None:
        """End the process and everything it started, at once; a second call does nothing."""
        if self._ended:
            return
        self._ended = True
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._guard.kill()
        self._guard.communicate()
        self._channel.close()
        self._copying.join(timeout=5)

    def _describe_job(self) -> dict[str, Any]:
        training = self._job.training
        return {
            "policy": asdict(self._job.policy()),
            "sandboxed": self._job.isolation != OFF,
            "task": self._job.task,
            "submission": str(self._job.scratch.resolve() / SUBMISSION),
            "training": None if training is None else str(training),
            "model_type": self._job.model_type,
        }

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):  # it may have exited already
            os.killpg(self._process.pid, number)

    def _call(
        self, call: str, limit: float, details: dict[str, Any] | None = None, file: int | None = None
    ) -> tuple[dict[str, Any], float]:
        """Send a request, with a file if needed; return the reply and the seconds that it took."""
        name = NAMES.get(call, call)
        number = secrets.token_hex(8)  # an answer prepared before the request cannot know it
        started = time.monotonic()
        try:
            self._channel.send({"call": call, "number": number, **(details or {})}, file)
            self._signal(signal.SIGCONT)
            reply, passed = self._channel.receive(limit, lambda: self._check_usage(name))
            seconds = time.monotonic() - started
            self._signal(signal.SIGSTOP)
        except TimeoutError as error:
            raise TimeLimitError(f"{name} took longer than its limit of {limit:g} s.", Cause.TIME) from error
        except ChannelClosedError as error:
            code = self._exit_code()
            cause = Cause.KILLED if code == -signal.SIGKILL else None
            raise ProcessDiedError(f"{name} ended the submission's process ({describe_exit(code)}).", cause) from error
        self._check_usage(name, files=call == "fit")  # what fit leaves is copied for the check of the order
        if passed is not None:
            os.close(passed)
        if passed is not None or reply.get("answers") != number:
            raise SubmissionError(f"{name} got a reply to another request.")
        if "problem" in reply:
            details_text = f"\n\n{reply['traceback']}" if "traceback" in reply else ""
            raise FailedCallError(
                f"{name} failed: {reply['problem']}{details_text}",
                cause=check_cause(reply.get("cause")),
                missing_module=check_name(reply.get("missing_module")),
                hidden_modules=check_hidden_modules(reply.get("hidden_modules")),
                rows_asked=check_rows(reply.get("rows_asked")),
            )
        return reply, seconds

    def _check_usage(self, name: str, files: bool = False) -> None:
        too_much = self._usage.check(files)
        if too_much:
            raise SubmissionError(f"{name} {too_much.text}.", too_much.cause)

    def _exit_code(self) -> int | None:
        """Return the process's exit code; None if it still runs, with its connection closed."""
        try:
            return self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return None


def describe_exit(code: int | None) -> str:
    """Describe how a process ended, from its exit code as subprocess gives it; None if it did not end."""
    if code is None:
        return "it closed its connection"
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
