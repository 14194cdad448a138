"""The starting kit's notebook, from its text source to the executed one, in fresh kernels."""

import json
import math
import os
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest

from tests.helpers.repository import ROOT

pytestmark = pytest.mark.notebook

KIT = ROOT / "starting_kit"
PATIENCE = 120


def make(
    kit: Path, output: Path, *options: object, patience: float = PATIENCE, **environment: object
) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "higgs_tools",
        "notebook",
        "--kit",
        kit,
        "--output",
        output,
    ]
    return subprocess.run(
        list(map(str, [*command, *options])),
        env=os.environ | {name: str(value) for name, value in environment.items()},
        capture_output=True,
        text=True,
        timeout=patience,
    )


def write_kit(folder: Path, *cells: str) -> Path:
    folder.mkdir(parents=True)
    text = "\n\n".join(f"# %%\n{cell}" for cell in cells)
    (folder / "notebook.py").write_text(f"# %% [markdown]\n# # A title\n#\n# ## First\n\n{text}\n")
    return folder


def printed(notebook: Any) -> str:
    return "".join(
        output.text for cell in notebook.cells for output in cell.get("outputs", []) if output.output_type == "stream"
    )


def numbers(pattern: str, text: str) -> list[float]:
    found = re.search(pattern, text)
    assert found, f"nothing in the notebook matches {pattern}"
    return [float(number) for number in found.groups()]


@pytest.mark.slow
def test_the_whole_notebook_runs_in_a_copy_of_the_kit_and_makes_its_own_data(tmp_path: Path) -> None:
    before = sorted(path for path in KIT.rglob("*") if "__pycache__" not in path.parts)
    output = tmp_path / "copy"

    ended = make(KIT, output, patience=890, KIT_SIZE="tiny", KIT_DATA=tmp_path / "data")

    assert ended.returncode == 0, ended.stderr
    assert sorted(path for path in KIT.rglob("*") if "__pycache__" not in path.parts) == before
    notebook = nbformat.read(output / "notebook.ipynb", as_version=4)
    outputs = [one for cell in notebook.cells for one in cell.get("outputs", [])]
    assert not [one for one in outputs if one.output_type == "error" or one.get("name") == "stderr"]
    assert sum("image/png" in one.get("data", {}) for one in outputs) == 10
    text = printed(notebook)
    expected, error = numbers(r"expected after selection +(\d+) ± (\d+)", text)
    drawn, fluctuation = numbers(r"in one pseudo-experiment +(\d+) ± (\d+)", text)
    assert abs(drawn - expected) < 4 * math.hypot(error, fluctuation)
    assert numbers(r"profile .*width (\S+)", text) > numbers(r"statistics only .*width (\S+)", text)
    scores = json.loads((output / "run/scores/scores.json").read_text())
    assert all(math.isfinite(value) for value in scores.values())
    assert "Isolation: full." in text
    with zipfile.ZipFile(output / "my_submission.zip") as archive:
        assert sorted(archive.namelist()) == ["classifier.py", "likelihood.py", "model.py", "templates.py"]


def test_a_notebook_is_executed_by_this_interpreter_whatever_kernels_are_installed(tmp_path: Path) -> None:
    other = tmp_path / "jupyter/kernels/python3"
    other.mkdir(parents=True)
    (other / "kernel.json").write_text(json.dumps({"argv": ["false"], "display_name": "x", "language": "python"}))
    kit = write_kit(tmp_path / "kit", "import sys\nprint(sys.executable)", "print(sys.flags.optimize)")

    ended = make(kit, tmp_path / "output", JUPYTER_PATH=tmp_path / "jupyter")

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-1] == str(tmp_path / "output/notebook.ipynb")
    assert "2 of 2 cells" in ended.stdout
    assert "First" in ended.stdout
    assert ended.stderr == ""
    notebook = nbformat.read(tmp_path / "output/notebook.ipynb", as_version=4)
    assert printed(notebook) == f"{sys.executable}\n0\n"
    assert sorted(path.name for path in kit.iterdir()) == ["notebook.py"]


def test_a_failing_cell_is_named_with_its_error_and_no_older_result_stays(tmp_path: Path) -> None:
    kit = write_kit(tmp_path / "kit", "a = 1", "b = 2\nraise ValueError('too small')", "print(3)")
    (tmp_path / "output").mkdir()
    older = tmp_path / "output/notebook.ipynb"
    older.write_text("older")

    ended = make(kit, tmp_path / "output")

    assert ended.returncode == 2
    assert "notebook.py, code cell 2 ('b = 2') failed with ValueError: too small" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not older.exists()


def test_a_notebook_that_takes_too_long_is_stopped_with_what_it_started(tmp_path: Path) -> None:
    sleeping = (
        "import subprocess, sys\n_ = subprocess.run([sys.executable, '-c', 'import time; time.sleep(300)', 'KIT'])"
    )
    kit = write_kit(tmp_path / "kit", "import time", sleeping.replace("KIT", str(tmp_path)))

    ended = make(kit, tmp_path / "output", "--time-limit", 6)

    assert ended.returncode == 2
    assert "code cell 2 ('import subprocess, sys') was stopped: the notebook may take 6 s" in ended.stderr
    deadline = time.monotonic() + 10
    while left := [one for one in psutil.process_iter(["cmdline"]) if str(tmp_path) in (one.info["cmdline"] or [])]:
        assert time.monotonic() < deadline, f"still running: {left}"
        time.sleep(0.2)


def test_a_cell_that_kills_its_kernel_is_named(tmp_path: Path) -> None:
    kit = write_kit(tmp_path / "kit", "import os", "os._exit(1)")

    ended = make(kit, tmp_path / "output")

    assert ended.returncode == 2
    assert "code cell 2 ('os._exit(1)') killed its kernel" in ended.stderr


def test_a_folder_without_a_notebook_is_refused(tmp_path: Path) -> None:
    ended = make(tmp_path, tmp_path / "output")

    assert ended.returncode == 2
    assert f"{tmp_path} has no notebook.py" in ended.stderr
    assert not (tmp_path / "output").exists()
