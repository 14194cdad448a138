"""Bins in one or several dimensions that the events populate equally, signal and background counting the same."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from higgs_inference.templates import Floats

MIN_BACKGROUND_EVENTS = 100
"""In a bin; thinner ones join a neighbour, so that no template is made of a handful of events."""


@dataclass(frozen=True, eq=False)
class Binning:
    """Bins of the first discriminant, each divided by the second one, each of those by the third, and so on.

    Attributes:
        edges: for each discriminant the inner edges of every cell of those before it, shape (cells, edges).
        bins: for each of the smallest cells the bin that it belongs to, shape (cells,).
    """

    edges: tuple[Floats, ...]
    bins: npt.NDArray[np.int64]

    @property
    def number(self) -> int:
        """The number of bins."""
        return int(self.bins[-1]) + 1

    @property
    def positions(self) -> Floats:
        """Where each bin is along every discriminant, from -1 to 1, shape (bins, discriminants)."""
        shape = [edges.shape[1] + 1 for edges in self.edges]
        grids = np.meshgrid(*(np.linspace(-1, 1, n) if n > 1 else np.zeros(1) for n in shape), indexing="ij")
        members = np.bincount(self.bins)
        return np.stack([np.bincount(self.bins, weights=grid.ravel()) / members for grid in grids], axis=1)

    def find(self, discriminants: npt.NDArray[np.floating]) -> npt.NDArray[np.int64]:
        """Return every event's bin, shape (n,).

        Args:
            discriminants: shape (n, discriminants).

        Raises:
            ValueError: they have another shape, or one is not a number.
        """
        _require_columns(discriminants, len(self.edges))
        single = np.asarray(discriminants, dtype=np.float32)  # as the edges are, which must not move ties
        cells = np.zeros(len(single), dtype=np.int64)
        for number, edges in enumerate(self.edges):
            cells = _divide(cells, single[:, number], edges)
        return self.bins[cells]

    def count(self, discriminants: npt.NDArray[np.floating], weights: npt.NDArray[np.floating] | None = None) -> Floats:
        """Add up the weights of the events in every bin, shape (bins,).

        Args:
            discriminants: shape (n, discriminants).
            weights: shape (n,); None to count events.
        """
        return np.bincount(self.find(discriminants), weights=weights, minlength=self.number).astype(np.float64)


def choose_bins(
    discriminants: npt.NDArray[np.floating],
    weights: npt.NDArray[np.floating],
    is_signal: npt.NDArray[np.bool_],
    numbers: Sequence[int],
    min_events: float = MIN_BACKGROUND_EVENTS,
    edge: float | None = None,
) -> Binning:
    """Choose bins that hold the same share of all events, where signal and background count the same.

    Args:
        discriminants: of selected events, shape (n, discriminants); the first one tells signal from background.
        weights: their weights, shape (n,).
        is_signal: shape (n,), some of them True.
        numbers: into how many parts each discriminant divides a cell.
        min_events: of background in a bin; cells with fewer join a neighbour.
        edge: a value of the first discriminant at which bins end: the nearest of their edges is moved there, so that
            events at or below it are in other bins than those above, unless these are too few. None for none.

    Raises:
        ValueError: there are not as many discriminants as numbers, or one is not a number, or a number is below 1, or
            signal or background has no events with weights that are finite and above 0 as a whole.
    """
    _require_columns(discriminants, len(numbers))
    if not numbers or min(numbers) < 1:
        raise ValueError(f"a discriminant divides a cell into at least 1 part; got the numbers {tuple(numbers)}")
    is_signal = np.asarray(is_signal, dtype=bool)  # as numbers they would be row numbers below
    if not is_signal.any() or is_signal.all():
        raise ValueError("bins need both signal and background events; there is only one of the two")
    sums = weights[is_signal].sum(), weights[~is_signal].sum()
    if not (np.all(np.isfinite(sums)) and min(sums) > 0):
        raise ValueError(f"expected weights of signal and of background that add up to more than 0; got {sums}")
    shares = np.where(is_signal, weights / sums[0], weights / sums[1])
    cells = np.zeros(len(discriminants), dtype=np.int64)
    every: list[Floats] = []
    for column, number in enumerate(numbers):
        values = discriminants[:, column].astype(np.float32).astype(np.float64)
        count = 1 if not every else len(every[-1]) * (every[-1].shape[1] + 1)
        edges = _quantiles(cells, values, shares, count, number)
        if edge is not None and not every and number > 1:
            edges[0, np.argmin(np.abs(edges[0] - edge))] = np.float32(edge)
        cells = _divide(cells, values, edges)
        every.append(edges)
    count = len(every[-1]) * (every[-1].shape[1] + 1)
    background = np.bincount(cells[~is_signal], minlength=count)
    return Binning(tuple(every), _join_thin(background.reshape(numbers[0], -1), min_events))


def _require_columns(discriminants: npt.NDArray[np.floating], number: int) -> None:
    if np.ndim(discriminants) != 2 or np.shape(discriminants)[1] != number:
        raise ValueError(f"expected discriminants of shape (n, {number}); got {np.shape(discriminants)}")
    if np.isnan(np.asarray(discriminants)).any():
        raise ValueError("expected discriminants that are numbers; some are not (nan)")


def _quantiles(cells: npt.NDArray[np.int64], values: Floats, shares: Floats, count: int, number: int) -> Floats:
    """Return the values that divide the shares of every cell into equal parts, shape (count, number - 1)."""
    edges = np.full((count, number - 1), np.inf)  # of an empty cell: all events stay in its first part
    order = np.lexsort((values, cells))
    ends = np.searchsorted(cells[order], np.arange(count + 1))
    for cell in range(count):
        own = order[ends[cell] : ends[cell + 1]]
        if len(own):
            cumulative = np.cumsum(shares[own])
            wanted = np.searchsorted(cumulative, cumulative[-1] * np.arange(1, number) / number)
            edges[cell] = values[own[np.minimum(wanted, len(own) - 1)]]
    return edges


def _divide(cells: npt.NDArray[np.int64], values: npt.NDArray[np.floating], edges: Floats) -> npt.NDArray[np.int64]:
    """Number the cells that the edges make of the ones before."""
    if len(edges) == 1:
        parts = np.searchsorted(edges[0], values, side="left")
    else:
        parts = np.zeros(len(values), dtype=np.int64)
        for edge in edges.T:
            parts += values > edge[cells]
    return np.asarray(cells * (edges.shape[1] + 1) + parts)


def _join_thin(background: npt.NDArray[np.int64], min_events: float) -> npt.NDArray[np.int64]:
    """Number bins so that each has enough background events, from the last cell, the most signal-like, downwards.

    Cells join within their part of the first discriminant; only where a whole part has too few it joins the next one.

    Args:
        background: events in the cells, shape (parts of the first discriminant, cells of each).
        min_events: that a bin has at least, unless it is the only one.

    Returns:
        The bin of every cell, shape (cells,).
    """
    bins = np.zeros(background.shape, dtype=np.int64)
    current, waiting = 0, 0  # the bin that is being filled, and the events in it of parts that have too few
    for part in range(len(background) - 1, -1, -1):
        events, first = waiting, current
        for cell in range(background.shape[1] - 1, -1, -1):
            bins[part, cell] = current
            events += background[part, cell]
            if events >= min_events:
                current, events = current + 1, 0
        if current > first:  # what is left at the part's low end has too few, and joins the bin above
            bins[part][bins[part] == current] = current - 1
            events = 0
        waiting = events
    bins[bins == current] = max(current - 1, 0)
    bins = bins.max() - bins
    return np.asarray(np.unique(bins, return_inverse=True)[1].reshape(-1))
