import json
from pathlib import Path

import numpy as np
import pytest

from higgs_challenge import InputError, TrainingSet, open_store
from higgs_challenge.tasks.higgs.data.locate_data import open_data
from higgs_challenge.tasks.higgs.data.store import StoreWriter, is_store, read_part
from higgs_challenge.tasks.higgs.data.strata import INFORMATION_WHERE_DENSE
from higgs_challenge.tasks.higgs.declaration import StoredEvents
from higgs_challenge.tasks.higgs.events.columns import HAD_PT, PRIMARY, PROCESSES
from tests.helpers.handmade import physical_rows, write_store

YIELDS = {"htautau": 1.0, "ztautau": 100.0, "diboson": 2.0, "ttbar": 10.0}


def mixed_events(seed: int, n: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    processes = rng.permutation(np.arange(n) % len(PROCESSES)).astype(np.uint8)
    return physical_rows(rng, n), processes, rng.uniform(0.5, 1.5, n).astype(np.float32)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store filled in two pieces."""
    with StoreWriter(tmp_path / "store", "two pieces") as writer:
        for seed in (1, 2):
            writer.add_hidden(*mixed_events(seed))
            writer.add_training(*mixed_events(10 + seed))
        writer.finish(yields=YIELDS)
    return tmp_path / "store"


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_hidden_events_come_back_by_process(store: Path) -> None:
    opened = open_store(store)
    pieces = [mixed_events(seed) for seed in (1, 2)]
    for number, name in enumerate(PROCESSES):
        hidden = opened.hidden[name]
        weights = np.concatenate([weights[processes == number] for _, processes, weights in pieces])
        assert (hidden.events == np.concatenate([rows[processes == number] for rows, processes, _ in pieces])).all()
        assert (hidden.weights == weights).all()
        (stratum,) = hidden.strata
        assert (stratum.rows, stratum.smallest, stratum.largest) == (len(weights), weights.min(), weights.max())
        assert stratum.weight == pytest.approx(weights.sum(dtype=float))
        assert hidden.expected == YIELDS[name]
        assert hidden.events.dtype == hidden.weights.dtype == np.float32
    assert opened.source == "two pieces"


def test_training_events_come_back_in_the_order_of_the_source(store: Path) -> None:
    pieces = [mixed_events(seed) for seed in (11, 12)]
    frame = TrainingSet(store / "training")()
    assert (frame[list(PRIMARY)].to_numpy() == np.concatenate([rows for rows, _, _ in pieces])).all()
    expected = [PROCESSES[number] for _, processes, _ in pieces for number in processes]
    assert frame["detailed_labels"].tolist() == expected


def test_events_cannot_be_changed_through_an_open_store(store: Path) -> None:
    with pytest.raises(ValueError, match="read-only"):
        open_store(store).hidden["ztautau"].events[0, 0] = 1.0


def test_an_event_takes_one_cache_line(store: Path) -> None:
    assert (store / "hidden" / "ttbar.events.f32").stat().st_size == 64 * read_part(store / "hidden").rows["ttbar"]


def test_each_part_describes_itself_alone(store: Path) -> None:
    """So that the training part can be read where the hidden part cannot."""
    assert set(files_of(store / "training")) == {"part.json", "events.f32", "processes.u8", "weights.f32"}
    (store / "hidden").rename(store.parent / "elsewhere")
    assert len(TrainingSet(store / "training")) == 80


def test_multiples_compare_hidden_rows_with_expected_events(store: Path) -> None:
    opened = open_store(store)
    assert opened.multiples() == {"htautau": 20.0, "ztautau": 0.2, "diboson": 10.0, "ttbar": 2.0}
    assert opened.dense_multiples() == opened.multiples()
    assert opened.depth() == pytest.approx(0.2)


def test_strata_lie_one_after_the_other(tmp_path: Path) -> None:
    pieces = [mixed_events(seed) for seed in (1, 2)]
    with StoreWriter(tmp_path / "store", "strata") as writer:
        for rows, processes, weights in pieces:
            for add in (writer.add_hidden, writer.add_training):
                add(rows, processes, weights, rows[:, HAD_PT] > 40.0)
        writer.finish(yields=YIELDS)
    opened, training = open_store(tmp_path / "store"), read_part(tmp_path / "store" / "training")
    pairs = {f"{name}.{kind}.f32" for name in PROCESSES for kind in ("events", "weights")}
    assert set(files_of(opened.folder / "hidden")) == {"part.json", *pairs}
    rows, processes, weights = (np.concatenate(arrays) for arrays in zip(*pieces, strict=True))
    for number, name in enumerate(PROCESSES):
        own, hidden = processes == number, opened.hidden[name]
        dense = own & (rows[:, HAD_PT] > 40.0)
        order = np.concatenate([np.flatnonzero(own & ~dense), np.flatnonzero(dense)])
        assert (hidden.events == rows[order]).all()
        assert (hidden.weights == weights[order]).all()
        assert [stratum.rows for stratum in hidden.strata] == [(own & ~dense).sum(), dense.sum()]
        assert [stratum.weight for stratum in hidden.strata] == pytest.approx(
            [weights[own & ~dense].sum(), weights[dense].sum()]
        )
        assert training.strata[name] == hidden.strata


def test_multiples_are_those_of_the_scarcest_and_of_the_densest_stratum(tmp_path: Path) -> None:
    """Half of the 12 events expected fall on 2 rows of weight 3, half on 60 of weight 0.1."""
    rows = physical_rows(np.random.default_rng(1), 62)
    dense = np.arange(62) >= 2
    with StoreWriter(tmp_path / "store", "dense") as writer:
        for add in (writer.add_hidden, writer.add_training):
            add(rows, np.ones(62, dtype=np.uint8), np.where(dense, 0.1, 3.0).astype(np.float32), dense)
        writer.finish(yields=dict.fromkeys(PROCESSES, 0.0) | {"ztautau": 12.0})
    opened = open_store(tmp_path / "store")
    assert opened.multiples() == pytest.approx({"ztautau": 2 / 6})
    assert opened.dense_multiples() == pytest.approx({"ztautau": 60 / 6})
    assert opened.depth() == pytest.approx(1 / (INFORMATION_WHERE_DENSE / 10 + (1 - INFORMATION_WHERE_DENSE) * 3))
    training = read_part(opened.training_folder).multiples()
    assert (training.scarcest(), training.densest()) == (opened.multiples(), opened.dense_multiples())
    assert training.depth() == opened.depth()


def test_a_total_yield_is_shared_as_the_weights_of_both_parts_are(tmp_path: Path) -> None:
    rows = physical_rows(np.random.default_rng(1), 4)
    numbers = np.arange(4, dtype=np.uint8)
    with StoreWriter(tmp_path / "store", "total") as writer:
        writer.add_hidden(rows, numbers, np.array([1.0, 2.0, 2.0, 4.0], dtype=np.float32))
        writer.add_training(rows, numbers, np.array([1.0, 8.0, 1.0, 1.0], dtype=np.float32))
        writer.finish(total=200.0)
    expected = {name: process.expected for name, process in open_store(tmp_path / "store").hidden.items()}
    assert expected == pytest.approx({"htautau": 20.0, "ztautau": 100.0, "diboson": 30.0, "ttbar": 50.0})


def test_a_process_without_rows_is_possible(tmp_path: Path) -> None:
    one = {"ztautau": (physical_rows(np.random.default_rng(1), 5), np.ones(5, dtype=np.float32))}
    opened = open_store(write_store(tmp_path / "store", one, one, YIELDS))
    assert {name: len(process.events) for name, process in opened.hidden.items()} == {
        "htautau": 0,
        "ztautau": 5,
        "diboson": 0,
        "ttbar": 0,
    }


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with StoreWriter(tmp_path / "store", "fails") as writer:
            writer.add_hidden(*mixed_events(1))
            raise RuntimeError("on the way")

    with pytest.raises(RuntimeError, match="on the way"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_keeps_the_old_store(store: Path) -> None:
    before = files_of(store)

    def fail() -> None:
        with StoreWriter(store, "fails") as writer:
            writer.add_training(*mixed_events(1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(store.parent.iterdir()) == [store]
    assert files_of(store) == before


def test_a_store_that_was_never_finished_does_not_appear(tmp_path: Path) -> None:
    with StoreWriter(tmp_path / "store", "unfinished") as writer:
        writer.add_hidden(*mixed_events(1))
    assert not is_store(tmp_path / "store")


def test_a_new_store_replaces_the_old_one_and_what_a_killed_write_left(store: Path) -> None:
    leftover = store.with_name("store.partial")
    leftover.mkdir()
    (leftover / "junk").touch()
    with StoreWriter(store, "second") as writer:
        writer.add_hidden(*mixed_events(5, n=8))
        writer.add_training(*mixed_events(6, n=8))
        writer.finish(yields=YIELDS)
    assert list(store.parent.iterdir()) == [store]
    assert open_store(store).source == "second"
    assert not (store / "junk").exists()


@pytest.mark.parametrize("change", ["truncated", "longer", "missing"])
@pytest.mark.parametrize("file", ["hidden/htautau.events.f32", "hidden/ttbar.weights.f32"])
def test_a_damaged_hidden_file_is_refused(store: Path, file: str, change: str) -> None:
    path = store / file
    content = path.read_bytes()
    path.unlink()
    if change != "missing":
        path.write_bytes(content[:-1] if change == "truncated" else content + b"0")
    with pytest.raises(InputError, match=rf"{path} has .* bytes, expected {len(content)}; the store is damaged"):
        open_store(store)


@pytest.mark.parametrize("file", ["events.f32", "processes.u8", "weights.f32"])
def test_a_damaged_training_file_is_refused(store: Path, file: str) -> None:
    path = store / "training" / file
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match=f"{file} has .* bytes, expected .*; the store is damaged, make it again"):
        TrainingSet(store / "training")


def test_another_format_is_refused(store: Path) -> None:
    description = store / "hidden" / "part.json"
    description.write_text(json.dumps({**json.loads(description.read_text()), "format": 1}))
    with pytest.raises(InputError, match="has store format 1, expected 3; make the store again"):
        open_store(store)


@pytest.mark.parametrize("content", ["", "[1, 2]", '{"format": 3}', '{"format": 3, "strata": [], "colour": "red"}'])
def test_a_broken_description_is_refused(store: Path, content: str) -> None:
    (store / "hidden" / "part.json").write_text(content)
    with pytest.raises(InputError, match="is not a valid event-store part"):
        open_store(store)


def test_a_folder_without_a_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is no part of an event store, as it has no part\.json; make one"):
        open_store(tmp_path)


def test_data_are_found_in_the_first_folder_that_has_any(store: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for folders in ([store], [empty, store], [empty, tmp_path]):
        with open_data(folders) as opened:
            assert opened.source == "two pieces"


def test_no_data_anywhere_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"No data in .*: expected an event store"), open_data([tmp_path]):
        pass


def test_a_folder_that_is_no_store_is_never_replaced(tmp_path: Path) -> None:
    precious = tmp_path / "data" / "thesis.txt"
    precious.parent.mkdir()
    precious.write_text("years of work")
    with pytest.raises(InputError, match="exists and is not an event store"), StoreWriter(precious.parent, "oops"):
        pass
    assert precious.read_text() == "years of work"
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_other_files_in_a_store_s_folder_stay_when_it_is_made_again(store: Path) -> None:
    (store / "notes.txt").write_text("kept")
    rows = physical_rows(np.random.default_rng(3), 8)
    with StoreWriter(store, "again") as writer:
        for add in (writer.add_training, writer.add_hidden):
            add(rows, np.arange(8) % len(PROCESSES), np.ones(8))
        writer.finish()
    assert (store / "notes.txt").read_text() == "kept"
    assert open_store(store).source == "again"


def test_a_store_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    with pytest.raises(InputError, match="Cannot create a store at"), StoreWriter(tmp_path / "file" / "store", "oops"):
        pass


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"strata": {"htautau": []}}, "a yield >= 0 and rows for every process"),
        ({"strata": {"htautau": [{"rows": 1}]}}, "is not a valid event-store part"),
        ({"yields": dict.fromkeys(PROCESSES, -1.0)}, "a yield >= 0 and rows for every process"),
        ({"yields": dict.fromkeys(PROCESSES, 0.0)}, "about a million would be right"),
        ({"yields": dict.fromkeys(PROCESSES, 1e12)}, "about a million would be right"),
        ({"yields": dict.fromkeys(PROCESSES, "many")}, "is not a valid event-store part"),
    ],
)
def test_a_description_that_cannot_be_is_refused(store: Path, change: dict[str, object], sentence: str) -> None:
    description = store / "hidden" / "part.json"
    description.write_text(json.dumps(json.loads(description.read_text()) | change))
    with pytest.raises(InputError, match=sentence):
        open_store(store)


@pytest.mark.parametrize(("smallest", "largest"), [(2.0, 1.0), (0.0, 0.0)])
def test_a_range_of_weights_that_is_none_is_refused(store: Path, smallest: float, largest: float) -> None:
    description = store / "hidden" / "part.json"
    content = json.loads(description.read_text())
    content["strata"]["ztautau"][0] |= {"smallest": smallest, "largest": largest}
    description.write_text(json.dumps(content))
    with pytest.raises(InputError, match="invalid stratum; expected rows >= 0"):
        open_store(store)


def test_stores_of_other_events_have_another_identity(tmp_path: Path) -> None:
    """Their descriptions are the same where, as in stores made with other seeds, no number in them depends on it."""
    identities, descriptions = [], set()
    for number, seed in enumerate((1, 1, 2)):
        rows = {"htautau": (physical_rows(np.random.default_rng(seed), 40), np.ones(40, dtype=np.float32))}
        store = write_store(tmp_path / str(number), rows, rows, YIELDS)
        descriptions.add((store / "hidden" / "part.json").read_bytes())
        with open_data([store]) as data:
            identities.append(StoredEvents.of(data).identity())
    assert len(descriptions) == 1
    assert identities[0] == identities[1] != identities[2]
