import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest

from higgs_scoring import commands
from tests.helpers.phase import Phase, write, write_results
from tests.helpers.repository import ROOT

PROGRAM = ROOT / "scoring_program"

Main = Callable[[list[str]], int]


@dataclass
class Run:
    """The folders of one run, whose files a test may change before scoring."""

    folder: Path
    entry_point: Path = field(default=PROGRAM / "run_scoring.py")

    @property
    def prediction(self) -> Path:
        return self.folder / "res"

    @property
    def reference(self) -> Path:
        return self.folder / "ref"

    @property
    def output(self) -> Path:
        return self.folder / "out"

    @property
    def arguments(self) -> list[str]:
        return [
            *("--prediction", str(self.prediction)),
            *("--reference", str(self.reference)),
            *("--output", str(self.output)),
        ]

    def read(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text())

    def write(self, name: str, content: Any) -> None:
        write(self.folder / name, content)

    def change(self, name: str, **entries: Any) -> None:
        self.write(name, self.read(name) | entries)

    def replace_entry(self, name: str, key: str, index: int, value: Any) -> None:
        values = self.read(name)[key]
        values[index] = value
        self.change(name, **{key: values})


def answers(rng: np.random.Generator, mu: float, num_experiments: int) -> dict[str, np.ndarray]:
    sigma = rng.uniform(0.2, 0.4, num_experiments)
    mu_hats = rng.normal(mu, sigma)
    return {
        "mu_hats": mu_hats,
        "delta_mu_hats": sigma,
        "p16": mu_hats - sigma,
        "p84": mu_hats + sigma,
        "predict_seconds": rng.uniform(0.5, 1.5, num_experiments),
    }


def write_run(folder: Path, num_sets: int, num_experiments: int) -> Run:
    run = Run(folder)
    rng = np.random.default_rng(7)
    mus = rng.uniform(0.1, 3, num_sets)
    plan = {"plan_fingerprint": "5eed", "num_pseudo_experiments": num_experiments}
    sets = [answers(rng, mu, num_experiments) for mu in mus]
    write_results(run.prediction, sets, **plan, fit_seconds=61.5, warnings=[])
    run.write("ref/truth.json", {**plan, "ground_truth_mus": mus.tolist(), "reveal": "all"})
    tes = rng.normal(1, 0.01, (num_sets, num_experiments))
    run.write("ref/true_nuisances.json", {"plan_fingerprint": "5eed", "tes": tes.tolist()})
    return run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Three sets of five pseudo-experiments, all in order."""
    return write_run(tmp_path, 3, 5)


@pytest.fixture(scope="session")
def run_in() -> type[Run]:
    """Take a folder that holds the folders of a run."""
    return Run


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[[int, int], Run]:
    return lambda num_sets, num_experiments: write_run(tmp_path, num_sets, num_experiments)


@pytest.fixture(scope="session")
def main() -> Main:
    """The command score, from its arguments to its exit code."""
    return exit_code_of(commands.score)


@pytest.fixture(scope="session")
def rank() -> Main:
    """The command leaderboard, from its arguments to its exit code."""
    return exit_code_of(commands.leaderboard)


def exit_code_of(command: click.Command) -> Main:
    def run(arguments: list[str]) -> int:
        with pytest.raises(SystemExit) as ended:
            command.main(arguments)
        assert isinstance(ended.value.code, int)
        return ended.value.code

    return run


@pytest.fixture
def phase(tmp_path: Path) -> Phase:
    """A phase whose truth is written."""
    made = Phase(tmp_path)
    made.write_truth()
    return made


@pytest.fixture
def run_alone(tmp_path: Path) -> Callable[[list[str]], str]:
    """Run the script of a copy of the program's folder, as the platform does, and give what it prints."""

    def run(arguments: list[str]) -> str:
        program = shutil.copytree(PROGRAM, tmp_path / "program", ignore=shutil.ignore_patterns(".*"))
        code = f"""
import runpy, sys
sys.path[0] = {str(program)!r}
sys.argv = ["run_scoring.py", *{arguments!r}]
try:
    runpy.run_path({str(program / "run_scoring.py")!r}, run_name="__main__")
finally:
    assert sys.modules["higgs_scoring"].__file__.startswith({str(program)!r})
    strangers = {{"higgs_challenge", "scipy.stats", "pandas", "matplotlib.pyplot"}} & set(sys.modules)
    assert not strangers, strangers
"""
        command = [sys.executable, "-W", "error", "-c", code]
        ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
        assert (ended.returncode, ended.stderr) == (0, "")
        return ended.stdout

    return run


@pytest.fixture
def help_of(capsys: pytest.CaptureFixture[str]) -> Callable[[Main], str]:
    """What a program says to --help, in one line."""

    def ask(program: Main) -> str:
        assert program(["--help"]) == 0
        return " ".join(capsys.readouterr().out.split())

    return ask
