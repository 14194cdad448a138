"""The trusted side's handle on a submission's process."""

import contextlib
import mmap
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from higgs_challenge.errors import SubmissionError
from higgs_challenge.events.transform import Floats
from higgs_challenge.submission.answer import Interval, check_answer
from higgs_challenge.submission.channel import Channel, ChannelClosedError, anonymous_file
from higgs_challenge.submission.log import SubmissionLog

PROGRAM_FOLDER = Path(__file__).parents[2]
START_LIMIT = 300.0
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass(frozen=True)
class Place:
    """Where a submission's process runs.

    Attributes:
        submission: the participant's folder.
        training: the training part of the store.
        scratch: working directory, the place for files it writes.
        threads: threads that numerical libraries may use.
    """

    submission: Path
    training: Path
    scratch: Path
    threads: int


class SubmissionProcess:
    """A running submission; a context manager that ends the process whatever it is doing.

    Every call is timed by our own monotonic clock, from the request to the answer, so that a submission cannot forge
    it, and fails with a SubmissionError when the submission fails, answers wrongly, dies or exceeds its limit.
    """

    def __init__(self, place: Place, log: SubmissionLog) -> None:
        ours, theirs = socket.socketpair()
        environment = {
            **os.environ,
            **dict.fromkeys(THREAD_VARIABLES, str(place.threads)),
            "PYTHONPATH": os.pathsep.join([str(PROGRAM_FOLDER), *filter(None, [os.environ.get("PYTHONPATH")])]),
            "PYTHONUNBUFFERED": "1",
        }
        module = "higgs_challenge.submission.child"
        with theirs:
            arguments = [str(theirs.fileno()), str(place.submission), str(place.training)]
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", module, *arguments],
                cwd=place.scratch,
                env=environment,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._channel = Channel(ours)
        self._ended = False
        self._copying = threading.Thread(target=log.copy, args=(self._process.stdout,), daemon=True)
        self._copying.start()

    def __enter__(self) -> "SubmissionProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def fit(self, limit: float) -> float:
        """Make the model and fit it; gives the seconds that it took, without the start of Python."""
        self._call("start", START_LIMIT)
        return self._call("fit", limit)[1]

    def dump(self, limit: float) -> int:
        """Get the fitted model as a file, never read here, for other such processes; the caller closes it."""
        _, _, model = self._exchange("dump", {}, None, limit)
        if model is None:
            raise SubmissionError("The submission's process did not hand its fitted model over.")
        return model

    def load(self, model: int, limit: float) -> None:
        """Hand a fitted model, a file from dump, to this process."""
        self._call("load", limit, file=model)

    def predict(self, features: Floats, limit: float) -> tuple[Interval, float]:
        """Ask for the interval of one pseudo-experiment.

        Args:
            features: float32, shape (28, n).
            limit: seconds allowed.

        Returns:
            The checked interval, and the seconds that predict took.
        """
        size = max(features.nbytes, 1)  # nothing cannot be mapped
        file = anonymous_file(size)
        with mmap.mmap(file, size) as memory:
            np.ndarray(features.shape, dtype=np.float32, buffer=memory)[:] = features
        try:
            reply, seconds = self._call("predict", limit, {"events": features.shape[1]}, file)
        finally:
            os.close(file)
        return check_answer(reply.get("answer", "nothing")), seconds

    def end(self) -> None:
        """End the process and everything it started, at once; a second time does nothing."""
        if self._ended:
            return
        self._ended = True
        with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._channel.close()
        self._copying.join(timeout=5)

    def _call(
        self, call: str, limit: float, details: dict[str, Any] | None = None, file: int | None = None
    ) -> tuple[dict[str, Any], float]:
        reply, seconds, passed = self._exchange(call, details or {}, file, limit)
        if passed is not None:
            os.close(passed)
        return reply, seconds

    def _exchange(
        self, call: str, details: dict[str, Any], file: int | None, limit: float
    ) -> tuple[dict[str, Any], float, int | None]:
        started = time.monotonic()
        try:
            self._channel.send({"call": call, **details}, file)
            reply, passed = self._channel.receive(limit)
        except TimeoutError as error:
            raise SubmissionError(f"{call} took longer than its limit of {limit:g} s.") from error
        except ChannelClosedError as error:
            raise SubmissionError(f"{call} ended the submission's process ({self._fate()}).") from error
        if "problem" in reply:
            details_text = f"\n\n{reply['traceback']}" if "traceback" in reply else ""
            raise SubmissionError(f"{call} failed: {reply['problem']}{details_text}")
        return reply, time.monotonic() - started, passed

    def _fate(self) -> str:
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "it closed its connection"
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
