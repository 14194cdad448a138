"""Prints what isolation and transport cost: a predict of about two seconds in the submission's process and in this one.

Both do the same work on the same million events with one thread, in turn, since the machine's speed drifts. What
comes on top in the submission's process is the copy of the events into an anonymous memory file, two messages, reading
its pages for the first time, waking the process up and looking at what it uses.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rows import REPEATS, Row, in_turn, run

from higgs_challenge.experiments.settings import Limits
from higgs_challenge.frames import as_test_set
from higgs_challenge.submission.event_file import EventFile
from higgs_challenge.submission.job import Job
from higgs_challenge.submission.log import SubmissionLog
from higgs_challenge.submission.process import OFF, REQUIRED, SubmissionProcess
from higgs_challenge.submission.scratch import make_scratch
from higgs_challenge.submission.slot import Slot
from higgs_challenge.tasks.higgs.events.columns import FEATURES
from higgs_challenge.tasks.higgs.events.transform import Floats
from higgs_tools.higgs_data.sizes import SIZES
from higgs_tools.higgs_data.synthetic import make_synthetic_data

EVENTS = 1_050_000
LIMIT = 600.0
MODEL = """\
import numpy

ROUNDS = {rounds}


class Model:
    def __init__(self, get_train_set=None, systematics=None):
        pass

    def fit(self):
        pass

    def predict(self, test_set):
        values = test_set["data"].to_numpy()
        total = sum(float(numpy.tanh(values[:, i % 28] + i).sum()) for i in range(ROUNDS))
        return {{"mu_hat": total / 1e9, "delta_mu_hat": 1.0, "p16": 0.0, "p84": 1.0}}
"""


def measure(repeats: int = REPEATS) -> list[Row]:
    """Time a predict that does nothing and one of two seconds, here and in the submission's process.

    Args:
        repeats: of each.

    Returns:
        Rows of the table.
    """
    features = np.random.default_rng(1).normal(50.0, 20.0, (len(FEATURES), EVENTS)).astype(np.float32)
    few = 40
    two_seconds = round(few * 2.0 / in_turn([predicting(make_model(few), features)], 1)[0])
    return [*compare(features, 0, "empty", repeats), *compare(features, two_seconds, "two-second", repeats)]


def compare(features: Floats, rounds: int, kind: str, repeats: int) -> list[Row]:
    """Time predicts of some length in this process, and in the submission's with and without isolation, in turn."""
    with (
        tempfile.TemporaryDirectory(prefix="bench_isolation_") as folder,
        running(Path(folder, OFF), rounds, OFF) as loose,
        running(Path(folder, REQUIRED), rounds, REQUIRED) as tight,
    ):
        here = predicting(make_model(rounds), features)
        plain, off, required = in_turn([here, lambda: ask(loose, features), lambda: ask(tight, features)], repeats)
    return [
        Row(f"{kind} predict of 1.05 million events, in the asking process", "s", plain),
        Row(f"{kind} predict, handed to a process of its own", "s", off),
        Row(f"{kind} predict, handed to an isolated process", "s", required),
    ]


def predicting(model: Any, features: Floats) -> Callable[[], Any]:
    """Give an action that has a model predict on a copy of the features, which another process would get too."""
    return lambda: model.predict(as_test_set(features.copy(), FEATURES))


def ask(process: SubmissionProcess, features: Floats) -> None:
    """Hand events to a submission's process and wait for its answer."""
    with EventFile(features) as events:
        process.predict(events, LIMIT)


def make_model(rounds: int) -> Any:
    namespace: dict[str, Any] = {}
    exec(MODEL.format(rounds=rounds), namespace)
    return namespace["Model"]()


def running(folder: Path, rounds: int, isolation: str) -> SubmissionProcess:
    """Start a fitted submission."""
    (folder / "submission").mkdir(parents=True)
    (folder / "submission" / "model.py").write_text(MODEL.format(rounds=rounds))
    make_scratch(folder / "scratch", folder / "submission")
    make_synthetic_data(folder / "data", SIZES["tiny"])
    limits = Limits(memory_gigabytes=8.0, disk_gigabytes=1.0)
    job = Job("higgs", folder / "data" / "store", folder, limits, (0.1, 3.0), secrets=(), isolation=isolation)
    process = SubmissionProcess(job, Slot(None, 1), SubmissionLog(folder / "submission.log"))
    process.fit(LIMIT)
    return process


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    run(measure, __doc__)
