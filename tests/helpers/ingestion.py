"""Runs of run_ingestion.py within the test's process, and what they leave."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.helpers.repository import ROOT

PROGRAM = ROOT / "ingestion_program"
SEED = 987_654_321
SETTINGS = f"num_of_sets: 2\nnum_pseudo_experiments: 3\nrandom_seed: {SEED}\n"

COUNTING = {
    "constructor": "self.train = get_train_set(train_size=500)",
    "fit": "self.width = len(self.train) / 1000",
    "predict": "data = test_set['data']",
    "answer": "dict(mu_hat=data['PRI_met'].mean(), delta_mu_hat=data['PRI_had_pt'].mean(), "
    "p16=len(data) / 1000, p84=len(data) / 1000 + self.width)",
}
"""A submission whose answers tell the events it was given."""

FILES = {
    *("result_0.json", "result_1.json", "ingestion_duration.json", "ingestion_summary.json", "journal.jsonl"),
    "submission.log",
}

Outcome = tuple[int, str]
Ingest = Callable[..., Outcome]


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def results(folder: Path) -> dict[str, dict[str, list[float]]]:
    """All result files, without the seconds."""
    contents = {path.name: read(path) for path in sorted(folder.glob("result_*.json"))}
    return {
        name: {key: content[key] for key in content if key != "predict_seconds"} for name, content in contents.items()
    }
