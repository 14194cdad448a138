from pathlib import Path

import numpy as np
import pytest

from higgs_challenge.errors import InputError
from higgs_challenge.tasks.higgs.events.columns import FEATURES, JET2_PHI, JET2_PT, PRIMARY, PROCESSES
from higgs_tools.validation import samples
from tests.helpers.handmade import METADATA, official_frame, physical_rows, write_official


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


def test_a_part_keeps_what_belongs_together() -> None:
    rows = np.arange(5 * len(PRIMARY), dtype=np.float32).reshape(5, -1)
    sample = samples.Sample(rows, np.arange(1.0, 6.0), np.array([True, False, True, False, True]))
    part = sample.part(~sample.held_out)
    np.testing.assert_array_equal(part.rows, rows[[1, 3]])
    np.testing.assert_array_equal(part.weights, [2.0, 4.0])
    assert not part.held_out.any()


def test_columns_of_an_unknown_subleading_jet_are_left_out() -> None:
    rows = physical_rows(np.random.default_rng(4), 400)
    whole = samples.Sample.of_equal_weights(rows)
    half = np.arange(400) < 200
    rows = rows.copy()
    rows[half, JET2_PT : JET2_PHI + 1] = np.nan
    cut = samples.Sample(rows, np.arange(1.0, 401.0), half)
    for name in FEATURES:
        values, weights = cut.known(name)
        known = ~half if name in samples.SUBLEADING else np.ones(400, dtype=bool)
        np.testing.assert_array_equal(values, whole.known(name)[0][known])
        np.testing.assert_array_equal(weights, np.arange(1.0, 401.0)[known])
        assert (cut.defined(name)[0] != -25).all()
        assert len(cut.defined(name)[0]) == len(cut.defined(name)[1])
    assert 0 < len(cut.defined("DER_mass_jet_jet")[0]) < len(cut.known("DER_mass_jet_jet")[0]) == 200


def test_subleading_columns_are_those_that_its_values_change() -> None:
    rows = physical_rows(np.random.default_rng(5), 400)
    rows = rows[rows[:, 12] >= 2]
    other = rows.copy()
    other[:, JET2_PT : JET2_PHI + 1] *= np.float32(0.9)
    before, after = (samples.Sample.of_equal_weights(one).features for one in (rows, other))
    changed = [name for name, x, y in zip(FEATURES, before, after, strict=True) if (x != y).any()]
    assert sorted(changed) == sorted(samples.SUBLEADING)


def test_joined_samples_follow_each_other() -> None:
    rows = physical_rows(np.random.default_rng(6), 5)
    first = samples.Sample(rows[:2], np.array([1.0, 2.0]), np.array([True, False]))
    second = samples.Sample(rows[2:], np.array([3.0, 4.0, 5.0]), np.array([False, True, True]))
    joined = samples.join([first, second])
    np.testing.assert_array_equal(joined.rows, rows)
    np.testing.assert_array_equal(joined.weights, [1.0, 2.0, 3.0, 4.0, 5.0])
    np.testing.assert_array_equal(joined.held_out, [True, False, False, True, True])
