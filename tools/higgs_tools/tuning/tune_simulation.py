"""Fitting numbers of the event generator to region yields, to real rows that are not held out, and to Pythia."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from higgs_challenge.errors import InputError
from higgs_challenge.tasks.higgs.simulation.tuning import TUNING, Tuning
from higgs_tools.tuning.tuning_targets import Residuals, collect_samples, get_number, set_number

FREEDOM = 0.5
"""Standard deviation of the logarithm of a number around its current value."""
STEP = 0.12
"""Step of the logarithms for gradients: far above the statistical noise."""


def tune(
    process: str, numbers: Sequence[str], official: Path | None, pythia: Path | None, events: int, steps: int
) -> None:
    """Fit numbers, and print them and the remaining deviations.

    Args:
        process: whose events are compared.
        numbers: dotted names in simulation/tuning.py; without any, only residuals are printed.
        official: folder of the official file; None for none.
        pythia: folder of pythia_PROCESS.parquet; None for none.
        events: synthetic events a step.
        steps: the maximum number of steps.

    Raises:
        InputError: a name is not a positive number of the tuning, or a folder does not hold what it should.
    """
    check_numbers(numbers)
    residuals = Residuals(process, events, collect_samples(process, official, pythia))
    tuning = fit(TUNING, numbers, residuals, steps) if numbers else TUNING
    for name in numbers:
        print(f"{name} = {get_number(tuning, name):.3g}   (was {get_number(TUNING, name):.3g})")
    print("Remaining deviations, in standard deviations:")
    for name, residual in residuals(tuning).items():
        if ":" not in name or abs(residual) > 1:
            print(f"  {residual:+6.2f}  {name}")


def check_numbers(paths: Sequence[str]) -> None:
    """Refuse names that are not positive numbers of the tuning.

    Args:
        paths: dotted names.

    Raises:
        InputError: the first such name.
    """
    for path in paths:
        try:
            positive = get_number(TUNING, path) > 0
        except (AttributeError, IndexError, TypeError) as error:
            raise InputError(
                f"{path} is not a number in simulation/tuning.py; expected a name such as z.radiation.scale."
            ) from error
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
