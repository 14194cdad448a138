"""How a local run proceeds: unpack, ingestion, hand over, scoring, collect."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import docker

from higgs_challenge.errors import InputError
from higgs_challenge.execution.progress import show_progress
from higgs_challenge.experiments import load_plan, write_truth
from higgs_tools.containers.local_worker import programs
from higgs_tools.containers.local_worker.bundle import (
    Chosen,
    copy_into_predictions,
    hand_over,
    make_smaller,
    take_submission,
    unpack_task,
)
from higgs_tools.containers.local_worker.container import run
from higgs_tools.containers.local_worker.programs import Container

SCORES, REPORT = "scores.json", "detailed_results.html"
PREDICTIONS = "prediction"
LOGS = ("ingestion.log", "scoring.log")


@dataclass(frozen=True)
class LocalRun:
    """What to run, and where its results go.

    Attributes:
        bundle: the competition's zip.
        chosen: the phase in it.
        submission: a folder, or a zip of one.
        data: the folder at /app/data; None for an empty one.
        output: the folder for results.
        container: how containers are made.
        numbers: replacements of numbers in the phase's settings.yaml, to make it smaller.
    """

    bundle: Path
    chosen: Chosen
    submission: Path
    data: Path | None
    output: Path
    container: Container
    numbers: Mapping[str, int] = field(default_factory=dict)


def run_locally(engine: docker.DockerClient, local: LocalRun) -> dict[str, float]:
    """Run a submission through both programs of a phase.

    Args:
        engine: the container engine.
        local: what to run. Its output folder gets scores.json and detailed_results.html, a log of each program, and in
            prediction what ingestion left; all but scores.json also where the run fails.

    Returns:
        The scores.

    Raises:
        SubmissionError: a program failed, or took longer than the phase allows.
        InputError: the bundle or the engine cannot be used, or scoring left no scores.
    """
    with _worker_folder(local.output) as work:
        take_submission(local.submission, work / "submission")
        unpack_task(local.bundle, local.chosen.task, work)
        for place in (PREDICTIONS, "shared", "scores", "no_data"):
            (work / place).mkdir()
        try:
            _run_programs(engine, local, work)
        finally:
            shutil.copytree(work / PREDICTIONS, local.output / PREDICTIONS, symlinks=True)
            _copy_if_there(work / "scores" / REPORT, local.output)  # without scores it says why there are none
        return _collect(work / "scores", local.output)


@contextmanager
def _worker_folder(output: Path) -> Iterator[Path]:
    """Make the folder that a worker would have, beside the results: engines in virtual machines see the same disk."""
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name in (SCORES, REPORT, *LOGS):
            (output / name).unlink(missing_ok=True)
        shutil.rmtree(output / PREDICTIONS, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=output, prefix=".worker-") as work:
            yield Path(work).resolve()
    except (PermissionError, FileExistsError, NotADirectoryError) as error:
        raise InputError(f"{error.filename} cannot be changed ({error.strerror}): name another --output.") from error


def _run_programs(engine: docker.DockerClient, local: LocalRun, work: Path) -> None:
    limit = local.chosen.phase.time_limit
    data = local.data or work / "no_data"  # a worker shows its folder, whether or not something is in it

    def start(program: programs.Program) -> None:
        with open(local.output / f"{program.role}.log", "wb") as log:
            run(engine, program, local.container, limit, log)

    if local.numbers:
        phase = programs.phase_folder(work)
        make_smaller(phase, dict(local.numbers))
        _draw_truth(phase, work / "input" / "ref")
    copy_into_predictions(work / "submission", work / PREDICTIONS)
    start(programs.ingestion(work, work / "submission", work / PREDICTIONS, data))
    hand_over(work / PREDICTIONS, work / "input" / "res")
    start(programs.scoring(work, work / "scores", data))


def _draw_truth(phase: Path, reference: Path) -> None:
    """Replace a phase's reference data by the truth that follows from its settings now."""
    plan = load_plan(phase)
    shutil.rmtree(reference)
    reference.mkdir()
    with show_progress("Drawing the truth", plan.settings.number, "pseudo-experiments") as advance:
        write_truth(plan, reference, advance)


def _collect(scored: Path, output: Path) -> dict[str, float]:
    if not (scored / SCORES).is_file():
        raise InputError(f"The scoring program wrote no {SCORES}, and Codabench would call the submission failed.")
    try:
        scores: dict[str, float] = json.loads((scored / SCORES).read_text())
    except ValueError as error:
        raise InputError(f"The scoring program wrote a {SCORES} that is not JSON ({error}).") from error
    _copy_if_there(scored / SCORES, output)
    return scores


def _copy_if_there(file: Path, folder: Path) -> None:
    if file.is_file():
        shutil.copy(file, folder)
