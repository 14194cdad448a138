import zipfile
from pathlib import Path

import pytest

from higgs_challenge import InputError
from higgs_challenge import directories as disk
from higgs_challenge.directories import require_space, temporary_directory
from higgs_tools.higgs_data.official_zip import official_parquet
from tests.helpers.handmade import METADATA, PARQUET, official_frame, write_official


@pytest.fixture
def official(tmp_path: Path) -> Path:
    return write_official(tmp_path / "official", official_frame(40))


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


def pack(archive: Path, official: Path, prefix: str = "") -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as content:
        for name in (PARQUET, METADATA):
            content.write(official.with_name(name), prefix + name)
    return archive


def test_the_file_and_a_folder_with_it_are_used_where_they_are(official: Path, scratch: Path) -> None:
    assert official_parquet(official, scratch) == official
    assert official_parquet(official.parent, scratch) == official
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("prefix", ["", "FAIR_Universe_HiggsML_data/", "../../", "/etc/"])
def test_a_zip_is_unpacked_within_the_folder_whatever_its_paths(
    official: Path, scratch: Path, tmp_path: Path, prefix: str
) -> None:
    archive = pack(tmp_path / "data.zip", official, prefix)
    told: list[tuple[int, int]] = []
    parquet = official_parquet(archive, scratch, lambda done, total: told.append((done, total)))
    assert parquet.read_bytes() == official.read_bytes()
    assert sorted(path.name for path in scratch.iterdir()) == [PARQUET, METADATA]
    total = official.stat().st_size + official.with_name(METADATA).stat().st_size
    assert (told[0], told[-1]) == ((0, total), (total, total))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.zip", "official", "scratch"]


def test_a_folder_with_the_zip_will_do(official: Path, scratch: Path, tmp_path: Path) -> None:
    pack(tmp_path / "data.zip", official)
    assert official_parquet(tmp_path, scratch).parent == scratch


def test_hidden_copies_of_other_systems_do_not_matter(official: Path, scratch: Path, tmp_path: Path) -> None:
    archive = pack(tmp_path / "data.zip", official)
    with zipfile.ZipFile(archive, "a") as content:
        content.writestr(f"__MACOSX/._{PARQUET}", "resource")
    assert official_parquet(archive, scratch).parent == scratch


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ([], "contains 0 files ending in .parquet; expected one"),
        (["a.parquet", "b.parquet"], "contains 2 files ending in .parquet; expected one"),
        (["a.parquet"], "contains 0 files ending in _metadata.json; expected one"),
    ],
)
def test_another_zip_is_refused(tmp_path: Path, scratch: Path, names: list[str], sentence: str) -> None:
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as content:
        for name in names:
            content.writestr(name, "")
    with pytest.raises(InputError, match=sentence):
        official_parquet(tmp_path / "data.zip", scratch)


def test_a_damaged_zip_is_refused(official: Path, scratch: Path, tmp_path: Path) -> None:
    archive = pack(tmp_path / "data.zip", official)
    content = bytearray(archive.read_bytes())
    content[400:600] = bytes(200)
    archive.write_bytes(content)
    with pytest.raises(InputError, match=r"data\.zip is damaged: .* Download it again"):
        official_parquet(archive, scratch)


def test_nothing_there_is_reported(tmp_path: Path, scratch: Path) -> None:
    with pytest.raises(InputError, match="does not exist; expected the official zip, its parquet file, or a folder"):
        official_parquet(tmp_path / "typo.zip", scratch)
    with pytest.raises(InputError, match=rf"contains neither {PARQUET} nor exactly one zip; give the file itself"):
        official_parquet(tmp_path, scratch)


def test_a_full_disk_is_reported_before_unpacking(
    official: Path, scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = pack(tmp_path / "data.zip", official)
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 100}))
    with pytest.raises(InputError, match=r"data\.zip, unpacked, needs .* make room"):
        official_parquet(archive, scratch)
    assert list(scratch.iterdir()) == []


def test_space_is_asked_of_the_disk_that_a_new_folder_will_be_on(tmp_path: Path) -> None:
    require_space(tmp_path / "not" / "yet", 1, "a byte")
    with pytest.raises(InputError, match=r"everything needs 1000000000\.0 GB in .*not/yet, where .* GB are free"):
        require_space(tmp_path / "not" / "yet", 10**18, "everything")


def test_a_temporary_directory_begins_empty_and_is_gone_after(tmp_path: Path) -> None:
    (tmp_path / "aside").mkdir()
    (tmp_path / "aside" / "of_a_killed_run").touch()
    with pytest.raises(KeyboardInterrupt), temporary_directory(tmp_path / "aside") as aside:  # noqa: PT012
        assert list(aside.iterdir()) == []
        (aside / "half").touch()
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
