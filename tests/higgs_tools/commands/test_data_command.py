"""What the options of `higgs-challenge data` refuse."""

from pathlib import Path

import pytest

from tests.helpers.commands import call


@pytest.mark.parametrize("option", ["--size=tiny", "--seed=5", "--dense=2"])
def test_options_of_synthetic_data_are_refused_for_the_official_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert call("data", "--official", tmp_path, option, tmp_path / "data") == 2
    assert "is for synthetic data, not for the official file" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()
