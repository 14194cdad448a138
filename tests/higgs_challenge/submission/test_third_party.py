"""Submissions as the field writes them, with its libraries and habits, run unchanged in sandboxed processes."""

import math
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path

import pytest

from higgs_challenge import SubmissionError
from higgs_challenge.execution.local import LocalEngine
from higgs_challenge.execution.worker import Result
from higgs_challenge.experiments.settings import Limits, Settings
from higgs_challenge.sandbox.isolation import FULL
from higgs_challenge.submission.job import Job
from higgs_challenge.submission.log import SubmissionLog
from higgs_challenge.submission.process import REQUIRED
from higgs_challenge.submission.scratch import digest_tree, make_scratch
from higgs_challenge.submission.slot import Slot
from higgs_challenge.tasks.higgs.data.store import open_store
from higgs_challenge.tasks.higgs.declaration import StoredEvents
from tests.helpers.plans import plan_of
from tests.helpers.tiny_submissions import LIMIT, write_submission

pytestmark = pytest.mark.slow

SUBMISSIONS = Path(__file__).parent / "third_party"
EVERY = SUBMISSIONS / "every"
"""Files that travel with each of them."""

PSEUDO_EXPERIMENTS = 4

LEFT = {
    "xgboost_classifier": (),
    "xgboost_booster": ("submission/booster.json",),
    "lightgbm_models": ("submission/models/booster.txt",),
    "torch_network": ("work/network.pt",),
    "torch_data_loader": (),
    "keras_on_torch": ("submission/model.keras", "submission/best.weights.h5"),
    "official_package": ("submission/mass.png", "submission/stacked.png", "work/mass.pdf"),
    "scikit_learn": tuple(f"submission/{name}.joblib" for name in ("forest", "gradient", "histograms")),
    "likelihood_fit": ("submission/fit.log", "work/templates.json"),
}
"""Each submission, and what it leaves in its scratch folder."""

WITH_TWO_WORKERS = ("xgboost_booster", "likelihood_fit")
"""Those that start fast."""

PRINTED = {
    "xgboost_classifier": "validation_0-logloss",
    "xgboost_booster": "read booster.json",
    "lightgbm_models": "training's auc",
    "torch_network": "epoch 19: loss",
    "torch_data_loader": "epochs: 100%",
    "keras_on_torch": "Epoch 2/2",
    "official_package": "pseudo-experiment of",
    "scikit_learn": "forest 0.",
    "likelihood_fit": "cores: ",
}


def run(submission: Path, store: Path, workers: int = 1) -> list[Result]:
    """Fit in one process and predict in others, which are handed the pickled model; all as isolated as can be."""
    folder = submission.parent
    make_scratch(folder / "unfinished" / "scratch", submission)
    job = Job(
        "higgs", store, folder / "unfinished", Limits(), (0.1, 3.0), secrets=(folder / "phase",), isolation=REQUIRED
    )
    plan = plan_of(Settings(num_of_sets=1, num_pseudo_experiments=PSEUDO_EXPERIMENTS))
    experiments = [plan.experiment(0, index) for index in range(PSEUDO_EXPERIMENTS)]
    with logging_to(folder / "submission.log") as log:
        engine = LocalEngine(job, [Slot(None, 2)] * workers, 2, StoredEvents.of(open_store(store)), log)
        with engine:
            fit = engine.fit(LIMIT)
            assert fit.not_kept == ""
            assert fit.isolation.level == engine.start().level == FULL
            return list(engine.evaluate(experiments, time.monotonic() + LIMIT))


@contextmanager
def logging_to(path: Path) -> Iterator[SubmissionLog]:
    log = SubmissionLog(path)
    try:
        yield log
    finally:
        log.close()


@pytest.mark.parametrize("name", LEFT)
def test_a_submission_of_the_field_runs_unchanged(name: str, tmp_path: Path, small_store: Path) -> None:
    submission = shutil.copytree(SUBMISSIONS / name, tmp_path / "submission")
    shutil.copytree(EVERY, submission, dirs_exist_ok=True)
    before = digest_tree(submission)
    results = run(submission, small_store, workers=2 if name in WITH_TWO_WORKERS else 1)
    assert [result.repeats for result in results] == [0] * PSEUDO_EXPERIMENTS
    intervals = {astuple(result.interval) for result in results}
    assert len(intervals) > 1  # it has looked at the events
    for mu_hat, delta_mu_hat, p16, p84 in intervals:
        assert all(map(math.isfinite, (mu_hat, delta_mu_hat)))
        assert p16 < p84
    for path in LEFT[name]:
        assert (tmp_path / "unfinished" / "scratch" / path).stat().st_size > 0
    assert PRINTED[name] in (tmp_path / "submission.log").read_text()
    assert digest_tree(submission) == before


SHARING = {
    "torch's loader with workers": """
        from torch import zeros
        from torch.utils.data import DataLoader, TensorDataset
        print(len(list(DataLoader(TensorDataset(zeros(100, 28)), batch_size=50, num_workers=2))))
    """,
    "a tensor for other processes": "import torch\nprint(torch.zeros(28).share_memory_())",
    "memory by name": """
        from multiprocessing.shared_memory import SharedMemory
        print(SharedMemory(create=True, size=1000))
    """,
}


@pytest.mark.parametrize("kind", SHARING)
def test_what_needs_shared_memory_is_reported(kind: str, tmp_path: Path, small_store: Path) -> None:
    submission = write_submission(tmp_path / "submission", fit=SHARING[kind])
    with pytest.raises(SubmissionError, match=r"(?s)^fit failed: .*shared memory") as caught:
        run(submission, small_store)
    assert 'File "model.py", line ' in str(caught.value)
