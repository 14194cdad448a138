"""Prints what drawing pseudo-experiments costs on one core, and how many ingestion finishes on two.

Needs 2.5 GB of disk in TMPDIR and, for the official package beside it, 6 GB of memory; takes two minutes. All six
nuisance parameters act. Ingestion runs with the strictest isolation and a submission that answers at once.
"""

import logging
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from big_store import make_store, official_test_set
from HiggsML.ingestion import Ingestion
from HiggsML.systematics import generate_pseudo_exp_data
from rows import REPEATS, Row, in_turn, run, seconds

from higgs_challenge import Experiment, Nuisances
from higgs_challenge.execution.local import LocalEngine
from higgs_challenge.execution.prefetcher import Prefetcher
from higgs_challenge.experiments import Settings
from higgs_challenge.frames import as_test_set
from higgs_challenge.sandbox.isolation import FULL
from higgs_challenge.submission.job import Job
from higgs_challenge.submission.log import SubmissionLog
from higgs_challenge.submission.process import REQUIRED
from higgs_challenge.submission.scratch import make_scratch
from higgs_challenge.submission.slot import Slot
from higgs_challenge.tasks.higgs.data.store import Store
from higgs_challenge.tasks.higgs.declaration import StoredEvents
from higgs_challenge.tasks.higgs.events.columns import FEATURES
from higgs_challenge.tasks.higgs.events.nuisances import PRIORS
from higgs_challenge.tasks.higgs.sampler import StoreSampler

FEWER, MORE = 3_000_000, 30_000_000
NUISANCES = Nuisances(tes=1.01, jes=0.99, soft_met=1.0, ttbar_scale=1.02, diboson_scale=0.8, bkg_scale=1.001)
ACTIVE = dict.fromkeys(PRIORS, True)
WORKERS = 2
WARM_UP = 10
"""Draws until new pages are as fast as they will be on a virtual machine, whose host maps them step by step."""

MODEL = """\
class Model:
    def __init__(self, get_train_set=None, systematics=None):
        pass

    def fit(self):
        pass

    def predict(self, test_set):
        return {"mu_hat": 1.0, "delta_mu_hat": 0.2, "p16": 0.8, "p84": 1.2}
"""


class AnswersAtOnce:
    """The same submission for the official package."""

    def predict(self, test_set: Any) -> dict[str, float]:
        """Answer."""
        return {"mu_hat": 1.0, "delta_mu_hat": 0.2, "p16": 0.8, "p84": 1.2}


def measure(repeats: int = REPEATS) -> list[Row]:
    """Time drawing and ingestion beside the official package.

    Args:
        repeats: of each; the official package's turns count among them.

    Returns:
        Rows of the table.
    """
    logging.disable(logging.WARNING)  # the official package's progress
    with tempfile.TemporaryDirectory(prefix="bench_drawing_") as folder:
        fewer, more = make_store(Path(folder, "fewer"), FEWER), make_store(Path(folder, "more"), MORE)
        draw_few, draw_many = drawing(fewer), drawing(more)
        in_turn([draw_few, draw_many], WARM_UP)
        few, many = in_turn([draw_few, draw_many], 3 * repeats)
        memory = measure_memory(more)
        rate = measure_ingestion(more, Path(folder), 12 * repeats)
        test_set = official_test_set(more)
        numbers = count()
        again, official = in_turn(
            [drawing(more), lambda: generate_pseudo_exp_data(test_set, 1.0, ACTIVE, next(numbers))], repeats
        )
        official_rate = 3 / seconds(lambda: run_official_ingestion(test_set, 3))
    drawn = "one pseudo-experiment, one core"
    return [
        Row(f"{drawn}, from {MORE // 1_000_000} million hidden rows", "s", again, official),
        Row(f"the same, official package not loaded, {MORE // 1_000_000} million", "s", many),
        Row(f"the same, official package not loaded, {FEWER // 1_000_000} million", "s", few),
        Row("memory of a worker beside the submission's", "MB", memory / 1e6),
        Row(f"ingestion, {WORKERS} workers, a submission that answers at once", "a second", rate, official_rate),
    ]


def drawing(store: Store) -> Any:
    """Give an action that draws the next pseudo-experiment as a DataFrame."""
    sampler, numbers = StoreSampler(store), count()
    return lambda: as_test_set(sampler.draw(Experiment(0, next(numbers), 1.0, NUISANCES, seed=1)), FEATURES)


def measure_memory(store: Store) -> float:
    """Give the bytes that a worker needs on our side at most, where the submission is slower than drawing is."""
    plan = [Experiment(0, index, 1.0, NUISANCES, seed=3) for index in range(4)]
    before = own_memory()
    with watched_memory() as peak, Prefetcher(StoredEvents.of(store), plan, 1) as prefetcher:
        for drawn in prefetcher:
            with drawn.file:
                time.sleep(1.0)
    return peak[0] - before


def measure_ingestion(store: Store, folder: Path, experiments: int) -> float:
    """Give the pseudo-experiments a second that all workers finish."""
    (folder / "submission").mkdir()
    (folder / "submission" / "model.py").write_text(MODEL)
    (folder / "unfinished").mkdir()
    job = Job(
        "higgs", store.folder, folder / "unfinished", Settings().limits, (0.1, 3.0), secrets=(), isolation=REQUIRED
    )
    make_scratch(job.scratch, folder / "submission")
    plan = [Experiment(0, index, 1.0, NUISANCES, seed=2) for index in range(experiments)]
    log = SubmissionLog(folder / "submission.log")
    with LocalEngine(job, [Slot(None, 1)] * WORKERS, WORKERS, StoredEvents.of(store), log) as engine:
        engine.fit(600.0)
        if engine.start().level != FULL:
            raise SystemExit("The submission is not fully isolated here; this would not be a fair figure.")
        list(engine.evaluate(plan[: 2 * WORKERS], float("inf")))
        return len(plan) / seconds(lambda: list(engine.evaluate(plan, float("inf"))))


def run_official_ingestion(test_set: Any, experiments: int) -> None:
    """Run the official ingestion, which has one process, on a test set that is in memory already."""

    class Data:
        def get_test_set(self) -> Any:
            return test_set

    ingestion = Ingestion(Data())
    ingestion.model = AnswersAtOnce()
    settings = {"num_pseudo_experiments": experiments, "num_of_sets": 1, "ground_truth_mus": [1.0]}
    ingestion.predict_submission({**settings, "systematics": ACTIVE})


def own_memory() -> int:
    """Give the bytes of this process's memory that are no file's, memory files that it has open included."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    open_files = (Path("/proc/self/fd", name) for name in os.listdir("/proc/self/fd"))
    return int(status["RssAnon"].split()[0]) * 1024 + sum(map(_memory_file_size, open_files))


def _memory_file_size(file: Path) -> int:
    try:
        return file.stat().st_blocks * 512 if os.readlink(file).startswith("/memfd:") else 0
    except OSError:  # it has been closed meanwhile
        return 0


@contextmanager
def watched_memory() -> Iterator[list[int]]:
    """Look at the memory a hundred times a second; gives a list whose only entry becomes the largest seen."""
    peak, ended = [own_memory()], threading.Event()

    def look() -> None:
        while not ended.wait(0.01):
            peak[0] = max(peak[0], own_memory())

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield peak
    finally:
        ended.set()
        thread.join()


if __name__ == "__main__":
    run(measure, __doc__)
