"""Fit numbers of the event generator to region yields, to the real rows that are not held out, and to Pythia's events.

    python -m higgs_tools.tuning.tune_simulation ztautau z.radiation.scale detector.met_noise --official FOLDER

Numbers are named as in simulation/tuning.py. The fit starts there and prints what it finds; a person decides whether
it goes into that file. Fit a process at a time, ztautau first: it has most of the detector's numbers.
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from higgs_challenge.cli import existing_folder, exit_on_mistakes
from higgs_challenge.errors import InputError
from higgs_challenge.tasks.higgs.events.columns import PROCESSES
from higgs_challenge.tasks.higgs.simulation.tuning import TUNING, Tuning
from higgs_tools.tuning.tuning_targets import Residuals, collect_samples, get_number, set_number
from higgs_tools.validation.validate_data import OFFICIAL_SAMPLE

FREEDOM = 0.5
"""Standard deviation of the logarithm of a number around its present value."""
STEP = 0.12
"""Of the logarithms, for gradients: far above the statistical noise."""


def main() -> None:
    """Read the command line, fit, and print the numbers and what is still off."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("process", choices=PROCESSES)
    parser.add_argument("numbers", nargs="*", help="dotted names in simulation/tuning.py; none only prints residuals")
    parser.add_argument("--official", type=existing_folder, default=os.environ.get(OFFICIAL_SAMPLE) or None)
    parser.add_argument("--pythia", type=existing_folder, help="folder of pythia_<process>.parquet")
    parser.add_argument("--events", type=int, default=300_000, help="synthetic events a step (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=4, help="most steps (default: %(default)s)")
    arguments = parser.parse_args()
    check_numbers(arguments.numbers)
    official = Path(arguments.official) if arguments.official else None
    samples = collect_samples(arguments.process, official, arguments.pythia)
    residuals = Residuals(arguments.process, arguments.events, samples)
    tuning = fit(TUNING, arguments.numbers, residuals, arguments.steps) if arguments.numbers else TUNING
    for name in arguments.numbers:
        print(f"{name} = {get_number(tuning, name):.3g}   (was {get_number(TUNING, name):.3g})")
    print("What is still off, in standard deviations:")
    for name, residual in residuals(tuning).items():
        if ":" not in name or abs(residual) > 1:
            print(f"  {residual:+6.2f}  {name}")


def check_numbers(paths: Sequence[str]) -> None:
    """Refuse names that are no positive numbers of the tuning.

    Args:
        paths: dotted names.

    Raises:
        InputError: the first such name.
    """
    for path in paths:
        try:
            positive = get_number(TUNING, path) > 0
        except (AttributeError, IndexError, TypeError) as error:
            raise InputError(f"{path} is no number in simulation/tuning.py, such as z.radiation.scale.") from error
        if not positive:
            raise InputError(f"{path} is not positive; only positive numbers can be fitted.")


def fit(tuning: Tuning, paths: Sequence[str], residuals: Residuals, evaluations: int) -> Tuning:
    """Vary the numbers at some paths until the residuals' sum of squares is least.

    Args:
        tuning: the start.
        paths: dotted, each a positive number.
        residuals: the targets.
        evaluations: most steps, each with one gradient.

    Returns:
        The tuning with the fitted numbers.
    """
    start = np.array([get_number(tuning, path) for path in paths])

    def moved(x: np.ndarray) -> Tuning:
        new = tuning
        for path, value in zip(paths, start * np.exp(x), strict=True):
            new = set_number(new, path, value)
        return new

    def distance(x: np.ndarray) -> np.ndarray:
        values = np.array(list(residuals(moved(x)).values()))
        print(f"  {np.sum(values**2):8.1f}  {np.round(start * np.exp(x), 4)}", flush=True)
        return np.concatenate([values, x / FREEDOM])

    def gradient(x: np.ndarray) -> np.ndarray:
        here = distance(x)
        return np.stack([(distance(x + d) - here) / STEP for d in STEP * np.eye(len(x))], axis=1)

    result = least_squares(distance, np.zeros(len(paths)), gradient, max_nfev=evaluations, method="trf")
    return moved(result.x)


if __name__ == "__main__":
    exit_on_mistakes(main)
