"""The unit of work of every engine: draw one pseudo-experiment and ask the submission for its interval."""

import copy
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from higgs_challenge.atomic import atomic_file
from higgs_challenge.errors import SubmissionError
from higgs_challenge.execution.prefetcher import Drawn, draw_events
from higgs_challenge.sandbox.isolation import Isolation
from higgs_challenge.submission.answer import Interval, whole_range
from higgs_challenge.submission.job import Job
from higgs_challenge.submission.log import SubmissionLog
from higgs_challenge.submission.process import FailedCallError, ProcessDiedError, SubmissionProcess
from higgs_challenge.submission.slot import Slot
from higgs_challenge.task import Data, Experiment

T = TypeVar("T")

MIN_DUMP_SECONDS = 10.0
"""Time for pickling a model, even if fit took nearly all of its own."""

MAX_REPEATS = 2
"""How often a pseudo-experiment is retried after the submission's process has died."""


@dataclass(frozen=True)
class Result:
    """The result of one pseudo-experiment.

    Attributes:
        set_index, index: its place in the plan.
        interval: the submission's answer.
        predict_seconds: from our request to the submission's answer.
        outside_seconds: the rest: drawing the events, in part while the submission works on others, handing them over,
            checking the answer.
        peak_memory: largest memory in bytes that the submission's process has used so far.
        repeats: how often it was retried because the process had died.
        failure: why predict failed, where the phase lets it; the interval is then the whole range of mu.
    """

    set_index: int
    index: int
    interval: Interval
    predict_seconds: float
    outside_seconds: float
    peak_memory: int
    repeats: int
    failure: str = ""


@dataclass(frozen=True)
class Fit:
    """The result of fitting a submission.

    Attributes:
        seconds: duration of fit.
        peak_memory: in bytes.
        isolation: of the process that ran fit.
        model_bytes: of the kept model.
        not_kept: why the model was not kept; empty if it was.
        hidden_modules: (file name, module name) of modules of the submission that cannot be imported, because Python
            has loaded another one of that name; bounded text from an untrusted process.
    """

    seconds: float
    peak_memory: int
    isolation: Isolation
    model_bytes: int = 0
    not_kept: str = ""
    hidden_modules: tuple[tuple[str, str], ...] = ()


def fit_model(job: Job, process: SubmissionProcess, limit: float) -> Fit:
    """Fit a submission and keep the model as a file, for other processes and a resumed run.

    Raises:
        SubmissionError: fit fails. A model that does not pickle is not an error here.
    """
    isolation = process.start()
    seconds = process.fit(limit)
    try:
        keep_model(process.dump(max(limit - seconds, MIN_DUMP_SECONDS)), job.model)
    except FailedCallError as error:
        return Fit(seconds, process.peak_memory, isolation, not_kept=str(error), hidden_modules=process.hidden_modules)
    size = job.model.stat().st_size
    return Fit(seconds, process.peak_memory, isolation, model_bytes=size, hidden_modules=process.hidden_modules)


def keep_model(handle: int, path: Path) -> None:
    """Write a fitted model to a file, whole or not at all, and close its handle."""
    with open(handle, "rb") as model, atomic_file(path, durable=True) as file:
        model.seek(0)
        shutil.copyfileobj(model, file, 16_000_000)


class Worker:
    """Evaluates pseudo-experiments one after the other, with one submission process, replaced when it dies.

    Args:
        job: of the run.
        slot: its share of the machine.
        data: open.
        log: takes what the submission prints.
        process: fitted already; None for one that starts from the kept model.
    """

    def __init__(
        self, job: Job, slot: Slot, data: Data, log: SubmissionLog, process: SubmissionProcess | None = None
    ) -> None:
        self._job, self._slot, self._log, self._process = job, slot, log, process
        self._sampler = data.sampler(slot.threads)
        self._ended = False
        self._changing = threading.Lock()

    def evaluate(self, experiment: Experiment) -> Result:
        """Draw one pseudo-experiment and ask for its interval; errors as in evaluate_drawn."""
        return self.evaluate_drawn(draw_events(self._sampler, experiment))

    def evaluate_drawn(self, drawn: Drawn) -> Result:
        """Ask for the interval of a pseudo-experiment, and close its file.

        Where the phase lets predictions fail, a failure is a result too, and the next prediction has a fresh process.

        Raises:
            SubmissionError: names the pseudo-experiment.
        """
        started, experiment = time.monotonic(), drawn.experiment
        limit, failure = self._job.limits.predict_seconds, ""
        try:
            with drawn.file as events:
                (interval, seconds), repeats = self._retry(lambda process: process.predict(events, limit))
        except SubmissionError as error:
            failure = f"Set {experiment.set_index}, pseudo-experiment {experiment.index}: {error}"
            if self._ended or not self._job.limits.failed_predictions or not self._job.model.exists():
                located = copy.copy(error)  # the same kind of error, with its facts
                located.args = (failure,)
                raise located from error
            interval, seconds, repeats = whole_range(*self._job.mu_range), time.monotonic() - started, 0
        result = Result(
            set_index=experiment.set_index,
            index=experiment.index,
            interval=interval,
            predict_seconds=seconds,
            outside_seconds=drawn.seconds + time.monotonic() - started - seconds,
            peak_memory=self._process.peak_memory if self._process else 0,
            repeats=repeats,
            failure=failure,
        )
        if failure:
            self.end_process()
        return result

    def start(self) -> Isolation:
        """Start the submission's process and hand the fitted model to it, unless it runs already."""
        return self._retry(SubmissionProcess.start)[0]

    def loaded_files(self) -> tuple[str, ...]:
        """Ask which of the submission's files its process has imported; none where there is no process."""
        return () if self._process is None else self._process.loaded_files()

    def end_process(self) -> None:
        """End the submission's process; the next pseudo-experiment has a fresh one."""
        with self._changing:
            if self._process is not None:
                self._process.end()
            self._process = None

    def end(self) -> None:
        """End the submission's process for good, whatever another thread is doing with it."""
        self._ended = True
        self.end_process()

    def _retry(self, action: Callable[[SubmissionProcess], T]) -> tuple[T, int]:
        """Do something with the process, replacing it where it dies; return the outcome and how often it died."""
        for repeats in range(MAX_REPEATS + 1):
            try:
                return action(self._running()), repeats
            except ProcessDiedError as error:
                if self._ended or repeats == MAX_REPEATS or not self._job.model.exists():
                    times = f" This happened {repeats + 1} times in a row." if repeats else ""
                    raise SubmissionError(f"{error}{times}") from error
                self.end_process()
        raise AssertionError("the last repeat returns or raises")

    def _running(self) -> SubmissionProcess:
        if self._process is None:
            process = self._create()
            with self._job.model.open("rb") as model:
                process.load(model.fileno())
            return process
        return self._process

    def _create(self) -> SubmissionProcess:
        with self._changing:
            if self._ended:
                raise SubmissionError("The run has ended.")
            self._process = SubmissionProcess(self._job, self._slot, self._log)
            return self._process
