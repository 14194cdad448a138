"""The finished bundle: what is in it, that it is whole, and that it hangs together."""

import json
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import yaml

from higgs_challenge.experiments import Settings, load_settings
from higgs_scoring.analysis import analyse
from higgs_scoring.metrics import Intervals
from higgs_scoring.predictions import Predictions, Summary
from higgs_scoring.scoring import leaderboard_columns
from higgs_scoring.shared_events import SharedEvents
from higgs_scoring.truth import Truth, read_truth
from higgs_tools.bundle import make_bundle
from higgs_tools.bundle.rules import check_bundle
from tests.helpers.plans import plan_of
from tests.helpers.zips import unzip

PHASES = {"feedback": (10, 100), "final": (1000, 100)}


def unpack(archive: bytes, folder: Path) -> Path:
    for name, content in unzip(archive).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def test_codabench_finds_nothing_wrong(competition, files):
    assert check_bundle(competition, files) == []


def test_everything_lies_at_the_root_and_nothing_else_is_inside(competition, files):
    assert set(files) == {
        *("competition.yaml", "logo.png"),
        *(f"pages/{page}.md" for page in ("overview", "evaluation", "data", "starting_kit", "terms")),
        *("scoring_program.zip", "sample_code_submission.zip"),
        *("starting_kit.zip", "public_data.zip"),
        *(f"{kind}_{phase}.zip" for kind in ("ingestion_program", "reference_data") for phase in PHASES),
    }


def test_same_tree_gives_same_bytes(project, tmp_path):
    """Wherever it lies."""
    shutil.copytree(project, tmp_path / "copy")
    for name in ("project", "copy"):
        make_bundle.build([tmp_path / name], tmp_path / f"{name}.zip")
    assert (tmp_path / "project.zip").read_bytes() == (tmp_path / "copy.zip").read_bytes()


def test_two_phases_in_sequence(competition):
    feedback, final = competition["phases"]
    times = [datetime.fromisoformat(time) for time in (feedback["start"], feedback["end"], final["start"])]
    assert times == sorted(times)
    assert times[2] - times[1] == timedelta(minutes=1)
    assert [feedback["tasks"], final["tasks"]] == [[0], [1]]
    assert competition["solutions"][0]["tasks"] == [0]


@pytest.mark.parametrize(("phase", "size"), PHASES.items())
def test_settings_of_a_phase(files, tmp_path, phase, size):
    settings = settings_of(files, phase, tmp_path)
    assert (settings.num_of_sets, settings.num_pseudo_experiments) == size
    assert settings.mu_range == (0.1, 3.0)
    assert plan_of(settings).active == ["tes", "jes", "soft_met", "ttbar_scale", "diboson_scale", "bkg_scale"]


def test_a_run_ends_by_the_phases_own_limit_and_before_the_day_that_the_platform_allows(competition, files, tmp_path):
    own = {phase: settings_of(files, phase, tmp_path / phase).limits.total_seconds for phase in PHASES}
    platform = {phase["name"].lower(): phase["execution_time_limit"] for phase in competition["phases"]}
    assert own == {"feedback": 2 * 3600, "final": 22 * 3600}
    assert all(own[phase] < platform[phase] < 24 * 3600 for phase in PHASES)


@pytest.mark.parametrize("phase", PHASES)
def test_truth_follows_from_the_settings(files, tmp_path, phase):
    plan = plan_of(settings_of(files, phase, tmp_path))
    reference = unzip(files[f"reference_data_{phase}.zip"])
    truth = json.loads(reference["truth.json"])
    assert list(reference) == ["true_nuisances.json", "truth.json"]
    assert truth["plan_fingerprint"] == plan.fingerprint
    assert truth["ground_truth_mus"] == list(plan.mus)
    nuisances = json.loads(reference["true_nuisances.json"])
    assert nuisances["plan_fingerprint"] == plan.fingerprint
    assert nuisances["tes"][3][7] == pytest.approx(plan.experiment(3, 7).nuisances.tes, abs=1e-6)


@pytest.mark.parametrize(("phase", "size"), PHASES.items())
def test_scoring_reads_the_truth(files, tmp_path, phase, size):
    truth = read_truth(unpack(files[f"reference_data_{phase}.zip"], tmp_path))
    assert (len(truth.mus), truth.num_pseudo_experiments) == size
    assert {values.shape for values in truth.nuisances.values()} == {size}
    assert truth.reveal == "none"


def test_phases_share_no_truth(files, tmp_path):
    feedback, final = (settings_of(files, phase, tmp_path / phase) for phase in PHASES)
    assert not set(plan_of(feedback).mus) & set(plan_of(final).mus)
    assert final.random_seed.bit_length() > 120


def test_leaderboard_shows_what_scoring_writes(competition, files):
    declared = set(yaml.safe_load(unzip(files["scoring_program.zip"])["metadata.yaml"])["score_keys"])
    ones = np.ones((2, 2))
    intervals = Intervals(np.ones(2), ones, 0.1 * ones, 0.9 * ones, 1.1 * ones)
    summary = Summary(result_files=(), fit_seconds=1.0, shared=SharedEvents(25.0, 25.0))
    predictions = Predictions(intervals, num_cut=0, predict_seconds=ones, minutes=1.0, summary=summary)
    truth = Truth("5eed", 2, np.ones(2), nuisances={}, reveal="none", mu_range=(0.1, 3.0))
    assert leaderboard_columns(analyse(truth, predictions), predictions).keys() == declared
    columns = competition["leaderboards"][0]["columns"]
    assert {column["key"] for column in columns} == declared
    assert [(column["key"], column["sorting"]) for column in columns if not column.get("hidden")] == [
        ("quantiles_score", "desc"),
        ("quantiles_score_median", "desc"),
        ("quantiles_score_error", "asc"),
        ("interval", "asc"),
        ("coverage", "desc"),
        ("ingestion_duration", "asc"),
        ("fit_seconds", "asc"),
        ("predict_seconds", "asc"),
        ("winkler_score", "asc"),
        ("width_at_exact_coverage", "asc"),
        ("interval_before_cut", "asc"),
        ("cut_share", "asc"),
        ("failed_predictions", "asc"),
    ]
    assert (columns[0]["key"], columns[0]["precision"]) == ("quantiles_score", 4)


@pytest.mark.parametrize("program", ["ingestion_program_final", "scoring_program"])
def test_a_program_starts_from_its_own_zip(files, tmp_path, program):
    folder = unpack(files[f"{program}.zip"], tmp_path)
    command = yaml.safe_load((folder / "metadata.yaml").read_text())["command"].split(" ")
    script = folder / Path(command[1]).relative_to("/app/program")
    done = subprocess.run(
        [sys.executable, str(script), "--help"], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    missing = [word for word in command if word.startswith("--") and word not in done.stdout]
    assert missing == []


def test_starting_kit_holds_the_dummy_submission(files, root):
    kit = unzip(files["starting_kit.zip"])
    assert kit["dummy_submission/model.py"] == (root / "dummy_submission" / "model.py").read_bytes()
    assert kit["README.md"].strip()
    tools = {"README.md", "walkthrough.md", "template/model.py"}
    assert tools | {"phases/feedback/settings.yaml", "phases/final/settings.yaml"} <= set(kit)
    cells = json.loads(kit["notebook.ipynb"])["cells"]
    assert "".join(cells[0]["source"]) in kit["notebook.py"].decode().replace("\n# ", "\n").replace("\n#\n", "\n\n")
    assert not any(cell.get("outputs") for cell in cells)


def settings_of(files: dict[str, bytes], phase: str, folder: Path) -> Settings:
    return load_settings(unpack(files[f"ingestion_program_{phase}.zip"], folder) / "phase" / "settings.yaml")
