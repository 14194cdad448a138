"""All that a correction is fitted to: yields, moments, responses, histograms and rows of the official data."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from higgs_challenge.errors import InputError
from higgs_challenge.tasks.higgs.simulation import NOMINAL_YIELDS, simulate
from higgs_tools.tuning.correction_functions import Function, design_matrix
from higgs_tools.tuning.published_histograms import LINEAR, LOGARITHMIC, linear_histograms, logarithmic_histograms
from higgs_tools.tuning.target import Doubles, Target, make_target
from higgs_tools.validation.earlier_rows import JULY, read_all_real
from higgs_tools.validation.moments import FILE as MOMENTS
from higgs_tools.validation.moments import Moments, measure_moments, read_moments, vbf_masks
from higgs_tools.validation.regions import Floats, unselected
from higgs_tools.validation.responses import FILE as RESPONSES
from higgs_tools.validation.responses import NOMINAL, membership, read_responses
from higgs_tools.validation.samples import SUBLEADING
from higgs_tools.validation.targets import INCLUSIVE, REGION_YIELDS

# What counts as one standard deviation: a third of what the tests allow or less, and never so little that one fact
# outweighs all others.
YIELD_ERROR = 0.002
"""Relative."""
MEAN_ERROR, WIDTH_ERROR = 0.01, 0.02
"""In official standard deviations, and relative."""
RESPONSE_ERROR, RELATIVE_RESPONSE_ERROR = 0.0002, 0.01
"""Absolute, and relative to the change."""

ROWS_PER_EVENT = {"htautau": 51_200.0, "ztautau": 100.0, "ttbar": 100.0, "diboson": 100.0}
"""Rows of the official file for one expected event."""
MIN_ROWS = 100
"""Of a sample; fewer say too little about so many functions."""
OTHER_EVENTS, OTHER_SEED = 400_000, 9
"""Of a process that shares moments with the one that is fitted."""
LEAST_VARIANCE = 1e-3
"""Of a combination of functions, relative to the largest; real rows say nothing about less."""


def check_folder(official: Path) -> None:
    """Check that a folder holds what a fit compares events with, beside the rows.

    Args:
        official: as in collect_targets.

    Raises:
        InputError: a file is missing.
    """
    needed = (MOMENTS, RESPONSES, f"facts/{LINEAR}", f"facts/{LOGARITHMIC}")
    missing = [name for name in needed if not (official / name).is_file()]
    if missing:
        raise InputError(f"{official} must hold {', '.join(needed)}; there is no {', '.join(missing)}.")


def collect_targets(
    process: str, rows: Floats, base: Doubles, functions: list[Function], official: Path
) -> list[Target]:
    """Collect everything that is known of a process.

    Args:
        process: one of columns.PROCESSES.
        rows: synthetic events before the selection and without correction, primary columns, shape (n, 16).
        base: their weights, shape (n,).
        functions: of the correction.
        official: folder with the official rows, moments and responses, and with published histograms in facts/.

    Returns:
        The targets.

    Raises:
        InputError: the folder does not hold what it should.
    """
    features, inside = unselected(rows), membership(rows, NOMINAL)
    selected = inside[INCLUSIVE].astype(np.float64)
    return [
        _yields(process, base, {region: mask.astype(np.float64) for region, mask in inside.items()}),
        *_moments(process, features, base, official),
        *_responses(process, rows, base, official),
        *linear_histograms(process, features, base, official / "facts"),
        *logarithmic_histograms(process, features, selected, base, official / "facts"),
        *_real_rows(process, features, base, functions, official),
    ]


def _yields(process: str, base: Doubles, inside: dict[str, Doubles]) -> Target:
    official = np.array([REGION_YIELDS[region][process] for region in inside])
    errors = np.hypot(YIELD_ERROR, 1 / np.sqrt(ROWS_PER_EVENT[process] * official)) * official
    masks = sp.csr_matrix(np.stack([*inside.values()]))
    total = NOMINAL_YIELDS[process]
    return make_target("region yields", masks, np.ones(len(base)), official / total, errors / total, base)


def _moments(process: str, features: Floats, base: Doubles, official: Path) -> Iterator[Target]:
    for region, processes, moments in read_moments(official):
        if processes[0] != process:
            continue
        mean, variance = _without(processes[1:], region, process, moments)
        inside = vbf_masks(features)[region]
        columns = np.where(inside, features - mean[:, None], 0.0)
        means, squares = sp.csr_matrix(columns), sp.csr_matrix(columns**2)
        denominator, deviations, nothing = inside.astype(np.float64), np.sqrt(variance), np.zeros(len(mean))
        yield make_target(f"means, {region}", means, denominator, nothing, MEAN_ERROR * deviations, base)
        yield make_target(f"widths, {region}", squares, denominator, variance, 2 * WIDTH_ERROR * variance, base)


def _without(others: Sequence[str], region: str, process: str, moments: Moments) -> tuple[Doubles, Doubles]:
    """Take synthetic events of other processes, corrected as they are now, out of the moments of several processes."""
    yields = REGION_YIELDS[region]
    total = sum(yields[name] for name in (process, *others))
    mean, square = moments.mean, moments.variance + moments.mean**2
    for name in others:
        features = unselected(simulate(name, OTHER_EVENTS, OTHER_SEED))
        own = measure_moments(features[:, vbf_masks(features)[region]])
        mean = mean - yields[name] / total * own.mean
        square = square - yields[name] / total * (own.variance + own.mean**2)
    share = yields[process] / total
    return mean / share, square / share - (mean / share) ** 2


def _responses(process: str, rows: Floats, base: Doubles, official: Path) -> Iterator[Target]:
    known = [response for response in read_responses(official) if response.process == process]
    points = list(known[0].changes) if known else []
    nominal = membership(rows, NOMINAL)
    signs = (1, -1)  # of the soft missing momentum; the mean of both fluctuates less
    shifted = [[membership(rows, point, sign) for sign in signs] for point in points]
    for response in known:
        before = nominal[response.region].astype(np.float64)
        after = [np.mean([inside[response.region] for inside in both], axis=0) for both in shifted]
        moved = sp.csr_matrix(np.stack([inside - before for inside in after]))
        changes = np.array([response.changes[point] for point in points])
        errors = np.hypot(RESPONSE_ERROR, RELATIVE_RESPONSE_ERROR * changes)
        yield make_target(f"responses, {response.region}", moved, before, changes, errors, base)


def _real_rows(
    process: str, features: Floats, base: Doubles, functions: list[Function], official: Path
) -> Iterator[Target]:
    """Compare the means of all functions at all knots, with their covariance: what likelihood would compare."""
    known_in_july = [not {function.column, function.factor} & set(SUBLEADING) for function in functions]
    in_july = np.repeat(known_in_july, [len(function.knots) for function in functions])
    design = design_matrix(functions, features)
    for name, sample in read_all_real(official).get(process, {}).items():
        rows = sample.rows[~sample.held_out]
        if len(rows) < MIN_ROWS:
            continue
        known = in_july if name == JULY else np.ones(len(in_july), dtype=bool)
        real = design_matrix(functions, unselected(np.where(np.isnan(rows), np.float32(1.0), rows)))[:, known]
        own = design[:, known].tocsr()
        mean = base @ own / base.sum()
        covariance = (own.T @ own.multiply(base[:, None] / base.sum())).toarray() - np.outer(mean, mean)
        variances, directions = np.linalg.eigh(covariance)
        enough = variances > LEAST_VARIANCE * variances[-1]
        scales = (directions[:, enough] / np.sqrt(variances[enough] / len(rows))).T
        means = np.asarray(real.mean(axis=0)).ravel()
        yield Target(f"rows, {name}", own.T.tocsr(), np.ones(len(base)), means, scales)
