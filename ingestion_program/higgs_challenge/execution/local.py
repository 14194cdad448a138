"""The engine for this machine: a thread for each worker, all sharing the open data.

Threads are enough: drawing runs in compiled code without the GIL, and each submission runs in a process of its own.
"""

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from higgs_challenge.errors import SubmissionError
from higgs_challenge.execution.prefetcher import Prefetcher
from higgs_challenge.execution.worker import Fit, Result, Worker, fit_model
from higgs_challenge.sandbox.isolation import Isolation
from higgs_challenge.submission.job import Job
from higgs_challenge.submission.log import SubmissionLog
from higgs_challenge.submission.process import SubmissionProcess
from higgs_challenge.submission.slot import Slot
from higgs_challenge.task import Data, Experiment


class LocalEngine:
    """Runs a submission on this machine; a context manager that ends all its processes.

    Args:
        job: what to run.
        slots: one per worker.
        cores: that fit may use; fit may use all devices.
        data: open.
        log: takes what the submission prints.
    """

    name = "local"

    def __init__(self, job: Job, slots: Sequence[Slot], cores: int, data: Data, log: SubmissionLog) -> None:
        self._job, self._slots, self._cores, self._data, self._log = job, slots, cores, data, log
        self._workers: list[Worker] = []

    def __enter__(self) -> "LocalEngine":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end_processes()

    @property
    def devices(self) -> list[str]:
        """The device of each worker."""
        return [slot.name for slot in self._slots]

    @property
    def threads(self) -> int:
        """Threads of each worker."""
        return self._slots[0].threads

    def fit(self, limit: float) -> Fit:
        """Fit the submission; if its model does not pickle, a single worker keeps the process.

        Raises:
            SubmissionError: fit fails, or several workers would need a model that does not pickle.
        """
        process = SubmissionProcess(self._job, Slot(None, self._cores), self._log)
        try:
            fit = fit_model(self._job, process, limit)
            if fit.not_kept and len(self._slots) == 1:
                self._workers = [Worker(self._job, self._slots[0], self._data, self._log, process)]
                return fit
        except BaseException:
            process.end()
            raise
        process.end()
        if fit.not_kept:
            raise SubmissionError(fit.not_kept)
        return fit

    def start(self) -> Isolation:
        """Start all workers' processes with the fitted model; return the weakest isolation among them."""
        if not self._workers:
            self._workers = [Worker(self._job, slot, self._data, self._log) for slot in self._slots]
        with ThreadPoolExecutor(len(self._workers)) as pool:
            return min(pool.map(Worker.start, self._workers), key=Isolation.strength)

    def evaluate(self, experiments: Sequence[Experiment], deadline: float) -> Iterator[Result]:
        """Evaluate pseudo-experiments on all workers at once.

        Args:
            experiments: those wanted; results do not depend on their order or on the number of workers.
            deadline: on the monotonic clock, infinity for none.

        Yields:
            Results as they come. The first failure is raised and ends the work.

        Raises:
            TimeoutError: at the deadline.
        """
        done: queue.SimpleQueue[Result | BaseException] = queue.SimpleQueue()
        with Prefetcher(self._data, experiments, len(self._workers), self.threads) as prefetcher:

            def work(worker: Worker) -> None:
                try:
                    for drawn in prefetcher:
                        done.put(worker.evaluate_drawn(drawn))
                except BaseException as error:  # raised again where the results are read
                    done.put(error)

            for worker in self._workers:
                threading.Thread(target=work, args=(worker,), daemon=True).start()
            for _ in experiments:
                yield _next(done, deadline)

    def repeat(self, experiment: Experiment) -> Result:
        """Evaluate one pseudo-experiment in a fresh process."""
        worker = Worker(self._job, self._slots[0], self._data, self._log)
        try:
            return worker.evaluate(experiment)
        finally:
            worker.end()

    def end_processes(self) -> None:
        """End all processes of the submission."""
        for worker in self._workers:
            worker.end()
        self._workers = []


def _next(done: "queue.SimpleQueue[Result | BaseException]", deadline: float) -> Result:
    try:
        left = None if deadline == float("inf") else max(deadline - time.monotonic(), 0.0)
        result = done.get(timeout=left)
    except queue.Empty as error:
        raise TimeoutError from error
    if isinstance(result, BaseException):
        raise result
    return result
