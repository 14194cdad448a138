"""Test whether a trained classifier can tell real rows from synthetic ones."""

import math
from collections.abc import Sequence
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
MAX_REAL = 2_000
"""Number of real rows to use; more would take minutes."""


TRAINING_NOISE = 1.1
"""How much training, folds and few synthetic events widen the spread of the area: measured on synthetic rows of one
distribution, 30 experiments each with 320 and 577 rows, 1.09 +- 0.14 and 1.12 +- 0.14."""


class Separation(NamedTuple):
    """Area under the ROC curve, 0.5 for indistinguishable samples, and its standard error."""

    auc: float
    error: float

    @property
    def pull(self) -> float:
        """Standard errors by which the area is above 0.5."""
        return (self.auc - 0.5) / self.error


def separate(real: Floats, weights: Array, synthetic: Floats, draws: int, seed: int) -> Separation:
    """Train boosted trees to tell real rows from synthetic ones, and measure them on rows that they have not seen.

    Args:
        real: features of real rows, shape (28, n); the first MAX_REAL of them are used.
        weights: of the real rows, shape (n,), > 0.
        synthetic: features of synthetic events, shape (28, m); m >= draws * SYNTHETIC_PER_REAL * n.
        draws: how often it is repeated, each time with other synthetic events and other folds.
        seed: of folds and trees.

    Returns:
        The mean area of all draws and folds. Its error is mostly the real rows' own, 1 / sqrt(12 n), which no
        repetition lessens.
    """
    real, weights = real[:, :MAX_REAL], weights[:MAX_REAL]
    size = SYNTHETIC_PER_REAL * real.shape[1]
    if synthetic.shape[1] < draws * size:
        raise ValueError(f"{draws * size} synthetic events are needed, not {synthetic.shape[1]}")
    with threadpool_limits(1):  # on so few rows threads wait for each other more than they work
        areas = [
            _cross_validated(real, weights, synthetic[:, draw * size : (draw + 1) * size], seed + draw)
            for draw in range(draws)
        ]
    return Separation(float(np.mean(areas)), TRAINING_NOISE / math.sqrt(12 * effective_number(weights)))


def _cross_validated(real: Floats, weights: Array, synthetic: Floats, seed: int) -> float:
    features = np.concatenate([real, synthetic], axis=1).T
    is_real = np.arange(len(features)) < real.shape[1]
    balanced = np.concatenate([weights / weights.mean(), np.full(synthetic.shape[1], 1 / SYNTHETIC_PER_REAL)])
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(features, is_real)
    return float(np.mean([_area(features, is_real, balanced, train, test, seed) for train, test in folds]))


def _area(
    features: Floats, is_real: Array, weights: Array, train: Sequence[int], test: Sequence[int], seed: int
) -> float:
    # Small trees: they find a shift of one column, and are fast on some thousand rows.
    trees = HistGradientBoostingClassifier(max_iter=50, max_depth=3, max_bins=63, random_state=seed)
    trees.fit(features[train], is_real[train], sample_weight=weights[train])
    score = trees.predict_proba(features[test])[:, 1]
    return float(roc_auc_score(is_real[test], score, sample_weight=weights[test]))
