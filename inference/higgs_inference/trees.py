"""Boosted trees that tell processes apart, for methods that need a classifier and no more; needs xgboost."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import xgboost

from higgs_inference.features import balance, feature_names

if TYPE_CHECKING:
    import pandas as pd

MAX_DEPTH = 6
LEARNING_RATE = 0.3


class Trees:
    """Boosted trees with the names of their inputs and the number of their classes.

    Args:
        booster: trained for probabilities of classes.
        columns: names of its inputs.
        num_classes: how many classes there are.
    """

    def __init__(self, booster: xgboost.Booster, columns: Sequence[str], num_classes: int) -> None:
        self.booster, self.columns, self.num_classes = booster, list(columns), num_classes

    def probabilities(self, events: "pd.DataFrame") -> npt.NDArray[np.float32]:
        """Return the probability of each class, as if they were equally frequent, shape (n, classes).

        Args:
            events: DataFrame with the 28 features.
        """
        found = self.booster.inplace_predict(events[self.columns].to_numpy(dtype=np.float32))
        return np.asarray(found, dtype=np.float32).reshape(len(events), self.num_classes)


def train_trees(events: "pd.DataFrame", classes: Sequence[Sequence[str]], rounds: int, seed: int) -> Trees:
    """Train boosted trees on selected events, every class with the same summed weight.

    Args:
        events: DataFrame with the 28 features, weights, and detailed_labels (the process).
        classes: for each class its processes, which within it count by their weights.
        rounds: of boosting; each adds a tree for every class.
        seed: of the training.

    Raises:
        ValueError: a class has no events.
    """
    columns = feature_names(events)
    labels, weights = balance(events, classes)
    known = labels >= 0
    values = events.loc[known, columns].to_numpy(dtype=np.float32)
    data = xgboost.QuantileDMatrix(values, labels[known], weight=weights[known])
    settings = {"objective": "multi:softprob", "num_class": len(classes), "max_depth": MAX_DEPTH, "eta": LEARNING_RATE}
    return Trees(xgboost.train({**settings, "seed": seed, "verbosity": 0}, data, rounds), columns, len(classes))
