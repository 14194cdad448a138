"""The last step of the generator: events are accepted with a probability that mends what its mechanics get wrong.

The probability is 1 / (1 + exp(-s)), where s is a sum of piecewise-linear functions of single columns, and of products
of two, other ones for events without jet, with one, and with more. `higgs-challenge fit-correction` fits them to the
official data and writes corrections.json; docs/data.md says to which.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from higgs_challenge.compiled import compiled
from higgs_challenge.tasks.higgs.events.columns import FEATURES
from higgs_challenge.tasks.higgs.events.transform import Floats, transform

FILE = Path(__file__).with_name("corrections.json")
N_JETS = FEATURES.index("PRI_n_jets")
MAX_JET_CLASS = 2
"""Events with so many jets or more are one class."""
ANY_JETS = MAX_JET_CLASS + 1
"""In place of a class of jets: a function that acts on all events."""

NO_FACTOR = -1

Doubles = npt.NDArray[np.float64]


class Correction(NamedTuple):
    """The functions of a process, m of them with at most k knots each.

    Attributes:
        columns: position of each function's column in columns.FEATURES, shape (m,).
        factors: position of the column that it is multiplied with, or NO_FACTOR, shape (m,).
        jets: class of jets that each acts on, 0 to MAX_JET_CLASS or ANY_JETS, shape (m,).
        absolute: whether it is a function of the column's absolute value, shape (m,).
        knots: rising, shape (m, k); beyond the last one a function is constant; filled up with infinity.
        values: of each function at its knots, shape (m, k).
        offset: what is added to the sum of all functions.
    """

    columns: npt.NDArray[np.int64]
    factors: npt.NDArray[np.int64]
    jets: npt.NDArray[np.int64]
    absolute: npt.NDArray[np.bool_]
    knots: Doubles
    values: Doubles
    offset: float


def make_correction(content: dict[str, Any]) -> Correction:
    """Make a correction from a process's entry in corrections.json.

    Args:
        content: "offset", and "functions", each with "column", "jets" (0, 1, 2 or "any"), "knots" and "values", and
            "factor" where the column is multiplied with another.

    Returns:
        The correction.
    """
    functions = content["functions"]
    longest = max((len(function["knots"]) for function in functions), default=2)
    knots = np.full((len(functions), longest), np.inf)
    values = np.zeros((len(functions), longest))
    for i, function in enumerate(functions):
        knots[i, : len(function["knots"])] = function["knots"]
        values[i, : len(function["values"])] = function["values"]
    names = [function["column"] for function in functions]
    return Correction(
        columns=np.array([FEATURES.index(name) for name in names], dtype=np.int64),
        factors=np.array([_place(function.get("factor")) for function in functions], dtype=np.int64),
        jets=np.array([ANY_JETS if f["jets"] == "any" else f["jets"] for f in functions], dtype=np.int64),
        absolute=np.array([is_symmetric(name) for name in names], dtype=bool),
        knots=knots,
        values=values,
        offset=float(content["offset"]),
    )


def _place(factor: str | None) -> int:
    return NO_FACTOR if factor is None else FEATURES.index(factor)


def is_symmetric(column: str) -> bool:
    """Say whether a column's sign carries no information: pseudorapidities, as both beams are alike."""
    return column.startswith("PRI_") and column.endswith("_eta")


@cache
def corrections() -> dict[str, Correction]:
    """Read the corrections of all processes, once."""
    return {process: make_correction(content) for process, content in json.loads(FILE.read_text()).items()}


def accept(rng: Generator, correction: Correction, rows: Floats) -> Floats:
    """Keep some events, each with the probability that the correction gives it.

    Args:
        rng: random stream, of which one number an event is taken.
        correction: of the events' process.
        rows: primary columns, float32, shape (n, 16).

    Returns:
        The events kept, in their order.
    """
    accepted: Floats = rows[rng.random(len(rows)) < acceptance(correction, rows)]
    return accepted


def acceptance(correction: Correction, rows: Floats) -> Doubles:
    """Compute with which probability each event is accepted.

    Args:
        correction: of the events' process.
        rows: primary columns, float32, shape (n, 16).

    Returns:
        Shape (n,), between 0 and 1.
    """
    features, _ = transform(rows, select=False)
    sums = np.full(len(rows), correction.offset)
    _add_functions(correction[:-1], features, sums)
    probabilities: Doubles = 1.0 / (1.0 + np.exp(-sums))
    return probabilities


@compiled
def _add_functions(functions, features, sums) -> Any:  # type: ignore[no-untyped-def]
    columns, factors, jets, absolute, knots, values = functions
    members, sizes = _sort_by_jets(features[N_JETS])
    for k in range(len(columns)):
        column, factor = features[columns[k]], features[factors[k]]
        for m in range(sizes[jets[k]]):
            i = members[jets[k], m]
            x = abs(column[i]) if absolute[k] else column[i]
            x *= factor[i] if factors[k] != NO_FACTOR else np.float32(1.0)
            if x <= knots[k, 0]:
                sums[i] += values[k, 0]
                continue
            j = 1
            while j < knots.shape[1] and x > knots[k, j]:
                j += 1
            if j == knots.shape[1] or knots[k, j] == np.inf:
                sums[i] += values[k, j - 1]
            else:
                share = (x - knots[k, j - 1]) / (knots[k, j] - knots[k, j - 1])
                sums[i] += (1.0 - share) * values[k, j - 1] + share * values[k, j]


@compiled
def _sort_by_jets(n_jets) -> Any:  # type: ignore[no-untyped-def]
    """List the events of each class of jets, and in the last row all."""
    members = np.empty((MAX_JET_CLASS + 2, len(n_jets)), dtype=np.int64)
    sizes = np.zeros(MAX_JET_CLASS + 2, dtype=np.int64)
    for i in range(len(n_jets)):
        own = min(int(n_jets[i]), MAX_JET_CLASS)
        for row in (own, MAX_JET_CLASS + 1):
            members[row, sizes[row]] = i
            sizes[row] += 1
    return members, sizes
