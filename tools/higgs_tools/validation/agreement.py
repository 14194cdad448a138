"""Measure how well the synthetic events describe the real rows, those open to tuning and those held out."""

from typing import NamedTuple

import numpy as np

from higgs_challenge.tasks.higgs.events.columns import FEATURES, MISSING
from higgs_tools.validation.classifier import Separation, separate
from higgs_tools.validation.compare import compare_quantile, effective_number, kolmogorov_smirnov, weighted_quantile
from higgs_tools.validation.regions import Floats, column
from higgs_tools.validation.samples import Sample
from higgs_tools.validation.targets import LEVELS, QUANTILES, Rounded

MIN_ROWS = 8
"""Rows needed with a column defined to compare its distribution."""

MIN_TO_LEARN = 100
"""Rows needed to train a classifier."""

DRAWS = 3


class Quality(NamedTuple):
    """Measures of one part of a process's real rows.

    Attributes:
        part: name of the rows.
        rows: how many.
        pulls: of the 10, 50 and 90 % quantiles of the columns of targets.QUANTILES, by name; about 1 in size.
        p_values: of Kolmogorov-Smirnov tests of every column; uniform from 0 to 1 for equal distributions.
        separation: of a classifier, None where there are too few rows.
    """

    part: str
    rows: int
    pulls: dict[str, float]
    p_values: dict[str, float]
    separation: Separation | None


def measure(part: str, real: Sample, synthetic: Sample, seed: int) -> Quality:
    """Measure how well synthetic events describe real rows.

    Args:
        part: name of the rows.
        real: the rows, one at least.
        synthetic: many times as many events.
        seed: of the classifier.

    Returns:
        The measures.
    """
    features, reference = real.features, synthetic.features
    pulls, p_values = {}, {}
    for name in FEATURES:
        values, weights = _defined(column(features, name), real.weights)
        if len(values) < MIN_ROWS:
            continue
        expected = np.sort(_defined(column(reference, name), synthetic.weights)[0])
        p_values[name] = kolmogorov_smirnov(values, weights, expected)
        if name in QUANTILES:
            number = effective_number(weights)
            for level in LEVELS:
                quantile = Rounded(weighted_quantile(values, weights, level), 0.0)
                pulls[f"{name}, {100 * level:.0f} %"] = compare_quantile(quantile, level, number, expected).pull
    return Quality(part, len(real.rows), pulls, p_values, _separation(real, synthetic, seed))


def _defined(values: Floats, weights: np.ndarray) -> tuple[Floats, np.ndarray]:
    defined = values != MISSING
    return values[defined], weights[defined]


def _separation(real: Sample, synthetic: Sample, seed: int) -> Separation | None:
    features, weights = real.selected
    if features.shape[1] < MIN_TO_LEARN:
        return None
    return separate(features, weights, synthetic.selected[0], DRAWS, seed)


def measure_parts(real: Sample, synthetic: Sample, seed: int) -> list[Quality]:
    """Measure all real rows, those open to tuning, and those held out.

    Args:
        real: the rows.
        synthetic: many times as many events.
        seed: of the classifier.

    Returns:
        The measures of each part that has rows.
    """
    parts = {
        "all rows": np.ones(len(real.rows), dtype=bool),
        "open to tuning": ~real.held_out,
        "held out": real.held_out,
    }
    return [measure(part, real.part(rows), synthetic, seed) for part, rows in parts.items() if rows.any()]
