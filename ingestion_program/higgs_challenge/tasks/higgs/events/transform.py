"""Turn the primary columns of many events into the 28 features of those that a measurement keeps."""

from typing import Any

import numpy as np
import numpy.typing as npt

from higgs_challenge.compiled import compiled
from higgs_challenge.tasks.higgs.events.block import (
    BLOCK,
    COMPUTED_SIZE,
    LOADED_SIZE,
    SOFT_X,
    SOFT_Y,
    STRIDE,
    read_event,
    read_number,
    write_features,
)
from higgs_challenge.tasks.higgs.events.cache_lines import prefetch_row
from higgs_challenge.tasks.higgs.events.columns import FEATURES, HAD_PT, LEP_PT, PRIMARY
from higgs_challenge.tasks.higgs.events.derived import derive_event
from higgs_challenge.tasks.higgs.events.distortion import distort_event
from higgs_challenge.tasks.higgs.events.record import find_directions
from higgs_challenge.tasks.higgs.events.selection import drop_jets, is_lost

Floats = npt.NDArray[np.float32]
Addresses = npt.NDArray[np.int64]
NO_NOISE = np.zeros((2, 0), dtype=np.float32)

TABLE_SHIFT = 48
"""An event's address is its table's number above this bit and its row below."""

AHEAD = 32
"""How many events in advance a row is prefetched."""


def transform(
    rows: Floats, *, tes: float = 1.0, jes: float = 1.0, noise: Floats | None = None, select: bool = True
) -> tuple[Floats, Addresses]:
    """Distort events, select them, and compute their derived features.

    Args:
        rows: primary columns, float32, shape (n, 16).
        tes, jes: energy scales, dimensionless, nominal 1.
        noise: soft missing momentum of every event in GeV, float32, shape (2, n); None for none.
        select: whether events and jets below threshold are dropped.

    Returns:
        The features, float32, shape (28, m), one contiguous run a column; and the m input rows they come from, in
        order.
    """
    kept = np.arange(len(rows))
    features = np.empty((len(FEATURES), len(rows)), dtype=np.float32)
    count = transform_drawn((rows,), kept, features, tes=tes, jes=jes, noise=noise, select=select)
    return features[:, :count], kept[:count]


def transform_drawn(
    tables: tuple[Floats, ...],
    addresses: Addresses,
    features: Floats,
    *,
    tes: float = 1.0,
    jes: float = 1.0,
    noise: Floats | None = None,
    select: bool = True,
) -> int:
    """Transform events drawn from tables, in one pass over blocks that stay in the processor's cache.

    Args:
        tables: primary columns, float32, shape (any, 16) each.
        addresses: shape (n,), of the events in their order, (number of the table << TABLE_SHIFT) + row; overwritten:
            the first m are then those of the kept events.
        features: float32, shape (28, n or more), whose first m columns are overwritten.
        tes, jes, noise, select: as in transform.

    Returns:
        The number m of kept events.
    """
    noise = NO_NOISE if noise is None else noise
    return int(_transform(tables, addresses, features, float(tes), float(jes), noise, select))


@compiled
def _transform(tables, addresses, features, tes, jes, noise, select) -> Any:  # type: ignore[no-untyped-def]
    loaded = np.zeros(LOADED_SIZE, dtype=np.float32)
    computed = np.empty(COMPUTED_SIZE, dtype=np.float32)
    start = count = 0
    while start < len(addresses):
        start, filled = _load(tables, addresses, noise, start, count, tes, select, loaded)
        _compute(loaded, filled, tes, jes, select, computed)
        for k in range(len(FEATURES)):
            for i in range(filled):
                features[k, count + i] = computed[k * STRIDE + i]
        count += filled
    return count


@compiled
def _load(tables, addresses, noise, start, count, tes, select, loaded) -> Any:  # type: ignore[no-untyped-def]
    """Fill a block with the next events that are kept; return where to continue, and how many there are."""
    filled = 0
    last = len(addresses) - 1
    for i in range(start, len(addresses)):
        if filled == BLOCK:
            return i, filled
        later = addresses[min(i + AHEAD, last)]
        prefetch_row(tables[later >> TABLE_SHIFT], later & ((1 << TABLE_SHIFT) - 1))  # type: ignore[call-arg]
        address = addresses[i]
        event = tables[address >> TABLE_SHIFT][address & ((1 << TABLE_SHIFT) - 1)]
        for k in range(len(PRIMARY)):
            loaded[k * STRIDE + filled] = event[k]
        if noise.shape[1] > 0:
            loaded[SOFT_X * STRIDE + filled], loaded[SOFT_Y * STRIDE + filled] = noise[0, i], noise[1, i]
        addresses[count + filled] = address
        filled += 0 if select & is_lost(event[HAD_PT] * tes, event[LEP_PT]) else 1  # else the next takes its place
    return len(addresses), filled


@compiled
def _compute(loaded, filled, tes, jes, select, computed) -> Any:  # type: ignore[no-untyped-def]
    for i in range(filled):
        event = read_event(loaded, i)
        directions = find_directions(event)
        event = distort_event(
            event, directions, tes, jes, read_number(loaded, SOFT_X, i), read_number(loaded, SOFT_Y, i)
        )
        event = drop_jets(event) if select else event
        write_features(computed, i, event, derive_event(event, directions))
