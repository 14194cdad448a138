"""Measure how well the synthetic events describe the real rows, those open to tuning and those held out."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from higgs_challenge.tasks.higgs.events.columns import FEATURES
from higgs_tools.validation.classifier import Separation, separate
from higgs_tools.validation.compare import compare_quantile, effective_number, kolmogorov_smirnov, weighted_quantile
from higgs_tools.validation.regions import Mask
from higgs_tools.validation.samples import Sample
from higgs_tools.validation.targets import LEVELS, QUANTILES, Rounded

MIN_ROWS = 8
"""Rows needed with a column defined to compare its distribution."""

MIN_TO_LEARN = 100
"""Rows needed to train a classifier."""

ALL_ROWS = "all rows"
"""Name of the part that is the whole sample."""

DRAWS, ENOUGH_ROWS = 3, 2_000
"""How often to repeat a classifier's training: on more than ENOUGH_ROWS rows, once."""


class Quality(NamedTuple):
    """Measures of one part of a process's real rows.

    Attributes:
        sample: name of the sample.
        part: which of its rows.
        rows: how many.
        pulls: of the 10, 50 and 90 % quantiles of the columns of targets.QUANTILES, by name; about 1 in size.
        p_values: of Kolmogorov-Smirnov tests of every column; uniform from 0 to 1 for equal distributions.
        separation: of a classifier, None where there are too few rows.
        columns: that the classifier is shown.
    """

    sample: str
    part: str
    rows: int
    pulls: dict[str, float]
    p_values: dict[str, float]
    separation: Separation | None
    columns: tuple[str, ...]

    def most_telling(self, number: int) -> list[tuple[str, float]]:
        """Name the columns without which the classifier loses most.

        Args:
            number: how many.

        Returns:
            Names and losses of the area, the largest first; none where there is no classifier.
        """
        losses = self.separation.losses if self.separation else ()
        return sorted(zip(self.columns, losses, strict=False), key=lambda pair: -pair[1])[:number]


def measure(sample: str, part: str, real: Sample, synthetic: Sample, seed: int) -> Quality:
    """Measure how well synthetic events describe real rows.

    Args:
        sample: name of the sample.
        part: which of its rows.
        real: the rows, one at least.
        synthetic: many times as many events.
        seed: of the classifier.

    Returns:
        The measures.
    """
    pulls, p_values = {}, {}
    for name in FEATURES:
        p_value = column_p_value(name, real, synthetic)
        if p_value is None:
            continue
        p_values[name] = p_value
        if name in QUANTILES:
            values, weights = real.defined(name)
            expected = np.sort(synthetic.defined(name)[0])
            number = effective_number(weights)
            for level in LEVELS:
                quantile = Rounded(weighted_quantile(values, weights, level), 0.0)
                pulls[f"{name}, {100 * level:.0f} %"] = compare_quantile(quantile, level, number, expected).pull
    return Quality(
        sample, part, len(real.rows), pulls, p_values, _separation(real, synthetic, seed), telling_columns(real)
    )


def column_p_value(name: str, real: Sample, synthetic: Sample) -> float | None:
    """Test whether a column of the real rows has the synthetic events' distribution.

    Args:
        name: one of columns.FEATURES.
        real: the rows.
        synthetic: many times as many events.

    Returns:
        The p-value of the Kolmogorov-Smirnov test; None where fewer than MIN_ROWS rows have the column.
    """
    values, weights = real.defined(name)
    if len(values) < MIN_ROWS:
        return None
    return kolmogorov_smirnov(values, weights, np.sort(synthetic.defined(name)[0]))


def _separation(real: Sample, synthetic: Sample, seed: int) -> Separation | None:
    if len(real.rows) < MIN_TO_LEARN:
        return None
    known = telling_columns(real)
    if known == FEATURES:
        (features, weights), reference = real.selected, synthetic.selected[0]
    else:  # which jets the selection keeps depends on the subleading one
        places = [FEATURES.index(name) for name in known]
        features, weights, reference = real.features[places], real.weights, synthetic.features[places]
    draws = DRAWS if features.shape[1] <= ENOUGH_ROWS else 1
    return separate(features, weights, reference, draws, seed)


def telling_columns(real: Sample) -> tuple[str, ...]:
    """Name the columns that a classifier is shown.

    Args:
        real: rows of which either all are known in a column or none.

    Returns:
        The known ones, in the order of columns.FEATURES.
    """
    known = np.flatnonzero(~np.isnan(real.features).any(axis=1))
    return tuple(FEATURES[place] for place in known)


def measure_parts(samples: Mapping[str, Sample], synthetic: Sample, seed: int) -> list[Quality]:
    """Measure all real rows of each sample, those open to tuning, and those held out.

    Args:
        samples: of real rows, by name.
        synthetic: many times as many events.
        seed: of the classifier.

    Returns:
        The measures of each part that has rows.
    """
    return [
        measure(name, part, real.part(rows), synthetic, seed)
        for name, real in samples.items()
        for part, rows in _parts(real).items()
        if rows.any()
    ]


def _parts(real: Sample) -> dict[str, Mask]:
    whole = np.ones(len(real.rows), dtype=bool)
    return {ALL_ROWS: whole, "open to tuning": ~real.held_out, "held out": real.held_out}
