"""Stores filled by the event generator."""

from pathlib import Path

import numpy as np
import pytest

from higgs_challenge import TrainingSet, open_store
from higgs_challenge.data import synthetic
from higgs_challenge.data.synthetic import SIZES, Size, make_synthetic_store
from higgs_challenge.events.columns import PROCESSES
from higgs_challenge.simulation import NOMINAL_YIELDS

FEW = Size(
    hidden={"htautau": 300, "ztautau": 900, "diboson": 100, "ttbar": 200},
    training={"htautau": 400, "ztautau": 800, "diboson": 0, "ttbar": 100},
)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(synthetic, "ROWS_AT_ONCE", 256)  # several batches, as with many rows
    make_synthetic_store(tmp_path / "store", FEW, seed=5)
    return tmp_path / "store"


def test_every_part_has_its_rows_and_the_nominal_yields(store: Path) -> None:
    opened = open_store(store)
    assert {name: len(part.events) for name, part in opened.hidden.items()} == FEW.hidden
    assert {name: part.expected for name, part in opened.hidden.items()} == NOMINAL_YIELDS
    labels = TrainingSet(opened.training_folder)()["detailed_labels"]
    assert {name: int((labels == name).sum()) for name in PROCESSES} == FEW.training


def test_training_rows_are_mixed(store: Path) -> None:
    """The first half of the rows has half of each process within 6 standard deviations: false alarm below 1e-8."""
    labels = TrainingSet(store / "training")()["detailed_labels"].to_numpy()
    for name in ("htautau", "ztautau", "ttbar"):
        first = int((labels[: len(labels) // 2] == name).sum())
        assert abs(first - FEW.training[name] / 2) < 6 * np.sqrt(FEW.training[name] / 4)


def test_the_parts_share_no_event(store: Path) -> None:
    opened = open_store(store)
    training = {row.tobytes() for row in TrainingSet(opened.training_folder)().iloc[:, :16].to_numpy()}
    assert not any(row.tobytes() in training for part in opened.hidden.values() for row in part.events)


def test_a_seed_gives_the_same_store_and_another_seed_another(store: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    for name, seed in (("same", 5), ("other", 6)):
        make_synthetic_store(tmp_path / name, FEW, seed=seed, progress=lambda done, total: told.append((done, total)))
    events = {name: (tmp_path / name / "training" / "events.f32").read_bytes() for name in ("store", "same", "other")}
    assert events["store"] == events["same"] != events["other"]
    assert told[-1] == (2800, 2800)


def test_small_data_are_as_large_as_promised() -> None:
    assert SIZES["small"].hidden["ztautau"] >= 1_500_000
