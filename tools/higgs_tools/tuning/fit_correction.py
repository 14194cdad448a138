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
import scipy.sparse as sp
from scipy.optimize import least_squares
from scipy.special import expit, logit

from higgs_challenge.atomic import atomic_file
from higgs_challenge.tasks.higgs.simulation import simulate_blocks
from higgs_challenge.tasks.higgs.simulation.correction import ANY_JETS, FILE
from higgs_tools.tuning.correction_functions import Function, choose_functions, design_matrix
from higgs_tools.tuning.correction_targets import check_folder, collect_targets
from higgs_tools.tuning.target import Doubles, Target
from higgs_tools.validation.regions import MT_CUT, PT_CUTS, VBF_LEADING, VBF_SUBLEADING, Floats, column, unselected

SHARE_ERROR = 0.002
"""Of the share of accepted events, what counts as one standard deviation."""
SIZE = 0.7
"""Of a function, what counts as one standard deviation from zero; also for its second differences."""
SEED, OTHER_SEED = 7, 8
"""Of the events to fit with, and of those to judge the fit by."""

THINNED = {"ztautau": 20, "htautau": 3, "ttbar": 4}
"""One of so many events is kept where the process has most of them, and counts as many. The other regions are as well
known, and hold few events."""
MARGIN = 0.85
"""Between the crowded region and the others, so that no thinned event enters them when nuisance parameters vary."""


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
    check_folder(official)
    rows, base = generate(process, events, SEED)
    functions = choose_functions(unselected(rows), base)
    design = design_matrix(functions, unselected(rows))
    targets = collect_targets(process, rows, base, functions, official)
    values = fit(targets, design, base, share, restrain(functions), steps)
    offset = float(logit(share))
    _write(process, describe(functions, values, offset))
    others, base = generate(process, events, OTHER_SEED)
    accepted = expit(offset + design_matrix(functions, unselected(others)) @ values)
    _print_deviations(collect_targets(process, others, base, functions, official), base, accepted)


def generate(process: str, events: int, seed: int) -> tuple[Floats, Doubles]:
    """Make events without correction, more of them where a process has few.

    Args:
        process: one of columns.PROCESSES.
        events: how many, before most regions' are thinned.
        seed: of the generator.

    Returns:
        Primary columns, float32, shape (n, 16), and weights, shape (n,).
    """
    factor = THINNED.get(process, 1)
    blocks = [
        _thin(process, block, factor) for block in simulate_blocks(process, factor * events, seed, corrected=False)
    ]
    return np.concatenate([rows for rows, _ in blocks]), np.concatenate([base for _, base in blocks])


def _thin(process: str, rows: Floats, factor: int) -> tuple[Floats, Doubles]:
    features = unselected(rows)
    leading, subleading = column(features, "PRI_jet_leading_pt"), column(features, "PRI_jet_subleading_pt")
    if process == "ttbar":
        crowded = (leading > VBF_LEADING / MARGIN) & (subleading > VBF_SUBLEADING / MARGIN)
    else:
        mt, pt = column(features, "DER_mass_transverse_met_lep"), column(features, "DER_pt_h")
        crowded = (mt < MARGIN * MT_CUT) & (pt < MARGIN * PT_CUTS[0]) & (subleading < MARGIN * VBF_SUBLEADING)
    kept = ~crowded | (np.arange(len(rows)) % factor == 0)
    return rows[kept], np.where(crowded, float(factor), 1.0)[kept]


def fit(
    targets: Sequence[Target],
    design: sp.csr_matrix,
    base: Doubles,
    share: float,
    restraint: sp.csr_matrix,
    steps: int,
) -> Doubles:
    """Find the values of the functions at their knots.

    Args:
        targets: with which the weighted events are compared.
        design: from design_matrix, shape (n, k).
        base: weights of the events before the correction, shape (n,).
        share: mean probability to accept an event.
        restraint: further residuals, linear in the values, shape (any, k).
        steps: the maximum number of steps.

    Returns:
        The values, shape (k,).
    """
    offset, shares = logit(share), base / base.sum()

    def residuals(values: Doubles) -> Doubles:
        accepted = expit(offset + design @ values)
        parts = [target.residuals(base * accepted) for target in targets]
        click.echo(f"  sum of squares {sum((part**2).sum() for part in parts):10.1f}")
        return np.concatenate([*parts, [(shares @ accepted - share) / SHARE_ERROR], restraint @ values])

    def jacobian(values: Doubles) -> Doubles:
        accepted = expit(offset + design @ values)
        slopes = sp.diags(accepted * (1.0 - accepted)) @ design
        weighted = sp.diags(base) @ slopes
        parts = [target.jacobian(base * accepted, weighted) for target in targets]
        return np.concatenate([*parts, [shares @ slopes / SHARE_ERROR], restraint.toarray()])

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
            **({"factor": function.factor} if function.factor else {}),
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


def _print_deviations(targets: Sequence[Target], base: Doubles, accepted: Doubles) -> None:
    click.echo(f"Accepted: {base @ accepted / base.sum():.3f}. Mean square on other events, in s.d., before and after:")
    for target in targets:
        before, after = (float(np.mean(target.residuals(weights) ** 2)) for weights in (base, base * accepted))
        click.echo(f"  {target.name:40s} {len(target.values):4d} numbers {before:8.2f} {after:8.2f}")
