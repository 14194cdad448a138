"""Which folders are methods, and private copies of them with a training's seed."""

import os
from pathlib import Path

import pytest

from higgs_challenge.errors import InputError, SubmissionError
from higgs_tools.baselines.methods import Method, Training, copy_method, find_methods, plan_trainings


def test_methods_are_folders_of_baselines_and_the_reference(repository: Path) -> None:
    for name in ("_template", "__pycache__", ".cache", "better"):
        (repository / "baselines" / name).mkdir()
    (repository / "baselines" / "README.md").touch()
    assert [method.name for method in find_methods(repository)] == ["reference", "better", "wide"]
    wanted = find_methods(repository, ["wide", "reference", "wide"])
    assert [method.folder.name for method in wanted] == ["wide", "sample_code_submission"]


def test_an_unknown_method_is_refused(repository: Path) -> None:
    with pytest.raises(InputError, match="There is no method other; the methods are reference, wide"):
        find_methods(repository, ["wide", "other"])


def test_a_method_with_a_seed_is_trained_several_times(repository: Path) -> None:
    trainings = plan_trainings(find_methods(repository), 3)
    assert [training.label for training in trainings] == ["reference", "reference-seed2", "reference-seed3", "wide"]


def test_a_copy_holds_the_seed_and_no_leftovers(repository: Path, tmp_path: Path) -> None:
    folder = repository / "sample_code_submission"
    for name in ("trained_model.pt", "README.md", "picture.png"):
        (folder / name).touch()
    for name in ("__pycache__", ".mypy_cache"):
        (folder / name).mkdir()
    os.chmod(folder / "training_seed.py", 0o444)
    target = tmp_path / "copy"
    for seed in (4, 12):
        copy_method(Training(Method("reference", folder), seed), target)
        assert (target / "training_seed.py").read_text() == f'"""A seed."""\n\nTRAINING_SEED = {seed}\n'
    assert sorted(path.name for path in target.iterdir()) == ["model.py", "training_seed.py"]


@pytest.mark.parametrize("text", ["TRAINING_SEED = one\n", "TRAINING_SEED = 1\nTRAINING_SEED = 2\n"])
def test_a_seed_file_without_the_line_is_refused(repository: Path, tmp_path: Path, text: str) -> None:
    folder = repository / "sample_code_submission"
    (folder / "training_seed.py").write_text(text)
    with pytest.raises(SubmissionError, match="must have one line `TRAINING_SEED = 1`"):
        copy_method(Training(Method("reference", folder), 2), tmp_path / "copy")
