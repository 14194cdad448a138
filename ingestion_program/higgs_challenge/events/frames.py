"""Event arrays as the pandas objects that participants work with."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from higgs_challenge.errors import InputError
from higgs_challenge.events.columns import FEATURES, PRIMARY
from higgs_challenge.events.transform import Floats


def as_test_set(features: Floats, columns: Sequence[str] = FEATURES) -> dict[str, pd.DataFrame | pd.Series]:
    """Present a pseudo-experiment's features as the dict that a submission's predict receives.

    Args:
        features: float32, one row a column, for instance shape (28, n); used without a copy.
        columns: their names.

    Returns:
        "data": a DataFrame of the float32 columns; "weights": a Series of n ones, float64.
    """
    data = pd.DataFrame(features.T, columns=pd.Index(columns), copy=False)
    return {"data": data, "weights": pd.Series(np.ones(len(data)), name="weights")}


def primary_rows(frame: pd.DataFrame) -> Floats:
    """Take the 16 primary columns out of a DataFrame.

    Args:
        frame: any DataFrame with the primary columns, in any order.

    Returns:
        float32, shape (n, 16), one row an event.

    Raises:
        InputError: a primary column is missing or not numeric, or columns share a name.
    """
    missing = [name for name in PRIMARY if name not in frame.columns]
    if missing:
        raise InputError(f"The data have no column {', '.join(missing)}; expected all 16 primary (PRI_) columns.")
    if not frame.columns.is_unique:
        doubled = sorted(set(map(str, frame.columns[frame.columns.duplicated()])))
        raise InputError(f"The data have more than one column {', '.join(doubled)}; every name must be unique.")
    try:
        return frame[list(PRIMARY)].to_numpy(dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise InputError(f"The primary (PRI_) columns must be numbers: {error}.") from error
