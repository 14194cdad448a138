"""Submissions that import the official program's modules by bare name, and modules in sub-folders of their own."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from higgs_challenge import SubmissionError
from higgs_challenge.tasks.higgs.data.training import TrainingSet
from higgs_challenge.tasks.higgs.events.columns import DERIVED, FEATURES, PROCESSES
from higgs_challenge.tasks.higgs.events.systematics import systematics
from higgs_challenge.tasks.higgs.events.transform import Floats
from higgs_challenge.tasks.higgs.official_modules import datasets, derived_quantities, utils, visualization
from higgs_challenge.tasks.higgs.official_modules import systematics as official
from tests.helpers.tiny_submissions import LIMIT, ask, running, write_submission

SIGMAS = 5.6
"""A Poisson number this far from its mean has a probability below 1e-7, at the means here."""


def test_a_submission_finds_them_after_its_own(tmp_path: Path, training: Path, features: Floats) -> None:
    files = {
        "lib/trainer.py": "def go(): return 0.25",
        "lib/deep/er.py": "depth = 2",
        "utils.py": "mine = 0.5",
        "lib/json.py": "raise RuntimeError('the standard library comes first')",
        ".hidden/secret.py": "",
    }
    fit = """
        import json
        from systematics import systematics, get_bootstrapped_dataset
        from derived_quantities import DER_data
        import datasets, visualization
        from trainer import go
        from er import depth
        from utils import mine
        try:
            import secret
        except ModuleNotFoundError:
            self.numbers = go(), depth, mine
    """
    answer = "dict(zip(['mu_hat', 'p16', 'delta_mu_hat', 'p84'], [1.0, *self.numbers[:2], 3.0]))"
    with running(write_submission(tmp_path / "submission", files, fit=fit, answer=answer), training) as process:
        process.fit(LIMIT)
        interval, _ = ask(process, features, LIMIT)
    assert (interval.p16, interval.delta_mu_hat) == (0.25, 2.0)


@pytest.fixture
def events(training: Path) -> pd.DataFrame:
    return TrainingSet(training)()


def test_derived_columns_are_added_in_place(events: pd.DataFrame) -> None:
    primary = events[list(FEATURES[:16])].copy()
    assert derived_quantities.DER_data(primary) is primary
    pd.testing.assert_frame_equal(primary[list(DERIVED)], events[list(DERIVED)])


def test_events_are_selected_without_a_distortion(events: pd.DataFrame) -> None:
    events.loc[:9, "PRI_had_pt"] = 22.0
    selected = official.postprocess(events)
    assert len(selected) == len(events) - 10
    pd.testing.assert_frame_equal(selected, systematics(events))


def by_process(events: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {name: events[events["detailed_labels"] == name] for name in PROCESSES}


@pytest.mark.parametrize("seed", [1, 2])
def test_unweighted_events_have_the_expected_numbers(events: pd.DataFrame, seed: int) -> None:
    made = official.get_bootstrapped_dataset(by_process(events), mu=2.0, ttbar_scale=1.5, seed=seed)
    assert "weights" not in made
    expected = events.groupby("detailed_labels")["weights"].sum() * pd.Series(
        {"htautau": 2.0, "ztautau": 1.0, "diboson": 1.0, "ttbar": 1.5}
    )
    pulls = (made["detailed_labels"].value_counts() - expected) / np.sqrt(expected)
    assert (pulls.abs() < SIGMAS).all()
    assert not made["detailed_labels"].is_monotonic_increasing


def test_a_bootstrap_without_its_scale_would_be_noticed(events: pd.DataFrame) -> None:
    made = official.get_bootstrapped_dataset(by_process(events), mu=1.0)
    expected = 2.0 * events.loc[events["detailed_labels"] == "htautau", "weights"].sum()
    assert abs((made["detailed_labels"] == "htautau").sum() - expected) > SIGMAS * np.sqrt(expected)


def test_a_pseudo_experiment_is_what_predict_receives(events: pd.DataFrame) -> None:
    made = official.generate_pseudo_exp_data(by_process(events), 1.0, {"tes": True, "ttbar_scale": True}, seed=3)
    assert set(made) == {"data", "weights"}
    assert set(FEATURES) <= set(made["data"])
    assert (made["weights"] == 1).all()
    again = official.generate_pseudo_exp_data(by_process(events), 1.0, {"tes": True, "ttbar_scale": True}, seed=3)
    pd.testing.assert_frame_equal(made["data"], again["data"])


def test_training_events_can_be_loaded_and_hidden_ones_cannot(small_store: Path) -> None:
    data = datasets.Data(str(small_store))  # as officially
    data.load_train_set(train_size=10)
    loaded = data.get_train_set()
    assert loaded is not None
    assert len(loaded) == 10
    with pytest.raises(SubmissionError, match="cannot read the hidden events"):
        data.load_test_set()
    with pytest.raises(SubmissionError, match="no network; use the get_train_set"):
        datasets.download_dataset("https://example.org/data.zip")


@pytest.mark.parametrize("draw", [visualization.stacked_histogram, utils.roc_curve_wrapper])
def test_pictures_are_not_drawn(draw: Any) -> None:
    with pytest.warns(UserWarning, match="draws nothing in a submission"):
        draw([1, 2], color="red")


OLDER = """
    from competition_2024 import competition_2024

    class Model:
        def __init__(self, {argument}=None, systematics=None):
            self.given, self.systematics = {argument}, systematics

        def fit(self):
            train = {taken}
            settings = train.pop("settings")
            shifted = self.systematics(train, tes=1.02)
            assert settings["tes"] == 1.0
            assert len(shifted["data"]) == len(shifted["labels"]) == len(shifted["detailed_labels"])
            self.size, self.width = len(train["data"]), train["data"].shape[1]

        def predict(self, test_set):
            return dict(mu_hat=float(self.width), delta_mu_hat=len(test_set["data"]), p16=0, p84=self.size / 1000)

    {last}
"""
ADAPTED = "Model = competition_2024(Model)"


@pytest.mark.parametrize(
    ("argument", "taken", "size"),
    [
        ("get_train_set", "self.given()", None),
        ("get_train_set", "self.given(sample_size=50)", 50),
        ("get_train_set", "self.given(train_size=60)", 60),
        ("get_train_set", "self.given", None),
        ("train_set", "self.given.copy()", None),
    ],
)
def test_a_submission_of_the_first_two_years_runs_with_one_line(
    tmp_path: Path, training: Path, features: Floats, argument: str, taken: str, size: int | None
) -> None:
    model = OLDER.format(argument=argument, taken=taken, last=ADAPTED)
    with running(write_submission(tmp_path / "submission", {"model.py": model}), training) as process:
        process.fit(LIMIT)
        interval, _ = ask(process, features, LIMIT)
        os.close(process.dump(LIMIT))
    assert (interval.mu_hat, interval.p84) == (28, (size or len(TrainingSet(training))) / 1000)


@pytest.mark.parametrize(("argument", "taken"), [("get_train_set", "self.given()"), ("train_set", "self.given")])
def test_without_that_line_its_author_is_told_it(tmp_path: Path, training: Path, argument: str, taken: str) -> None:
    model = OLDER.format(argument=argument, taken=taken, last="").replace('.pop("settings")', '["data"]')
    folder = write_submission(tmp_path / "submission", {"model.py": model})
    with running(folder, training) as process, pytest.raises(SubmissionError) as caught:
        process.fit(LIMIT)
    assert "Model = competition_2024(Model)" in str(caught.value)
    assert "pandas" not in str(caught.value)
