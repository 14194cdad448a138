"""The part of a run on each Dask worker: a pool of sandboxed submission processes, each drawing from its own mapping.

Dask imports all of this by name on the scheduler and its workers, so what they do must stand here at the top level.
"""

import asyncio
import os
import platform
import queue
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from distributed import Reschedule, SchedulerPlugin, WorkerPlugin, get_worker

from higgs_challenge.compiled import cache_folder
from higgs_challenge.cores import available_cores
from higgs_challenge.errors import InputError, SubmissionError
from higgs_challenge.execution.devices import VISIBLE, find_gpus, make_slots
from higgs_challenge.execution.file_names import JOURNAL_FILE
from higgs_challenge.execution.summary import RECORDED_PACKAGES
from higgs_challenge.execution.worker import Fit, Result, Worker, fit_model
from higgs_challenge.sandbox.isolation import Isolation
from higgs_challenge.submission.job import Job
from higgs_challenge.submission.log import SubmissionLog
from higgs_challenge.submission.process import SubmissionProcess
from higgs_challenge.submission.slot import Slot
from higgs_challenge.task import Data, Experiment
from higgs_challenge.tasks import load_task

SHARED_SECONDS = 10.0
"""How long a machine may take to see a file that another one has just written."""


def find_versions(data: Data) -> dict[str, str]:
    """Return the versions of software and data on this machine; equal versions give equal results."""
    return {
        "Python": platform.python_version(),
        **{name: version(name) for name in RECORDED_PACKAGES},
        "higgs_challenge": cache_folder().name.removeprefix("compiled-"),  # a hash of all sources
        "data": data.identity()[:16],
    }


def log_folder(job: Job) -> Path:
    """Return the folder where each Dask worker keeps what the submission prints."""
    return job.unfinished / "logs"


class WorkerPool:
    """A run's submission processes on one Dask worker, from when they are needed until it is closed.

    Args:
        job: of the run.
        versions: those of the run, see find_versions.
        threads: of the Dask worker; each does one task at a time.
        name: of the Dask worker, for messages.
    """

    def __init__(self, job: Job, versions: Mapping[str, str], threads: int, name: str) -> None:
        self._job, self._versions, self._threads, self._name = job, versions, threads, name
        self._closed = False
        self._opening = threading.Lock()
        self._opened: tuple[Data, SubmissionLog] | None = None
        self._stack = ExitStack()
        self._workers: list[Worker] = []
        self._idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()

    def inspect(self) -> list[Slot]:
        """Check that this machine has what the run needs, and return the share of each thread.

        Raises:
            InputError: it does not see the run's files, or has other software or data.
        """
        output = self._job.unfinished.parent
        deadline = time.monotonic() + SHARED_SECONDS
        while not (output / JOURNAL_FILE).exists() and time.monotonic() < deadline:
            time.sleep(0.2)
        self._require((output / JOURNAL_FILE).exists() and os.access(output, os.W_OK), "write the output in", output)
        with self._open_data() as data:
            own = find_versions(data)
        others = [f"{name} {own[name]}, not {here}" for name, here in self._versions.items() if own[name] != here]
        if others:
            raise InputError(
                f"The Dask worker {self._name} has {'; '.join(others)}. Use the same environment everywhere."
            )
        gpus = find_gpus() if VISIBLE in os.environ else []
        return make_slots(gpus, available_cores(), self._threads, self._threads)

    def fit(self, limit: float) -> Fit:
        """Fit the submission with all cores of this worker; only once in a scratch folder, whatever happens.

        Raises:
            SubmissionError: fit fails, or its model does not pickle.
            InputError: another Dask worker began it and has left.
        """
        data, log = self._open()
        try:
            (self._job.unfinished / "fit_began").touch(exist_ok=False)
        except FileExistsError as error:
            raise InputError("The Dask worker that ran fit has left.") from error
        slot = Slot(None, available_cores())
        process = SubmissionProcess(self._job, slot, log)
        worker = Worker(self._job, slot, data, log, process)
        try:
            with self._rescheduled():
                self._keep(worker)
                fit = fit_model(self._job, process, limit)
        finally:
            worker.end()
            self._workers.remove(worker)
        if fit.not_kept:
            raise SubmissionError(fit.not_kept)
        return fit

    def start(self) -> Isolation:
        """Start all processes with the fitted model; return the weakest isolation among them."""
        self._open()
        with ThreadPoolExecutor(self._threads) as pool:
            return min(pool.map(Worker.start, self._workers), key=Isolation.strength)

    def evaluate(self, experiment: Experiment, weakest: Isolation) -> Result:
        """Evaluate one pseudo-experiment with an idle process.

        Raises:
            SubmissionError: names the pseudo-experiment.
            InputError: this Dask worker joined late and isolates less than those that were there at the start.
        """
        with self._borrowed() as worker:
            reached = worker.start()
            if reached.strength() < weakest.strength():
                reasons = "; ".join(reached.missing)
                raise InputError(f"The Dask worker {self._name} isolates the submission less than others: {reasons}.")
            return worker.evaluate(experiment)

    def repeat(self, experiment: Experiment) -> Result:
        """Evaluate one pseudo-experiment in a fresh process, and end it."""
        with self._borrowed() as worker:
            try:
                return worker.evaluate(experiment)
            finally:
                worker.end_process()

    def end_processes(self) -> None:
        """End all processes; later calls start fresh ones."""
        for worker in list(self._workers):
            worker.end_process()

    def close(self) -> None:
        """End all processes for good, whatever they are doing; a second call does nothing."""
        self._closed = True
        for worker in list(self._workers):
            worker.end()
        self._stack.close()

    def _open_data(self) -> AbstractContextManager[Data]:
        folder = self._job.data
        if folder is not None:
            self._require(folder.is_dir(), "see the data in", folder)
        task = load_task(self._job.task)
        return task.opener(self._job.fresh_events)([] if folder is None else [folder])

    def _open(self) -> tuple[Data, SubmissionLog]:
        with self._opening:
            if self._opened is None:
                slots = self.inspect()
                folder = log_folder(self._job)
                folder.mkdir(exist_ok=True)
                log = SubmissionLog(folder / f"{socket.gethostname()}-{os.getpid()}.log", append=True)
                self._stack.callback(log.close)
                self._opened = self._stack.enter_context(self._open_data()), log
                for slot in slots:
                    self._idle.put(self._keep(Worker(self._job, slot, *self._opened)))
            return self._opened

    def _keep(self, worker: Worker) -> Worker:
        self._workers.append(worker)
        if self._closed:  # closed before this worker was kept
            worker.end()
        return worker

    @contextmanager
    def _borrowed(self) -> Iterator[Worker]:
        self._open()
        worker = self._idle.get()
        try:
            with self._rescheduled():
                yield worker
        finally:
            self._idle.put(worker)

    @contextmanager
    def _rescheduled(self) -> Iterator[None]:
        """Reschedule work elsewhere if this Dask worker is closing; the submission is not to blame for that."""
        try:
            yield
        except SubmissionError as error:
            if self._closed:
                raise Reschedule from error
            raise

    def _require(self, possible: bool, action: str, path: Path) -> None:
        if possible:
            return
        temporary = path.is_relative_to(tempfile.gettempdir())
        hint = (
            " Official data are converted to such a folder unless you make a store of them first." if temporary else ""
        )
        raise InputError(
            f"The Dask worker {self._name} cannot {action} {path}, which must be on a file system that all workers "
            f"share.{hint}"
        )


class WorkerPoolPlugin(WorkerPlugin):
    """Sets up a run's worker pool on every Dask worker, including those that join later, and removes it."""

    def __init__(self, job: Job, versions: Mapping[str, str]) -> None:
        self._job, self._versions = job, versions

    def setup(self, worker: Any) -> None:
        """Make the pool; its submission must not read what Dask puts on the disk."""
        job = replace(self._job, secrets=(*self._job.secrets, Path(worker.local_directory)))
        self.pool = WorkerPool(
            job, self._versions, worker.state.nthreads, f"{worker.address} on {socket.gethostname()}"
        )

    async def teardown(self, worker: Any) -> None:
        """End the pool: the run has ended, or the Dask worker ends."""
        await asyncio.to_thread(self.pool.close)


class CleanupPlugin(SchedulerPlugin):
    """Removes a run's worker pools once its client has gone, for whatever reason.

    Args:
        run: name of the run's plugins, this one and its pools'.
        client: id of its client.
    """

    def __init__(self, run: str, client: str) -> None:
        self._run, self._client = run, client

    def remove_client(self, scheduler: Any, client: str) -> None:
        """Remove the worker pools if this was the run's client."""
        if client == self._client:
            scheduler.remove_plugin(self._run)
            scheduler.loop.add_callback(scheduler.unregister_worker_plugin, None, self._run)


def run_task(run: str, action: Callable[..., Any], *arguments: Any) -> Any:
    """Run an action on a worker pool, as a Dask task."""
    plugin: Any = get_worker().plugins[run]
    return action(plugin.pool, *arguments)


async def run_on_pool(run: str, action: Callable[[WorkerPool], Any], dask_worker: Any) -> Any:
    """Run an action on a Dask worker's pool, outside its tasks."""
    return await asyncio.to_thread(action, dask_worker.plugins[run].pool)
