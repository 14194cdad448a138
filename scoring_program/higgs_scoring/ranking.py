"""Ranking: which run beats which by more than chance, and the ranks that follow.

In arXiv:2509.22247 the sets were resampled 1 000 times, and two runs with overlapping score distributions tied. Here
resample i holds the same sets for every run, so that runs are compared resample by resample: that both find the same
sets hard says nothing about which is better, and cancels.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from higgs_scoring.bootstrap import Bootstrap
from higgs_scoring.metrics import FloatArray

BEATS = 0.975
"""A run beats another if it is better with more than this probability; between the two limits lie 95 %."""

LOSES = 0.025
"""A run loses to another if it is better with less than this probability."""

SAME_SCORE = 1e-10
"""Scores no further apart are equal: sums in another order differ by 1e-15, and the leaderboard has ten decimals."""

Verdict = Literal["beats", "ties", "loses"]


@dataclass(frozen=True, eq=False)
class Contender:
    """A run to be compared with others.

    Attributes:
        name: decides the order of equal scores.
        quantile_score: of the whole run.
        bootstrap: None if there is a single pseudo-experiment, which has no scatter.
        is_baseline: compared like the others, but takes no rank and costs nobody one.
    """

    name: str
    quantile_score: float
    bootstrap: Bootstrap | None
    is_baseline: bool = False


@dataclass(frozen=True, eq=False)
class Ranking:
    """Runs from the best to the last, R of them.

    Attributes:
        order: where each run stood among those that were given.
        ranks: of each run in this order, from 1; equal ones are shared; None for the baseline.
        probabilities: shape (R, R), in this order: that the run of the row is better than that of the column, as
            `probability_better` gives it; NaN where there is no bootstrap.
    """

    order: tuple[int, ...]
    ranks: tuple[int | None, ...]
    probabilities: FloatArray

    @property
    def ranked(self) -> list[int]:
        """Return the places, from 0, of the runs that have a rank."""
        return [place for place, rank in enumerate(self.ranks) if rank is not None]

    def is_shared(self, place: int) -> bool:
        """Return whether the run at this place, from 0, shares its rank."""
        rank = self.ranks[place]
        return rank is not None and self.ranks.count(rank) > 1


def probability_better(a: Bootstrap, b: Bootstrap) -> float:
    """Return the share of the draws in which A has the larger quantile score, equal scores counted half.

    p = (#{i: a_i > b_i} + #{i: a_i = b_i} / 2) / draws; p(A, B) + p(B, A) = 1.

    Args:
        a, b: quantile scores of shape (draws,), from one seed and equally many sets and pseudo-experiments, so that
            draw i is the same sets for both.

    Returns:
        The probability, from 0 to 1.

    Raises:
        ValueError: the two differ in what was resampled, or how often, so that resamples are not pairs.

    Source: the rule of overlap in arXiv:2509.22247, with resamples in pairs.

    Of four draws A has the better in two and an equal one in one:

    >>> def drawn(*scores):
    ...     others = dict.fromkeys(("interval", "coverage", "penalty", "rmse", "mae", "winkler"), np.zeros(len(scores)))
    ...     return Bootstrap("set", 10, np.array(scores), **others)
    >>> probability_better(drawn(1.0, 2.0, 3.0, 4.0), drawn(0.0, 1.0, 3.0, 5.0))
    0.625
    """
    kinds = [(one.unit, one.num_units, one.quantile_score.size) for one in (a, b)]
    if kinds[0] != kinds[1]:
        found = [f"{draws} draws of {units} {unit}s" for unit, units, draws in kinds]
        raise ValueError(f"{found[0]} and {found[1]} are not pairs: resample both runs in the same way, with one truth")
    difference = a.quantile_score - b.quantile_score
    better, equal = (difference > SAME_SCORE).sum(), (np.abs(difference) <= SAME_SCORE).sum()
    return float((better + equal / 2) / difference.size)


def verdict_of(probability: float) -> Verdict:
    """Return what a probability of being better means; the limits themselves, and NaN, are a tie.

    >>> [verdict_of(p) for p in (0.9755, 0.975, 0.5, 0.025, 0.0245, math.nan)]
    ['beats', 'ties', 'ties', 'ties', 'loses', 'ties']
    """
    if probability > BEATS:
        return "beats"
    return "loses" if probability < LOSES else "ties"


def ranks_of(probabilities: FloatArray) -> list[int]:
    """Return the rank of each run: 1 + the number of runs that beat it.

    Ties are not transitive: A may tie with B and B with C although A beats C. A and B are then both first, as nothing
    beats them, and C is second, as one run does. No chain of ties can lift C, and the order of comparison does not
    matter.

    Args:
        probabilities: shape (runs that count, runs), that the run of the row is better than that of the column.

    >>> ranks_of(np.array([[0.5, 0.9, 0.99], [0.1, 0.5, 0.8], [0.01, 0.2, 0.5]]))
    [1, 1, 2]
    """
    return [1 + int(number) for number in (probabilities > BEATS).sum(axis=0)]


def rank_all(contenders: Sequence[Contender]) -> Ranking:
    """Compare all runs in pairs, and order them by rank, then by quantile score, then by name.

    The baseline stands where it would be if it had a rank.

    Args:
        contenders: R runs on one truth, R > 0, resampled in the same way.

    Returns:
        The ranking.

    Raises:
        ValueError: as in `probability_better`.
    """
    given = np.array([[_probability(a, b) for b in contenders] for a in contenders])
    ranks = ranks_of(given[[not contender.is_baseline for contender in contenders]])
    order = sorted(
        range(len(contenders)),
        key=lambda number: (ranks[number], -contenders[number].quantile_score, contenders[number].name),
    )
    shown = tuple(None if contenders[number].is_baseline else ranks[number] for number in order)
    return Ranking(tuple(order), shown, given[np.ix_(order, order)])


def _probability(a: Contender, b: Contender) -> float:
    if a.bootstrap is None or b.bootstrap is None:
        return math.nan
    return probability_better(a.bootstrap, b.bootstrap)
