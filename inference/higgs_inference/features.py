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

LONG_TAILED = ("pt", "met", "mass", "sum_pt", "ratio")
"""Columns with one of these words in their name, but angles, are taken as a logarithm."""


class Preparation:
    """Logarithms of long-tailed features, then mean 0 and width 1; missing values become 0.

    Args:
        events: DataFrame with the features, from which means and widths are taken.
        more: names of columns to take besides the challenge's features.

    Attributes:
        columns: names of the features, in the order of the prepared ones.
    """

    def __init__(self, events: "pd.DataFrame", more: Sequence[str] = ()) -> None:
        self.columns = [name for name in events.columns if name.startswith(("PRI_", "DER_"))] + list(more)
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
        values[:, self._logarithmic] = np.log1p(np.maximum(values[:, self._logarithmic], 0))
        return values


def is_long_tailed(name: str) -> bool:
    """Return whether a feature is taken as a logarithm."""
    return any(word in name for word in LONG_TAILED) and not name.endswith(("phi", "eta", "centrality"))
