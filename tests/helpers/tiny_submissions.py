"""Submissions of a few lines, and their processes."""

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from higgs_challenge.experiments.settings import Limits
from higgs_challenge.submission.answer import Interval
from higgs_challenge.submission.event_file import EventFile
from higgs_challenge.submission.job import Job
from higgs_challenge.submission.log import SubmissionLog
from higgs_challenge.submission.process import REQUIRED, SubmissionProcess
from higgs_challenge.submission.scratch import make_scratch
from higgs_challenge.submission.slot import Slot
from higgs_challenge.tasks.higgs.events.transform import Floats

ONE_THREAD = Slot(None, 1)
LIMIT = 60.0
"""Seconds allowed where time is not the subject."""

ANSWER = "{'mu_hat': 1.0, 'delta_mu_hat': 0.2, 'p16': 0.8, 'p84': 1.2}"

MODEL = """\
class Model:
    def __init__(self, get_train_set=None, systematics=None):
        {constructor}

    def fit(self):
        {fit}

    def predict(self, test_set):
        {predict}
        return {answer}
"""


def model_source(constructor: str = "pass", fit: str = "pass", predict: str = "pass", answer: str = ANSWER) -> str:
    """A model.py with the given statements in its methods."""

    def body(statements: str) -> str:
        return textwrap.indent(textwrap.dedent(statements).strip(), " " * 8).strip()

    return MODEL.format(constructor=body(constructor), fit=body(fit), predict=body(predict), answer=answer)


def write_submission(folder: Path, files: dict[str, str] | None = None, /, **methods: str) -> Path:
    """Write a submission: a model.py with the given statements in its methods, and files by name."""
    for name, text in {"model.py": model_source(**methods), **(files or {})}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(textwrap.dedent(text))
    return folder


def ask(process: SubmissionProcess, features: Floats, limit: float) -> tuple[Interval, float]:
    """Ask for the interval of events, float32 of shape (28, n), and for the seconds that predict took."""
    with EventFile(features) as events:
        return process.predict(events, limit)


@contextmanager
def running(submission: Path, training: Path, slot: Slot = ONE_THREAD, **changes: Any) -> Iterator[SubmissionProcess]:
    """Start a submission's process; its scratch folder and submission.log lie beside the submission.

    Args:
        submission: its folder, copied to the scratch folder unless that exists.
        training: the training part of a store.
        slot: its share of the machine.
        changes: of the job, which is as isolated as can be.
    """
    scratch = submission.parent / "scratch"
    if not scratch.exists():
        make_scratch(scratch, submission)
    job = Job(
        task="higgs",
        data=training.parent,
        unfinished=submission.parent,
        limits=Limits(memory_gigabytes=8.0, disk_gigabytes=1.0),
        mu_range=(0.1, 3.0),
        secrets=(training.parent / "hidden",),
        isolation=REQUIRED,
    )
    log = SubmissionLog(submission.parent / "submission.log", append=True)
    try:
        with SubmissionProcess(replace(job, **changes), slot, log) as process:
            yield process
    finally:
        log.close()
