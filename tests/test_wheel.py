"""The wheel holds all that the command needs: the toy runs and submissions are packed, outside any checkout."""

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
from tests.helpers.tiny_submissions import write_submission
from tests.helpers.zips import unzip

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
def test_the_library_is_packed_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    folder = write_submission(tmp_path / "mine", {"model.py": "import higgs_inference"})
    code = (
        "import pathlib\nfrom higgs_tools.checking.packing import pack\npack(*map(pathlib.Path, ('mine', 'mine.zip')))"
    )
    subprocess.run([str(installed), "-c", code], cwd=tmp_path, check=True, timeout=300)
    sources = {f"higgs_inference/{path.name}": path.read_bytes() for path in (ROOT / "inference").rglob("*.py")}
    assert len(sources) > 10
    assert unzip((tmp_path / "mine.zip").read_bytes()) == sources | {"model.py": (folder / "model.py").read_bytes()}
    (packages,) = installed.parents[1].glob("lib/*/site-packages/higgs_inference")
    assert (packages / "py.typed").is_file()


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
