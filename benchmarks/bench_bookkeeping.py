"""Prints what the trusted side costs a pseudo-experiment beside drawing and the submission: it should be flat.

An engine that answers at once takes the place of the submission: what is left is making the experiments, the journal,
progress, result files, summary and signature. The files lie in memory; a disk takes its own time for a journal line.
"""

import contextlib
import io
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rows import Row, run, seconds

from higgs_challenge.execution.clock import Clock
from higgs_challenge.execution.evaluation import predict_all
from higgs_challenge.execution.file_names import JOURNAL_FILE
from higgs_challenge.execution.journal import Journal
from higgs_challenge.execution.result_files import write_results
from higgs_challenge.execution.signature import sign
from higgs_challenge.execution.summary import Outcome, summarise
from higgs_challenge.execution.worker import Fit, Result
from higgs_challenge.experiments import Plan, Settings, make_plan
from higgs_challenge.sandbox.isolation import FULL, Isolation
from higgs_challenge.submission.answer import Interval
from higgs_challenge.task import Experiment
from higgs_challenge.tasks import load_task

NUMBERS = (1_000, 100_000)
PER_SET = 100
TASK = "gaussian"
MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None
"""Where the files go, so that the disk does not hide what the program costs."""

ISOLATION = Isolation(FULL, 7, ())
FIT = Fit(1.0, 1, ISOLATION)


class InstantEngine:
    """Answers every pseudo-experiment at once."""

    name = "instant"
    devices = ("cpu",)
    threads = 1

    def start(self) -> Isolation:
        """Start nothing."""
        return ISOLATION

    def evaluate(self, experiments: Sequence[Experiment], deadline: float) -> Iterator[Result]:
        """Give an interval around the truth."""
        for one in experiments:
            interval = Interval(one.mu, 0.2, one.mu - 0.2, one.mu + 0.2)
            yield Result(one.set_index, one.index, interval, 0.1, 0.01, 1, 0)


def measure(repeats: int = 3) -> list[Row]:
    """Time whole runs; gives a row for each number of pseudo-experiments."""
    rows = []
    for number in NUMBERS:
        times = [time_run(number) / number for _ in range(repeats)]
        what = f"bookkeeping a pseudo-experiment, in a run of {number:,}"
        rows.append(
            Row(what, "µs", 1e6 * statistics.median(times), note="processor time: journal, progress, result files")
        )
    settings = Settings(task=TASK, num_of_sets=10, num_pseudo_experiments=PER_SET)
    plan = make_plan(settings, load_task(TASK))
    keys = list(plan.keys())
    times = [seconds(lambda: [plan.experiment(*key) for key in keys]) / len(keys) for _ in range(repeats)]
    return [*rows, Row("making a pseudo-experiment, without its events", "µs", 1e6 * statistics.median(times))]


def time_run(number: int) -> float:
    """Time the trusted side of a run.

    Args:
        number: of pseudo-experiments.

    Returns:
        Processor seconds from the first experiment to the signature.
    """
    settings = Settings(task=TASK, num_of_sets=number // PER_SET, num_pseudo_experiments=PER_SET)
    task = load_task(TASK)
    plan = make_plan(settings, task)
    with (
        tempfile.TemporaryDirectory(prefix="bench_bookkeeping_", dir=MEMORY) as folder,
        contextlib.redirect_stderr(io.StringIO()),
        task.open_data([]) as data,
    ):
        output, engine = Path(folder), InstantEngine()
        journal = Journal(output / JOURNAL_FILE, {"plan": plan.fingerprint}, resume=False)
        clock = Clock(time.monotonic(), None)
        started = time.process_time()
        isolation = predict_all(plan, engine, journal, clock, FIT)  # type: ignore[arg-type]
        write_and_sign(plan, data, engine, journal, isolation, output)
        ended = time.process_time()
        journal.close()
    return ended - started


def write_and_sign(plan: Plan, data: Any, engine: Any, journal: Journal, isolation: Isolation, output: Path) -> None:
    results = [journal.results[key] for key in plan.keys()]  # noqa: SIM118
    files = write_results(output, results)
    outcome = Outcome(FIT, results, isolation, None, [])
    sign(plan.signature_key, summarise(plan, data, engine, outcome, list(files)), files)


if __name__ == "__main__":
    run(measure, __doc__ or "")
