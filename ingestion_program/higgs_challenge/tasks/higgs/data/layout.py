"""The official layout: names of its files, and the 31 columns of its rows."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from higgs_challenge.tasks.higgs.events.columns import FEATURES, LABELLING, OFFICIAL_COLUMNS, PROCESSES, SIGNAL
from higgs_challenge.tasks.higgs.events.transform import transform

PARQUET = "FAIR_Universe_HiggsML_data.parquet"


def metadata_path(parquet: Path) -> Path:
    """Return the path of an official file's metadata JSON."""
    return parquet.with_name(f"{parquet.stem}_metadata.json")


def official_columns(
    events: npt.NDArray[np.float32], processes: npt.NDArray[np.uint8], weights: npt.NDArray[np.float32]
) -> dict[str, Any]:
    """Write events in the official columns: nominal, before any selection.

    Args:
        events: primary columns, float32, shape (n, 16).
        processes: positions in columns.PROCESSES, shape (n,).
        weights: float32, shape (n,).

    Returns:
        The 31 columns by name in the official order, each of n values: float32 arrays, and detailed_labels as an Arrow
        array of strings (numpy's take thirty times as long).
    """
    features, _ = transform(events, select=False)
    columns: dict[str, Any] = dict(zip(FEATURES, features, strict=True))
    names = pa.DictionaryArray.from_arrays(pa.array(processes), pa.array(PROCESSES)).cast(pa.string())
    signal = (processes == PROCESSES.index(SIGNAL)).astype(np.float32)
    columns.update(zip(LABELLING, (weights, names, signal), strict=True))
    return {name: columns[name] for name in OFFICIAL_COLUMNS}
