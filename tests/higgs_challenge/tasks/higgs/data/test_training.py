import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from higgs_challenge import SubmissionError, TrainingSet
from higgs_challenge.tasks.higgs.data import training
from higgs_challenge.tasks.higgs.data.store import StoreWriter
from higgs_challenge.tasks.higgs.events.columns import MET_PHI, OFFICIAL_COLUMNS, PRIMARY, PROCESSES
from higgs_challenge.tasks.higgs.events.systematics import systematics
from tests.helpers.handmade import physical_rows


@pytest.fixture(scope="module")
def get_train_set(small_store: Path) -> TrainingSet:
    return TrainingSet(small_store / "training")


@pytest.fixture(scope="module")
def everything(get_train_set: TrainingSet) -> pd.DataFrame:
    return get_train_set()


def assert_normalised(frame: pd.DataFrame, yields: dict[str, float]) -> None:
    """Every process that is there has its expected yield; the relative tolerance is float32's over the sum."""
    present = set(frame["detailed_labels"])
    sums = frame["weights"].astype(float).groupby(frame["detailed_labels"].astype(object)).sum().to_dict()
    assert sums == pytest.approx({name: yields[name] for name in present}, rel=1e-6)


def test_all_rows_come_in_the_official_form(everything: pd.DataFrame, small_yields: dict[str, float]) -> None:
    assert tuple(everything.columns) == OFFICIAL_COLUMNS
    assert len(everything) == sum(5 * int(number) for number in small_yields.values())
    numeric = [name for name in OFFICIAL_COLUMNS if name != "detailed_labels"]
    assert (everything[numeric].dtypes == np.float32).all()
    assert set(everything["detailed_labels"]) == set(PROCESSES)
    assert (everything["labels"] == (everything["detailed_labels"] == "htautau")).all()
    pd.testing.assert_index_equal(everything.index, pd.RangeIndex(len(everything)))


def test_primary_columns_come_as_they_are_stored(tmp_path: Path) -> None:
    """Also a missing momentum along -x, whose angle any arithmetic may turn from pi to -pi."""
    events = physical_rows(np.random.default_rng(7), 2_000, edges=0.5)
    with StoreWriter(tmp_path / "store", "edges") as writer:
        writer.add_training(events, np.arange(len(events)) % len(PROCESSES), np.ones(len(events)))
        writer.finish()
    frame = TrainingSet(tmp_path / "store" / "training")()
    assert (np.abs(events[:, MET_PHI]) == np.float32(3.142)).sum() > 10
    np.testing.assert_array_equal(frame[list(PRIMARY)].to_numpy(), events)


@pytest.mark.parametrize("train_size", [None, 0.5, 0.031, 1.0, 1500, 10**9, np.float32(0.25), np.int64(3000)])
def test_every_process_keeps_its_yield_whatever_the_size(
    get_train_set: TrainingSet, small_yields: dict[str, float], train_size: float | None
) -> None:
    assert_normalised(get_train_set(train_size), small_yields)


def test_every_process_keeps_its_yield_for_any_rows(get_train_set: TrainingSet, small_yields: dict[str, float]) -> None:
    rng = np.random.default_rng(6)
    for n in (1, 7, 500, len(get_train_set)):
        rows = rng.choice(len(get_train_set), n, replace=False)
        assert_normalised(get_train_set(selected_indices=rows), small_yields)


def test_weights_within_a_process_keep_their_ratios(get_train_set: TrainingSet, everything: pd.DataFrame) -> None:
    some = get_train_set(selected_indices=np.arange(0, len(get_train_set), 3))
    ratio = some["weights"].to_numpy() / everything["weights"].to_numpy()[::3]
    for name in PROCESSES:
        own = ratio[some["detailed_labels"] == name]
        assert np.ptp(own) < 1e-5 * own.mean()
    assert everything.groupby("detailed_labels")["weights"].nunique().min() > 100


@pytest.mark.parametrize(("train_size", "rows"), [(100, 100), (1, 1), (0.1, 1075), (1.0, 10750), (1e-9, 1)])
def test_a_number_and_a_share_say_how_many(get_train_set: TrainingSet, train_size: float, rows: int) -> None:
    assert len(get_train_set) == 10_750
    assert len(get_train_set(train_size)) == rows


def test_rows_come_in_the_order_asked_for(get_train_set: TrainingSet, everything: pd.DataFrame) -> None:
    wanted = [9000, 3, 5000, 4, 0, 10_749]
    chosen = get_train_set(selected_indices=wanted)
    expected = everything.iloc[wanted].reset_index(drop=True)
    pd.testing.assert_frame_equal(chosen.drop(columns="weights"), expected.drop(columns="weights"))


@pytest.mark.parametrize(
    "kind", [list, tuple, np.array, pd.Index, pd.Series, lambda rows: np.array(rows, dtype=np.uint16)]
)
def test_row_numbers_may_be_any_sequence_of_integers(get_train_set: TrainingSet, kind: Any) -> None:
    rows = [5, 2, 7000]
    pd.testing.assert_frame_equal(get_train_set(selected_indices=kind(rows)), get_train_set(selected_indices=rows))


def test_the_result_can_be_changed_without_changing_the_data(get_train_set: TrainingSet) -> None:
    first = get_train_set(10)
    first["PRI_met"] = 0.0
    first["weights"] *= 2.0
    first.loc[0, "PRI_lep_pt"] = -1.0
    again = get_train_set(10)
    assert (again["PRI_met"] > 0).any()
    assert again.loc[0, "PRI_lep_pt"] >= 20.0


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({"train_size": 0}, "train_size must be positive, not 0"),
        ({"train_size": -5}, "train_size must be positive, not -5"),
        ({"train_size": 0.0}, "train_size as a share must be above 0 and at most 1, not 0.0"),
        ({"train_size": 1.5}, "train_size as a share must be above 0 and at most 1, not 1.5"),
        ({"train_size": -0.1}, "train_size as a share must be above 0 and at most 1, not -0.1"),
        ({"train_size": float("nan")}, "train_size as a share must be above 0 and at most 1, not nan"),
        ({"train_size": "all"}, "train_size must be a number of rows or a share, not 'all'"),
        ({"train_size": True}, "train_size must be a number of rows or a share, not True"),
        ({"train_size": [10]}, r"train_size must be a number of rows or a share, not \[10\]"),
        ({"selected_indices": [1, -1]}, "must lie between 0 and 10749; 1 do not, for instance -1"),
        ({"selected_indices": [10_750, 3, 10_751]}, "must lie between 0 and 10749; 2 do not, for instance 10750"),
        ({"selected_indices": [4, 5, 4]}, "has duplicates, for instance 4"),
        ({"selected_indices": [1.0, 2.0]}, "one-dimensional list or array of integers, not 1-dimensional float64"),
        ({"selected_indices": [True, False]}, "array of integers, not 1-dimensional bool"),
        ({"selected_indices": ["1"]}, "array of integers, not 1-dimensional <U1"),
        ({"selected_indices": 7}, "array of integers, not 0-dimensional int64"),
        ({"selected_indices": [[1, 2]]}, "array of integers, not 2-dimensional int64"),
        ({"selected_indices": [[1, 2], [3]]}, "selected_indices must be a one-dimensional list or array of integers"),
        ({"selected_indices": [2**70]}, "array of integers, not 1-dimensional object"),
        ({"selected_indices": []}, "selected_indices is empty; ask for at least one row"),
        ({"train_size": {"htautau": 5, "zz": 3}}, "processes of htautau, ztautau, diboson, ttbar; there is no 'zz'"),
        ({"train_size": {}}, "processes of htautau, ztautau, diboson, ttbar; the dict is empty"),
        ({"train_size": {"ttbar": -3}}, "the train_size of ttbar must be positive, not -3"),
        ({"train_size": {"ttbar": None}}, "the train_size of ttbar must be a number of rows or a share, not None"),
        ({"train_size": {"ttbar": 1.5}}, "the train_size of ttbar as a share must be above 0 and at most 1, not 1.5"),
        ({"train_size": {"ttbar": 5}, "selected_indices": [1]}, "takes train_size or selected_indices, not both"),
        ({"train_size": 10, "selected_indices": [1]}, "takes train_size or selected_indices, not both"),
    ],
)
def test_a_wrong_request_is_refused(get_train_set: TrainingSet, request_: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SubmissionError, match=sentence):
        get_train_set(**request_)


BALANCED = {"ttbar": 120, "htautau": 200, "ztautau": 0.1}


def test_a_balanced_sample_has_the_first_rows_of_each_process(
    get_train_set: TrainingSet,
    everything: pd.DataFrame,
    small_yields: dict[str, float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training, "ROWS_AT_ONCE", 1000)  # as with many rows
    sample = get_train_set(train_size=BALANCED)
    ztautau = int((everything["detailed_labels"] == "ztautau").sum())
    first = {"ttbar": 120, "htautau": 200, "ztautau": int(0.1 * ztautau)}
    assert sample["detailed_labels"].value_counts().to_dict() == first
    assert_normalised(sample, small_yields)
    for name, rows in first.items():
        own = everything[everything["detailed_labels"] == name].index[:rows]
        assert sorted(sample.index[sample["detailed_labels"] == name]) == list(own)
    same = everything.loc[sample.index].drop(columns="weights")
    pd.testing.assert_frame_equal(sample.drop(columns="weights"), same)


def test_a_balanced_sample_is_shuffled_and_always_the_same(get_train_set: TrainingSet) -> None:
    """Half of the signal is in the first half of the rows, within 6 standard deviations: false alarm below 1e-8."""
    sizes = {"htautau": 500, "ztautau": 500}
    sample = get_train_set(sizes)
    assert abs(sample["labels"].to_numpy()[:500].sum() - 250) < 6 * np.sqrt(500 / 4 * 500 / 999)
    pd.testing.assert_frame_equal(sample, get_train_set(sizes))


def test_what_a_balanced_sample_left_can_be_asked_for(get_train_set: TrainingSet) -> None:
    sample = get_train_set(BALANCED)
    left = get_train_set(selected_indices=np.setdiff1d(np.arange(len(get_train_set)), sample.index))
    assert len(left) == len(get_train_set) - len(sample)
    taken = {row.tobytes() for row in sample[list(PRIMARY)].to_numpy()}
    assert not any(row.tobytes() in taken for row in left[list(PRIMARY)].to_numpy())


def test_a_balanced_sample_can_be_distorted(get_train_set: TrainingSet) -> None:
    sample = get_train_set(BALANCED)
    pd.testing.assert_frame_equal(
        systematics(sample, tes=1.01).reset_index(drop=True), systematics(sample.reset_index(drop=True), tes=1.01)
    )


def test_more_of_a_process_than_there_is_gives_all(small_store: Path, everything: pd.DataFrame) -> None:
    """The check of a submission is told how many rows there would have to be."""
    signal = int(everything["labels"].sum())
    get_train_set = TrainingSet(small_store / "training")
    assert len(get_train_set({"htautau": signal})) == signal
    assert get_train_set.rows_asked == len(get_train_set)
    assert len(get_train_set({"htautau": 3 * signal, "ttbar": 10})) == signal + 10
    assert get_train_set.rows_asked == 3 * len(get_train_set)


def test_it_pickles_as_a_path(get_train_set: TrainingSet) -> None:
    content = pickle.dumps(get_train_set)
    assert len(content) < 1000
    pd.testing.assert_frame_equal(pickle.loads(content)(20), get_train_set(20))


def test_events_are_nominal_and_before_any_selection(small_store: Path, get_train_set: TrainingSet) -> None:
    stored = np.fromfile(small_store / "training" / "events.f32", dtype=np.float32).reshape(-1, len(PRIMARY))
    columns = [name for name in PRIMARY if name not in ("PRI_met", "PRI_met_phi")]
    positions = [PRIMARY.index(name) for name in columns]
    assert (get_train_set()[columns].to_numpy() == stored[:, positions]).all()
