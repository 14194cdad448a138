from pathlib import Path

import pytest

from higgs_challenge import InputError
from higgs_challenge.atomic import atomic_file, require_writable, write_json


def test_a_file_that_fails_half_written_leaves_the_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    written = write_json(path, {"a": 1})
    with pytest.raises(ValueError, match="halfway"), atomic_file(path) as file:  # noqa: PT012
        file.write(b"half")
        raise ValueError("halfway")
    assert path.read_bytes() == written
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere cannot be written: No such file or directory"):
        write_json(tmp_path / "nowhere" / "file.json", {})


def test_what_can_be_written_is_not_made_yet(tmp_path: Path) -> None:
    require_writable(tmp_path / "new" / "folder" / "file.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("path", "fault"), [(".", "the path of a file, got a folder"), ("a/b", "not a folder")])
def test_what_cannot_be_written_is_refused(tmp_path: Path, path: str, fault: str) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(InputError, match=fault):
        require_writable(tmp_path / path)


def test_a_folder_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: path != tmp_path)  # a superuser may write anywhere
    with pytest.raises(InputError, match=f"you may not write to {tmp_path}"):
        require_writable(tmp_path / "file.json")
