"""Features as a network likes them: mean 0 and width 1, nothing missing; and weights that balance classes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from higgs_inference.kinematics import describe
from higgs_inference.templates import Values

if TYPE_CHECKING:
    import pandas as pd


class Preparation:
    """Features that classifiers see, with mean 0 and width 1; missing values become 0.

    Args:
        events: DataFrame with the features, from which means and widths are taken.
        more: names of columns to take besides, as they are.

    Attributes:
        columns: names of the columns of events that `apply` takes, in their order.
        number: of prepared features.
    """

    def __init__(self, events: "pd.DataFrame", more: Sequence[str] = ()) -> None:
        self._names = feature_names(events)
        self.columns = self._names + list(more)
        made = self._make(events[self.columns].to_numpy(dtype=np.float32))
        self.number = made.shape[1]
        self._mean = np.nan_to_num(np.nanmean(made, axis=0, dtype=np.float64)).astype(np.float32)
        width = np.nanstd(made, axis=0, dtype=np.float64).astype(np.float32)
        self._width = np.where(np.nan_to_num(width) > 0, width, 1).astype(np.float32)

    def apply(self, values: Values) -> Values:
        """Return prepared features, float32, shape (n, number), of the columns' values, shape (n, columns)."""
        prepared = (self._make(values) - self._mean) / self._width
        prepared[np.isnan(prepared)] = 0
        return prepared

    def _make(self, values: Values) -> Values:
        number = len(self._names)
        return np.concatenate([describe(values[:, :number], self._names), values[:, number:]], axis=1)


def feature_names(events: "pd.DataFrame") -> list[str]:
    """Return the names of the challenge's features among the columns."""
    return [name for name in events.columns if name.startswith(("PRI_", "DER_"))]


def balance(
    events: "pd.DataFrame", classes: Sequence[Sequence[str]]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return the class of each event, and weights that give every class the same sum.

    Args:
        events: DataFrame with weights, and detailed_labels (the process).
        classes: for each class its processes, which within it count by their weights.

    Returns:
        The numbers of the classes, -1 for a process in none, and the weights, 1 on average; both have shape (n,).

    Raises:
        ValueError: a class has no events, or their weights do not add up to more than 0.
    """
    labels = np.full(len(events), -1)
    weights = events["weights"].to_numpy(dtype=np.float64, copy=True)
    for number, processes in enumerate(classes):
        own = events["detailed_labels"].isin(processes).to_numpy()
        if not own.any():
            raise ValueError(f"there are no selected events of {', '.join(processes)} to train on: use a larger store")
        labels[own] = number
        total = weights[own].sum()
        if not (np.isfinite(total) and total > 0):
            raise ValueError(f"expected weights of {', '.join(processes)} that add up to more than 0; got {total}")
        weights[own] /= total
    known = labels >= 0
    weights[known] *= known.sum() / len(classes)
    return labels, weights.astype(np.float32)
