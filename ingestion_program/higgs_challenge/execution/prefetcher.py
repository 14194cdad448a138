"""Draw the next pseudo-experiments while the submission works on earlier ones."""

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType

from higgs_challenge.submission.event_file import EventFile
from higgs_challenge.task import Data, Experiment, Sampler


@dataclass(frozen=True)
class Drawn:
    """A pseudo-experiment with its events, in a file that whoever takes it closes, and the seconds that it took."""

    experiment: Experiment
    file: EventFile
    seconds: float


def draw_events(sampler: Sampler, experiment: Experiment) -> Drawn:
    """Draw a pseudo-experiment into a file of its own."""
    started = time.monotonic()
    file = EventFile(sampler.draw(experiment))
    return Drawn(experiment, file, time.monotonic() - started)


class Prefetcher:
    """Draws pseudo-experiments on its own threads, at most one per worker in advance; a context manager.

    A worker so has at most three times a pseudo-experiment's features in memory: those that the submission works on,
    those that wait, and those that are being drawn into memory that is used again and again.

    Args:
        data: open.
        experiments: in the order in which they are drawn.
        workers: how many threads will take them, and how many draw.
        threads: that each of those which draw may start to help.
    """

    def __init__(self, data: Data, experiments: Sequence[Experiment], workers: int, threads: int = 1) -> None:
        self._todo = iter(experiments)
        self._taking = threading.Lock()
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="drawing")
        self._samplers: queue.SimpleQueue[Sampler] = queue.SimpleQueue()
        self._ordered: queue.SimpleQueue[Future[Drawn]] = queue.SimpleQueue()
        for _ in range(workers):
            self._samplers.put(data.sampler(threads))
            self._submit_next()

    def __enter__(self) -> "Prefetcher":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what nobody has taken."""
        with self._taking:
            self._todo = iter(())
        self._threads.shutdown(cancel_futures=True)
        with suppress(queue.Empty):
            while True:
                future = self._ordered.get_nowait()
                if not future.cancelled() and future.exception() is None:
                    future.result().file.close()

    def __iter__(self) -> Iterator[Drawn]:
        """Go through what has not been taken yet; several threads can at the same time, and share it."""
        with suppress(queue.Empty, CancelledError):
            while True:
                with self._taking:
                    future = self._ordered.get_nowait()
                    self._submit_next()
                yield future.result()

    def _submit_next(self) -> None:
        experiment = next(self._todo, None)
        if experiment is not None:
            self._ordered.put(self._threads.submit(self._draw, experiment))

    def _draw(self, experiment: Experiment) -> Drawn:
        sampler = self._samplers.get()
        try:
            return draw_events(sampler, experiment)
        finally:
            self._samplers.put(sampler)
