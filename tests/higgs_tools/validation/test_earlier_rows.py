from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from higgs_challenge.errors import InputError
from higgs_challenge.tasks.higgs.events.columns import JET2_PHI, JET2_PT, PROCESSES
from higgs_tools.validation.earlier_rows import AUGUST, FINAL, JULY, pool, read_all_real, read_earlier
from higgs_tools.validation.samples import Sample, is_held_out
from tests.helpers.handmade import official_frame, physical_rows, primary_frame, write_official

ROWS = physical_rows(np.random.default_rng(8), 60)
NAMES = np.where(np.arange(60) % 3 == 0, JULY, AUGUST)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    written = write_official(tmp_path, official_frame(40)).parent
    primary_frame(ROWS).assign(sample=NAMES).to_parquet(written / "official_ttbar.parquet")
    return written


def test_samples_are_told_apart_and_july_knows_no_subleading_jet(folder: Path) -> None:
    found = read_earlier(folder, "ttbar")
    assert list(found) == [AUGUST, JULY]
    np.testing.assert_array_equal(found[AUGUST].rows, ROWS[NAMES == AUGUST])
    july, unknown = found[JULY].rows, slice(JET2_PT, JET2_PHI + 1)
    assert np.isnan(july[:, unknown]).all()
    known = np.delete(np.arange(16), unknown)
    np.testing.assert_array_equal(july[:, known], ROWS[NAMES == JULY][:, known])
    np.testing.assert_array_equal(found[AUGUST].held_out, is_held_out(np.arange(40)))


def test_all_real_rows_are_read(folder: Path) -> None:
    found = read_all_real(folder)
    assert {process: list(samples) for process, samples in found.items()} == {
        process: [FINAL, AUGUST, JULY] if process == "ttbar" else [FINAL] for process in PROCESSES
    }
    assert read_earlier(folder, "diboson") == {}


def test_a_broken_file_is_named(folder: Path) -> None:
    path = folder / "official_ttbar.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"ttbar\.parquet cannot be read as official rows of 2024"):
        read_all_real(folder)
    pd.DataFrame({"sample": [JULY]}).to_parquet(path)
    with pytest.raises(InputError, match=r"ttbar\.parquet cannot be read as official rows of 2024"):
        read_all_real(folder)


def test_pooled_samples_weigh_as_much_a_row() -> None:
    first = Sample(ROWS[:2], np.array([3.0, 5.0]), np.zeros(2, dtype=bool))
    pooled = pool([first, Sample.of_equal_weights(ROWS[2:5])])
    np.testing.assert_array_equal(pooled.rows, ROWS[:5])
    np.testing.assert_allclose(pooled.weights, [0.75, 1.25, 1, 1, 1])
