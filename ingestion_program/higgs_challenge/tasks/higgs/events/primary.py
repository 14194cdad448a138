"""The primary columns of a DataFrame as an array."""

import numpy as np
import pandas as pd

from higgs_challenge.errors import InputError
from higgs_challenge.tasks.higgs.events.columns import PRIMARY
from higgs_challenge.tasks.higgs.events.transform import Floats


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
