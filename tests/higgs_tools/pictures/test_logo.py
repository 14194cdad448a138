"""The logo is a picture that Codabench shows, and can be drawn anew."""

from pathlib import Path

import pytest
from PIL import Image

from higgs_tools.pictures.draw_logo import SIZE
from tests.helpers.commands import call

MAX_BYTES = 100_000


def check_logo(path: Path) -> None:
    with Image.open(path) as picture:
        assert (picture.format, picture.size, picture.mode) == ("PNG", (SIZE, SIZE), "RGBA")
    assert path.stat().st_size < MAX_BYTES


def test_the_logo_is_a_square_png(root: Path) -> None:
    check_logo(root / "logo.png")


def test_drawing_it_twice_gives_the_same_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one.png", "two.png"):
        assert call("draw", "logo", "--output", tmp_path / name) == 0
    check_logo(tmp_path / "one.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert capsys.readouterr() == ("", "")
