"""Boosted trees that tell processes apart, for methods that need a classifier and no more."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import xgboost

if TYPE_CHECKING:
    import pandas as pd

MAX_DEPTH = 6
LEARNING_RATE = 0.3


class Trees:
    """Boosted trees with the names of their inputs and classes.

    Args:
        booster: trained for probabilities of classes.
        columns: names of its inputs.
    """

    def __init__(self, booster: xgboost.Booster, columns: Sequence[str]) -> None:
        self.booster, self.columns = booster, list(columns)

    def probabilities(self, events: "pd.DataFrame") -> npt.NDArray[np.float32]:
        """Return the probability of each class, as if they were equally frequent, shape (n, classes).

        Args:
            events: DataFrame with the 28 features.
        """
        return np.asarray(self.booster.inplace_predict(events[self.columns].to_numpy(dtype=np.float32)))


def train_trees(events: "pd.DataFrame", groups: Sequence[Sequence[str]], rounds: int, seed: int) -> Trees:
    """Train boosted trees on selected events, every class with the same summed weight.

    Args:
        events: DataFrame with the 28 features, weights, and detailed_labels (the process).
        groups: for each class the processes that belong to it; within a class they count by their weights.
        rounds: of boosting; each adds a tree for every class.
        seed: of the training.

    Raises:
        ValueError: a class has no events.
    """
    columns = [name for name in events.columns if name.startswith(("PRI_", "DER_"))]
    weights = events["weights"].to_numpy(dtype=np.float64)
    labels = np.full(len(events), -1)
    for number, group in enumerate(groups):
        own = events["detailed_labels"].isin(group).to_numpy()
        if not own.any():
            raise ValueError(f"there are no events of {', '.join(group)} to train on")
        labels[own] = number
        weights[own] *= len(events) / len(groups) / weights[own].sum()
    known = labels >= 0
    values = events.loc[known, columns].to_numpy(dtype=np.float32)
    data = xgboost.QuantileDMatrix(values, labels[known], weight=weights[known])
    settings = {"objective": "multi:softprob", "num_class": len(groups), "max_depth": MAX_DEPTH, "eta": LEARNING_RATE}
    return Trees(xgboost.train({**settings, "seed": seed, "verbosity": 0}, data, rounds), columns)
