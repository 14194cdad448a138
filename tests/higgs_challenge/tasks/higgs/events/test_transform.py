import numpy as np
import pytest

from higgs_challenge.tasks.higgs.events.block import BLOCK
from higgs_challenge.tasks.higgs.events.columns import FEATURES, MET_PHI, PRIMARY
from higgs_challenge.tasks.higgs.events.transform import TABLE_SHIFT, transform, transform_drawn
from tests.helpers.handmade import physical_rows

N = 3 * BLOCK + 7
ROWS = physical_rows(np.random.default_rng(21), N, edges=0.3)
NOISE = np.random.default_rng(22).normal(0.0, 2.0, (2, N)).astype(np.float32)
SHAPES = {"tes": 0.97, "jes": 1.02}


@pytest.mark.parametrize("select", [True, False])
@pytest.mark.parametrize("n", [0, 1, 5, BLOCK - 1, BLOCK, BLOCK + 1, N])
def test_an_event_does_not_depend_on_its_neighbours(n: int, select: bool) -> None:
    """Blocks, and the events at their ends that do not fill a processor's vector, leave no trace."""
    features, kept = transform(ROWS[:n], **SHAPES, noise=NOISE[:, :n], select=select)
    alone = [transform(ROWS[[i]], **SHAPES, noise=NOISE[:, [i]], select=select)[0] for i in range(min(n, 600))]
    expected = np.concatenate([np.empty((len(FEATURES), 0), np.float32), *alone], axis=1)
    np.testing.assert_array_equal(features[:, : expected.shape[1]], expected)
    assert features.shape[1] == len(kept) <= n
    assert select or (kept == np.arange(n)).all()


def test_the_rows_that_are_kept_are_named() -> None:
    features, kept = transform(ROWS, **SHAPES)
    again, all_kept = transform(ROWS[kept], **SHAPES)
    assert 0 < len(kept) < N
    np.testing.assert_array_equal(features, again)
    assert (all_kept == np.arange(len(kept))).all()


def test_events_come_from_several_tables_in_the_order_asked_for() -> None:
    tables = (ROWS[:200], ROWS[:0], ROWS[200:])
    order = np.random.default_rng(23).integers(0, N, 2 * N)
    asked = np.where(order < 200, order, (2 << TABLE_SHIFT) + order - 200)
    addresses = asked.copy()
    features = np.full((len(FEATURES), 3 * N), np.nan, dtype=np.float32)
    count = transform_drawn(tables, addresses, features, **SHAPES)
    expected, kept = transform(ROWS[order], **SHAPES)
    np.testing.assert_array_equal(features[:, :count], expected)
    assert np.isnan(features[:, count:]).all()
    np.testing.assert_array_equal(
        addresses[:count], np.where(order < 200, order, (2 << TABLE_SHIFT) + order - 200)[kept]
    )


def test_what_nothing_changes_stays_as_recorded() -> None:
    rows = ROWS.copy()
    rows[:2, MET_PHI] = 3.142, -3.142  # beyond pi: as components it would come back on the other side
    features, _ = transform(rows, select=False)
    np.testing.assert_array_equal(features[: len(PRIMARY)], rows.T)
