"""Try a submission as the platform runs it: in its sandboxed process, on pseudo-experiments of the real size.

It is fitted, handed to a fresh process, and given some pseudo-experiments. Then, as in ingestion's check of the
order, another fresh process that finds the files as fit left them gets the same ones in reverse order.
"""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from higgs_challenge.cores import available_cores
from higgs_challenge.errors import SubmissionError
from higgs_challenge.execution.devices import find_gpus, make_slots
from higgs_challenge.execution.progress import Advance, show_progress, show_waiting
from higgs_challenge.execution.worker import Fit, Result, Worker, fit_model
from higgs_challenge.experiments import Settings, make_plan
from higgs_challenge.ingestion import compile_events
from higgs_challenge.submission.job import Job
from higgs_challenge.submission.log import SubmissionLog
from higgs_challenge.submission.process import BEST_EFFORT, SubmissionProcess
from higgs_challenge.submission.scratch import HOME, SUBMISSION, WORK, copy_tree, make_scratch, remove_tree
from higgs_challenge.submission.slot import Slot
from higgs_challenge.task import Data, Experiment, hidden_folder, training_folder
from higgs_challenge.tasks import load_task

MAX_EXPERIMENTS, MIN_EXPERIMENTS = 6, 2
SECONDS_TO_PREDICT = 20.0
"""Approximate time for all predictions of a check; if predict is slow, fewer are made."""

SEED = 6827
"""Seed of a check's pseudo-experiments, unrelated to any phase's."""

LAST_LINES = 15
Files = dict[str, tuple[int, int]]


@dataclass
class Trial:
    """The results of a trial, as far as it got.

    Attributes:
        training_events: number of events available for training.
        pull_width: expected spread of the pulls of a sound method: 1, enlarged where few events are stored.
        fit: result of fit; None if it failed.
        fit_error, predict_error, fresh_error: why a step failed; None if it succeeded, or was not tried.
        mus: true signal strengths of the pseudo-experiments.
        results: answers of the first process.
        again: answer of the first process to the first pseudo-experiment, repeated at the end.
        fresh: answers of a fresh process, in reverse order.
        fresh_again: those of another fresh process, in the same order, if the answers of the first two differ.
        loaded: the submission's files that fit and predict imported, as paths from its folder.
        fit_printed, predict_printed: bytes that each printed.
        fit_wrote, predict_wrote: files that each wrote or changed, with sizes in bytes.
        log: what was printed.
    """

    training_events: int
    pull_width: float
    fit: Fit | None = None
    fit_error: SubmissionError | None = None
    predict_error: SubmissionError | None = None
    fresh_error: SubmissionError | None = None
    mus: list[float] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    again: Result | None = None
    fresh: list[Result] = field(default_factory=list)
    fresh_again: list[Result] = field(default_factory=list)
    loaded: set[str] = field(default_factory=set)
    fit_printed: int = 0
    predict_printed: int = 0
    fit_wrote: dict[str, int] = field(default_factory=dict)
    predict_wrote: dict[str, int] = field(default_factory=dict)
    log: str = ""

    @property
    def went_through(self) -> bool:
        """Whether fit and all predictions worked."""
        return bool(self.results) and self.predict_error is None and self.fresh_error is None

    def different(self) -> list[tuple[Result, Result]]:
        """Return the pairs of different answers of the first process and others to the same pseudo-experiment."""
        assert self.again is not None
        pairs = [*zip(self.results, self.fresh[::-1], strict=True), (self.results[0], self.again)]
        return [(one, other) for one, other in pairs if answers(one) != answers(other)]


def try_submission(submission: Path, data: Data, settings: Settings) -> Trial:
    """Fit a submission and let it predict some pseudo-experiments.

    Args:
        submission: its folder, with model.py.
        data: of the task, open; it is fitted to the training part.
        settings: of the phase; a call that exceeds its limits is ended.

    Returns:
        The results; a failure of the submission is recorded in them.

    Raises:
        InputError: the data cannot be used, or nothing can be written.
    """
    task = load_task(settings.task)
    compile_events(task, data)
    compile_sampler(data, settings)
    training_events = len(task.get_train_set(training_folder(data.folder)))
    trial = Trial(training_events, pull_width=(1 + 2 / data.multiple()) ** 0.5)
    unfinished = Path(tempfile.mkdtemp(prefix="higgs_check_"))
    log = SubmissionLog(unfinished / "submission.log")
    try:
        folder = None if data.folder is None else data.folder.resolve()
        secrets = () if folder is None else (hidden_folder(folder),)
        job = Job(settings.task, folder, unfinished, settings.limits, settings.mu_range, secrets, BEST_EFFORT)
        make_scratch(job.scratch, submission)
        _Attempt(job, data, log, settings, trial).run()
        trial.log = (unfinished / "submission.log").read_text(errors="replace")
    finally:
        log.close()
        remove_tree(unfinished)
    return trial


class _Attempt:
    """The steps of a trial, which fill in its results."""

    def __init__(self, job: Job, data: Data, log: SubmissionLog, settings: Settings, trial: Trial) -> None:
        self._job, self._data, self._log, self._settings, self._trial = job, data, log, settings, trial
        self._slot = make_slots(find_gpus(), available_cores(), None, settings.number)[0]

    def run(self) -> None:
        """Run the steps up to the first that fails."""
        trial = self._trial
        worker = self._fit()
        if worker is None or trial.fit is None:
            return
        printed, files = self._printed(), list_files(self._job.scratch)
        with show_progress("Predicting", 2 * MAX_EXPERIMENTS + 1, "calls") as advance:
            try:
                self._ask_first(worker, advance)
            except SubmissionError as error:
                trial.predict_error = error
            finally:
                worker.end()
            trial.predict_printed = self._printed() - printed
            trial.predict_wrote = changed_files(files, list_files(self._job.scratch))
            if trial.predict_error is None and not trial.fit.not_kept:
                self._ask_others(advance)
            advance(2 * MAX_EXPERIMENTS + 1)

    def _fit(self) -> Worker | None:
        """Fit, and return a worker with a fresh process, or with the same one if the model does not pickle."""
        trial = self._trial
        before = list_files(self._job.scratch)
        process = SubmissionProcess(self._job, Slot(None, available_cores()), self._log)
        try:
            with show_waiting("Fitting the submission"):
                fit = fit_model(self._job, process, self._settings.limits.fit_seconds)
                trial.loaded.update(process.loaded_files())
                trial.fit = fit
        except SubmissionError as error:
            trial.fit_error = error
            return None
        finally:
            if trial.fit is None or not trial.fit.not_kept:
                process.end()
            trial.fit_printed = self._printed()
            trial.fit_wrote = changed_files(before, list_files(self._job.scratch))
        if trial.fit.not_kept:
            return Worker(self._job, self._slot, self._data, self._log, process)
        copy_tree(self._job.scratch, self._job.after_fit)
        return Worker(self._job, self._slot, self._data, self._log)

    def _ask_first(self, worker: Worker, advance: Advance) -> None:
        trial = self._trial
        experiments = make_experiments(self._settings, MAX_EXPERIMENTS)
        worker.start()  # so that neither this nor unpickling counts as predict's time
        for number, experiment in enumerate(experiments, 1):
            if trial.results and number > affordable(trial.results[0].predict_seconds):
                break
            trial.results.append(worker.evaluate(experiment))
            trial.mus.append(experiment.mu)
            advance(number)
        trial.again = worker.evaluate(experiments[0])
        trial.loaded.update(worker.loaded_files())

    def _ask_others(self, advance: Advance) -> None:
        trial = self._trial
        backwards = make_experiments(self._settings, len(trial.results))[::-1]
        try:
            trial.fresh = self._ask_fresh(backwards, advance)
            if trial.different():
                trial.fresh_again = self._ask_fresh(backwards, advance)
        except SubmissionError as error:
            trial.fresh_error = error

    def _ask_fresh(self, experiments: Sequence[Experiment], advance: Advance) -> list[Result]:
        """Return the answers of a fresh process, which finds the files as fit left them."""
        remove_tree(self._job.scratch)
        copy_tree(self._job.after_fit, self._job.scratch)
        worker = Worker(self._job, self._slot, self._data, self._log)
        results = []
        try:
            for experiment in experiments:
                results.append(worker.evaluate(experiment))
                advance(len(self._trial.results) + 1 + len(results))
        finally:
            worker.end()
        return results

    def _printed(self) -> int:
        return (self._job.unfinished / "submission.log").stat().st_size


def compile_sampler(data: Data, settings: Settings) -> None:
    """Draw a pseudo-experiment and discard it, so that the first compilation shows its own progress."""
    with show_waiting("Drawing a pseudo-experiment"):
        data.sampler().draw(make_experiments(settings, 1)[0])


def make_experiments(settings: Settings, number: int) -> list[Experiment]:
    """Make the pseudo-experiments of a check, each with its own mu and nuisance parameters, as in a phase."""
    changes = {"num_of_sets": MAX_EXPERIMENTS, "num_pseudo_experiments": 1, "random_seed": SEED}
    plan = make_plan(settings.model_copy(update=changes), load_task(settings.task))
    return [plan.experiment(set_index, 0) for set_index in range(number)]


def affordable(predict_seconds: float) -> int:
    """Return how many pseudo-experiments there is time for, each predicted twice.

    Example:
        >>> affordable(0.1), affordable(2.0), affordable(60.0)
        (6, 5, 2)
    """
    calls = SECONDS_TO_PREDICT / max(predict_seconds, 1e-3)
    return min(max(int(calls) // 2, MIN_EXPERIMENTS), MAX_EXPERIMENTS)


def answers(result: Result) -> tuple[float, ...]:
    """Return the four numbers of an answer."""
    interval = result.interval
    return interval.mu_hat, interval.delta_mu_hat, interval.p16, interval.p84


def list_files(scratch: Path) -> Files:
    """List the files that a submission can write, except caches: size and modification time by name."""
    files = {}
    for place in (SUBMISSION, WORK, HOME):
        for folder, folders, names in os.walk(scratch / place):
            if place == HOME:
                folders[:] = [name for name in folders if not name.startswith(".")]
            folders[:] = [name for name in folders if name != "__pycache__"]
            for name in names:
                path = Path(folder, name)
                found = path.lstat()
                files[path.relative_to(scratch).as_posix()] = (found.st_size, found.st_mtime_ns)
    return files


def changed_files(before: Files, after: Files) -> dict[str, int]:
    """Return the files that are new or changed, with their sizes."""
    return {name: state[0] for name, state in after.items() if before.get(name) != state}
