from pathlib import Path

import pytest

from higgs_challenge import InputError
from higgs_challenge.atomic import atomic_file, write_json


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
