"""A new method from the template: its folder, what is refused, and that it measures."""

import importlib.util
import pickle
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from higgs_challenge import Experiment, Nuisances, TrainingSet, draw_pseudo_experiment, open_store, systematics
from higgs_challenge.errors import InputError
from higgs_inference import measurement
from higgs_tools.baselines.methods import Training, copy_method, find_methods
from higgs_tools.baselines.new_baseline import TEMPLATE, make_baseline
from tests.helpers.commands import call
from tests.helpers.repository import ROOT


@pytest.fixture
def with_template(repository: Path) -> Path:
    """A repository of methods with the template."""
    shutil.copytree(ROOT / "baselines" / TEMPLATE, repository / "baselines" / TEMPLATE)
    return repository


def test_the_template_is_no_method() -> None:
    assert TEMPLATE not in [method.name for method in find_methods(ROOT)]


def test_a_new_method_has_what_it_needs(with_template: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("new-baseline", "my_method") == 0
    folder = with_template / "baselines" / "my_method"
    assert f"{folder} is there" in capsys.readouterr().out
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "model.py", "training_seed.py"]
    headings = [line for line in (folder / "README.md").read_text().splitlines() if line.startswith("#")]
    assert headings == ["# my_method", "## Idea", "## Source", "## Settings", "## Measured"]
    (method,) = find_methods(with_template, ["my_method"])
    copy_method(Training(method, 3), with_template / "copy")
    assert (with_template / "copy" / "training_seed.py").read_text().endswith("\nTRAINING_SEED = 3\n")


@pytest.mark.parametrize("name", ["", "My_method", "1st", "my method", "../mine", "my-method", "_mine", "a/b"])
def test_a_bad_name_is_refused(with_template: Path, name: str) -> None:
    before = sorted(with_template.rglob("*"))
    with pytest.raises(InputError, match="A method's name has small letters, digits and _"):
        make_baseline(with_template, name)
    assert sorted(with_template.rglob("*")) == before


@pytest.mark.parametrize("name", ["wide", "reference"])
def test_a_name_that_is_taken_is_refused(with_template: Path, name: str) -> None:
    with pytest.raises(InputError, match=f"There is a method {name} already; choose another name"):
        make_baseline(with_template, name)


@pytest.fixture
def template(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The template's model, which finds its own modules, and calibrates on few pseudo-experiments."""
    folder = ROOT / "baselines" / TEMPLATE
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(measurement, "CALIBRATION_POINTS", 3)
    specification = importlib.util.spec_from_file_location("template_model", folder / "model.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "template_model", module)
        specification.loader.exec_module(module)
        yield module


@pytest.mark.slow
def test_the_template_measures(small_store: Path, template: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    fitted = template.Model(TrainingSet(small_store / "training"), systematics)
    fitted.fit()
    assert "expected width: " in capsys.readouterr().out
    fitted.get_train_set = None
    copy = pickle.loads(pickle.dumps(fitted))
    experiment = Experiment(set_index=0, index=0, mu=1.0, nuisances=Nuisances(tes=1.01), seed=1)
    drawn = draw_pseudo_experiment(open_store(small_store), experiment)
    answer = copy.predict(drawn)
    assert 0.1 <= answer["p16"] <= answer["p84"] <= 3.0
    assert answer["delta_mu_hat"] > 0
    with pytest.raises(ValueError, match="the pseudo-experiment is empty"):
        copy.predict({name: part.iloc[:0] for name, part in drawn.items()})
