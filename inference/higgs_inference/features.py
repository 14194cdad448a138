"""Features as a network likes them: long tails as logarithms, mean 0 and width 1, nothing missing."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Values = npt.NDArray[np.float32]

MISSING = -25.0
"""What the challenge's events have in place of a feature that does not exist, such as a second jet's."""

LONG_TAILED = ("pt", "met", "mass", "ratio")
"""Features whose names contain one of these, angles excepted, enter as log(1 + x)."""


class Preparation:
    """Logarithms of long-tailed features, then mean 0 and width 1; missing values become 0.

    Args:
        events: DataFrame with the features, from which means and widths are taken.
        more: names of columns to take besides the challenge's features.

    Attributes:
        columns: names of the features, in the order of the prepared ones.
    """

    def __init__(self, events: "pd.DataFrame", more: Sequence[str] = ()) -> None:
        self.columns = feature_names(events) + list(more)
        self._logarithmic = np.array([is_long_tailed(name) for name in self.columns])
        values = events[self.columns].to_numpy(dtype=np.float32)
        logarithms = np.where(values == MISSING, np.nan, self._take_logarithms(values))
        self._mean = np.nan_to_num(np.nanmean(logarithms, axis=0, dtype=np.float64)).astype(np.float32)
        width = np.nanstd(logarithms, axis=0, dtype=np.float64).astype(np.float32)
        self._width = np.where(np.nan_to_num(width) > 0, width, 1).astype(np.float32)

    def apply(self, values: Values) -> Values:
        """Return prepared features, float32, shape (n, columns), as `columns` orders them; the input stays as it is."""
        prepared = self._take_logarithms(values)
        prepared -= self._mean
        prepared /= self._width
        prepared[values == MISSING] = 0
        return prepared

    def _take_logarithms(self, values: Values) -> Values:
        """Copy features, the long-tailed ones as log(1 + x); where they are missing the result has no meaning."""
        values = values.copy(order="K")  # columns stay contiguous where they are: twice as fast
        # Not log1p, which takes three times as long on processors without AVX-512 and gains nothing for values in GeV.
        values[:, self._logarithmic] = np.log(1 + np.maximum(values[:, self._logarithmic], 0))
        return values


def is_long_tailed(name: str) -> bool:
    """Return whether a feature is taken as a logarithm."""
    return any(word in name for word in LONG_TAILED) and not name.endswith(("phi", "eta", "centrality"))


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
        ValueError: a class has no events.
    """
    labels = np.full(len(events), -1)
    weights = events["weights"].to_numpy(dtype=np.float64, copy=True)
    for number, processes in enumerate(classes):
        own = events["detailed_labels"].isin(processes).to_numpy()
        if not own.any():
            raise ValueError(f"there are no selected events of {', '.join(processes)} to train on: use a larger store")
        labels[own] = number
        weights[own] /= weights[own].sum()
    known = labels >= 0
    weights[known] *= known.sum() / len(classes)
    return labels, weights.astype(np.float32)
