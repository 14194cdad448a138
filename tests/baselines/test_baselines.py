"""Every method of baselines/ runs end to end on tiny data, in the sandbox, as make baselines runs it."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from higgs_tools.baselines.methods import REFERENCE, find_methods
from higgs_tools.checking.trial_data import open_trial_data
from tests.helpers.repository import ROOT

pytestmark = pytest.mark.slow

METHODS = [method for method in find_methods(ROOT) if method.name != REFERENCE]  # its own tests run that one
PLAN = ("--input", str(ROOT / "input_data" / "feedback"), "--num-of-sets", "1", "--num-pseudo-experiments", "2")


@pytest.mark.parametrize("name", [method.name for method in METHODS])
def test_a_method_runs_on_tiny_data(name: str, tmp_path: Path) -> None:
    with open_trial_data("higgs", None) as data:
        assert data.folder is not None
        command = [sys.executable, "-m", "higgs_tools", "run", *PLAN, "--data", str(data.folder), "--submission"]
        command += [str(ROOT / "baselines" / name), "--output", str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    answers = json.loads((tmp_path / "result_0.json").read_text())
    for low, high, half in zip(answers["p16"], answers["p84"], answers["delta_mu_hats"], strict=True):
        assert 0.1 <= low <= high <= 3.0
        assert 0 < half < math.inf
    assert "expected width: " in (tmp_path / "submission.log").read_text()


@pytest.mark.parametrize("name", [method.name for method in METHODS])
def test_a_method_says_what_it_is(name: str) -> None:
    readme = (ROOT / "baselines" / name / "README.md").read_text()
    for heading in ("## Idea", "## Source", "## Settings", "## Measured"):
        assert heading in readme
