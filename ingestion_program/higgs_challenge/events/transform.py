"""Primary columns of many events in, the 28 features of those that a measurement keeps out."""

from typing import Any

import numpy as np
import numpy.typing as npt

from higgs_challenge.compiled import compiled
from higgs_challenge.events.columns import DERIVED, FEATURES, PRIMARY
from higgs_challenge.events.derived import derive_event
from higgs_challenge.events.distortion import distort_event
from higgs_challenge.events.selection import select_event

Floats = npt.NDArray[np.float32]
NO_NOISE = np.zeros((0, 2), dtype=np.float32)


def transform(
    rows: Floats, *, tes: float = 1.0, jes: float = 1.0, noise: Floats | None = None, select: bool = True
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Distort events, select them, and compute their derived features.

    Args:
        rows: primary columns, float32, shape (n, 16).
        tes, jes: energy scales, dimensionless, nominal 1.
        noise: soft missing momentum of every event in GeV, float32, shape (n, 2); None for none.
        select: whether events and jets below threshold are dropped.

    Returns:
        The features, float32, shape (28, m), one contiguous run a column; and the m input rows they come from, in
        order.
    """
    features = np.empty((len(FEATURES), len(rows)), dtype=np.float32)
    kept = np.empty(len(rows), dtype=np.int64)
    count = _transform(rows, tes, jes, NO_NOISE if noise is None else noise, select, features, kept)
    return features[:, :count], kept[:count]


@compiled
def _transform(rows, tes, jes, noise, select, features, kept) -> Any:  # type: ignore[no-untyped-def]
    p = np.empty(len(PRIMARY))
    d = np.empty(len(DERIVED))
    count = 0
    for i in range(rows.shape[0]):
        for k in range(len(PRIMARY)):
            p[k] = rows[i, k]
        soft_x, soft_y = (noise[i, 0], noise[i, 1]) if noise.shape[0] > 0 else (0.0, 0.0)
        distort_event(p, tes, jes, soft_x, soft_y)
        if select and not select_event(p):
            continue
        derive_event(p, d)
        for k in range(len(PRIMARY)):
            features[k, count] = p[k]
        for k in range(len(DERIVED)):
            features[len(PRIMARY) + k, count] = d[k]
        kept[count] = i
        count += 1
    return count
