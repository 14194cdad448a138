"""Runs the toy at the final phase's size end to end: truth, run, kill -9 and resume, scores, ranking.

Prints the seconds of every step and the largest memory of its trusted process. An hour on two cores; --sets
takes less. The runs of the optimal analysis and of the dummy stay in build/whole_run.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from rows import describe_machine

from higgs_challenge.execution.file_names import JOURNAL_FILE

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "whole_run"
SETTINGS = """\
task: gaussian
num_of_sets: {sets}
num_pseudo_experiments: 100
random_seed: 73019264558390127744
limits: {{fit_seconds: 600, predict_seconds: 60, memory_gigabytes: 2, disk_gigabytes: 1}}
reveal: all
"""
SUBMISSIONS = {"dummy": "dummy_submission", "optimal": "tasks/gaussian/sample_code_submission"}
KILLED_AT = 0.4
"""Share of the results after which the run of the optimal analysis is killed."""


@dataclass(frozen=True)
class Step:
    """A command that has ended: how long it took, and the largest resident memory of its process, in bytes."""

    name: str
    seconds: float
    memory: int


def main() -> None:
    """Run all steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=1000, help="of 100 pseudo-experiments (default: %(default)s)")
    sets = parser.parse_args().sets
    shutil.rmtree(FOLDER, ignore_errors=True)
    phase, truth = FOLDER / "phase", FOLDER / "truth"
    phase.mkdir(parents=True)
    (phase / "settings.yaml").write_text(SETTINGS.format(sets=sets))
    print(describe_machine())
    show(do("truth", "truth", "--input", phase, "--output", truth))
    for name, submission in SUBMISSIONS.items():
        results = FOLDER / name / "results"
        command = ["run", "--input", phase, "--submission", ROOT / submission, "--output", results]
        if name == "optimal":
            killed_at = round(KILLED_AT * 100 * sets)
            show(do(f"{name}: run, killed after {killed_at} results", *command, killed_at=killed_at, results=results))
            command.append("--resume")
        show(do(f"{name}: {'resumed' if '--resume' in command else 'run'}", *command))
        scores = FOLDER / name / "scores"
        show(do(f"{name}: score", "score", "--reference", truth, "--prediction", results, "--output", scores))
    runs = [f"{name}={FOLDER / name}" for name in SUBMISSIONS]
    show(do("leaderboard", "leaderboard", "--reference", truth, "--output", FOLDER / "leaderboard", *runs))
    print((FOLDER / "leaderboard" / "leaderboard.csv").read_text())


def do(name: str, *words: object, killed_at: int | None = None, results: Path | None = None) -> Step:
    """Run a sub-command to its end, or until its journal has so many results.

    Args:
        name: of the step.
        words: of the command.
        killed_at: number of results after which it is killed.
        results: folder of the journal.
    """
    started = time.monotonic()
    with (FOLDER / "log").open("ab") as log:
        process = subprocess.Popen([sys.executable, "-m", "higgs_tools", *map(str, words)], stdout=log, stderr=log)
    if killed_at is not None and results is not None:
        while process.poll() is None and count_lines(results / JOURNAL_FILE) < killed_at:
            time.sleep(1)
        process.send_signal(signal.SIGKILL)
    _, status, usage = os.wait4(process.pid, 0)
    expected = -signal.SIGKILL if killed_at is not None else 0
    if os.waitstatus_to_exitcode(status) != expected:
        sys.exit(f"{name} failed; see {FOLDER / 'log'}.")
    return Step(name, time.monotonic() - started, usage.ru_maxrss * 1024)


def count_lines(path: Path) -> int:
    """Count the lines of a file; 0 if there is none."""
    if not path.exists():
        return 0
    with path.open("rb") as file:
        return sum(1 for _ in file)


def show(step: Step) -> None:
    """Print a step."""
    print(f"{step.name:40} {step.seconds:8.0f} s {step.memory / 1e6:6.0f} MB", flush=True)


if __name__ == "__main__":
    main()
