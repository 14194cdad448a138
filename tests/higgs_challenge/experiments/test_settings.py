import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from higgs_challenge import InputError
from higgs_challenge.experiments import Settings, load_settings
from tests.helpers.repository import ROOT


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.yaml"


def test_the_defaults_are_the_official_feedback_phase(file: Path) -> None:
    settings = load_settings(file)
    assert settings == load_settings(None) == Settings()
    assert (settings.num_of_sets, settings.num_pseudo_experiments) == (10, 100)
    assert settings.mu_range == (0.1, 3.0)
    assert settings.systematics == {}


def test_a_file_gives_what_it_says_and_defaults_for_the_rest(file: Path) -> None:
    file.write_text("num_of_sets: 3\nmu_range: [0, 2]\nsystematics: {tes: false}\nlimits: {predict_seconds: 7}\n")
    settings = load_settings(file)
    assert (settings.num_of_sets, settings.num_pseudo_experiments) == (3, 100)
    assert settings.mu_range == (0.0, 2.0)
    assert settings.systematics == {"tes": False}
    assert (settings.limits.fit_seconds, settings.limits.predict_seconds) == (3600.0, 7.0)


def test_an_empty_file_gives_the_defaults(file: Path) -> None:
    file.write_text("# nothing but a comment\n")
    assert load_settings(file) == Settings()


def test_overrides_win_over_the_file(file: Path) -> None:
    file.write_text("num_of_sets: 3\nrandom_seed: 5\n")
    overrides = {"num_of_sets": 7, "systematics": {"jes": False}}
    settings = load_settings(file, overrides)
    assert (settings.num_of_sets, settings.random_seed) == (7, 5)
    assert settings.systematics == {"jes": False}


def test_reading_settings_imports_no_measurement_and_no_compiler() -> None:
    program = (
        "import sys, higgs_challenge.experiments.settings as s; s.load_settings(None); "
        "print([name for name in sys.modules if name.split('.')[0] in ('numba', 'pandas') or '.tasks.' in name])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("phase", ["feedback", "final"])
def test_the_phases_settings_are_read(phase: str) -> None:
    settings = load_settings(ROOT / "input_data" / phase / "settings.yaml")
    assert (settings.num_of_sets, settings.num_pseudo_experiments) == ({"feedback": 10, "final": 1000}[phase], 100)
    assert settings.mu_range == (0.1, 3.0)
    assert all(settings.systematics.values())


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("number_of_sets: 10", r"there is no setting number_of_sets; the settings here are num_of_sets, "),
        ("limits: {fit: 10}", r"there is no setting limits\.fit; the settings here are fit_seconds, "),
        ("num_of_sets: ten", "num_of_sets: Input should be a valid integer"),
        ("num_of_sets: 2.0", "num_of_sets: Input should be a valid integer"),
        ("num_of_sets: true", "num_of_sets: Input should be a valid integer"),
        ("num_of_sets: 0", "num_of_sets: Input should be greater than 0"),
        ("num_pseudo_experiments: -1", "num_pseudo_experiments: Input should be greater than 0"),
        ("random_seed: -1", "random_seed: Input should be greater than or equal to 0"),
        ("task: 7", "task: Input should be a valid string"),
        ("systematics: all", "systematics: Input should be a valid dictionary"),
        ("systematics: {tes: 1}", r"systematics\.tes: Input should be a valid boolean"),
        ("mu_range: [3.0, 0.1]", "mu_range must be 0 <= low <= high <= 1000, not 3.0 and 0.1"),
        ("mu_range: [-1.0, 0.1]", "mu_range must be 0 <= low <= high <= 1000, not -1.0 and 0.1"),
        ("mu_range: [1.0]", r"mu_range\.1: Field required"),
        ("mu_range: [0.1, .inf]", r"mu_range\.1: Input should be a finite number"),
        ("mu_range: [0.1, .nan]", r"mu_range\.1: Input should be a finite number"),
        ("mu_range: [a, b]", r"mu_range\.0: Input should be a valid number"),
        ("limits: {fit_seconds: 0}", r"limits\.fit_seconds: Input should be greater than 0"),
        ("limits: {fit_seconds: .inf}", r"limits\.fit_seconds: Input should be a finite number"),
        ("- 1\n- 2\n", "must be a mapping of settings, not list"),
        ("just words", "must be a mapping of settings, not str"),
        ("0", "must be a mapping of settings, not int"),
        ("1: 2", "settings.yaml: .*keyword"),
        ("mu_range: [0.1, 3.0", "cannot be read as YAML: "),
        ("a: b: c", "cannot be read as YAML: "),
        ("!!python/object/apply:os.getcwd []", "cannot be read as YAML: "),
    ],
)
def test_wrong_settings_are_refused(file: Path, content: str, sentence: str) -> None:
    file.write_text(content)
    with pytest.raises(InputError, match=sentence) as caught:
        load_settings(file)
    assert str(file) in str(caught.value)


def test_wrong_yaml_is_refused_with_its_place(file: Path) -> None:
    file.write_text("num_of_sets: [")
    with pytest.raises(InputError, match=r"cannot be read as YAML: .* in \".*settings\.yaml\", line 1"):
        load_settings(file)


def test_what_is_no_text_is_refused(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00\x9d")
    with pytest.raises(InputError, match="cannot be read as YAML: "):
        load_settings(file)


def test_every_wrong_setting_is_reported_at_once(file: Path) -> None:
    file.write_text("num_of_sets: 0\nrandom_seed: x\n")
    with pytest.raises(InputError, match=r"num_of_sets: .*; random_seed: "):
        load_settings(file)


def test_a_wrong_override_is_refused() -> None:
    overrides: dict[str, Any] = {"num_of_sets": 0}
    with pytest.raises(
        InputError,
        match="Settings, num_of_sets replaced by the command line: num_of_sets: Input should be greater than 0",
    ):
        load_settings(None, overrides)


def test_a_folder_in_the_place_of_the_file_is_refused(file: Path) -> None:
    file.mkdir()
    with pytest.raises(InputError, match=r"cannot be read as YAML: .*directory"):
        load_settings(file)
