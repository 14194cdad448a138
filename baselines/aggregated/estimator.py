"""From the row of a pseudo-experiment to an interval: regression, two kinds of boosted trees, conformal calibration."""

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
import xgboost

from higgs_inference.conformal import conformal_factor
from higgs_inference.intervals import CONFIDENCE, Interval
from higgs_inference.templates import Floats

LEVELS = ((1 - CONFIDENCE) / 2, 0.5, (1 + CONFIDENCE) / 2)
CLASSES = 16
"""Bins of mu, around what the regression says, that the classifier tells apart; equally populated."""

ROUNDS = 50
SETTINGS = {"max_depth": 3, "eta": 0.1, "min_child_weight": 50, "tree_method": "hist", "verbosity": 0}


class Regression:
    """Linear regression of mu and of the nuisance parameters on the row, then one that has products of these as well.

    Trees are poor at sums of many columns with precise coefficients, and that is what measures a small signal; this is
    what the trees look at instead. The second regression knows from the first where the nuisance parameters are, and so
    how the columns' response to them bends.

    Args:
        rows: shape (n, columns).
        targets: mu and the values of the nuisance parameters, shape (n, targets).
    """

    def __init__(self, rows: Floats, targets: Floats) -> None:
        self._mean, width = rows.mean(axis=0), rows.std(axis=0)
        self._width = np.where(width > 0, width, 1.0)
        self._centre, self._scale = targets.mean(axis=0), targets.std(axis=0)
        standard = (targets - self._centre) / self._scale
        linear = self._linear(rows)
        self._first = np.linalg.lstsq(linear, standard, rcond=None)[0]
        self._second = np.linalg.lstsq(self._with_products(linear), standard, rcond=None)[0]

    def estimate(self, rows: Floats) -> Floats:
        """Return mu and the values of the nuisance parameters, shape (n, targets)."""
        return np.asarray(self._with_products(self._linear(rows)) @ self._second * self._scale + self._centre)

    def _linear(self, rows: Floats) -> Floats:
        return np.concatenate([np.ones((len(rows), 1)), (rows - self._mean) / self._width], axis=1)

    def _with_products(self, linear: Floats) -> Floats:
        found = (linear @ self._first).T
        products = [one * other for one, other in combinations_with_replacement(found, 2)]
        return np.concatenate([linear, np.transpose(products)], axis=1)


@dataclass(frozen=True, eq=False)
class Estimator:
    """Quantiles of mu for a row.

    Attributes:
        regression: what the trees look at.
        edges: of the classifier's bins, in mu minus the regression's estimate, shape (CLASSES + 1,).
        classifier: gives the probabilities of these bins.
        regressor: gives the quantiles of mu minus the regression's estimate.
        factors: on the distances of the lower and the upper end from the median.
    """

    regression: Regression
    edges: Floats
    classifier: xgboost.Booster
    regressor: xgboost.Booster
    factors: tuple[float, float] = (1.0, 1.0)

    def quantiles(self, rows: Floats) -> Floats:
        """Return low end, median and high end, the means of classifier and regressor, shape (n, 3)."""
        estimates = self.regression.estimate(rows)
        inputs = estimates.astype(np.float32)
        by_regressor = np.sort(self.regressor.inplace_predict(inputs), axis=1)
        by_classifier = quantiles_of_bins(self.classifier.inplace_predict(inputs), self.edges)
        low, middle, high = ((by_regressor + by_classifier) / 2 + estimates[:, :1]).T
        below, above = self.factors
        return np.stack([middle - below * (middle - low), middle, middle + above * (high - middle)], axis=1)

    def measure(self, row: Floats) -> Interval:
        """Return the interval for one row, shape (columns,)."""
        low, middle, high = self.quantiles(row[np.newaxis])[0].tolist()
        return Interval(middle, low, high)


def train_estimator(rows: Floats, targets: Floats, seed: int) -> Estimator:
    """Train on drawn rows.

    The regression is trained on one half, the trees on the other, where its errors are those that new rows have.

    Args:
        rows: shape (n, columns).
        targets: mu and the values of the nuisance parameters, shape (n, targets).
        seed: of the trees.
    """
    half = len(rows) // 2
    regression = Regression(rows[:half], targets[:half])
    inputs = regression.estimate(rows[half:])
    left = targets[half:, 0] - inputs[:, 0]
    edges = np.quantile(left, np.linspace(0, 1, CLASSES + 1)).astype(np.float64)
    classes = np.searchsorted(edges[1:-1], left)
    inputs = inputs.astype(np.float32)
    bins = {**SETTINGS, "seed": seed, "objective": "multi:softprob", "num_class": CLASSES}
    levels = {**SETTINGS, "seed": seed, "objective": "reg:quantileerror", "quantile_alpha": list(LEVELS)}
    classifier = xgboost.train(bins, xgboost.QuantileDMatrix(inputs, classes), ROUNDS)
    regressor = xgboost.train(levels, xgboost.QuantileDMatrix(inputs, left), ROUNDS)
    return Estimator(regression, edges, classifier, regressor)


def quantiles_of_bins(probabilities: Floats, edges: Floats) -> Floats:
    """Return the quantiles at LEVELS of densities that are flat within bins, shape (n, 3).

    Args:
        probabilities: shape (n, bins).
        edges: of the bins, increasing, shape (bins + 1,).
    """
    below = np.zeros((len(probabilities), len(edges)))
    np.cumsum(probabilities, axis=1, out=below[:, 1:])
    below /= below[:, -1:]
    return np.array([np.interp(LEVELS, one, edges) for one in below])


def calibrate(estimator: Estimator, rows: Floats, mus: Floats) -> tuple[float, float]:
    """Return the factors with which mu lies below the low end, and above the high end, equally often.

    Args:
        estimator: not calibrated.
        rows: that it was not trained on, shape (n, columns).
        mus: true ones, shape (n,).
    """
    low, middle, high = estimator.quantiles(rows).T
    share = LEVELS[-1]
    return conformal_factor(middle - mus, middle - low, share), conformal_factor(mus - middle, high - middle, share)
