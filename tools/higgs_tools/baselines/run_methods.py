"""Run methods one after the other on the same pseudo-experiments; what is finished is not run again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from higgs_challenge.atomic import report_write_errors, write_json
from higgs_challenge.cli import make_folder
from higgs_challenge.cores import available_cores
from higgs_challenge.directories import exclusive_lock
from higgs_challenge.errors import SubmissionError
from higgs_challenge.execution.devices import find_gpus
from higgs_challenge.execution.journal import JournalMismatchError
from higgs_challenge.execution.progress import console
from higgs_challenge.experiments import Plan, write_truth
from higgs_challenge.ingestion import Run, prepare_output, run_ingestion
from higgs_challenge.submission.process import BEST_EFFORT
from higgs_challenge.submission.scratch import digest_tree, remove_tree
from higgs_scoring.number_formats import plus_minus
from higgs_scoring.scoring import REPORT_FILE, score_run
from higgs_scoring.truth import Truth, read_truth
from higgs_tools.baselines.describe_run import describe_run
from higgs_tools.baselines.methods import Training, copy_method
from higgs_tools.baselines.provenance import describe_machine, describe_source, digest_library
from higgs_tools.baselines.result_file import (
    Events,
    Identity,
    Machine,
    PlanSettings,
    ResultFile,
    Source,
    read_result,
    write_result,
)

IDENTITY_FILE = "identity.json"
"""Beside an unfinished run: what it is a run of."""


@dataclass(frozen=True)
class Comparison:
    """On what methods are compared, and how.

    Attributes:
        plan: the pseudo-experiments.
        phase: folder with the settings of the plan.
        store: folder of the events; None where there is none, or where it is in the phase's folder.
        root: the repository.
        output: folder for the runs.
        results: folder for the results files.
        order_checks: how many pseudo-experiments of each run to repeat in fresh processes.
        workers: submission processes that predict at the same time; None for one a GPU, or one a core.
    """

    plan: Plan
    phase: Path
    store: Path | None
    root: Path
    output: Path
    results: Path
    order_checks: int
    workers: int | None

    @property
    def folders(self) -> list[Path]:
        """Folders that may hold the data."""
        return [folder for folder in (self.store, self.phase) if folder is not None]


@dataclass(frozen=True)
class Circumstances:
    """What all runs of a comparison share.

    Attributes:
        events: the events.
        data, library: hashes of the events and of higgs_inference.
        source: state of the repository when the comparison began.
        machine: where it runs.
        truth: of the plan.
    """

    events: Events
    data: str
    library: str
    source: Source
    machine: Machine
    truth: Truth


def run_trainings(
    comparison: Comparison, trainings: Sequence[Training]
) -> tuple[list[ResultFile], list[tuple[Training, str]]]:
    """Run all trainings that are not finished yet, and write their results files.

    Args:
        comparison: on what.
        trainings: which.

    Returns:
        The results of those that are finished, and those that failed with what is wrong; the others went on.

    Raises:
        InputError: the data or a folder cannot be used, or another process is writing there.
    """
    make_folder(comparison.output)
    make_folder(comparison.results)
    finished: list[ResultFile] = []
    failures: list[tuple[Training, str]] = []
    with exclusive_lock(comparison.output):
        circumstances = look_around(comparison)
        for number, training in enumerate(trainings, start=1):
            console().print(f"\n[bold]{training.label}[/bold] ({number} of {len(trainings)})")
            try:
                finished.append(run_training(comparison, circumstances, training))
            except SubmissionError as error:
                kept = comparison.results / f"{training.label}.json"
                stays = f" ({kept} is of an earlier run)" if kept.exists() else ""
                failures.append((training, f"{str(error).splitlines()[0]}{stays}"))
                console().print(f"{training.label} failed: {error}", markup=False)
    return finished, failures


def look_around(comparison: Comparison) -> Circumstances:
    """Describe what all runs share, and write the truth."""
    plan = comparison.plan
    with plan.task.opener(plan.settings.fresh_events)(comparison.folders) as data:
        facts, identity, source = data.facts(), data.identity(), data.source
    store = comparison.store and comparison.store.resolve()
    inside = store is not None and store.is_relative_to(comparison.root.resolve())
    folder = comparison.output / "truth"
    with report_write_errors(folder):
        write_truth(plan, folder)
    return Circumstances(
        events=Events(
            source=source,
            store=str(store.relative_to(comparison.root.resolve())) if store is not None and inside else None,
            fresh=plan.settings.fresh_events,
            hidden_depth=facts.get("hidden_depth"),
            training_depth=facts.get("training_depth"),
        ),
        data=identity,
        library=digest_library(),
        source=describe_source(comparison.root, comparison.results),
        machine=describe_machine(),
        truth=read_truth(folder),
    )


def run_training(comparison: Comparison, shared: Circumstances, training: Training) -> ResultFile:
    """Run, score and record one training, unless its results file is there and nothing has changed.

    Raises:
        SubmissionError: the method's fault; a results file of an earlier run of it stays.
    """
    path = comparison.results / f"{training.label}.json"
    folder = make_folder(comparison.output / "runs" / training.label)
    copy_method(training, folder / "submission")
    identity = Identity(
        method=training.method.name,
        training_seed=training.seed,
        submission=digest_tree(folder / "submission"),
        library=shared.library,
        data=shared.data,
        plan=comparison.plan.fingerprint,
    )
    if path.exists() and (known := read_result(path)).identity == identity:
        console().print(f"Finished already: {path}")
        return known
    run_or_resume(comparison, folder, identity)
    score_run(folder / "results", comparison.output / "truth", folder / "scores")
    settings = comparison.plan.settings
    result = ResultFile(
        format=1,
        title=training.method.title,
        identity=identity,
        source=shared.source,
        plan=PlanSettings(
            phase=comparison.phase.resolve().name,
            sets=settings.num_of_sets,
            pseudo_experiments=settings.num_pseudo_experiments,
            seed=settings.random_seed,
        ),
        events=shared.events,
        machine=shared.machine,
        **describe_run(folder / "results", shared.truth),
    )
    write_result(path, result)
    found = {name: f"{one.value:.4f} {plus_minus(one.error or 0, 4)}" for name, one in result.scores}
    console().print(
        f"Quantile score {found['quantile_score']}, interval {found['interval']}, coverage {found['coverage']}.\n"
        f"Report: {folder / 'scores' / REPORT_FILE}"
    )
    return result


def run_or_resume(comparison: Comparison, folder: Path, identity: Identity) -> None:
    """Run a private copy of a method, from where an earlier run of the same identity ended.

    Args:
        comparison: on what.
        folder: with the copy in `submission`; the run writes to `results`.
        identity: of the run.
    """
    known, wanted, results = folder / IDENTITY_FILE, identity.model_dump(), folder / "results"
    if not known.exists() or not is_run_of(known, wanted):
        remove_tree(results)
        write_json(known, wanted)
    try:
        _ingest(comparison, folder / "submission", results)
    except JournalMismatchError as error:
        console().print(f"Starting again: {error}", markup=False)
        remove_tree(results)
        _ingest(comparison, folder / "submission", results)


def is_run_of(path: Path, identity: dict[str, object]) -> bool:
    """Return whether an earlier run has this identity; a file that cannot be read starts the run again."""
    try:
        return bool(json.loads(path.read_text()) == identity)
    except ValueError as error:
        console().print(f"Starting again: {path} is not JSON: {error}", markup=False)
        return False


def _ingest(comparison: Comparison, submission: Path, output: Path) -> None:
    """Run a submission from where the run in this output folder ended, if there is one."""
    with prepare_output(output, resume=True):
        run_ingestion(
            Run(
                plan=comparison.plan,
                data=comparison.folders,
                submission=submission,
                output=output,
                secrets=[comparison.phase, comparison.output / "truth"],
                gpus=find_gpus(),
                cores=available_cores(),
                workers=comparison.workers,
                isolation=BEST_EFFORT,
                model_type=None,
                resume=True,
                order_checks=min(comparison.order_checks, comparison.plan.settings.number),
                scheduler=None,
            )
        )
