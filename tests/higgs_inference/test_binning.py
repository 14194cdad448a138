"""Bins of equal shares, one discriminant within another; thin ones joined; and events found in them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from higgs_inference.binning import Binning, choose_bins
from higgs_inference.templates import Floats

NUMBERS = (4, 3, 2)


def make_events(number: int, columns: int, seed: int = 1) -> tuple[Floats, Floats, Floats]:
    rng = np.random.default_rng(seed)
    is_signal = rng.random(number) < 0.3
    discriminants = rng.normal(is_signal[:, np.newaxis], 1.0, (number, columns))
    return discriminants, rng.uniform(0.5, 1.5, number), is_signal


def find_slowly(binning: Binning, event: Floats) -> int:
    """Go down from cell to cell, as the definition says."""
    cell = 0
    for value, edges in zip(event, binning.edges, strict=True):
        cell = cell * (edges.shape[1] + 1) + sum(value > edge for edge in edges[cell].tolist())
    return int(binning.bins[cell])


def test_bins_hold_equal_shares_of_signal_and_background_together() -> None:
    discriminants, weights, is_signal = make_events(20_000, 3)
    binning = choose_bins(discriminants, weights, is_signal, NUMBERS, min_events=0)
    sums = [binning.count(discriminants[own], weights[own]) / weights[own].sum() for own in (is_signal, ~is_signal)]
    assert binning.number == 24
    assert (sums[0] + sums[1]) / 2 == pytest.approx(np.full(24, 1 / 24), abs=5e-4)
    by_first = (sums[0] / sums[1]).reshape(NUMBERS).mean(axis=(1, 2))
    assert np.all(np.diff(by_first) > 0)  # the last bins are the most signal-like


@given(st.integers(0, 2**32), st.lists(st.integers(1, 4), min_size=1, max_size=3), st.sampled_from([0, 5, 40]))
def test_every_event_is_found_in_the_bin_of_the_definition(seed: int, numbers: list[int], least: int) -> None:
    """Values are rounded so that many lie on an edge, in double as in single precision."""
    discriminants, weights, is_signal = make_events(200, len(numbers), seed)
    discriminants = discriminants.round(1)
    is_signal[:2] = True, False
    binning = choose_bins(discriminants, weights, is_signal, numbers, least)
    found = binning.find(discriminants)
    single = discriminants.astype(np.float32)
    assert found.tolist() == binning.find(single).tolist() == [find_slowly(binning, event) for event in single]
    assert binning.count(discriminants).tolist() == np.bincount(found, minlength=binning.number).tolist()
    assert binning.count(discriminants).sum() == len(discriminants)


@given(st.lists(st.integers(0, 60), min_size=2, max_size=12), st.integers(0, 50))
def test_bins_have_enough_background_or_there_is_only_one(per_cell: list[int], least: int) -> None:
    """Of any population of the cells; empty ones too."""
    values = np.repeat(np.arange(len(per_cell)), per_cell).astype(np.float64)
    signal = np.arange(len(per_cell), dtype=np.float64)  # one in each cell, so that each has an edge
    discriminants = np.concatenate([values, signal])[:, np.newaxis]
    is_signal = np.arange(len(discriminants)) >= len(values)
    if not len(values):
        return
    binning = choose_bins(discriminants, np.where(is_signal, 1.0, 1e-9), is_signal, [len(per_cell)], least)
    counts = np.bincount(binning.find(discriminants[~is_signal]), minlength=binning.number)
    assert binning.number == 1 or counts.min() >= least
    assert np.all(np.diff(binning.bins) >= 0)
    assert set(binning.bins.tolist()) == set(range(binning.number))


def test_cells_without_background_at_the_low_end_join_the_bin_above() -> None:
    discriminants = np.array([[0.0], [1.0], [2.0], [2.0], [2.0]])
    binning = choose_bins(discriminants, np.ones(5), np.array([True, True, False, False, True]), [3], min_events=2)
    assert binning.number == 1


@pytest.mark.parametrize(
    ("per_cell", "bins"),
    [
        ([[100, 100], [100, 1], [100, 100]], [[0, 1], [2, 2], [3, 4]]),
        ([[100, 100], [1, 100], [100, 100]], [[0, 1], [2, 2], [3, 4]]),
        ([[100, 100], [100, 100], [1, 1]], [[0, 1], [2, 3], [3, 3]]),
        ([[100, 100], [60, 60], [60, 60]], [[0, 1], [2, 2], [3, 3]]),
        ([[1, 1], [1, 1], [100, 100]], [[0, 0], [0, 0], [0, 1]]),
    ],
)
def test_thin_cells_join_within_their_part_of_the_first_discriminant(
    per_cell: list[list[int]], bins: list[list[int]]
) -> None:
    """Unless the whole part is thin. All cells hold the same share, those with few events too."""
    background = np.ravel(per_cell)
    cells = np.concatenate([np.arange(6), np.repeat(np.arange(6), background)])
    is_signal = np.arange(len(cells)) < 6
    falling = 1.01 - 0.001 * cells  # so that no edge is left to rounding
    weights = np.where(is_signal, 1.0, 1 / background[cells]) * falling
    discriminants = np.stack([cells // 2, cells % 2], axis=1).astype(np.float64)
    binning = choose_bins(discriminants, weights, is_signal, (3, 2), min_events=100)
    assert binning.bins.reshape(3, 2).tolist() == bins


def test_an_edge_belongs_to_the_part_below() -> None:
    binning = Binning((np.array([[1.0, 2.0]]),), np.arange(3))
    assert binning.find(np.array([[0.9], [1.0], [1.1], [2.0], [np.inf]])).tolist() == [0, 0, 1, 1, 2]
    assert binning.find(np.empty((0, 1))).tolist() == []
    assert binning.count(np.empty((0, 1))).tolist() == [0.0, 0.0, 0.0]


def test_no_bin_contains_the_given_edge() -> None:
    discriminants, weights, is_signal = make_events(4000, 2)
    binning = choose_bins(discriminants, weights, is_signal, (4, 2), min_events=0, edge=0.3)
    is_above = discriminants[:, 0].astype(np.float32) > np.float32(0.3)
    bins = binning.find(discriminants)
    assert not set(bins[is_above]) & set(bins[~is_above])
    assert np.all(np.diff(binning.edges[0][0]) >= 0)
    plain = choose_bins(discriminants, weights, is_signal, (4, 2), min_events=0)
    assert np.sum(binning.edges[0] != plain.edges[0]) == 1


def test_positions_go_from_minus_one_to_one_and_are_averages_where_cells_joined() -> None:
    binning = Binning((np.array([[1.0]]), np.array([[5.0, 6.0], [5.0, 6.0]])), np.array([0, 1, 1, 2, 3, 4]))
    assert binning.positions.tolist() == [[-1.0, -1.0], [-1.0, 0.5], [1.0, -1.0], [1.0, 0.0], [1.0, 1.0]]
    assert Binning((np.empty((1, 0)),), np.zeros(1, dtype=np.int64)).positions.tolist() == [[0.0]]


@pytest.mark.parametrize(
    ("columns", "numbers", "message"),
    [
        (2, (4,), r"shape \(n, 1\); got \(50, 2\)"),
        (1, (0,), r"at least 1 part; got the numbers \(0,\)"),
        (0, (), r"at least 1 part; got the numbers \(\)"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(columns: int, numbers: tuple[int, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        choose_bins(*make_events(50, columns), numbers)


def test_signal_is_told_by_truth_values_or_numbers_alike() -> None:
    discriminants, weights, is_signal = make_events(500, 1)
    bins = [choose_bins(discriminants, weights, one, (4,)).edges[0] for one in (is_signal, is_signal.astype(int))]
    assert np.array_equal(*bins)


@pytest.mark.parametrize("weight", [np.nan, 0.0])
def test_signal_that_has_no_weight_is_refused(weight: float) -> None:
    discriminants, weights, is_signal = make_events(500, 1)
    with pytest.raises(ValueError, match="that add up to more than 0"):
        choose_bins(discriminants, np.where(is_signal, weight, weights), is_signal, (4,))


def test_events_that_do_not_fit_are_refused() -> None:
    discriminants, weights, is_signal = make_events(500, 1)
    binning = choose_bins(discriminants, weights, is_signal, (4,))
    with pytest.raises(ValueError, match=r"shape \(n, 1\); got \(500,\)"):
        binning.find(discriminants[:, 0])
    discriminants[3] = np.nan
    for refused in (
        lambda: binning.find(discriminants),
        lambda: choose_bins(discriminants, weights, is_signal, (4,)),
    ):
        with pytest.raises(ValueError, match=r"some are not \(nan\)"):
            refused()
    for kind in (True, False):
        with pytest.raises(ValueError, match="both signal and background"):
            choose_bins(discriminants[:3], weights[:3], np.full(3, kind), (2,))
