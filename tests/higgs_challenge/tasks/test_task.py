"""What every task must keep, so that a new one shows here what it lacks."""

from pathlib import Path

import numpy as np
import pytest

from higgs_challenge import InputError
from higgs_challenge.experiments import Settings, load_settings
from higgs_challenge.streams import stream
from higgs_challenge.task import Experiment, training_folder
from higgs_challenge.tasks import load_task, task_names
from tests.helpers.plans import plan_of
from tests.helpers.repository import ROOT


def test_tasks_are_found_by_their_modules() -> None:
    assert task_names() == ["gaussian", "higgs"]


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(InputError, match="no task bosons; the tasks are gaussian, higgs"):
        load_task("bosons")


@pytest.mark.parametrize("name", task_names())
def test_nuisance_parameters_are_drawn_as_settings_say(name: str) -> None:
    task = load_task(name)
    drawn = plan_of(Settings(task=name)).experiment(3, 7).nuisances
    nominal = task.nuisances()
    assert list(task.priors) == list(vars(nominal))
    assert all(getattr(drawn, one) != getattr(nominal, one) for one in task.priors)
    assert plan_of(Settings(task=name, systematics=dict.fromkeys(task.priors, False))).experiment(3, 7).nuisances == (
        nominal
    )


@pytest.mark.parametrize("name", task_names())
def test_events_and_training_events_fit_together(name: str, small_store: Path) -> None:
    task = load_task(name)
    with task.open_data([small_store]) as data:
        training = training_folder(data.folder)
        task.warm_up(training)
        events = task.get_train_set(training)(train_size=500)
        experiment = Experiment(0, 0, 1.0, task.draw_nuisances(stream(1, "some"), task.priors), seed=4)
        drawn = data.sampler().draw(experiment).copy()
        np.testing.assert_array_equal(drawn, data.sampler().draw(experiment))
        assert data.identity()
    assert len(events) == 500
    assert {*task.features, "weights", "labels"} <= set(events.columns)
    assert drawn.dtype == np.float32
    assert drawn.shape == (len(task.features), drawn.shape[1])
    assert all(column.flags.c_contiguous for column in drawn)


@pytest.mark.parametrize("name", task_names())
def test_the_folder_of_a_task_has_what_a_bundle_needs(name: str) -> None:
    folder = ROOT if name == "higgs" else ROOT / "tasks" / name
    assert load_settings(folder / "input_data" / "feedback" / "settings.yaml").task == name
    assert {"competition.yaml", "pages", "sample_code_submission"} <= {path.name for path in folder.iterdir()}
