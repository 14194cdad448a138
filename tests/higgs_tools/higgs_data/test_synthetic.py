import hashlib
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from higgs_challenge import InputError, TrainingSet, open_store
from higgs_challenge import directories as disk
from higgs_challenge.tasks.higgs.data.locate_data import open_data
from higgs_challenge.tasks.higgs.data.official_reader import convert_official_file
from higgs_challenge.tasks.higgs.events.columns import OFFICIAL_COLUMNS, PRIMARY, PROCESSES
from higgs_challenge.tasks.higgs.simulation import NOMINAL_YIELDS, generator_version
from higgs_tools.higgs_data import synthetic
from higgs_tools.higgs_data.official_writer import CROISSANT
from higgs_tools.higgs_data.sizes import Size
from higgs_tools.higgs_data.synthetic import make_synthetic_data, make_synthetic_store
from tests.helpers.handmade import METADATA, PARQUET

FEW = Size(
    hidden={"htautau": 300, "ztautau": 900, "diboson": 100, "ttbar": 200},
    training={"htautau": 400, "ztautau": 800, "diboson": 0, "ttbar": 100},
)
HIDDEN, ROWS = 1500, 2800


@pytest.fixture
def several_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthetic, "ROWS_AT_ONCE", 256)  # as with many rows


@pytest.fixture
def folder(tmp_path: Path, several_batches: None) -> Path:
    make_synthetic_data(tmp_path / "few", FEW, seed=5)
    return tmp_path / "few"


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_no_file_tells_an_own_seed(tmp_path: Path) -> None:
    """Who knows it could generate the hidden events, labels included."""
    seed = 987_654_321_123_456_789
    make_synthetic_data(tmp_path / "secret", FEW, seed=seed)
    assert not [name for name, content in files_of(tmp_path / "secret").items() if str(seed).encode() in content]


class TestStore:
    def test_every_part_has_its_rows_and_the_nominal_yields(self, folder: Path) -> None:
        opened = open_store(folder / "store")
        assert {name: len(part.events) for name, part in opened.hidden.items()} == FEW.hidden
        assert {name: part.expected for name, part in opened.hidden.items()} == NOMINAL_YIELDS
        labels = TrainingSet(opened.training_folder)()["detailed_labels"]
        assert {name: int((labels == name).sum()) for name in PROCESSES} == FEW.training

    def test_training_rows_are_mixed(self, folder: Path) -> None:
        """The first half of the rows has half of each process within 6 standard deviations: false alarm below 1e-8."""
        labels = TrainingSet(folder / "store" / "training")()["detailed_labels"].to_numpy()
        for name in ("htautau", "ztautau", "ttbar"):
            first = int((labels[: len(labels) // 2] == name).sum())
            assert abs(first - FEW.training[name] / 2) < 6 * np.sqrt(FEW.training[name] / 4)

    def test_the_parts_share_no_event(self, folder: Path) -> None:
        opened = open_store(folder / "store")
        training = {row.tobytes() for row in TrainingSet(opened.training_folder)().iloc[:, :16].to_numpy()}
        assert not any(row.tobytes() in training for part in opened.hidden.values() for row in part.events)

    def test_a_seed_gives_the_same_events_and_another_seed_others(self, folder: Path, tmp_path: Path) -> None:
        told: list[tuple[int, int]] = []
        for name, seed in (("same", 5), ("other", 6)):
            make_synthetic_data(tmp_path / name, FEW, seed, lambda done, total: told.append((done, total)))
        assert files_of(folder) == files_of(tmp_path / "same")
        first, other = (tmp_path / name / "store" / "training" / "events.f32" for name in ("same", "other"))
        assert first.read_bytes() != other.read_bytes()
        assert (told[0], told[-1]) == ((0, ROWS), (ROWS, ROWS))


class TestOfficialFiles:
    def test_converting_the_file_gives_the_store_that_was_made_with_it(self, folder: Path, tmp_path: Path) -> None:
        convert_official_file(folder / PARQUET, tmp_path / "converted")
        made, converted = files_of(folder / "store"), files_of(tmp_path / "converted")
        descriptions = [
            {name: json.loads(files.pop(f"{name}/part.json")) for name in ("hidden", "training")}
            for files in (made, converted)
        ]
        assert made == converted
        assert {part.pop("source") for part in descriptions[0].values()} == {
            f"synthetic events, own seed, generator {generator_version()}"
        }
        assert {part.pop("source") for part in descriptions[1].values()} == {f"{PARQUET} (2800 rows)"}
        assert descriptions[0] == descriptions[1]

    def test_pandas_reads_what_get_train_set_gives(self, folder: Path) -> None:
        read = pd.read_parquet(folder / PARQUET)
        trained = TrainingSet(folder / "store" / "training")()
        assert tuple(read.columns) == OFFICIAL_COLUMNS
        own = read.iloc[HIDDEN:].reset_index(drop=True)
        pd.testing.assert_frame_equal(own.drop(columns="weights"), trained.drop(columns="weights"))

    def test_the_schema_is_the_official_one(self, folder: Path, official_sample: Path) -> None:
        written, official = (pq.read_schema(path / PARQUET) for path in (folder, official_sample))
        assert written.equals(official, check_metadata=False)

    def test_the_metadata_have_the_official_entries(self, folder: Path, official_sample: Path) -> None:
        written, official = (json.loads((path / METADATA).read_text()) for path in (folder, official_sample))
        assert set(official) <= set(written)
        assert written["columns"] == official["columns"]
        assert set(written["detailed_labels"]) == set(official["detailed_labels"])
        assert (written["total_rows"], written["hidden_rows"]) == (ROWS, HIDDEN)

    def test_weights_add_up_to_the_yields_and_the_metadata_s_sum(self, folder: Path) -> None:
        read = pd.read_parquet(folder / PARQUET, columns=["weights", "detailed_labels"])
        sums = read["weights"].astype(float).groupby(read["detailed_labels"].astype(object)).sum().to_dict()
        metadata = json.loads((folder / METADATA).read_text())
        assert sums == pytest.approx(NOMINAL_YIELDS, rel=1e-6)  # float32 weights
        assert metadata["yields"] == NOMINAL_YIELDS
        assert metadata["sum_weights"] == pytest.approx(sum(NOMINAL_YIELDS.values()))

    def test_each_part_has_the_mixture_of_the_yields(self, tmp_path: Path) -> None:
        make_synthetic_data(tmp_path / "all", Size(FEW.hidden, FEW.training | {"diboson": 50}), seed=5)
        read = pd.read_parquet(tmp_path / "all" / PARQUET)
        for part, rows in ((read.iloc[:HIDDEN], HIDDEN), (read.iloc[HIDDEN:], 1350)):
            sums = part["weights"].astype(float).groupby(part["detailed_labels"].astype(object)).sum()
            expected = {name: value * rows / 2850 for name, value in NOMINAL_YIELDS.items()}
            assert sums.to_dict() == pytest.approx(expected, rel=1e-6)

    def test_the_official_package_reads_it(self, folder: Path) -> None:
        """In a process of its own, as the package sets up logging and draws plots when imported."""
        program = (
            "import sys; from HiggsML.datasets import Data; data = Data(sys.argv[1]); data.load_train_set();"
            "frame = data.get_train_set(); print(len(frame), frame['weights'].astype(float).sum(), *frame.columns)"
        )
        answer = subprocess.run(
            [sys.executable, "-c", program, folder], check=True, capture_output=True, text=True, timeout=120
        )
        rows, weights, *columns = answer.stdout.splitlines()[-1].split()
        assert int(rows) == ROWS - int(0.3 * ROWS)
        assert float(weights) == pytest.approx(sum(NOMINAL_YIELDS.values()), rel=1e-3)
        assert tuple(columns) == OFFICIAL_COLUMNS

    def test_a_run_finds_the_store_beside_the_file(self, folder: Path) -> None:
        with open_data([folder]) as store:
            assert store.training_folder == folder / "store" / "training"


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated", "ignore:The inplace keyword")  # in mlcroissant
class TestCroissant:
    @pytest.fixture
    def dataset(self, folder: Path) -> Any:
        import mlcroissant  # slow to import

        return mlcroissant.Dataset(jsonld=folder / CROISSANT)

    def test_it_is_valid_without_a_complaint(self, dataset: Any, caplog: pytest.LogCaptureFixture) -> None:
        issues = dataset.metadata.ctx.issues
        assert (set(issues.errors), set(issues.warnings)) == (set(), set())
        assert [record.getMessage() for record in caplog.get_records("setup")] == []

    def test_records_are_read_through_it(self, dataset: Any, folder: Path) -> None:
        """It verifies the file's checksum on the way."""
        records = [record for record, _ in zip(dataset.records("events"), range(20), strict=False)]
        expected = pd.read_parquet(folder / PARQUET).head(20)
        assert [list(record) for record in records[:1]] == [[f"events/{name}" for name in OFFICIAL_COLUMNS]]
        for name in (*PRIMARY, "weights", "labels", "DER_mass_vis"):
            np.testing.assert_allclose([record[f"events/{name}"] for record in records], expected[name], rtol=1e-6)
        labels = [record["events/detailed_labels"].decode() for record in records]
        assert labels == expected["detailed_labels"].tolist()

    def test_it_gives_the_file_s_checksum_and_a_text_for_every_column(self, folder: Path) -> None:
        description = json.loads((folder / CROISSANT).read_text())
        (file,) = description["distribution"]
        assert file["sha256"] == hashlib.sha256((folder / PARQUET).read_bytes()).hexdigest()
        fields = description["recordSet"][0]["field"]
        assert all(field["description"] for field in fields)
        assert len({field["description"] for field in fields}) == len(OFFICIAL_COLUMNS)


class TestPlace:
    @pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
    def test_an_error_leaves_nothing(self, tmp_path: Path, several_batches: None, error: type[BaseException]) -> None:
        def fail(done: int, total: int) -> None:
            if done > HIDDEN:
                raise error

        with pytest.raises(error):
            make_synthetic_data(tmp_path / "few", FEW, 5, fail)
        assert list(tmp_path.iterdir()) == []

    def test_an_error_keeps_an_older_data_set_and_success_replaces_it(self, folder: Path) -> None:
        before = files_of(folder)

        def fail(done: int, total: int) -> None:
            if done == total:
                raise RuntimeError

        with pytest.raises(RuntimeError):
            make_synthetic_data(folder, FEW, 6, fail)
        assert files_of(folder) == before
        make_synthetic_data(folder, FEW, 6)
        after = files_of(folder)
        assert set(after) == set(before)
        assert after[PARQUET] != before[PARQUET]

    def test_another_file_of_that_name_is_never_replaced(self, tmp_path: Path) -> None:
        (tmp_path / PARQUET).write_text("the real one")
        with pytest.raises(InputError, match=r"contains a .*\.parquet that is not synthetic: choose another folder"):
            make_synthetic_data(tmp_path, FEW)
        assert files_of(tmp_path) == {PARQUET: b"the real one"}

    def test_a_store_of_the_earlier_layout_is_reported(self, folder: Path) -> None:
        with pytest.raises(InputError, match="is itself an event store, as earlier versions made it: remove it"):
            make_synthetic_data(folder / "store", FEW)

    def test_a_full_disk_is_reported_before_anything_is_made(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: SimpleNamespace(free=100_000))
        with pytest.raises(InputError, match=r"the data set needs 0\.0 GB in .*few, where 0\.0 GB are free: make room"):
            make_synthetic_data(tmp_path / "few", FEW)
        assert list(tmp_path.iterdir()) == []


def test_a_store_alone_is_the_same_as_with_the_files(tmp_path: Path) -> None:
    make_synthetic_data(tmp_path / "all", FEW, seed=5)
    make_synthetic_store(tmp_path / "store", FEW, seed=5)
    for path in (tmp_path / "all" / "store").rglob("*"):
        assert path.is_dir() or (tmp_path / path.relative_to(tmp_path / "all")).read_bytes() == path.read_bytes()
