from pathlib import Path

import pytest

from tests.helpers.made_methods import make_repository


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with two methods, which is the working directory."""
    make_repository(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path
