"""Prints what isolation and transport cost: a predict of about two seconds in the submission's process and in this one.

Both do the same work on the same million events with one thread, in turn, since the machine's speed drifts. What
comes on top in the submission's process is the copy of the events into an anonymous memory file, two messages, reading
its pages for the first time, waking the process up and looking at what it uses.
"""

import argparse
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from higgs_challenge.cli import available_cores
from higgs_challenge.data.synthetic import SIZES, make_synthetic_data
from higgs_challenge.events.columns import FEATURES
from higgs_challenge.events.frames import as_test_set
from higgs_challenge.events.transform import Floats
from higgs_challenge.submission.event_file import EventFile
from higgs_challenge.submission.log import SubmissionLog
from higgs_challenge.submission.process import OFF, REQUIRED, Place, SubmissionProcess
from higgs_challenge.submission.scratch import make_scratch
from higgs_challenge.submission.usage import Allowance

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7, help="of each (default: %(default)s)")
    arguments = parser.parse_args()
    print(f"{platform.machine()}, {available_cores()} cores, load before {os.getloadavg()[0]:.1f}; medians and range")
    features = np.random.default_rng(1).normal(50.0, 20.0, (len(FEATURES), EVENTS)).astype(np.float32)
    for rounds in (0, rounds_for(2.0, features)):
        compare(features, rounds, arguments.repeats)


def compare(features: Floats, rounds: int, repeats: int) -> None:
    """Time predicts of some length in this process, and in the submission's with and without isolation, in turn."""
    source = MODEL.format(rounds=rounds)
    seconds: dict[str, list[float]] = {"this process": [], OFF: [], REQUIRED: []}
    model = make_model(source)
    with (
        tempfile.TemporaryDirectory(prefix="bench_isolation_") as folder,
        running(Path(folder, OFF), source, OFF) as loose,
        running(Path(folder, REQUIRED), source, REQUIRED) as tight,
    ):
        for _ in range(repeats + 1):
            seconds["this process"].append(timed(lambda: model.predict(as_test_set(features.copy()))))
            seconds[OFF].append(timed(lambda: ask(loose, features)))
            seconds[REQUIRED].append(timed(lambda: ask(tight, features)))
    medians = {name: statistics.median(values[1:]) for name, values in seconds.items()}  # the first warms up
    for name, values in seconds.items():
        label = name if name not in (OFF, REQUIRED) else f"submission's process, isolation {name}"
        extra = medians[name] - medians["this process"]
        print(
            f"{label:42} {medians[name]:7.3f} s ({min(values[1:]):.3f} to {max(values[1:]):.3f}), "
            f"{extra * 1e3:+6.1f} ms, {extra / medians['this process']:+7.2%}"
        )


def ask(process: SubmissionProcess, features: Floats) -> None:
    """Hand events to a submission's process and wait for its answer."""
    with EventFile(features) as events:
        process.predict(events, LIMIT)


def make_model(source: str) -> Any:
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    return namespace["Model"]()


def rounds_for(wanted: float, features: Floats) -> int:
    """Find how much work takes so many seconds."""
    few = 40
    model = make_model(MODEL.format(rounds=few))
    return round(few * wanted / timed(lambda: model.predict(as_test_set(features))))


def running(folder: Path, source: str, isolation: str) -> SubmissionProcess:
    """Start a fitted submission."""
    (folder / "submission").mkdir(parents=True)
    (folder / "submission" / "model.py").write_text(source)
    make_scratch(folder / "scratch", folder / "submission")
    make_synthetic_data(folder / "data", SIZES["tiny"])
    allowance = Allowance(memory=8_000_000_000, disk=1_000_000_000)
    training = folder / "data" / "store" / "training"
    place = Place(folder / "scratch", training, 1, None, allowance, secrets=(), isolation=isolation)
    process = SubmissionProcess(place, SubmissionLog(folder / "submission.log"))
    process.fit(LIMIT)
    return process


def timed(action: Any) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    main()
