"""Test whether a trained classifier can tell real rows from synthetic ones."""

import math
from typing import NamedTuple

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from higgs_tools.validation.compare import Array, effective_number
from higgs_tools.validation.regions import Floats

FOLDS = 5
SYNTHETIC_PER_REAL = 4
MAX_REAL = 15_000
"""Number of real rows to use; more would take minutes."""

TRAINING_NOISE = 1.1
"""How much training, folds and few synthetic events widen the spread of the area: measured on synthetic rows of one
distribution, 60 experiments each with 320 and 577 rows, 1.07 +- 0.09 and 1.15 +- 0.09."""


class Separation(NamedTuple):
    """How well a classifier tells real from synthetic rows.

    Attributes:
        auc: area under the ROC curve, 0.5 for indistinguishable samples.
        error: its standard error.
        losses: of area when a column is shuffled among the tested rows, shape (columns,); about 0 for a column that
            tells nothing, or nothing that others do not tell too.
    """

    auc: float
    error: float
    losses: tuple[float, ...]

    @property
    def pull(self) -> float:
        """Standard errors by which the area is above 0.5."""
        return (self.auc - 0.5) / self.error


def separate(real: Floats, weights: Array, synthetic: Floats, draws: int, seed: int) -> Separation:
    """Train boosted trees to tell real rows from synthetic ones, and measure them on rows that they have not seen.

    Args:
        real: features of real rows, any columns, shape (k, n); the first MAX_REAL of them are used.
        weights: of the real rows, shape (n,), > 0.
        synthetic: the same features of synthetic events, shape (k, m); m >= draws * SYNTHETIC_PER_REAL * n. Together
            they weigh as much as the real rows.
        draws: how often it is repeated, each time with other synthetic events and other folds.
        seed: of folds and trees.

    Returns:
        The mean area and losses of all draws and folds. The area's error is mostly the real rows' own, 1 / sqrt(12 n),
        which no repetition lessens.
    """
    real, weights = real[:, :MAX_REAL], weights[:MAX_REAL]
    size = SYNTHETIC_PER_REAL * real.shape[1]
    if synthetic.shape[1] < draws * size:
        raise ValueError(f"{draws * size} synthetic events are needed, not {synthetic.shape[1]}")
    with threadpool_limits(1):  # on so few rows threads wait for each other more than they work
        found = [
            _cross_validated(real, weights, synthetic[:, draw * size : (draw + 1) * size], seed + draw)
            for draw in range(draws)
        ]
    area, *losses = np.mean(found, axis=0)
    error = TRAINING_NOISE / math.sqrt(12 * effective_number(weights))
    return Separation(float(area), error, tuple(map(float, losses)))


def _cross_validated(real: Floats, weights: Array, synthetic: Floats, seed: int) -> Array:
    """Return the mean area of all folds, and after it the loss of every column."""
    features = np.concatenate([real, synthetic], axis=1).T
    is_real = np.arange(len(features)) < real.shape[1]
    balanced = np.concatenate([weights / weights.mean(), np.full(synthetic.shape[1], 1 / SYNTHETIC_PER_REAL)])
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(features, is_real)
    found = [_test(features, is_real, balanced, train, test, seed) for train, test in folds]
    mean: Array = np.mean(found, axis=0)
    return mean


def _test(features: Floats, is_real: Array, weights: Array, train: Array, test: Array, seed: int) -> Array:
    # Each real row as often as there are synthetic ones for it: weights would slow down the binning a hundred times.
    train = np.concatenate([np.repeat(train[is_real[train]], SYNTHETIC_PER_REAL), train[~is_real[train]]])
    # Small trees: they find a shift of one column, and are fast on some thousand rows.
    trees = HistGradientBoostingClassifier(max_iter=50, max_depth=3, max_bins=63, random_state=seed)
    trees.fit(features[train], is_real[train])
    rows, rng = features[test], np.random.default_rng(seed)

    def area(rows: Floats) -> float:
        return float(roc_auc_score(is_real[test], trees.predict_proba(rows)[:, 1], sample_weight=weights[test]))

    whole = area(rows)
    losses = []
    for column in range(rows.shape[1]):
        shuffled = rows.copy()
        shuffled[:, column] = rng.permutation(rows[:, column])
        losses.append(whole - area(shuffled))
    return np.array([whole, *losses])
