"""What works outside Linux, as far as Linux can show: our modules find nothing that only Linux or Unix has."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.repository import ROOT
from tests.helpers.tiny_submissions import write_submission

WITHOUT = """
import builtins, os, signal, socket, sys, types
# Other packages know the system as it is.
import click, codabench, docker, jinja2, jupytext, matplotlib.pyplot, nbclient, numba, pandas, PIL.Image, psutil, pooch
import pyarrow.parquet, pydantic, requests, rich.progress, scipy.stats, sklearn.ensemble, yaml

their_sys = types.ModuleType("sys")
their_sys.platform, their_sys.__getattr__ = {platform!r}, lambda name: getattr(sys, name)
import_module = builtins.__import__

def import_for_us(name, globals=None, *rest, **more):
    if str((globals or {{}}).get("__name__")).startswith("higgs_"):
        if name.partition(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
        if name == "sys":
            return their_sys
    return import_module(name, globals, *rest, **more)

builtins.__import__ = import_for_us
for module, names in ((os, {of_os!r}), (signal, {of_signal!r}), (socket, {of_socket!r})):
    for name in names:
        delattr(module, name)
"""
"""The start of a Python in which our modules find what another system has."""

WINDOWS = {
    "absent": ["fcntl", "resource", "landlockpy", "pyseccomp"],
    "of_os": ["memfd_create", "sched_getaffinity", "fork", "killpg", "getuid", "geteuid", "O_DIRECTORY"],
    "of_signal": ["SIGKILL", "SIGSTOP", "SIGCONT"],
    "of_socket": ["send_fds", "recv_fds"],
    "platform": "win32",
}
MACOS = {
    "absent": ["landlockpy", "pyseccomp"],
    "of_os": ["memfd_create", "sched_getaffinity"],
    "of_signal": [],
    "of_socket": [],
    "platform": "darwin",
}


def run_without(system: dict[str, object], code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run code in a Python that lacks what another system lacks."""
    program = WITHOUT.format(**system) + code
    return subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=300)


TRAINING = """
from pathlib import Path
from higgs_challenge import Experiment, Nuisances, TrainingSet, draw_pseudo_experiment, open_store, simulate
from higgs_challenge import systematics
from higgs_challenge.directories import exclusive_lock
from higgs_tools.commands.group import ENTRIES, higgs_challenge

store = open_store(Path({store!r}))
train = TrainingSet(Path({store!r}) / "training")(train_size=500)
shifted = systematics(train, tes=1.01)
drawn = draw_pseudo_experiment(store, Experiment(0, 0, mu=1.0, nuisances=Nuisances(), seed=1))["data"]
generated = len(simulate("ztautau", 1000, seed=1))
with exclusive_lock(Path("made")):
    pass
commands = [name for name in ENTRIES if name not in {left_out!r}]
found = [higgs_challenge.get_command(None, name).name for name in commands]
print(len(train), len(shifted) > 0, len(drawn) > 0, generated, found == commands, len(found) > 15)
"""


@pytest.mark.parametrize(
    ("system", "left_out"), [(WINDOWS, ["run", "baselines"]), (MACOS, [])], ids=["Windows", "macOS"]
)
def test_data_training_and_commands_need_nothing_of_linux(
    tmp_path: Path, small_store: Path, system: dict[str, object], left_out: list[str]
) -> None:
    ended = run_without(system, TRAINING.format(store=str(small_store), left_out=left_out), tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "500 True True 1000 True True\n"


def test_a_run_on_windows_says_where_it_works(tmp_path: Path) -> None:
    code = "from higgs_tools.__main__ import main\nsys.argv = ['higgs-challenge', 'run', '--help']\nmain()"
    ended = run_without(WINDOWS, code, tmp_path)
    assert ended.returncode == 2
    assert ended.stderr == (
        "InputError: run does not run on Windows itself; use WSL 2, or the container (docs/machines.md).\n"
    )


def test_paths_may_have_spaces(tmp_path: Path) -> None:
    place = tmp_path / "my own folder"
    submission = write_submission(place / "my submission")
    phase = place / "the phase"
    phase.mkdir()
    (phase / "settings.yaml").write_text("task: gaussian\nnum_of_sets: 1\nnum_pseudo_experiments: 2\nrandom_seed: 4\n")
    commands = [
        ["truth", "--input", phase, "--output", place / "the truth"],
        ["run", "--input", phase, "--submission", submission, "--output", place / "the results", "--workers", 1],
        [
            "score",
            "--reference",
            place / "the truth",
            "--prediction",
            place / "the results",
            "--output",
            place / "my scores",
        ],
    ]
    for command in commands:
        words = [sys.executable, "-m", "higgs_tools", *map(str, command)]
        ended = subprocess.run(words, cwd=place, capture_output=True, text=True, timeout=300)
        assert ended.returncode == 0, ended.stderr
    assert (place / "my scores" / "scores.json").is_file()


def test_the_dev_container_runs_what_the_makefile_has() -> None:
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    make, target = container["postCreateCommand"].split()
    assert make == "make"
    assert f"\n{target}:" in (ROOT / "Makefile").read_text()
    assert "libseccomp2" in container["onCreateCommand"]
