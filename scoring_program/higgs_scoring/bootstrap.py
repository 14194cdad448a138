"""How far the scores would move with other sets: the sets are drawn anew, with replacement, and scored again.

The organisers ranked the final phase this way, with 1 000 draws (results paper, arXiv:2509.22247). The draws depend on
nothing but the number of sets, so that two submissions to one phase are drawn alike and can be compared draw by draw.
"""

from dataclasses import dataclass, fields
from typing import Literal

import numpy as np

from higgs_scoring.metrics import (
    FloatArray,
    Scores,
    coverage_penalty,
    is_covered,
    mean_absolute_error,
    quantile_score,
    root_mean_square_error,
)

RESAMPLES = 1000
"""As many as the organisers drew."""

SEED = 250922247
"""Any fixed number would do; this is the results paper's."""


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """The scores of every resample, each array of shape (resamples,), and of how many units one was drawn.

    The unit is the set. A run of one set has nothing to draw from but its pseudo-experiments, so that their scatter is
    seen and the change from one mu to another is not. The quantile score scatters further down than up, as the penalty
    only lowers it.
    """

    unit: Literal["set", "pseudo-experiment"]
    num_units: int
    quantile_score: FloatArray
    interval: FloatArray
    coverage: FloatArray
    penalty: FloatArray
    rmse: FloatArray
    mae: FloatArray

    @property
    def medians(self) -> Scores:
        """The median of each score over the resamples."""
        return Scores(**{field.name: float(np.median(getattr(self, field.name))) for field in fields(Scores)})

    @property
    def standard_errors(self) -> Scores:
        """The standard error of each score, std sqrt(k / (k - 1)) over the resamples of k units.

        Values drawn from themselves scatter by the root of (k - 1) / k too little; with the factor the square of a
        mean's error is unbiased (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 5).
        """
        factor = np.sqrt(self.num_units / (self.num_units - 1))
        return Scores(**{field.name: float(factor * np.std(getattr(self, field.name))) for field in fields(Scores)})


def bootstrap_scores(
    mus: FloatArray,
    *,
    mu_hats: FloatArray,
    delta_mu_hats: FloatArray,
    p16: FloatArray,
    p84: FloatArray,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Bootstrap | None:
    """Score resamples of the sets as `score_sets` scores the sets themselves, N being the drawn pseudo-experiments.

    All sets have one size, so that a resample in which set s occurs k_s times, sum k_s = S, has the width
    w = sum k_s w_s / S of the sets' own widths, and so for coverage, RMSE and MAE.

    Args:
        mus: true mu of each set, shape (sets,).
        mu_hats, delta_mu_hats, p16, p84: the answers, shape (sets, pseudo-experiments).
        resamples: how many.
        seed: of the draws.

    Returns:
        The scores of the resamples, or None for a single pseudo-experiment, which says nothing about its scatter.

    Two sets with widths 1 and 3 have a mean of 2, with a standard error of sqrt(2) / sqrt(2):

    >>> p16, p84 = np.zeros((2, 2)), np.array([[1.0, 1.0], [3.0, 3.0]])
    >>> drawn = bootstrap_scores(np.array([0.5, 4.0]), mu_hats=p84, delta_mu_hats=p84, p16=p16, p84=p84)
    >>> sorted(set(drawn.interval.tolist())), sorted(set(drawn.coverage.tolist()))
    ([1.0, 2.0, 3.0], [0.0, 0.5, 1.0])
    >>> drawn.medians.interval, round(drawn.standard_errors.interval, 1)
    (2.0, 1.0)
    """
    alone = len(mus) == 1
    if alone:  # every pseudo-experiment becomes a set
        mus = np.repeat(mus, p16.size)
        mu_hats, delta_mu_hats, p16, p84 = mu_hats.T, delta_mu_hats.T, p16.T, p84.T
    units, n = p16.shape
    if units == 1:
        return None
    true = mus[:, np.newaxis]
    each = [
        np.mean(np.abs(p84 - p16), axis=1),
        np.sum(is_covered(true, p16, p84), axis=1),  # whole numbers, whose sums have no rounding
        root_mean_square_error(true, mu_hats, delta_mu_hats),
        mean_absolute_error(true, mu_hats, delta_mu_hats),
    ]
    widths, covered, rmses, maes = draw_sums(np.stack(each, axis=1), resamples=resamples, seed=seed).T
    width, coverage = widths / units, covered / (units * n)
    penalty = coverage_penalty(coverage, units * n)
    return Bootstrap(
        unit="pseudo-experiment" if alone else "set",
        num_units=units,
        quantile_score=quantile_score(width, penalty),
        interval=width,
        coverage=coverage,
        penalty=penalty,
        rmse=rmses / units,
        mae=maes / units,
    )


def draw_sums(rows: FloatArray, *, resamples: int, seed: int) -> FloatArray:
    """Draw as many rows as there are, with replacement, and add them up, again and again.

    Args:
        rows: shape (rows, columns).
        resamples: how often.
        seed: of the draws, which depend on nothing else but the number of rows.

    Returns:
        The sums, shape (resamples, columns).

    >>> draw_sums(np.array([[1.0, 10.0], [1.0, 10.0]]), resamples=3, seed=1).tolist()
    [[2.0, 20.0], [2.0, 20.0], [2.0, 20.0]]
    """
    rng = np.random.default_rng(seed)
    sums = np.empty((resamples, rows.shape[1]))
    # How often each row is drawn is one line of a matrix that, whole, would take gigabytes for very many rows.
    for number in range(resamples):
        times = np.bincount(rng.integers(len(rows), size=len(rows)), minlength=len(rows))
        sums[number] = times @ rows
    return sums


def uncertainty_of_error(num_units: int) -> float:
    """Return the relative uncertainty 1 / sqrt(2 (k - 1)) of a standard error from k units with normal scatter.

    Source: the chi-squared distribution of the sample variance, with k - 1 degrees of freedom.

    >>> round(uncertainty_of_error(10), 2)
    0.24
    """
    return float(1 / np.sqrt(2 * (num_units - 1)))
