"""How a run proceeds: settings become a plan, the submission is fitted, every pseudo-experiment gets an interval."""

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from higgs_challenge.atomic import report_write_errors, write_json
from higgs_challenge.compiled import cache_folder
from higgs_challenge.directories import exclusive_lock
from higgs_challenge.errors import InputError, SubmissionError
from higgs_challenge.execution.clock import Clock
from higgs_challenge.execution.devices import make_slots
from higgs_challenge.execution.engine import Engine
from higgs_challenge.execution.evaluation import predict_all, repeat_some
from higgs_challenge.execution.file_names import (
    DURATION_FILE,
    FINAL,
    JOURNAL_FILE,
    LOG_FILE,
    RESERVED,
    SUMMARY_FILE,
    UNFINISHED,
)
from higgs_challenge.execution.journal import Journal, JournalMismatchError
from higgs_challenge.execution.local import LocalEngine
from higgs_challenge.execution.progress import console, show_waiting, show_warning
from higgs_challenge.execution.result_files import (
    clear_output,
    failure_recorded,
    refuse_reserved_names,
    write_results,
)
from higgs_challenge.execution.signature import sign
from higgs_challenge.execution.summary import Outcome, show_summary, summarise
from higgs_challenge.execution.worker import Fit
from higgs_challenge.experiments import Plan
from higgs_challenge.number_formats import format_seconds
from higgs_challenge.sandbox.isolation import OFF, Isolation
from higgs_challenge.submission.job import MODEL_FILE, Job
from higgs_challenge.submission.log import SubmissionLog
from higgs_challenge.submission.process import TimeLimitError
from higgs_challenge.submission.scratch import check_submission, digest_tree, remove_tree
from higgs_challenge.task import Data, Task, hidden_folder, training_folder


@dataclass(frozen=True)
class Run:
    """The inputs and options of a run.

    Attributes:
        plan: its pseudo-experiments.
        data: folders that may hold the data, in order of preference.
        submission: the participant's folder.
        output: folder for results, from prepare_output.
        secrets: further files and folders that the submission must not read.
        gpus: names of the devices to use, see devices.find_gpus.
        cores: processor cores that fit may use, and that the workers share in predict.
        workers: submission processes that predict at the same time; None for one a GPU, or one a core.
        isolation: required, best-effort or off.
        model_type: passed to the submission's constructor; None for no such argument.
        resume: go on with an earlier run's journal in the output folder.
        order_checks: how many pseudo-experiments to repeat in fresh processes.
        scheduler: address of the Dask scheduler whose workers do the work; None for this machine.
    """

    plan: Plan
    data: Sequence[Path]
    submission: Path
    output: Path
    secrets: Sequence[Path]
    gpus: Sequence[str]
    cores: int
    workers: int | None
    isolation: str
    model_type: str | None
    resume: bool
    order_checks: int
    scheduler: str | None


@contextmanager
def prepare_output(folder: Path, resume: bool) -> Iterator[None]:
    """Lock an output folder for one run, and clear it of an earlier run's results.

    The state is removed when the run succeeds. When it ends otherwise, a file says why, and what was finished is kept
    to be resumed, until the next run begins.

    Args:
        folder: created if needed.
        resume: keep an earlier run's journal and unfinished state.

    Raises:
        InputError: the folder cannot be written, or another run is writing there.
    """
    unfinished = folder / UNFINISHED
    with report_write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with exclusive_lock(folder):
        clear_output(folder, FINAL if resume else RESERVED)
        try:
            with failure_recorded(folder):
                yield
        except JournalMismatchError:
            raise
        except BaseException as error:
            if isinstance(error, SubmissionError) and (folder / LOG_FILE).exists():
                console().print(f"What the submission printed is in {folder / LOG_FILE}.")
            if (unfinished / MODEL_FILE).exists():
                console().print(
                    f"Finished results are kept in {folder} until the next run begins; run the same command with "
                    "--resume to continue."
                )
            else:
                remove_tree(unfinished)
            raise
        remove_tree(unfinished)


def run_ingestion(run: Run) -> None:
    """Run a submission over the whole plan and write the results.

    Raises:
        SubmissionError: the submission's fault; no results are written.
        InputError: the data or the output folder cannot be used.
    """
    started = time.monotonic()
    if not (run.submission / "model.py").is_file():
        raise SubmissionError(missing_model_message(run.submission))
    for name, folder in (("submission's", run.submission), ("data's", run.data[0])):
        if run.output.resolve().is_relative_to(folder.resolve()):
            raise InputError(f"The output folder must not lie in the {name} folder {folder}.")
    plan = run.plan
    check_submission(run.submission, int(plan.settings.limits.disk_gigabytes * 1e9))
    refuse_reserved_names(run.submission)  # only now, because folders may be too deep for Python to search
    with ExitStack() as stack:
        with show_waiting("Opening the data"):
            data = stack.enter_context(plan.task.opener(plan.settings.fresh_events)(run.data))
        compile_events(plan.task, data)
        warnings = warn(data.warnings())
        journal = Journal(run.output / JOURNAL_FILE, identify(run, data), run.resume)
        stack.callback(journal.close)
        clock = Clock(started - journal.elapsed, plan.settings.limits.total_seconds)
        job = make_job(run, data)
        engine = stack.enter_context(make_engine(run, job, data, stack))
        fit = fit_submission(run, job, engine, journal, clock)
        isolation = predict_all(plan, engine, journal, clock, fit)
        warnings += warn(check_fit(fit, isolation))
        can_repeat = run.order_checks and job.model.is_file()
        order_check = repeat_some(plan, run.order_checks, job, engine, journal) if can_repeat else None
        if run.order_checks and not order_check and not fit.not_kept:
            warnings += warn(["the order was not checked: the run had already finished, and its fitted model is gone"])
        if order_check and order_check.different:
            warnings += warn([order_check.verdict])
        elif order_check:
            console().print(f"Order: {order_check.verdict}.")
    results = [journal.results[key] for key in plan.keys()]  # noqa: SIM118
    outcome = Outcome(fit, results, isolation, order_check, warnings)
    show_summary(outcome)
    files = write_results(run.output, results)
    summary = summarise(plan, data, engine, outcome, list(files))
    files[DURATION_FILE] = write_json(run.output / DURATION_FILE, {"ingestion_duration": clock.elapsed() / 60})
    # Sign what was written, not what is there now: another program may write there too.
    signature = sign(plan.signature_key, summary, files)
    write_json(run.output / SUMMARY_FILE, {**summary, "signature": signature})


def compile_events(task: Task, data: Data) -> None:
    """Compile the code that submissions use too, so that the first run on a machine does not count it as their time."""
    with nullcontext() if cache_folder().exists() else show_waiting("Compiling, once after every update"):
        task.warm_up(training_folder(data.folder))  # damaged data are not the submission's fault


def missing_model_message(submission: Path) -> str:
    """Return the message for a missing model.py, and where there is one: often the folder was zipped, not its files."""
    nested = sorted(path.parent.name for path in submission.glob("*/model.py"))
    where = f"; it is in {nested[0]}/: zip the files, not their folder" if nested else ""
    return f"The submission {submission} has no model.py in its top folder{where}."


def warn(warnings: list[str]) -> list[str]:
    """Print warnings, and return them for the summary."""
    for warning in warnings:
        show_warning(warning)
    return warnings


def check_fit(fit: Fit, isolation: Isolation) -> list[str]:
    """Return warnings if a submission was not fully isolated, or if its model could not be kept."""
    if isolation.level == OFF:
        return ["the submission is not isolated, as --isolation off says"]
    warnings = [f"the isolation of the submission is {isolation.level}: {reason}" for reason in isolation.missing]
    if fit.not_kept:
        warnings.append(
            "this submission runs on one worker only, cannot be resumed, and its order cannot be checked: "
            f"{fit.not_kept.rstrip('.')}"
        )
    return warnings


def identify(run: Run, data: Data) -> dict[str, str]:
    """Hash plan, data and submission, which identify a run together with the type of model that it was asked for."""
    return {
        "plan": run.plan.fingerprint,
        "data": data.identity(),
        "submission": digest_tree(run.submission),
        "model type": run.model_type or "",
    }


def make_job(run: Run, data: Data) -> Job:
    """Make the record that is passed to every process of the run."""
    output, folder = run.output.resolve(), data.folder and data.folder.resolve()
    hidden = [] if folder is None else [hidden_folder(folder)]
    secrets = tuple(path.resolve() for path in [*hidden, output, *run.secrets])
    settings = run.plan.settings
    return Job(
        task=settings.task,
        data=folder,
        unfinished=output / UNFINISHED,
        limits=settings.limits,
        mu_range=settings.mu_range,
        secrets=secrets,
        isolation=run.isolation,
        model_type=run.model_type,
        fresh_events=settings.fresh_events,
    )


def make_engine(run: Run, job: Job, data: Data, stack: ExitStack) -> AbstractContextManager[Engine]:
    """Make the engine that runs the submission; the stack closes its log.

    Raises:
        InputError: a cluster was requested, but Dask is not installed.
    """
    log = SubmissionLog(run.output / LOG_FILE, append=run.resume)
    stack.callback(log.close)
    console().print(f"What the submission prints is in {run.output / LOG_FILE}.")
    if run.scheduler is not None:
        try:
            from higgs_challenge.execution.cluster import ClusterEngine  # Dask is needed only here
        except ModuleNotFoundError as error:
            raise InputError(f"--engine dask needs {error.name}: `pip install distributed`.") from error
        return ClusterEngine(job, run.scheduler, data, log)
    slots = make_slots(run.gpus, run.cores, run.workers, run.plan.settings.number)
    return LocalEngine(job, slots, run.cores, data, log)


def fit_submission(run: Run, job: Job, engine: Engine, journal: Journal, clock: Clock) -> Fit:
    """Fit a submission in a scratch folder of its own, unless an earlier run did."""
    if journal.fit and (job.holds_model(journal.fit.model_bytes) or len(journal.results) == run.plan.settings.number):
        console().print(f"Resuming: fitted already, {len(journal.results)} pseudo-experiments are done.")
        return journal.fit
    if journal.fit:
        console().print(
            f"The fitted model of the earlier run is gone or damaged: the submission is fitted again, and its "
            f"{len(journal.results)} finished pseudo-experiments are done again."
        )
    journal.start_again()
    job.prepare(run.submission)
    own_limit = run.plan.settings.limits.fit_seconds
    limit = min(own_limit, clock.left())
    try:
        with show_waiting(f"Fitting the submission, at most {format_seconds(limit)}"):
            fit = engine.fit(limit)
    except TimeLimitError as error:
        if limit < own_limit:
            raise SubmissionError(f"fit took longer than the run's {clock.describe_limit()}.") from error
        raise
    console().print(f"Fitted in {format_seconds(fit.seconds)}. Isolation: {fit.isolation.level}.")
    journal.add_fit(fit, clock.elapsed())
    if run.order_checks:
        job.keep_after_fit()
    return fit
