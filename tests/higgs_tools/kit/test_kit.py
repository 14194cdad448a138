"""The starting kit as a participant has it: a copied folder, and the installed package."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from higgs_challenge.errors import InputError
from higgs_tools.checking.checker import check_submission
from higgs_tools.checking.findings import Level
from higgs_tools.checking.phases import find_phase
from higgs_tools.checking.submission_zip import list_zip, open_zip
from higgs_tools.commands.checking import find_kit
from higgs_tools.higgs_data.sizes import SIZES
from higgs_tools.higgs_data.synthetic import make_synthetic_data
from higgs_tools.kit.make_kit import PHASES, phase_files
from tests.helpers.commands import start
from tests.helpers.repository import ROOT
from tests.helpers.tiny_submissions import write_submission

KIT = ROOT / "starting_kit"


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A copy outside the repository."""
    return Path(shutil.copytree(KIT, tmp_path / "kit"))


def run(kit: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return start(*arguments, folder=kit, timeout=300)


def test_a_phase_that_is_missing_is_reported(tmp_path):
    shutil.copytree(ROOT / "input_data", tmp_path / "input_data")
    text = (ROOT / "competition.yaml").read_text().replace("ingestion_program_final.zip", "ingestion_program_last.zip")
    (tmp_path / "competition.yaml").write_text(text)
    with pytest.raises(InputError, match=r"no phase runs ingestion_program_final\.zip"):
        phase_files(tmp_path)


def test_the_phases_are_those_of_the_competition() -> None:
    assert {name: (KIT / name).read_bytes() for name in phase_files(ROOT)} == phase_files(ROOT), "run make kit"


@pytest.mark.parametrize("name", PHASES)
def test_a_phase_has_the_competitions_limits_and_not_its_seed(name: str) -> None:
    settings = find_phase(name, KIT).settings
    asked = find_phase(str(ROOT / "input_data" / name), KIT).settings
    assert settings.number == asked.number
    assert settings.limits.predict_seconds == asked.limits.predict_seconds
    assert settings.limits.total_seconds == {"feedback": 7200, "final": 79_200}[name]
    assert settings.random_seed != asked.random_seed


def test_options_replace_what_a_phase_says() -> None:
    phase = find_phase("feedback", KIT, time_limit=100.0, workers=4)
    assert phase.settings.limits.total_seconds == 100
    assert phase.workers == 4


def test_a_phase_that_is_not_there_is_reported_with_those_that_are() -> None:
    with pytest.raises(InputError, match="expected feedback or final"):
        find_phase("practice", KIT)


def test_a_good_submission_is_packed(kit: Path, small_store: Path) -> None:
    write_submission(kit / "mine", {".hidden": "x", "weights.txt": "1"})
    ended = run(kit, "pack", "mine", "out/mine.zip", "--data", small_store)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "READY: mine.zip will run" in ended.stdout
    assert "out/mine.zip is packed, 2 files" in ended.stdout
    with open_zip(kit / "out" / "mine.zip") as archive:
        assert [entry.name for entry in list_zip(archive)] == ["model.py", "weights.txt"]


def test_a_bad_submission_is_not_packed(kit: Path, small_store: Path) -> None:
    write_submission(kit / "mine", predict="{}['key']")
    ended = run(kit, "pack", "mine", "mine.zip", "--data", small_store)
    assert ended.returncode == 1
    assert "NOT READY: mine.zip has 1 failure to fix. mine.zip was not written." in ended.stdout
    assert not (kit / "mine.zip").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("check", "nothing"), "There is no submission nothing"),
        (("check", "template", "--phase", "practice"), "There is no phase practice"),
        (("check", "template", "--workers", "0"), "0 is not in the range x>=1"),
        (("check", "template", "--time-limit", "-1"), "-1.0 is not in the range"),
        (("check", "template", "--time-limit", "inf"), "inf is not a finite number"),
        (("check", "template", "--time-limit", "nan"), "nan is not a finite number"),
        (("pack", "plots.py", "a.zip"), "Directory 'plots.py' is a file"),
        (("pack", "template", "template/a.zip"), "would lie in the folder that is packed"),
        (("pack", "template", "template/.."), "expected the path of a file, got a folder"),
        (("pack", "template", "mine.rar"), "mine.rar: expected a name that ends in .zip"),
    ],
)
def test_a_wrong_command_is_reported_in_a_sentence(kit: Path, options: tuple[str, ...], words: str) -> None:
    ended = run(kit, *options)
    assert ended.returncode == 2
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("command", ["check", "pack"])
def test_help_explains_every_option(kit: Path, command: str) -> None:
    text = run(kit, command, "--help").stdout
    for words in ("--phase", "--time-limit SECONDS", "--workers N", "--data", "Exit codes"):
        assert words in text


def test_the_kits_phases_are_those_of_the_working_directory(kit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(kit)
    assert find_kit() == kit
    monkeypatch.chdir(kit.parent)
    assert find_kit() == KIT


@pytest.mark.slow
def test_the_template_is_ready(tmp_path: Path) -> None:
    """On what the check makes for itself: events as they are, for on others the template finds no signal."""
    make_synthetic_data(tmp_path / "data", SIZES["tiny"])
    findings = check_submission(KIT / "template", find_phase("feedback", KIT), tmp_path / "data")
    assert not [finding for finding in findings if finding.level in (Level.WARNING, Level.FAILURE, Level.UNCHECKED)]
    assert {"fit", "order", "time"} <= {finding.check for finding in findings}


def test_the_walkthrough_counts_submissions_as_the_competition_does() -> None:
    feedback, final = yaml.safe_load((ROOT / "competition.yaml").read_text())["phases"]
    text = " ".join((KIT / "walkthrough.md").read_text().split())
    daily, all_of_them = feedback["max_submissions_per_day"], feedback["max_submissions"]
    assert f"{daily} submissions a day and {all_of_them} in total in the feedback phase, and one in the final" in text
    assert final["max_submissions"] == 1
