"""Submissions of a few lines, and their processes."""

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from higgs_challenge.submission.log import SubmissionLog
from higgs_challenge.submission.process import Place, SubmissionProcess

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


@contextmanager
def running(submission: Path, training: Path) -> Iterator[SubmissionProcess]:
    """Start a submission's process; its scratch folder and submission.log lie beside the submission."""
    scratch = submission.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    log = SubmissionLog(submission.parent / "submission.log")
    try:
        with SubmissionProcess(Place(submission, training, scratch, 1), log) as process:
            yield process
    finally:
        log.close()
