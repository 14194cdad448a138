from pathlib import Path

import numpy as np
import pytest

from higgs_challenge.errors import InputError
from higgs_challenge.tasks.higgs.events.columns import PRIMARY, PROCESSES
from higgs_tools.validation import samples
from tests.helpers.handmade import METADATA, official_frame, write_official


def test_every_third_position_is_held_out() -> None:
    assert samples.is_held_out(np.arange(7)).tolist() == [True, False, False, True, False, False, True]


def test_real_rows_are_those_of_the_file(tmp_path: Path) -> None:
    frame = official_frame(100)
    real = samples.read_real(write_official(tmp_path, frame).parent)
    assert set(real) == set(PROCESSES)
    for process, sample in real.items():
        positions = np.flatnonzero(frame.detailed_labels == process)
        np.testing.assert_array_equal(sample.rows, frame.iloc[positions][list(PRIMARY)])
        np.testing.assert_array_equal(sample.held_out, positions % samples.HELD_OUT_EVERY == 0)
        np.testing.assert_allclose(sample.weights, frame.weights.iloc[positions])


def test_of_a_large_file_the_first_rows_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "MAX_REAL_ROWS", 30)
    monkeypatch.setattr(samples, "ROWS_AT_ONCE", 50)
    frame = official_frame(1_000)
    real = samples.read_real(write_official(tmp_path, frame).parent)
    for process, sample in real.items():
        np.testing.assert_array_equal(sample.rows, frame[frame.detailed_labels == process][list(PRIMARY)].iloc[:30])


def test_no_more_is_scanned_than_agreed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "MAX_SCANNED", 100)
    monkeypatch.setattr(samples, "ROWS_AT_ONCE", 50)
    real = samples.read_real(write_official(tmp_path, official_frame(1_000)).parent)
    assert sum(len(sample.rows) for sample in real.values()) == 100


def test_a_missing_or_broken_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no official file"):
        samples.read_real(tmp_path)
    path = write_official(tmp_path / "cut", official_frame(40))
    path.write_bytes(path.read_bytes()[:-20])
    assert (path.parent / METADATA).exists()
    with pytest.raises(InputError, match="cannot be read as the official file"):
        samples.read_real(path.parent)


def test_synthetic_events_are_counted_all_and_kept_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "KEPT_EVENTS", 1_000)
    done: list[int] = []
    synthetic = samples.make_synthetic("ttbar", 1, 70_000, done.append)
    assert synthetic.sample.rows.shape == (1_000, len(PRIMARY))
    assert synthetic.total == done[-1] == 70_000
    assert 0.9 < synthetic.counts["inclusive"] / 70_000 < 1


def test_a_part_keeps_what_belongs_together() -> None:
    rows = np.arange(5 * len(PRIMARY), dtype=np.float32).reshape(5, -1)
    sample = samples.Sample(rows, np.arange(1.0, 6.0), np.array([True, False, True, False, True]))
    part = sample.part(~sample.held_out)
    np.testing.assert_array_equal(part.rows, rows[[1, 3]])
    np.testing.assert_array_equal(part.weights, [2.0, 4.0])
    assert not part.held_out.any()
