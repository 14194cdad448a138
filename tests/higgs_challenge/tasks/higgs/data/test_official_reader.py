from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from higgs_challenge import InputError, TrainingSet, open_store
from higgs_challenge import directories as disk
from higgs_challenge.tasks.higgs.data import official_reader
from higgs_challenge.tasks.higgs.data.locate_data import open_data
from higgs_challenge.tasks.higgs.data.official_reader import convert_official_file, find_official_file
from higgs_challenge.tasks.higgs.data.store import is_store
from higgs_challenge.tasks.higgs.events.columns import FEATURES, PRIMARY, PROCESSES
from tests.helpers.handmade import METADATA, PARQUET, official_frame, write_official

ROWS = 200

Change = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture
def frame() -> pd.DataFrame:
    return official_frame(ROWS)


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def assert_refused(parquet: Path, sentence: str) -> None:
    """Converting fails with the sentence, leaves nothing half-written and an old store as it is."""
    store = parquet.parent / "store"
    with pytest.raises(InputError, match=sentence):
        convert_official_file(parquet, store)
    assert [path.name for path in parquet.parent.iterdir() if path.name.startswith("store")] == []
    (store / "hidden").mkdir(parents=True)
    (store / "hidden" / "old").touch()
    with pytest.raises(InputError):
        convert_official_file(parquet, store)
    assert files_of(store) == {"hidden/old": b""}


def test_the_first_rows_are_hidden_and_the_others_for_training(tmp_path: Path, frame: pd.DataFrame) -> None:
    seen: list[tuple[int, int]] = []
    convert_official_file(
        write_official(tmp_path, frame), tmp_path / "store", lambda done, total: seen.append((done, total))
    )
    hidden, training = frame.iloc[: int(0.3 * ROWS)], frame.iloc[int(0.3 * ROWS) :]
    store = open_store(tmp_path / "store")
    for name in PROCESSES:
        own = hidden[hidden["detailed_labels"] == name]
        assert (store.hidden[name].events == own[list(PRIMARY)].to_numpy()).all()
        assert (store.hidden[name].weights == own["weights"].to_numpy()).all()
    trained = TrainingSet(tmp_path / "store" / "training")()
    assert (trained[list(PRIMARY[:14])].to_numpy() == training[list(PRIMARY[:14])].to_numpy()).all()
    assert trained["detailed_labels"].tolist() == training["detailed_labels"].tolist()
    assert store.source == f"{PARQUET} (200 rows)"
    assert seen[-1] == (ROWS, ROWS)


def test_the_metadata_decides_the_yields(tmp_path: Path, frame: pd.DataFrame) -> None:
    convert_official_file(write_official(tmp_path, frame), tmp_path / "store")
    weights = frame.groupby("detailed_labels")["weights"].sum().astype(float)
    expected = (1000.0 * weights / weights.sum()).to_dict()
    store = open_store(tmp_path / "store")
    assert {name: process.expected for name, process in store.hidden.items()} == pytest.approx(expected, rel=1e-6)


def test_the_size_of_row_groups_and_the_kind_of_text_do_not_matter(tmp_path: Path, frame: pd.DataFrame) -> None:
    stores = []
    for number, group in enumerate((1000, 64, 7)):
        convert_official_file(write_official(tmp_path / str(group), frame, group), tmp_path / f"store{number}")
        stores.append(files_of(tmp_path / f"store{number}"))
    as_category = frame.astype({"detailed_labels": "category"})
    convert_official_file(write_official(tmp_path / "category", as_category), tmp_path / "store3")
    stores.append(files_of(tmp_path / "store3"))
    assert stores[0] == stores[1] == stores[2] == stores[3]


def test_the_metadata_may_say_how_many_rows_are_hidden(tmp_path: Path, frame: pd.DataFrame) -> None:
    convert_official_file(write_official(tmp_path, frame, hidden_rows=120), tmp_path / "store")
    assert sum(len(process.events) for process in open_store(tmp_path / "store").hidden.values()) == 120
    assert len(TrainingSet(tmp_path / "store" / "training")) == 80


def test_a_full_disk_is_reported_before_anything_is_written(
    tmp_path: Path, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquet = write_official(tmp_path, frame)
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: SimpleNamespace(free=13_000))
    assert_refused(parquet, "the event store needs 0.0 GB in .*, where 0.0 GB are free: make room")


def test_converting_holds_little_of_a_large_row_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The 17 columns of the one row group are 27 MB; holding them whole would need more the larger a file is."""
    parquet = write_official(tmp_path, pd.concat([official_frame(20_000)] * 20), group=400_000)
    pq.write_table(pq.read_table(parquet), parquet, row_group_size=400_000, use_dictionary=False, compression="none")
    monkeypatch.setattr(official_reader, "ROWS_AT_ONCE", 10_000)
    before, held = pa.total_allocated_bytes(), []
    convert_official_file(parquet, tmp_path / "store", lambda done, total: held.append(pa.total_allocated_bytes()))
    assert len(held) == 41
    assert max(held) - before < 12_000_000


def test_double_precision_is_accepted(tmp_path: Path, frame: pd.DataFrame) -> None:
    convert_official_file(write_official(tmp_path, frame.astype({"PRI_met": "float64"})), tmp_path / "store")
    assert is_store(tmp_path / "store")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda f: f.drop(columns=["PRI_met", "labels"]), "lacks the column PRI_met, labels; expected .* 31 columns"),
        (lambda f: f.assign(PRI_met="a lot"), "column PRI_met is of type .*string; expected numbers"),
        (lambda f: f.assign(weights=True), "column weights is of type bool; expected numbers"),
        (lambda f: f.assign(detailed_labels=1.5), r"detailed_labels is 1\.5 in row 0; expected one of htautau"),
        (lambda f: f.iloc[:0], "has no rows"),
        (lambda f: set_value(f, 150, "PRI_had_pt", np.nan), "PRI_had_pt is not a finite number in row 150"),
        (lambda f: set_value(f, 3, "PRI_lep_eta", np.inf), "PRI_lep_eta is not a finite number in row 3"),
        (lambda f: set_value(f, 199, "weights", np.nan), "weights is not a finite number in row 199"),
        (lambda f: set_value(f, 70, "weights", -1.0), "weights has a negative value in row 70"),
        (lambda f: set_value(f, 130, "detailed_labels", "wjets"), "detailed_labels is wjets in row 130; expected one"),
        (lambda f: set_value(f, 131, "detailed_labels", None), "detailed_labels is None in row 131; expected one of"),
        (lambda f: set_value(f, 5, "labels", 1.0), "labels contradicts detailed_labels in row 5"),
        (lambda f: set_value(f, 4, "labels", 0.0), "labels contradicts detailed_labels in row 4"),
        (lambda f: f.assign(weights=np.float32(0.0)), "All weights of the .* htautau rows of the training part are 0"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_data_are_refused(tmp_path: Path, frame: pd.DataFrame, change: Change, sentence: str) -> None:
    assert_refused(write_official(tmp_path, change(frame)), sentence)


def set_value(frame: pd.DataFrame, row: int, column: str, value: Any) -> pd.DataFrame:
    changed = frame.astype({"detailed_labels": object})
    changed.loc[row, column] = value
    return changed


@pytest.mark.parametrize("keep", [0, 3, 2000, -1])
def test_an_empty_or_truncated_file_is_refused(tmp_path: Path, frame: pd.DataFrame, keep: int) -> None:
    parquet = write_official(tmp_path, frame)
    parquet.write_bytes(parquet.read_bytes()[:keep])
    assert_refused(parquet, "cannot be read as a parquet file: .* Is it complete?")


def test_damage_within_the_file_is_refused(tmp_path: Path, frame: pd.DataFrame) -> None:
    parquet = write_official(tmp_path, frame)
    content = bytearray(parquet.read_bytes())
    content[100:6000] = bytes(5900)
    parquet.write_bytes(content)
    assert_refused(parquet, "is damaged: (?s:.*) Download it again")


@pytest.mark.parametrize(
    ("metadata", "sentence"),
    [
        ({"total_rows": None}, "must be JSON with total_rows and sum_weights .KeyError: 'total_rows'."),
        ({"sum_weights": None}, "must be JSON with total_rows and sum_weights .KeyError: 'sum_weights'."),
        ({"total_rows": 201}, "says total_rows = 201, but the parquet file has 200 rows"),
        ({"sum_weights": -3.0}, "sum_weights must be a positive number, not -3.0"),
        ({"sum_weights": 0}, "sum_weights must be a positive number, not 0.0"),
        ({"sum_weights": float("nan")}, "sum_weights must be a positive number, not nan"),
        ({"sum_weights": float("inf")}, "sum_weights must be a positive number, not inf"),
        ({"sum_weights": "much"}, "must be JSON with total_rows and sum_weights"),
        ({"sum_weights": [1]}, "must be JSON with total_rows and sum_weights"),
        ({"detailed_labels": ["htautau", "wjets"]}, "detailed_labels and the known processes differ in .*wjets"),
        ({"detailed_labels": 5}, "detailed_labels must be a list, not 5"),
        ({"hidden_rows": 201}, "hidden_rows must be a whole number from 0 to 200, not 201"),
        ({"hidden_rows": 0.3}, "hidden_rows must be a whole number from 0 to 200, not 0.3"),
        ({"hidden_rows": -1}, "hidden_rows must be a whole number from 0 to 200, not -1"),
        ({"yields": {"htautau": 1.0}}, "yields must be a number >= 0 for each of htautau, ztautau"),
        ({"yields": dict.fromkeys(PROCESSES, -1.0)}, "yields must be a number >= 0 for each of htautau, ztautau"),
        ({"yields": 7}, "yields must be a number >= 0 for each of htautau, ztautau"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_metadata_are_refused(
    tmp_path: Path, frame: pd.DataFrame, metadata: dict[str, Any], sentence: str
) -> None:
    assert_refused(write_official(tmp_path, frame, **metadata), sentence)


@pytest.mark.parametrize("content", ["", "{", "[]", "5", "\xff"])
def test_broken_metadata_are_refused(tmp_path: Path, frame: pd.DataFrame, content: str) -> None:
    parquet = write_official(tmp_path, frame)
    (tmp_path / METADATA).write_text(content, encoding="latin-1")
    assert_refused(parquet, r"must be JSON with total_rows and sum_weights \(\w+Error: ")


def test_metadata_may_give_the_yields(tmp_path: Path, frame: pd.DataFrame) -> None:
    yields = {"htautau": 10.0, "ztautau": 2000.0, "diboson": 30.0, "ttbar": 400.0}
    convert_official_file(write_official(tmp_path, frame, yields=yields), tmp_path / "store")
    store = open_store(tmp_path / "store")
    assert {name: process.expected for name, process in store.hidden.items()} == yields


def test_a_file_without_its_metadata_is_refused(tmp_path: Path, frame: pd.DataFrame) -> None:
    write_official(tmp_path, frame)
    (tmp_path / METADATA).unlink()
    with pytest.raises(InputError, match="has 0 parquet files with their metadata"):
        find_official_file(tmp_path)


def test_a_file_named_without_its_metadata_is_refused_in_plain_words(tmp_path: Path, frame: pd.DataFrame) -> None:
    parquet = write_official(tmp_path, frame)
    (tmp_path / METADATA).unlink()
    assert_refused(parquet, f"There is no {METADATA} beside the parquet file")


def test_two_files_with_metadata_are_refused(tmp_path: Path, frame: pd.DataFrame) -> None:
    write_official(tmp_path, frame)
    (tmp_path / "b.parquet").touch()
    (tmp_path / "b_metadata.json").touch()
    with pytest.raises(InputError, match="has 2 parquet files with their metadata"):
        find_official_file(tmp_path)


def test_a_converted_store_lives_as_long_as_the_run(tmp_path: Path, frame: pd.DataFrame) -> None:
    write_official(tmp_path, frame)
    before = set(tmp_path.iterdir())
    with open_data([tmp_path]) as store:
        folder = store.training_folder
        assert len(TrainingSet(folder)) == 140
    assert not folder.exists()
    assert set(tmp_path.iterdir()) == before


class TestOfficialSample:
    """The real file's rows and columns come through unchanged."""

    @pytest.fixture
    def sample(self, official_sample: Path) -> pd.DataFrame:
        return pd.read_parquet(official_sample / PARQUET)

    @pytest.fixture
    def store(self, official_sample: Path, tmp_path: Path) -> Path:
        convert_official_file(official_sample / PARQUET, tmp_path / "store")
        return tmp_path / "store"

    def test_training_frame_equals_the_file(self, sample: pd.DataFrame, store: Path) -> None:
        trained = TrainingSet(store / "training")()
        expected = sample.iloc[300:].reset_index(drop=True)
        assert list(trained.columns) == list(expected.columns)
        assert trained["detailed_labels"].tolist() == expected["detailed_labels"].tolist()
        assert (trained["labels"] == expected["labels"]).all()
        for name in FEATURES:
            tolerance = 0.0 if name in PRIMARY[:14] else 2e-3
            if name == "DER_mass_transverse_met_lep":
                tolerance = 0.02  # the file's was computed in float32, which loses this much where it is nearly 0
            np.testing.assert_allclose(trained[name], expected[name], rtol=1e-4, atol=tolerance, err_msg=name)

    def test_hidden_rows_equal_the_file(self, sample: pd.DataFrame, store: Path) -> None:
        hidden = sample.iloc[:300]
        opened = open_store(store)
        for name in PROCESSES:
            own = hidden[hidden["detailed_labels"] == name]
            assert (opened.hidden[name].events == own[list(PRIMARY)].to_numpy()).all()

    def test_yields_add_up_to_the_metadata_sum(self, store: Path) -> None:
        total = sum(process.expected for process in open_store(store).hidden.values())
        assert total == pytest.approx(1_051_433.0)
