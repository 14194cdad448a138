"""Event arrays as the pandas objects that participants work with."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd


def as_test_set(features: npt.NDArray[np.float32], columns: Sequence[str]) -> dict[str, pd.DataFrame | pd.Series]:
    """Present a pseudo-experiment's features as the dict that a submission's predict receives.

    Args:
        features: float32, one row a column, for instance shape (28, n); used without a copy.
        columns: their names.

    Returns:
        "data": a DataFrame of the float32 columns; "weights": a Series of n ones, float64.
    """
    data = pd.DataFrame(features.T, columns=pd.Index(columns), copy=False)
    return {"data": data, "weights": pd.Series(np.ones(len(data)), name="weights")}
