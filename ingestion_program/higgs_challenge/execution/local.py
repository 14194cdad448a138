"""The local engine: one thread a submission process, each drawing and handing over pseudo-experiments in turn.

Threads are enough: drawing runs in compiled code without the GIL, and the submission runs in a process of its own.
"""

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from higgs_challenge.data.store import Store
from higgs_challenge.errors import SubmissionError
from higgs_challenge.experiments import Experiment, Plan, draw_features
from higgs_challenge.submission.answer import Interval
from higgs_challenge.submission.process import SubmissionProcess


@dataclass(frozen=True)
class Result:
    """What became of one pseudo-experiment.

    Attributes:
        set_index, index: which one it is.
        interval: the submission's answer.
        predict_seconds: time of the submission's predict, data transfer included.
        draw_seconds: our own time for making the events.
    """

    set_index: int
    index: int
    interval: Interval
    predict_seconds: float
    draw_seconds: float


def evaluate(store: Store, submission: SubmissionProcess, experiment: Experiment, limit: float) -> Result:
    """Draw one pseudo-experiment and ask for its interval; limit is predict's, in seconds."""
    started = time.monotonic()
    features = draw_features(store, experiment)
    draw_seconds = time.monotonic() - started
    try:
        interval, predict_seconds = submission.predict(features, limit)
    except SubmissionError as error:
        raise SubmissionError(f"Set {experiment.set_index}, pseudo-experiment {experiment.index}: {error}") from error
    return Result(experiment.set_index, experiment.index, interval, predict_seconds, draw_seconds)


def evaluate_all(
    plan: Plan, keys: Sequence[tuple[int, int]], store: Store, submissions: Sequence[SubmissionProcess]
) -> Iterator[Result]:
    """Evaluate pseudo-experiments on all submission processes at once.

    Args:
        plan: what they are made from.
        keys: (set, index) of those wanted; results do not depend on their order or on the number of processes.
        store: where events come from.
        submissions: fitted; each serves one thread.

    Yields:
        Results as they come. The first failure is raised and ends the work.
    """
    todo: queue.SimpleQueue[tuple[int, int]] = queue.SimpleQueue()
    done: queue.SimpleQueue[Result | BaseException] = queue.SimpleQueue()
    stop = threading.Event()
    for key in keys:
        todo.put(key)

    def work(submission: SubmissionProcess) -> None:
        try:
            while not stop.is_set():
                experiment = plan.experiment(*todo.get_nowait())
                done.put(evaluate(store, submission, experiment, plan.settings.limits.predict_seconds))
        except queue.Empty:
            return
        except BaseException as error:  # raised again where the results are read
            done.put(error)

    for submission in submissions:
        threading.Thread(target=work, args=(submission,), daemon=True).start()
    try:
        for _ in keys:
            result = done.get()
            if isinstance(result, BaseException):
                raise result
            yield result
    finally:
        stop.set()
