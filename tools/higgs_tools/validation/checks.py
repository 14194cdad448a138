"""Check numbers of the synthetic events against published ones, within tolerances."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from higgs_challenge.tasks.higgs.events.columns import MISSING
from higgs_tools.validation.agreement import ALL_ROWS, Quality
from higgs_tools.validation.compare import (
    Comparison,
    compare_fraction,
    compare_quantile,
    compare_rank_correlation,
    rank_correlation,
)
from higgs_tools.validation.regions import Floats, column
from higgs_tools.validation.responses import Responses, response_pull
from higgs_tools.validation.targets import (
    JET_FRACTIONS,
    LEVELS,
    QUANTILES,
    RANK_CORRELATIONS,
    REGION_YIELDS,
    SAMPLE_ROWS,
)

MAX_SIGMAS = 3.0
"""Tolerance in standard errors; by chance alone one comparison in 370 exceeds it."""

LARGE_YIELD, SMALL_YIELD = 10_000.0, 40.0

MAX_AUC = {"ttbar": 0.03, "diboson": 0.04}
"""Tolerance of a classifier's area above 0.5 on whole samples, where there are rows enough to see a few hundredths; on
a part of them at least MAX_SIGMAS standard errors."""

MIN_IN_REGION = 20
"""Real rows that a region must have for its response to be compared."""


class Check(NamedTuple):
    """One number of the synthetic events and its official counterpart.

    Attributes:
        subject: what kind of number it is.
        process: name of the process.
        name: of the number.
        comparison: official value, standard error, synthetic value and pull, in the number's unit.
        deviation: difference from the official value, in the unit of the limit.
        limit: on the size of the deviation.
        unit: of deviation and limit: "%" of the official value, "σ" of the standard error, "s.d." of the column,
            percentage "points", "AUC" above 0.5, or "rows".
    """

    subject: str
    process: str
    name: str
    comparison: Comparison
    deviation: float
    limit: float
    unit: str

    @property
    def passed(self) -> bool:
        """Check whether the deviation is within its limit."""
        return abs(self.deviation) <= self.limit


def yield_tolerance(expected: float) -> float:
    """Return the largest deviation allowed for a region's yield.

    Args:
        expected: official events at 10 fb^-1.

    Returns:
        Share of the official yield: 3 % of large yields, 25 % of small ones, 10 % of the others.
    """
    if expected > LARGE_YIELD:
        return 0.03
    return 0.25 if expected < SMALL_YIELD else 0.10


def check_yields(process: str, yields: Mapping[str, float], counts: Mapping[str, int]) -> Iterator[Check]:
    """Compare the yield of every region with the published one.

    Args:
        process: name of the process.
        yields: synthetic events at 10 fb^-1 of each region.
        counts: how many synthetic events each of them comes from; their fluctuation is the standard error.

    Yields:
        A check of each region, in percent of the official yield.
    """
    for region, official in REGION_YIELDS.items():
        expected, found = official[process], yields[region]
        error = max(found, expected) / max(counts[region], 1) ** 0.5
        comparison = Comparison(expected, error, found, (expected - found) / error)
        deviation = 100 * (found / expected - 1)
        limit = 100 * yield_tolerance(expected)
        yield Check("Region yields", process, region, comparison, deviation, limit, "%")


def check_jet_fractions(process: str, features: Floats) -> Iterator[Check]:
    """Compare the shares of events with 0 to 4 jets with the published ones.

    Args:
        process: one of targets.SAMPLE_ROWS.
        features: synthetic, unselected, shape (28, n).

    Yields:
        A check of each number of jets, in standard errors of the official sample.
    """
    jets = column(features, "PRI_n_jets")
    for number, published in enumerate(JET_FRACTIONS[process]):
        comparison = compare_fraction(published, SAMPLE_ROWS[process], float((jets == number).mean()))
        yield _in_sigmas("Jet multiplicity", process, f"share with {number} jets", comparison)


def check_quantiles(process: str, features: Floats) -> Iterator[Check]:
    """Compare the 10, 50 and 90 % quantiles with the published ones.

    Args:
        process: one of targets.SAMPLE_ROWS.
        features: synthetic, unselected, shape (28, n).

    Yields:
        A check of each column and level, in standard errors of the official sample.
    """
    for name, quantiles in QUANTILES.items():
        values = column(features, name)
        defined = np.sort(values[values != MISSING])
        number = SAMPLE_ROWS[process] * len(defined) / len(values)
        for level, published in zip(LEVELS, quantiles[process], strict=True):
            comparison = compare_quantile(published, level, number, defined)
            yield _in_sigmas("Quantiles", process, f"{name}, {100 * level:.0f} %", comparison)


def check_rank_correlations(process: str, features: Floats) -> Iterator[Check]:
    """Compare the rank correlations of columns with the published ones.

    Args:
        process: htautau or ztautau.
        features: synthetic, unselected, shape (28, n).

    Yields:
        A check of each pair of columns, in standard errors of the official sample.
    """
    for (first, second), published in RANK_CORRELATIONS.items():
        x, y = column(features, first), column(features, second)
        defined = (x != MISSING) & (y != MISSING)
        synthetic = rank_correlation(x[defined], y[defined], np.ones(defined.sum()))
        comparison = compare_rank_correlation(published[process], SAMPLE_ROWS[process] * defined.mean(), synthetic)
        yield _in_sigmas("Rank correlations", process, f"{first} and {second}", comparison)


def check_separation(process: str, qualities: Sequence[Quality]) -> Iterator[Check]:
    """Compare the area under a classifier's ROC curve with 0.5.

    Args:
        process: name of the process.
        qualities: of the parts of its real rows.

    Yields:
        A check of each part that has rows enough to train on: against MAX_AUC, or in standard errors of its rows.
    """
    for quality in qualities:
        if quality.separation is not None:
            auc, error, _ = quality.separation
            comparison = Comparison(0.5, error, auc, (0.5 - auc) / error)
            check = _in_sigmas(
                "Classifier", process, f"area under the ROC curve, {quality.sample}, {quality.part}", comparison
            )
            if process in MAX_AUC:
                limit = max(MAX_AUC[process], 0.0 if quality.part == ALL_ROWS else MAX_SIGMAS * error)
                check = check._replace(deviation=max(auc - 0.5, 0.0), limit=limit, unit="AUC")
            yield check


def check_responses(process: str, synthetic: Responses, real: Responses) -> Iterator[Check]:
    """Compare the effect of nuisance parameters on the synthetic yields with that on the real rows.

    Args:
        process: name of the process.
        synthetic: relative changes of yields, by point and region.
        real: the same of the real rows.

    Yields:
        A check of each yield that moves and comes from MIN_IN_REGION real rows or more, in standard errors.
    """
    for point, regions in real.items():
        for region, response in regions.items():
            expected = synthetic[point].get(region)
            if expected is None or response.number < MIN_IN_REGION or not (expected.moved or response.moved):
                continue
            pull = response_pull(response, expected)
            comparison = Comparison(response.change, response.error, expected.change, pull)
            yield _in_sigmas("Nuisance response", process, f"{point}, {region}", comparison)


def check_unphysical(process: str, counts: Mapping[str, int]) -> Iterator[Check]:
    """Check that no row is unphysical.

    Args:
        process: name of the process.
        counts: for each rule the rows that break it.

    Yields:
        One check of all rules.
    """
    broken = float(sum(counts.values()))
    yield Check("Unphysical rows", process, "all rules", Comparison(0.0, 0.0, broken, 0.0), broken, 0.0, "rows")


def _in_sigmas(subject: str, process: str, name: str, comparison: Comparison) -> Check:
    return Check(subject, process, name, comparison, comparison.pull, MAX_SIGMAS, "σ")
