"""Discriminants from a classifier's outputs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd


def log_ratios(logits: npt.NDArray[np.floating], yields: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Return the logarithms of the ratio of signal to all backgrounds, and of the last background to the first.

    No function of the same inputs separates signal from background better than the first ratio does (J. Neyman and
    E. S. Pearson, Phil. Trans. R. Soc. A 231 (1933) 289); the second one tells the two main backgrounds apart.

    Args:
        logits: logarithms of the probability of each process, up to a constant of the event, as if all processes were
            equally frequent; the signal is the first, shape (n, processes).
        yields: expected events of each process, shape (processes,).

    Returns:
        Shape (n, 2).

    Example:
        >>> log_ratios(np.array([[0.0, 0.0, 0.0]]), np.array([1.0, 5.0, 5.0])).round(3).tolist()
        [[-2.303, 0.0]]
    """
    expected = logits + np.log(yields).astype(logits.dtype)
    ratios = expected[:, 0] - np.logaddexp.reduce(expected[:, 1:], axis=1), expected[:, -1] - expected[:, 1]
    return np.stack(ratios, axis=1)


def expected_yields(events: "pd.DataFrame", processes: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return the summed weights of each process among selected events, shape (processes,).

    Raises:
        ValueError: there are no events of a process.
    """
    sums = events.groupby("detailed_labels")["weights"].sum()
    if missing := [name for name in processes if name not in sums.index]:
        raise ValueError(f"no selected event is {missing[0]}; use a larger store")
    return sums[list(processes)].to_numpy(dtype=np.float64)
