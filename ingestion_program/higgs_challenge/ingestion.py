"""The story of a run: settings become a plan, the submission is fitted, every pseudo-experiment gets its interval."""

import os
import platform
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from higgs_challenge.data.source import open_data
from higgs_challenge.data.store import Store
from higgs_challenge.data.training import TrainingSet
from higgs_challenge.errors import SubmissionError
from higgs_challenge.execution.local import Result, evaluate_all
from higgs_challenge.execution.output import (
    DURATION_FILE,
    JOURNAL_FILE,
    LOG_FILE,
    SUMMARY_FILE,
    Journal,
    refuse_reserved_names,
    write_json,
    write_results,
)
from higgs_challenge.execution.progress import console, format_seconds, show_progress, show_waiting
from higgs_challenge.experiments import Plan, Settings, make_plan
from higgs_challenge.streams import stream
from higgs_challenge.submission.log import SubmissionLog
from higgs_challenge.submission.process import Place, SubmissionProcess

ENOUGH_MULTIPLES = 10
"""Below so many hidden events per expected event, pseudo-experiments share too many events to measure coverage."""

RECORDED_PACKAGES = ("numpy", "pandas", "numba")


@dataclass(frozen=True)
class Run:
    """What to run.

    Attributes:
        settings: of the phase.
        data: folders that may hold the data, in order of preference.
        submission: the participant's folder.
        output: folder for results.
        workers: submission processes that predict at the same time.
        cores: processor cores that fit may use, and that the workers share in predict.
    """

    settings: Settings
    data: Sequence[Path]
    submission: Path
    output: Path
    workers: int
    cores: int

    @property
    def threads(self) -> int:
        """Threads for each worker."""
        return max(self.cores // self.workers, 1)


def run_ingestion(run: Run) -> None:
    """Run a submission over the whole plan and write the results.

    Raises:
        SubmissionError: the submission's fault; no results are written.
        InputError: the data or the output folder cannot be used.
    """
    started = time.monotonic()
    if not (run.submission / "model.py").is_file():
        raise SubmissionError(f"The submission {run.submission} has no model.py in its top folder.")
    refuse_reserved_names(run.submission)
    plan = make_plan(run.settings)
    with ExitStack() as stack:
        with show_waiting("Opening the data"):
            store = stack.enter_context(open_data(run.data))
            TrainingSet(store.training_folder)  # if it is damaged, that is not the submission's fault
        warnings = check_store(store)
        for warning in warnings:
            console().print(f"Warning: {warning}.", style="yellow")
        submissions, fit_seconds = fit_submission(run, store, stack)
        console().print(f"Fitted in {format_seconds(fit_seconds)}.")
        results = collect_results(run, plan, store, submissions)
    names = write_results(run.output, results)
    minutes = (time.monotonic() - started) / 60
    write_json(run.output / DURATION_FILE, {"ingestion_duration": minutes})
    write_json(run.output / SUMMARY_FILE, summarise(run, plan, store, results, names, fit_seconds, warnings))


def check_store(store: Store) -> list[str]:
    """Say in which respects a store is too small for its results to mean much."""
    multiples = store.multiples()
    absent = [name for name, part in store.hidden.items() if len(part.events) == 0]
    warnings = [f"there is no hidden {name} event, so pseudo-experiments have none" for name in absent]
    scarcest = min(multiples, key=lambda name: multiples[name])
    if multiples[scarcest] < ENOUGH_MULTIPLES:
        warnings.append(
            f"the store hides only {multiples[scarcest]:.2g} times as many {scarcest} events as a pseudo-experiment "
            f"has; below {ENOUGH_MULTIPLES}, pseudo-experiments share so many events that their coverage means little"
        )
    return warnings


def fit_submission(run: Run, store: Store, stack: ExitStack) -> tuple[list[SubmissionProcess], float]:
    """Fit a submission once and hand the fitted model to every worker.

    Args:
        run: what to run.
        store: its training part is what the submission sees.
        stack: ends the processes and removes their scratch folders.

    Returns:
        One process a worker, ready to predict, and the seconds that fit took.
    """
    log = SubmissionLog(run.output / LOG_FILE)
    stack.callback(log.close)

    def start(threads: int) -> SubmissionProcess:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="higgs_scratch_"))
        place = Place(run.submission.resolve(), store.training_folder.resolve(), Path(scratch), threads)
        return stack.enter_context(SubmissionProcess(place, log))

    limit = run.settings.limits.fit_seconds
    fitting = start(run.cores)
    console().print(f"What the submission prints is in {run.output / LOG_FILE}.")
    with show_waiting(f"Fitting the submission, at most {format_seconds(limit)}"):
        fit_seconds = fitting.fit(limit)
    if run.workers == 1:
        return [fitting], fit_seconds
    model = fitting.dump(limit)
    stack.callback(os.close, model)
    fitting.end()
    workers = [start(run.threads) for _ in range(run.workers)]
    with ThreadPoolExecutor(len(workers)) as pool:
        list(pool.map(lambda worker: worker.load(model, limit), workers))
    return workers, fit_seconds


def collect_results(run: Run, plan: Plan, store: Store, submissions: Sequence[SubmissionProcess]) -> list[Result]:
    """Evaluate the plan in random order, journal every result, and show progress."""
    keys = list(plan.keys())
    stream(run.settings.random_seed, "order of work").shuffle(keys)
    journal = Journal(run.output / JOURNAL_FILE)
    results: list[Result] = []
    try:
        with show_progress("Predicting", len(keys), "pseudo-experiments") as advance:
            for result in evaluate_all(plan, keys, store, submissions):
                journal.add(result)
                results.append(result)
                advance(len(results))
    finally:
        journal.close()
    return results


def summarise(
    run: Run,
    plan: Plan,
    store: Store,
    results: Sequence[Result],
    names: Sequence[str],
    fit_seconds: float,
    warnings: Sequence[str],
) -> dict[str, Any]:
    """Describe a run for ingestion_summary.json; participants can read it, so it holds neither seed nor truth."""
    return {
        "plan_fingerprint": plan.fingerprint,
        "num_of_sets": run.settings.num_of_sets,
        "num_pseudo_experiments": run.settings.num_pseudo_experiments,
        "systematics": run.settings.systematics.names(),
        "result_files": list(names),
        "data": store.source,
        "hidden_multiples": store.multiples(),
        "warnings": list(warnings),
        "engine": "local",
        "workers": run.workers,
        "threads_per_worker": run.threads,
        "devices": ["cpu"] * run.workers,
        "isolation": "separate process",
        "fit_seconds": fit_seconds,
        "predict_seconds": quantiles([result.predict_seconds for result in results]),
        "draw_seconds": quantiles([result.draw_seconds for result in results]),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in RECORDED_PACKAGES}},
    }


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """Give median, 95 % quantile and maximum of some durations in seconds."""
    median, p95, largest = np.quantile(seconds, [0.5, 0.95, 1.0])
    return {"median": float(median), "p95": float(p95), "max": float(largest)}
