"""The toy task, up to the coverage of its optimal analysis.

Statistical tests fail by chance less than once in a million times.
"""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from higgs_challenge import InputError, SubmissionError
from higgs_challenge.execution.worker_pool import WorkerPool, find_versions
from higgs_challenge.experiments import Settings
from higgs_challenge.experiments.settings import Limits
from higgs_challenge.frames import as_test_set
from higgs_challenge.submission.job import Job
from higgs_challenge.task import Experiment
from higgs_challenge.tasks.gaussian import declaration as gaussian
from tests.helpers.plans import plan_of
from tests.helpers.repository import ROOT

FOLDER = ROOT / "tasks" / "gaussian"
SIGMAS = 5.0
"""One in 1.7 million, for a normal distribution and both sides."""


def draw(index: int, mu: float = 1.0, shift: float = 0.0, seed: int = 3) -> np.ndarray:
    return gaussian.Generator().draw(Experiment(0, index, mu, gaussian.Nuisances(shift), seed))


def test_numbers_of_events_are_poisson() -> None:
    numbers = np.array([draw(index, mu=2.0).shape[1] for index in range(2000)])
    expected = 1000 + 2 * 50
    assert abs(numbers.mean() - expected) < SIGMAS * np.sqrt(expected / len(numbers))
    assert abs(numbers.var(ddof=1) / expected - 1) < SIGMAS * np.sqrt(2 / len(numbers))


@pytest.mark.parametrize(("mu", "shift"), [(0.0, 0.0), (3.0, 0.0), (1.0, -1.5)])
def test_events_lie_where_they_should(mu: float, shift: float) -> None:
    events = np.concatenate([draw(index, mu, shift) for index in range(200)], axis=1)
    background, signal = 1000.0, 50.0 * mu
    share = background / (background + signal)
    spread = np.sqrt(1 + share * (1 - share))
    for feature, added in zip(events, (0.0, shift), strict=True):
        assert abs(feature.mean() - added - share) < SIGMAS * spread / np.sqrt(len(feature))
        # The fourth moment of a mixture of normal distributions one width apart is close to the normal one.
        assert abs(feature.var() / spread**2 - 1) < SIGMAS * np.sqrt(2 / len(feature)) * 1.1


def test_the_order_of_events_tells_nothing() -> None:
    events = np.concatenate([draw(index, mu=3.0)[:, :50] for index in range(400)], axis=1)
    share = 1000 / 1150
    assert abs(events[0].mean() - share) < SIGMAS * np.sqrt((1 + share * (1 - share)) / events.shape[1])


def test_pseudo_experiments_differ_and_repeat() -> None:
    np.testing.assert_array_equal(draw(5), draw(5))
    assert draw(5)[0, 0] != draw(6)[0, 0]
    assert draw(5)[0, 0] != draw(5, seed=4)[0, 0]


def test_training_events_weigh_what_is_expected() -> None:
    events = gaussian.TrainingSet()()
    assert len(events) == gaussian.TRAINING_EVENTS
    assert events.groupby("detailed_labels")["weights"].sum().to_dict() == pytest.approx(gaussian.PROCESSES)
    means = events.groupby("detailed_labels")[["x1", "x2"]].mean()
    for name, centre in gaussian.CENTRES.items():
        assert np.abs(means.loc[name] - centre).max() < SIGMAS / np.sqrt(len(events) / 2)
    assert set(events.loc[events["detailed_labels"] == "signal", "labels"]) == {1.0}
    pd.testing.assert_frame_equal(gaussian.TrainingSet()(train_size=100)[["x1", "x2"]], events[["x1", "x2"]][:100])


@pytest.mark.parametrize("size", [0, 1, 1_000_001, 0.5, True, "all"])
def test_wrong_sizes_of_training_sets_are_refused(size: Any) -> None:
    with pytest.raises(SubmissionError, match="train_size must be a number from 2 to 1000000"):
        gaussian.TrainingSet()(train_size=size)


def test_systematics_shift_x2_alone_and_leave_the_original() -> None:
    events = gaussian.TrainingSet()(train_size=10)
    before = events.copy()
    shifted = gaussian.systematics({"data": events, "weights": None}, shift=0.5)["data"]
    np.testing.assert_allclose(shifted["x2"], before["x2"] + 0.5, rtol=1e-6)
    pd.testing.assert_frame_equal(shifted.drop(columns="x2"), before.drop(columns="x2"))
    pd.testing.assert_frame_equal(events, before)
    with pytest.raises(InputError, match="no column x2"):
        gaussian.systematics(events[["x1"]])


@pytest.fixture(scope="module")
def sample() -> Any:
    """The sample submission's module, under a name of its own."""
    path = FOLDER / "sample_code_submission" / "model.py"
    spec = importlib.util.spec_from_file_location("gaussian_sample_model", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def count_covered(predict: Callable[[dict[str, Any]], dict[str, float]], plan: Any) -> int:
    covered = 0
    for key in plan.keys():  # noqa: SIM118
        experiment = plan.experiment(*key)
        answer = predict(as_test_set(gaussian.Generator().draw(experiment), gaussian.FEATURES))
        covered += answer["p16"] <= experiment.mu <= answer["p84"]
    return covered


def covers(covered: int, number: int) -> bool:
    """Tell whether so many of a number of intervals are what 68.27 % intervals can give."""
    low, high = stats.binom.interval(1 - 1e-6, number, 0.6827)
    return bool(low <= covered <= high)


def count_in_corner(test_set: dict[str, Any]) -> dict[str, float]:
    """An analysis that ignores the shift: it counts events near the signal's centre."""

    def share(name: str) -> float:
        return float(np.prod(stats.norm.cdf(0.5 - np.array(gaussian.CENTRES[name]))))

    count = int((test_set["data"] < 0.5).all(axis=1).sum())
    background, signal = (gaussian.PROCESSES[name] * share(name) for name in gaussian.PROCESSES)
    mu, error = (count - background) / signal, np.sqrt(count) / signal
    return {"p16": mu - error, "p84": mu + error}


def test_the_optimal_analysis_covers_and_one_that_ignores_the_shift_does_not(sample: Any) -> None:
    plan = plan_of(Settings(task="gaussian", num_of_sets=50, num_pseudo_experiments=10, random_seed=8))
    model = sample.Model(gaussian.TrainingSet())
    model.fit()
    assert covers(count_covered(model.predict, plan), plan.settings.number)
    assert not covers(count_covered(count_in_corner, plan), plan.settings.number)
    without = plan_of(Settings(task="gaussian", systematics={"shift": False}, random_seed=8))
    assert covers(count_covered(count_in_corner, without), without.settings.number)


def test_the_optimal_analysis_answers_where_few_mu_are_allowed(sample: Any) -> None:
    """In this pseudo-experiment, mu_hat is below zero, close to where an event's density would be negative."""
    plan = plan_of(Settings(task="gaussian", num_of_sets=200, random_seed=777_001))
    model = sample.Model(gaussian.TrainingSet())
    model.fit()
    answer = model.predict(as_test_set(gaussian.Generator().draw(plan.experiment(61, 8)), gaussian.FEATURES))
    assert answer["p16"] < answer["mu_hat"] < answer["p84"] < 0.1


@pytest.mark.parametrize("mu", [0.3, 1.0, 3.0])
def test_the_prior_of_the_optimal_analysis_is_the_root_of_the_fisher_information(sample: Any, mu: float) -> None:
    """The curvature of the expected log likelihood, profiled in the shift, by finite differences."""
    model = sample.Model(gaussian.TrainingSet())
    model.fit()
    events = gaussian.TrainingSet()()
    x, weights = events[["x1", "x2"]].to_numpy().T, events["weights"].to_numpy()
    weights = np.where(events["labels"] == 1, mu * weights, weights)
    background, signal = gaussian.PROCESSES["background"], gaussian.PROCESSES["signal"]

    def expected(mu: float, shift: float) -> float:
        of_background, of_signal = model.rates(x, shift)
        return float((weights * np.log(of_background + mu * of_signal)).sum() - mu * signal - background - shift**2 / 2)

    step = 0.02
    at = [[expected(mu + i * step, k * step) for k in (-1, 0, 1)] for i in (-1, 0, 1)]
    by_mu, by_shift = (2 * at[1][1] - at[0][1] - at[2][1], 2 * at[1][1] - at[1][0] - at[1][2])
    mixed = (at[0][0] + at[2][2] - at[0][2] - at[2][0]) / 4
    information = (by_mu - mixed**2 / by_shift) / step**2
    assert information == pytest.approx(np.exp(2 * np.interp(mu, sample.MU, model.log_prior)), rel=0.02)


@pytest.mark.slow
def test_a_run_is_isolated_and_scored(tmp_path: Path) -> None:
    plan = [*("--input", FOLDER / "input_data" / "feedback"), *("--num-of-sets", 2, "--num-pseudo-experiments", 3)]
    sample = ("--submission", FOLDER / "sample_code_submission")
    results, truth, scores = (tmp_path / name for name in ("results", "truth", "scores"))
    for program, *options in (
        (ROOT / "ingestion_program" / "run_ingestion.py", *plan, *sample, "--output", results, "--check-order", 2),
        ("-m", "higgs_tools", "truth", *plan, "--output", truth, "--reveal", "all"),
        (
            ROOT / "scoring_program" / "run_scoring.py",
            "--reference",
            truth,
            "--prediction",
            results,
            "--output",
            scores,
        ),
    ):
        command = [sys.executable, str(program), *map(str, options)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
    summary = json.loads((results / "ingestion_summary.json").read_text())
    assert summary["task"] == "gaussian"
    assert summary["systematics"] == ["shift"]
    assert summary["isolation"]["level"] == "full"
    assert summary["order_check"] == {"repeated": 2, "different": [], "by_chance": [], "largest_difference": 0.0}
    assert "shift" in (scores / "detailed_results.html").read_text()
    assert 0 < json.loads((scores / "scores.json").read_text())["interval"] < 3


def test_a_cluster_needs_no_folder_of_data(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").touch()
    job = Job("gaussian", None, tmp_path / "unfinished", Limits(), (0.1, 3.0), (), "best-effort")
    assert len(WorkerPool(job, find_versions(gaussian.MadeEvents()), 1, "node7").inspect()) == 1
    assert job.training is None


def test_the_page_tells_the_constants() -> None:
    text = (FOLDER / "pages" / "overview.md").read_text()
    assert gaussian.PROCESSES == {"background": 1000.0, "signal": 50.0}
    assert "1000 background events and $50\\mu$ signal events" in text
    assert gaussian.CENTRES == {"background": (1.0, 1.0), "signal": (0.0, 0.0)}
    assert "around (1, 1), signal events around (0, 0)" in " ".join(text.split())
    prior = gaussian.TASK.priors["shift"]
    assert (prior.shape, prior.centre, prior.width) == ("normal", 0.0, 1.0)
    assert "draws its own shift from a standard normal distribution" in " ".join(text.split())
