"""Runs whose hidden events are made for each pseudo-experiment alone."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from higgs_challenge import InputError
from higgs_challenge.experiments import Settings, make_plan
from higgs_challenge.tasks import load_task
from tests.helpers.ingestion import SETTINGS, Ingest, read, results
from tests.helpers.plans import plan_of


@pytest.fixture
def training_only(small_store: Path, tmp_path: Path) -> Path:
    shutil.copytree(small_store / "training", tmp_path / "data" / "training")
    return tmp_path / "data"


def test_workers_do_not_change_the_results(
    tmp_path: Path, phase: Path, counting: Path, training_only: Path, ingest: Ingest
) -> None:
    assert ingest("--fresh", "--workers", 1, output="one", data=training_only)[0] == 0
    (phase / "settings.yaml").write_text(f"{SETTINGS}fresh_events: true\n")
    assert ingest("--workers", 3, output="three", data=training_only)[0] == 0
    assert results(tmp_path / "one") == results(tmp_path / "three")
    summary = read(tmp_path / "three" / "ingestion_summary.json")
    assert (summary["hidden_depth"], summary["training_depth"]) == (None, 5.0)
    assert summary["data"].startswith("synthetic events made for each pseudo-experiment alone")
    (phase / "settings.yaml").write_text(SETTINGS)
    assert "No data in" in ingest(output="stored", data=training_only)[1]  # there is no hidden part to draw from


def test_stored_and_fresh_events_have_the_same_truth_but_no_run_mixes_them(
    tmp_path: Path, counting: Path, ingest: Ingest
) -> None:
    assert ingest(output="stored")[0] == ingest("--fresh", output="fresh")[0] == 0
    stored, fresh = (read(tmp_path / name / "ingestion_summary.json") for name in ("stored", "fresh"))
    assert fresh["plan_fingerprint"] == stored["plan_fingerprint"]
    assert stored["hidden_depth"] == pytest.approx(20.0)
    assert results(tmp_path / "fresh") != results(tmp_path / "stored")
    code, text = ingest("--fresh", "--resume", output="stored")
    assert code == 2
    assert "other data" in text


def test_a_task_without_fresh_events_refuses_them() -> None:
    task = replace(load_task("gaussian"), open_fresh=None)
    with pytest.raises(InputError, match="fresh_events: the task 'Two Gaussians' has no source of fresh events"):
        make_plan(Settings(task="gaussian", fresh_events=True), task)
    assert make_plan(Settings(task="gaussian"), task).mus == plan_of(Settings(task="gaussian", fresh_events=True)).mus
