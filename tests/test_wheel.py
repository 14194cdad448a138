"""The wheel holds all that the command needs: the toy runs from it, outside any checkout."""

import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import click
import pytest

from tests.helpers.repository import ROOT

PLAN = ("--input", "gaussian/input_data/feedback", "--num-of-sets", "2", "--num-pseudo-experiments", "3")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with the wheel, and every other package of the one that runs the tests."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    ignored = shutil.ignore_patterns(".*", "build", "__pycache__", "*.egg-info")
    shutil.copytree(ROOT, source, ignore=ignored)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir"]
    subprocess.run([*build, str(folder), str(source)], check=True, capture_output=True, timeout=300)
    venv.create(folder / "venv", with_pip=False)
    packages = folder / "venv" / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(packages)
    (packages / "others.pth").write_text(f"{Path(click.__file__).parents[1]}\n")
    return folder / "venv" / "bin" / "python"


@pytest.mark.slow
def test_the_toy_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tasks" / "gaussian", tmp_path / "gaussian")

    def call(*words: str) -> str:
        command = [str(installed), "-m", "higgs_tools", *words]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = subprocess.run(
        [str(installed), "-c", "import higgs_challenge; print(higgs_challenge.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(where.stdout).is_relative_to(installed.parents[1])
    assert "leaderboard" in call("--help")
    call("truth", *PLAN, "--output", "truth")
    call("run", *PLAN, "--submission", "gaussian/sample_code_submission", "--output", "results", "--workers", "1")
    call("score", "--reference", "truth", "--prediction", "results", "--output", "scores")
    assert (tmp_path / "scores" / "scores.json").is_file()
    assert "Two Gaussians" in (tmp_path / "scores" / "detailed_results.html").read_text()
