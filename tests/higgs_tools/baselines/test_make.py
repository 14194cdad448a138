"""The make targets of methods pass on what they are given, and refuse before any work what is wrong."""

import subprocess

import pytest

from tests.helpers.repository import ROOT

CHOSEN = (
    *("METHODS=reference", "SETS=2", "PSEUDO_EXPERIMENTS=3", "PHASE=final", "SEED=7", "STORE=s", "FRESH=yes"),
    *("TRAINING_SEEDS=3", "RESULTS=r", "WORKERS=4", "OPTIONS=--check-order 9"),
)


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "--dry-run", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ["baselines", "STORE=s"],
            "--input input_data/feedback --num-of-sets 20 --num-pseudo-experiments 50 --data s "
            '--results "build/baselines/results" --training-seeds 1',
        ),
        (
            ["baselines", *CHOSEN],
            "--input input_data/final --num-of-sets 2 --num-pseudo-experiments 3 --random-seed 7 --data s --fresh "
            '--results "r" --training-seeds 3 --workers 4 --check-order 9 reference',
        ),
        (["table"], '--output build/baselines "build/baselines/results"'),
        (["table", "RESULTS=results", "README=yes"], '--output build/baselines --document README.md "results"'),
        (["new-baseline", "NAME=mine"], '"mine"'),
    ],
)
def test_a_target_calls_its_command(arguments: list[str], expected: str) -> None:
    done = make(*arguments)
    assert done.returncode == 0, done.stderr
    words = done.stdout.replace("\\\n", " ").split()
    assert " ".join(words).endswith(f".venv/bin/higgs-challenge {arguments[0]} {expected}")


def test_the_events_are_many_by_default() -> None:
    assert "--data build/data/large/store" in make("baselines").stdout
    assert "--data build/data/small/store" in make("baselines", "SIZE=small").stdout
    assert "--data build/data/small/store" in make("run").stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ["baselines", "METHODS=reference dance"],
            "METHODS are folders of baselines/, or reference; there is no dance",
        ),
        (["baselines", "TASK=gaussian"], "The methods of baselines/ measure TASK=higgs, not gaussian"),
        (["baselines", "FRESH=1"], 'FRESH is yes or nothing, not "1"'),
        (["table", "README=1"], 'README is yes or nothing, not "1"'),
        (["new-baseline"], "Name the method: make new-baseline NAME=my_method"),
    ],
)
def test_what_is_wrong_is_refused(arguments: list[str], expected: str) -> None:
    done = make(*arguments)
    assert done.returncode == 2
    assert expected in done.stderr
    assert "higgs-challenge data" not in done.stdout
