"""The engine for a cluster: the workers of a Dask scheduler, on machines that share a file system.

Journal, output and clock stay with the run; each Dask worker has a pool of submission processes. What crosses the
network is which pseudo-experiment to draw, and its result.
"""

import logging
import queue
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any

from distributed import CancelledError, Client, Future, KilledWorker

from higgs_challenge.errors import InputError
from higgs_challenge.execution.progress import console, show_waiting
from higgs_challenge.execution.worker import Fit, Result
from higgs_challenge.execution.worker_pool import (
    CleanupPlugin,
    WorkerPool,
    WorkerPoolPlugin,
    find_versions,
    log_folder,
    run_on_pool,
    run_task,
)
from higgs_challenge.sandbox.isolation import Isolation
from higgs_challenge.submission.job import Job
from higgs_challenge.submission.log import SubmissionLog
from higgs_challenge.submission.slot import Slot
from higgs_challenge.task import Data, Experiment

CONNECT_SECONDS = 30.0
WORKERS_SECONDS = 60.0
"""How long to wait for the first Dask worker, and for another if all have left."""

SECONDS_BETWEEN_CHECKS = 5.0


class ClusterEngine:
    """Runs a submission on the workers of a Dask scheduler; a context manager that ends all its processes there.

    Args:
        job: what to run; its folders are on a file system that all workers share.
        address: of the scheduler.
        data: open.
        log: takes what the submission printed, at the end.
    """

    name = "dask"

    def __init__(self, job: Job, address: str, data: Data, log: SubmissionLog) -> None:
        self._job, self._address, self._data, self._log = job, address, data, log
        self._run = f"higgs_challenge-{uuid.uuid4().hex}"
        self._slots: list[Slot] = []
        self._isolation: Isolation | None = None
        self._seen = time.monotonic()

    def __enter__(self) -> "ClusterEngine":
        self._client = connect(self._address)
        try:
            wait_for_workers(self._client, self._address)
            check_program(self._client)
            self._client.register_plugin(CleanupPlugin(self._run, self._client.id), self._run)
            self._client.register_plugin(WorkerPoolPlugin(self._job, find_versions(self._data)), self._run)
            self._inspect_workers()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    @property
    def devices(self) -> list[str]:
        """The device of each thread of each Dask worker."""
        return [slot.name for slot in self._slots]

    @property
    def threads(self) -> int:
        """Smallest number of threads that the submission's numerical libraries use in any process."""
        return min(slot.threads for slot in self._slots)

    def fit(self, limit: float) -> Fit:
        """Fit the submission on one Dask worker, with all its cores.

        Raises:
            SubmissionError: fit fails, or its model does not pickle.
            InputError: the Dask worker has left meanwhile.
        """
        fit: Fit = self._do(WorkerPool.fit, limit)
        return fit

    def start(self) -> Isolation:
        """Start all processes with the fitted model; return the weakest isolation among them."""
        self._inspect_workers()
        self._isolation = min(self._run_on_pools(WorkerPool.start), key=Isolation.strength)
        return self._isolation

    def evaluate(self, experiments: Sequence[Experiment], deadline: float) -> Iterator[Result]:
        """Evaluate pseudo-experiments on all Dask workers, those that join meanwhile too.

        Args:
            experiments: those wanted; results do not depend on their order or on where they are evaluated.
            deadline: on the monotonic clock, infinity for none.

        Yields:
            Results as they come. The first failure is raised and ends the work.

        Raises:
            TimeoutError: at the deadline.
            InputError: the scheduler or all Dask workers have left.
        """
        keys = [f"{self._run}-{experiment.set_index}-{experiment.index}" for experiment in experiments]
        same = [[value] * len(keys) for value in (self._run, WorkerPool.evaluate, self._isolation)]
        futures = self._client.map(run_task, same[0], same[1], experiments, same[2], key=keys, pure=False)
        yield from self._results(futures, deadline)

    def end_processes(self) -> None:
        """End all processes of the submission."""
        self._run_on_pools(WorkerPool.end_processes)

    def repeat(self, experiment: Experiment) -> Result:
        """Evaluate one pseudo-experiment in a fresh process."""
        result: Result = self._do(WorkerPool.repeat, experiment)
        return result

    def _do(self, action: Callable[..., Any], *arguments: Any) -> Any:
        """Run an action on one worker pool."""
        future = self._client.submit(run_task, self._run, action, *arguments, pure=False)
        return next(self._results([future], float("inf")))

    def _run_on_pools(self, action: Callable[[WorkerPool], Any]) -> list[Any]:
        """Run an action on all worker pools; a Dask worker that leaves meanwhile is ignored."""
        try:
            answers = self._client.run(run_on_pool, self._run, action, on_error="return").values()
        except OSError as error:
            raise self._lost() from error
        for answer in answers:
            if isinstance(answer, Exception) and not isinstance(answer, OSError):
                raise answer
        found = [answer for answer in answers if not isinstance(answer, Exception)]
        if not found:
            raise InputError(f"No worker of the Dask scheduler {self._address} can be reached.")
        return found

    def _results(self, futures: "Sequence[Future[Any]]", deadline: float) -> Iterator[Any]:
        """Yield results as they arrive, and raise the first failure; in the end the rest is cancelled."""
        done: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
        for future in futures:
            future.add_done_callback(done.put)
        try:
            for _ in futures:
                yield self._result(self._next(done, deadline), deadline)
        except KilledWorker as error:
            raise InputError(
                f"{error.allowed_failures + 1} Dask workers died one after another at the same work; their own logs "
                "may say why."
            ) from error
        except CancelledError as error:
            raise self._lost() from error
        finally:
            if self._client.status == "running":
                self._client.cancel(futures)

    def _next(self, done: "queue.SimpleQueue[Future[Any]]", deadline: float) -> "Future[Any]":
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            try:
                future = done.get(timeout=min(left, SECONDS_BETWEEN_CHECKS))
            except queue.Empty:
                self._require_workers()
            else:
                self._seen = time.monotonic()
                return future

    def _result(self, future: "Future[Any]", deadline: float) -> Any:
        """Fetch a result; if it was lost with its Dask worker, Dask recomputes it."""
        while True:
            try:
                return future.result(timeout=SECONDS_BETWEEN_CHECKS)
            except TimeoutError:
                if future.status == "error" or time.monotonic() >= deadline:
                    raise
                self._require_workers()

    def _inspect_workers(self) -> None:
        found = self._run_on_pools(WorkerPool.inspect)
        self._slots = [slot for slots in found for slot in slots]
        console().print(f"Dask workers now: {len(found)}, for {len(self._slots)} submission processes.")

    def _lost(self) -> InputError:
        return InputError(f"The connection to the Dask scheduler {self._address} broke.")

    def _require_workers(self) -> None:
        """Fail when no Dask worker is left, instead of waiting for ever."""
        try:
            workers = self._client.scheduler_info()["workers"].values()
        except OSError:  # whatever is awaited becomes a CancelledError
            return
        now = time.monotonic()
        if any(worker["status"] == "running" for worker in workers):
            self._seen = now
        if now - self._seen > WORKERS_SECONDS:
            raise InputError(
                f"All workers of the Dask scheduler {self._address} have left, or have paused for lack of memory."
            )

    def _end(self) -> None:
        """End all pools, and the client, which takes them away; then gather what the submission printed."""
        if self._client.status == "running":  # otherwise the connection is broken and there is no answer
            with suppress(OSError):
                self._client.run(run_on_pool, self._run, WorkerPool.close, on_error="ignore")
        self._client.close()
        for path in sorted(log_folder(self._job).glob("*.log")):
            self._log.copy(path.open("rb"))
            path.unlink()


def connect(address: str) -> Client:
    """Connect to a Dask scheduler; InputError if it does not answer."""
    loggers = [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]
    for name in loggers:  # what matters is reported here
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        with show_waiting(f"Connecting to {address}, at most {CONNECT_SECONDS:.0f} s"):
            return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(
            f"No Dask scheduler answers at {address} ({error}). Start one (`dask scheduler`), and give the address "
            "that it prints, such as tcp://10.0.0.1:8786."
        ) from error


def wait_for_workers(client: Client, address: str) -> None:
    """Wait for the first Dask worker; InputError if none arrives."""
    try:
        client.wait_for_workers(1, timeout=WORKERS_SECONDS)
    except TimeoutError as error:
        raise InputError(
            f"The Dask scheduler {address} has no worker after {WORKERS_SECONDS:.0f} s; start some "
            f"(`dask worker {address} --nthreads 1`)."
        ) from error


def check_program(client: Client) -> None:
    """Check that the scheduler and its workers can import this program; InputError if not."""

    def load() -> None:  # a local function, so Dask sends its code
        import higgs_challenge.execution.worker_pool  # noqa: F401

    try:
        client.run_on_scheduler(load)
        for answer in client.run(load, on_error="return").values():
            if isinstance(answer, ImportError):
                raise answer
    except ImportError as error:
        raise InputError(
            f"The Dask scheduler and all its workers must be able to import higgs_challenge ({error}): install it "
            "there, or have the program's folder in their PYTHONPATH."
        ) from error
