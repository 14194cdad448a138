"""The command line of `make data` and `make official-data`."""

import zipfile
from pathlib import Path

import pytest

from higgs_challenge import open_store
from higgs_challenge.directories import exclusive_lock
from higgs_tools.higgs_data import make_data, sizes
from higgs_tools.higgs_data.official_writer import CROISSANT
from higgs_tools.higgs_data.sizes import Size
from tests.helpers.commands import call
from tests.helpers.handmade import METADATA, PARQUET, official_frame, write_official


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_synthetic_data_are_made_and_their_store_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = {"htautau": 20, "ztautau": 40, "diboson": 10, "ttbar": 10}
    monkeypatch.setitem(sizes.SIZES, "tiny", Size(hidden=rows, training=rows))
    assert call("data", "--size", "tiny", "--seed", 3, tmp_path / "new" / "tiny") == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert shown.out.splitlines()[-1] == str(tmp_path / "new" / "tiny" / "store")
    assert shown.out.splitlines()[0] == "Generating: 160 events ..."
    assert shown.out.splitlines()[-2].startswith("Generating: 160 of 160 events")
    assert names(tmp_path / "new" / "tiny") == [PARQUET, METADATA, CROISSANT, "store"]
    assert open_store(tmp_path / "new" / "tiny" / "store").source.startswith("synthetic events, own seed, generator ")


def test_an_official_zip_is_converted_and_what_was_unpacked_is_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parquet = write_official(tmp_path / "official", official_frame(200))
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as content:
        content.write(parquet, PARQUET)
        content.write(parquet.with_name(METADATA), METADATA)
    assert call("data", "--official", tmp_path / "data.zip", tmp_path / "made") == 0
    assert names(tmp_path / "made") == ["store"]
    assert open_store(tmp_path / "made" / "store").source == f"{PARQUET} (200 rows)"
    assert "Converting: 200 of 200 events" in capsys.readouterr().out


def test_a_broken_official_file_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = official_frame(200)
    broken.loc[150, "PRI_met"] = float("nan")
    parquet = write_official(tmp_path / "official", broken)
    assert call("data", "--official", parquet, tmp_path / "made") == 2
    assert "PRI_met is not a finite number in row 150" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()


def test_a_download_is_converted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet = write_official(tmp_path / "downloaded", official_frame(200))
    monkeypatch.setattr(make_data, "download_official", lambda folder, progress: parquet)
    assert call("data", "--download", tmp_path / "made") == 0
    assert sum(len(process.events) for process in open_store(tmp_path / "made" / "store").hidden.values()) == 60


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--seed", "-1"], "-1 is not in the range x>=0"),
        (["--dense", "0"], "0 is not in the range 1<=x<=100"),
        (["--download", "--official", "file.zip"], "--download and --official exclude each other"),
        (["--size", "hug"], "The size must be tiny, small, large, huge, or how many hidden ztautau events"),
    ],
)
def test_a_wrong_command_line_is_reported(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    sentence: str,
) -> None:
    assert call("data", *arguments, tmp_path / "made") == 2
    assert sentence in capsys.readouterr().err
    assert names(tmp_path) == []


def test_two_at_once_in_one_folder_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "data"
    with exclusive_lock(folder):
        assert call("data", "--size", "tiny", folder) == 2
    assert "Another process is writing to" in capsys.readouterr().err
    assert not folder.exists()


def test_half_a_zip_is_called_half_a_zip(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data.zip").write_bytes(b"PK\x03\x04 and no more")
    assert call("data", "--official", tmp_path / "data.zip", tmp_path / "made") == 2
    assert "not a complete zip" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()
