"""Prints how long scoring a final phase takes, bootstrap and report included, and how long the official scorer does.

Both score the same files as processes of their own, in turn, since the machine's speed drifts; Python's start and
imports count. The official scorer (package HiggsML) does no bootstrap, but draws a figure of every set. That takes
minutes, so that by default it draws those of a few sets only, beside all sets without figures; --all-figures runs it
once as it is.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rows import Row, describe_machine

RUN_SCORING = Path(__file__).parents[1] / "scoring_program" / "run_scoring.py"
FEW = 10
NUISANCES = ("tes", "jes", "soft_met", "ttbar_scale", "diboson_scale", "bkg_scale")
OFFICIAL = """\
import json
import sys
from HiggsML.score import Scoring

prediction, reference, output, figures = sys.argv[1:]
if figures == "no":
    Scoring.save_figure = lambda *_, **__: None
scorer = Scoring()
scorer.load_ingestion_duration(prediction + "/ingestion_duration.json")
scorer.load_ingestion_results(prediction, output)
with open(reference + "/truth.json") as file:
    scorer.compute_scores(json.load(file))
scorer.write_scores()
"""


@dataclass(frozen=True)
class Measurement:
    """Wall-clock seconds of every repeat."""

    num_sets: int
    ours: list[float]
    official_without_figures: list[float]
    few_with_figures: list[float]
    few_without_figures: list[float]

    @property
    def official(self) -> float:
        """Estimated seconds of the official scorer as it is, a figure of many costing what a figure of few costs."""
        figures = statistics.median(self.few_with_figures) - statistics.median(self.few_without_figures)
        return statistics.median(self.official_without_figures) + figures * self.num_sets / FEW


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="of each (default: %(default)s)")
    parser.add_argument("--sets", type=int, default=1000, help="default: %(default)s")
    parser.add_argument("--pseudo-experiments", type=int, default=100, help="of a set (default: %(default)s)")
    parser.add_argument(
        "--all-figures", action="store_true", help="also run the official scorer once as it is: minutes"
    )
    arguments = parser.parse_args()
    num_sets, n = arguments.sets, arguments.pseudo_experiments
    print(describe_machine())
    print(f"Scoring {num_sets} sets of {n} pseudo-experiments, Python's start included; median and range:")
    measured = time_scorers(num_sets, n, arguments.repeats)
    print_times("here: 2 x 1000 bootstraps and report", measured.ours)
    print_times("official: no bootstrap, no figures", measured.official_without_figures)
    print_times(f"official: {FEW} sets with figures", measured.few_with_figures)
    print_times(f"official: {FEW} sets without", measured.few_without_figures)
    print(f"  {'official: all figures, estimated':36} {measured.official:7.2f} s")
    if arguments.all_figures:
        with tempfile.TemporaryDirectory(prefix="bench_scoring_") as folder:
            write_run(Path(folder), num_sets, n)
            print_times("official: all figures", [time_official(Path(folder), figures=True)])
    print(f"load after {os.getloadavg()[0]:.1f}")


def measure() -> list[Row]:
    """Time the scoring of a final phase; gives the row of the table."""
    measured = time_scorers()
    what = "scoring 1000 sets of 100, 2 x 1000 bootstraps, report with the whole truth"
    note = "the official one without bootstraps, its figures of 1000 sets extrapolated from 10"
    return [Row(what, "s", statistics.median(measured.ours), measured.official, note)]


def time_scorers(num_sets: int = 1000, n: int = 100, repeats: int = 5) -> Measurement:
    """Time both scorers in turn on the same files, after a first round that warms up.

    Args:
        num_sets: of the whole run.
        n: pseudo-experiments of a set.
        repeats: rounds that count.

    Returns:
        Seconds of every round.
    """
    with tempfile.TemporaryDirectory(prefix="bench_scoring_") as folder:
        whole, few = Path(folder, "whole"), Path(folder, "few")
        write_run(whole, num_sets, n)
        write_run(few, FEW, n)
        rounds = []
        for _ in range(repeats + 1):
            ours = time_ours(whole)
            ours_scores = read_scores(whole)
            official = time_official(whole, figures=False)
            require_same(ours_scores, read_scores(whole))
            rounds.append((ours, official, time_official(few, figures=True), time_official(few, figures=False)))
    return Measurement(num_sets, *([*seconds] for seconds in zip(*rounds[1:], strict=True)))


def write_run(folder: Path, num_sets: int, n: int) -> None:
    """Write a run that covers as it should, under the plural keys that both scorers read."""
    rng = np.random.default_rng(1)
    mus = rng.uniform(0.1, 3.0, num_sets)
    for name in ("prediction", "reference", "output"):
        (folder / name).mkdir(parents=True)
    names = [f"result_{number}.json" for number in range(num_sets)]
    for name, mu in zip(names, mus, strict=True):
        sigma = rng.uniform(0.2, 0.4, n)
        mu_hats = rng.normal(mu, sigma)
        answers = {"mu_hats": mu_hats, "delta_mu_hats": sigma, "p16s": mu_hats - sigma, "p84s": mu_hats + sigma}
        write_json(folder / "prediction" / name, {key: values.tolist() for key, values in answers.items()})
    plan = {"plan_fingerprint": "bench", "num_pseudo_experiments": n}
    truth = {**plan, "ground_truth_mus": mus.tolist(), "reveal": "all"}
    write_json(folder / "reference" / "truth.json", truth)
    nuisances = {name: rng.normal(1.0, 0.01, (num_sets, n)).round(6).tolist() for name in NUISANCES}
    write_json(folder / "reference" / "true_nuisances.json", {"plan_fingerprint": "bench", **nuisances})
    summary = {**plan, "num_of_sets": num_sets, "result_files": names}
    write_json(folder / "prediction" / "ingestion_summary.json", summary)
    write_json(folder / "prediction" / "ingestion_duration.json", {"ingestion_duration": 1.0})


def write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content))


def read_scores(folder: Path) -> dict[str, float]:
    return json.loads((folder / "output" / "scores.json").read_text())


def require_same(ours: dict[str, float], official: dict[str, float]) -> None:
    """Refuse to compare times of scorers that disagree by more than the official rounding to four decimals."""
    off = {key: (ours[key], value) for key, value in official.items() if abs(ours[key] - value) > 1e-4}
    if off:
        raise SystemExit(f"The scorers disagree, ours and official: {off}")


def time_ours(folder: Path) -> float:
    options = (f"--{name}={folder / name}" for name in ("prediction", "reference", "output"))
    return time_process([str(RUN_SCORING), *options])


def time_official(folder: Path, *, figures: bool) -> float:
    folders = (str(folder / name) for name in ("prediction", "reference", "output"))
    return time_process(["-W", "ignore", "-c", OFFICIAL, *folders, "yes" if figures else "no"])


def time_process(arguments: list[str]) -> float:
    """Return the seconds that a Python process takes from start to end."""
    started = time.perf_counter()
    quiet = os.environ | {"LOG_LEVEL": "ERROR"}  # the official scorer's log, so that only an error is seen
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=quiet)
    return time.perf_counter() - started


def print_times(label: str, seconds: list[float]) -> None:
    print(f"  {label:36} {statistics.median(seconds):7.2f} s ({min(seconds):.2f} to {max(seconds):.2f})", flush=True)


if __name__ == "__main__":
    main()
