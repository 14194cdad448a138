"""The report in a real browser: in a frame as the platform shows it, wide and narrow, light and dark, and on paper."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread

from tests.helpers.browser import measure_page, run_browser

pytestmark = pytest.mark.browser


@pytest.fixture
def page(make_run: Any, main: Any) -> str:
    run = make_run(14, 30)
    run.change("res/ingestion_summary.json", warnings=["x" * 400, "<b>words</b>"])
    assert main(run.arguments) == 0
    text: str = (run.output / "detailed_results.html").read_text()
    return text


PICTURES = 12 + 5
"""A dozen sets; what coverage costs, scaling, pulls, against mu and the one nuisance parameter."""


@pytest.mark.parametrize("width", [320, 700, 1400])
def test_everything_is_there_and_fits_into_the_frame(page: str, tmp_path: Path, width: int) -> None:
    seen = measure_page(page, tmp_path, width)
    assert seen["width"] == width
    assert seen["content"] <= width
    assert seen["pictures"] == PICTURES
    for words in ("The intervals cover the true μ", "Against tes", "Failures and warnings", "<b>words</b>", "Timing"):
        assert words in seen["text"]
    assert seen["text"].index("The intervals cover") < seen["text"].index("Quantile score")


def test_what_is_too_wide_is_noticed(page: str, tmp_path: Path) -> None:
    """The test above can fail."""
    wide = page.replace("</body>", '<div style="width: 900px">wide</div></body>')
    assert measure_page(wide, tmp_path, 700)["content"] >= 900


@pytest.mark.parametrize(("options", "dark"), [((), False), (("--force-dark-mode",), True)])
def test_colours_follow_the_readers_choice(page: str, tmp_path: Path, options: tuple[str, ...], dark: bool) -> None:
    seen = measure_page(page, tmp_path, 1000, *options)
    assert (brightness(seen["background"]) < 60) is dark
    assert (brightness(seen["ink"]) > 200) is dark


@pytest.mark.parametrize("width", [320, 1200])
def test_a_long_leaderboard_fits_into_the_frame(make_run: Any, rank: Any, tmp_path: Path, width: int) -> None:
    run = make_run(3, 5)
    teams = [shutil.copytree(run.prediction, tmp_path / f"a_team_with_quite_a_long_name_{one}") for one in range(15)]
    output = tmp_path / "board"
    assert rank(["--reference", str(run.reference), "--output", str(output), *map(str, teams)]) == 0
    seen = measure_page((output / "leaderboard.html").read_text(), tmp_path, width)
    assert (seen["width"], seen["pictures"]) == (width, 1)
    assert seen["content"] <= width
    assert "a_team_with_quite_a_long_name_14" in seen["text"]


def brightness(colour: str) -> float:
    """The mean of rgb(r, g, b)."""
    return float(np.mean([float(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]))


def test_screenshot_shows_the_pictures(page: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(page)
    picture = tmp_path / "page.png"
    run_browser(f"--screenshot={picture}", "--window-size=1200,2600", (tmp_path / "page.html").as_uri())
    pixels = np.round(255 * imread(picture)[..., :3])
    assert pixels.shape == (2600, 1200, 3)
    blue = np.abs(pixels - [0x00, 0x72, 0xB2]).sum(axis=-1) < 30
    assert blue.sum() > 1000  # points, bars and histogram


def test_it_prints(page: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(page)
    printed = tmp_path / "page.pdf"
    run_browser(f"--print-to-pdf={printed}", "--no-pdf-header-footer", (tmp_path / "page.html").as_uri())
    content = printed.read_bytes()
    assert content.startswith(b"%PDF")
    assert 2 <= content.count(b"/Type /Page\n") <= 12
