"""Measure how far two trainings of a method differ, on the same events and pseudo-experiments.

.venv/bin/python benchmarks/spread_of_trainings.py build/data/large-2028/store results/refinable.json results/flows.json

Each results file is of the training seed 1. The method is trained anew with the seeds 2 and 3, and measures the first
pseudo-experiments of every set; `make baselines TRAINING_SEEDS=3` would measure all of them, in several times as long.
Stopped and called again, it goes on where it ended.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from higgs_challenge.errors import InputError
from higgs_challenge.experiments import load_plan
from higgs_tools.baselines.methods import Training, find_methods
from higgs_tools.baselines.provenance import digest_library
from higgs_tools.baselines.result_file import ResultFile, read_result
from higgs_tools.baselines.run_methods import Comparison, run_trainings
from higgs_tools.repository import find_repository

SEEDS = 2, 3

Floats = npt.NDArray[np.float64]
"""Shape (sets, pseudo-experiments)."""


@dataclass(frozen=True)
class Answers:
    """The answers of one training.

    Attributes:
        expected_width: what it expects itself, before the cut at the range of mu.
        mu_hats, p16, p84: estimates and ends of the intervals.
        covered: which intervals contain mu.
    """

    expected_width: float
    mu_hats: Floats
    p16: Floats
    p84: Floats
    covered: npt.NDArray[np.bool_]

    @property
    def width(self) -> float:
        """Mean width after the cut."""
        return float((self.p84 - self.p16).mean())


def main() -> None:
    """Train, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path, help="folder of the event store that the results are of")
    parser.add_argument("results", type=Path, nargs="+", help="results files")
    parser.add_argument("--experiments", type=int, default=10, help="of each set (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=Path("build/spread"), help="(default: %(default)s)")
    arguments = parser.parse_args()
    for path in arguments.results:
        first = read_result(path)
        others = train_again(first, arguments.store, arguments.experiments, arguments.output)
        print_table(first.identity.method, [read_answers(one, arguments.experiments) for one in (first, *others)])


def train_again(first: ResultFile, store: Path, number: int, output: Path) -> list[ResultFile]:
    """Return the results of other training seeds, on the first pseudo-experiments of the same sets.

    Raises:
        InputError: the results file is of another seed, library or store, or has too few pseudo-experiments; or a
            training failed.
    """
    if first.identity.training_seed != 1 or first.identity.library != digest_library():
        raise InputError(f"The results file of {first.identity.method} is not of seed 1 and this code: make it anew.")
    if not 1 <= number <= first.plan.pseudo_experiments:
        raise InputError(f"--experiments is from 1 to {first.plan.pseudo_experiments}, the number in the results file.")
    root = find_repository()
    phase = root / "input_data" / first.plan.phase
    chosen = {"num_of_sets": first.plan.sets, "num_pseudo_experiments": number, "random_seed": first.plan.seed}
    comparison = Comparison(
        plan=load_plan(phase, chosen),
        phase=phase,
        store=store,
        root=root,
        output=output,
        results=output / "results",
        order_checks=0,
        workers=None,
    )
    (method,) = find_methods(root, [first.identity.method])
    results, failures = run_trainings(comparison, [Training(method, seed) for seed in SEEDS])
    if failures:
        raise InputError("\n".join(f"{training.label}: {wrong}" for training, wrong in failures))
    for result in results:
        if result.identity.data != first.identity.data:
            raise InputError(f"The results file of {method.name} is of another store: make it anew first.")
        if result.answers.mus != first.answers.mus:
            raise InputError(f"The results file of {method.name} is of other pseudo-experiments: make it anew first.")
    return results


def read_answers(result: ResultFile, number: int) -> Answers:
    """Return the answers to the first pseudo-experiments of each set."""
    answers = result.answers
    mu_hats, p16, p84 = (np.array(one, float)[:, :number] for one in (answers.mu_hats, answers.p16, answers.p84))
    mus = np.array(answers.mus)[:, None]
    return Answers(result.expected_width or np.nan, mu_hats, p16, p84, (p16 <= mus) & (mus <= p84))


def print_table(method: str, trainings: list[Answers]) -> None:
    """Print a line for each training, and how far they are apart."""
    print(f"\n{method}: expected width | width after the cut | coverage")
    for seed, one in enumerate(trainings, start=1):
        print(f"training {seed}: {one.expected_width:.4f} | {one.width:.4f} | {one.covered.mean():.3f}")
    widths = [one.width for one in trainings]
    apart = np.sqrt(np.var([one.mu_hats for one in trainings], axis=0, ddof=1).mean())
    print(f"standard deviation of the width: {np.std(widths, ddof=1):.4f}")
    print(f"standard deviation of an estimate, in half widths: {apart / (np.mean(widths) / 2):.3f}", flush=True)


if __name__ == "__main__":
    main()
