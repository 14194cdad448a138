"""Fit the correction of a process to the official data, by least squares over the weights of synthetic events.

The events are made once, without correction. A function's value at a knot changes their weights, and with them every
sum over events that an official number is compared with, so that residuals and their derivatives need no new events.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.optimize import least_squares
from scipy.special import expit, logit

from higgs_challenge.atomic import atomic_file
from higgs_challenge.tasks.higgs.simulation import simulate_blocks
from higgs_challenge.tasks.higgs.simulation.correction import ANY_JETS, FILE
from higgs_tools.tuning.correction_functions import Function, choose_functions, design_matrix
from higgs_tools.tuning.correction_targets import Target, collect_targets
from higgs_tools.validation.regions import Floats, unselected

Doubles = npt.NDArray[np.float64]

SHARE_ERROR = 0.002
"""Of the share of accepted events, what counts as one standard deviation."""
SIZE = 0.5
"""Of a function, what counts as one standard deviation from zero; also for its second differences."""
SEED = 7
OTHER_SEED = 8


def fit_process(process: str, official: Path, events: int, share: float, steps: int) -> None:
    """Fit a process's correction, write it into corrections.json, and print how well each kind of fact is met.

    Args:
        process: one of columns.PROCESSES.
        official: folder with the official rows, moments, responses and other facts.
        events: synthetic events to fit with, and as many others to judge the fit by.
        share: of the events that the correction shall accept, between 0 and 1; it limits how much it can change.
        steps: the maximum number of steps.

    Raises:
        InputError: the folder does not hold what it should.
    """
    rows = _generate(process, events, SEED)
    functions = choose_functions(unselected(rows))
    targets = collect_targets(process, rows, functions, official)
    offset = float(logit(share))
    values = fit(targets, design_matrix(functions, unselected(rows)), share, restrain(functions), steps)
    _write(process, describe(functions, values, offset))
    others = _generate(process, events, OTHER_SEED)
    weights = expit(offset + design_matrix(functions, unselected(others)) @ values)
    _print_deviations(collect_targets(process, others, functions, official), weights)


def _generate(process: str, events: int, seed: int) -> Floats:
    return np.concatenate(list(simulate_blocks(process, events, seed, corrected=False)))


def fit(
    targets: Sequence[Target], design: sp.csr_matrix, share: float, restraint: sp.csr_matrix, steps: int
) -> Doubles:
    """Find the values of the functions at their knots.

    Args:
        targets: with which the weighted events are compared.
        design: from design_matrix, shape (n, k).
        share: mean probability to accept an event.
        restraint: further residuals, linear in the values, shape (any, k).
        steps: the maximum number of steps.

    Returns:
        The values, shape (k,).
    """
    offset = logit(share)

    def residuals(values: Doubles) -> Doubles:
        weights = expit(offset + design @ values)
        parts = [target.residuals(weights) for target in targets]
        click.echo(f"  sum of squares {sum((part**2).sum() for part in parts):10.1f}")
        return np.concatenate([*parts, [(weights.mean() - share) / SHARE_ERROR], restraint @ values])

    def jacobian(values: Doubles) -> Doubles:
        weights = expit(offset + design @ values)
        slopes = sp.diags(weights * (1.0 - weights)) @ design
        parts = [target.jacobian(weights, slopes) for target in targets]
        return np.concatenate([*parts, np.asarray(slopes.mean(axis=0)) / SHARE_ERROR, restraint.toarray()])

    start = np.zeros(design.shape[1])
    found: Doubles = least_squares(residuals, start, jacobian, method="trf", max_nfev=steps, x_scale=1.0).x
    return found


def restrain(functions: Sequence[Function]) -> sp.csr_matrix:
    """Hold the functions near zero and straight, where the official data do not say otherwise.

    Args:
        functions: of the correction.

    Returns:
        The residuals as a matrix to multiply the values at the knots with.
    """
    sizes = [len(function.knots) for function in functions]
    blocks = [np.concatenate([np.eye(k), np.diff(np.eye(k), 2, axis=0)]) / SIZE for k in sizes]
    return sp.block_diag(blocks, format="csr")


def describe(functions: Sequence[Function], values: Doubles, offset: float) -> dict[str, Any]:
    """Write a correction in the form of its entry in corrections.json.

    Args:
        functions: of the correction.
        values: at all their knots, one function after the other.
        offset: of their sum.

    Returns:
        The entry, rounded to what matters.
    """
    ends = np.cumsum([len(function.knots) for function in functions])
    entries = [
        {
            "column": function.column,
            "jets": "any" if function.jets == ANY_JETS else function.jets,
            "knots": function.knots.tolist(),
            "values": [round(float(value), 4) for value in own],
        }
        for function, own in zip(functions, np.split(values, ends[:-1]), strict=True)
    ]
    return {"offset": round(offset, 4), "functions": entries}


def _write(process: str, entry: dict[str, Any]) -> None:
    content = json.loads(FILE.read_text()) | {process: entry}
    with atomic_file(FILE) as file:
        file.write((_compact(dict(sorted(content.items()))) + "\n").encode())


def _compact(content: dict[str, Any]) -> str:
    """Write one function a line."""
    entries = []
    for process, entry in content.items():
        lines = ",\n  ".join(json.dumps(function) for function in entry["functions"])
        entries.append(f'"{process}": {{"offset": {entry["offset"]}, "functions": [\n  {lines}\n]}}')
    return "{" + ",\n".join(entries) + "}"


def _print_deviations(targets: Sequence[Target], weights: Doubles) -> None:
    click.echo(
        f"Accepted: {weights.mean():.3f}. On other events, mean square in standard deviations, before and after:"
    )
    for target in targets:
        before, after = (float(np.mean(target.residuals(w) ** 2)) for w in (np.ones(len(weights)), weights))
        click.echo(f"  {target.name:40s} {len(target.values):4d} numbers {before:8.2f} {after:8.2f}")
