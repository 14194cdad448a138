"""The documentation site builds without a warning: links, anchors, and a reference page for every module."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.repository import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return folder


@pytest.mark.slow
def test_every_document_is_a_page(site: Path) -> None:
    names = [path.stem for path in (ROOT / "docs").glob("*.md")] + ["index", "contributing", "security", "starting_kit"]
    assert [name for name in names if not (site / f"{name}.html").is_file()] == []


@pytest.mark.slow
def test_a_reference_page_shows_what_a_function_takes(site: Path) -> None:
    page = (site / "reference" / "higgs_challenge" / "experiments" / "plan.html").read_text()
    assert "make_plan" in page


@pytest.mark.slow
def test_pages_load_nothing_from_other_hosts(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text()
        assert 'src="http' not in text, page
        assert '<link rel="stylesheet" href="http' not in text, page
