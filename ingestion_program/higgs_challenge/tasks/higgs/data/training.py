"""`get_train_set`: the labelled events that a participant trains on."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from higgs_challenge.errors import SubmissionError
from higgs_challenge.tasks.higgs.data.layout import official_columns
from higgs_challenge.tasks.higgs.data.store import map_array, read_part
from higgs_challenge.tasks.higgs.events.columns import PRIMARY, PROCESSES

Rows = slice | npt.NDArray[np.int64]
Size = float | Mapping[str, float]

ROWS_AT_ONCE = 1_048_576
"""Rows whose processes are looked at together to find a sample's."""


class TrainingSet:
    """The training part of a store, called as the participant's `get_train_set`.

    Instances hold open maps of the files; they are cheap, and pickle as the folder's path.

    Attributes:
        rows_asked: the most rows that a request needed, whether there were so many or not.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder, self.rows_asked = Path(folder), 0
        part = read_part(self._folder)
        self._yields = part.yields
        self._rows = part.rows
        n = sum(part.rows.values())
        self._events = map_array(self._folder / "events.f32", "<f4", (n, len(PRIMARY)))
        self._processes = map_array(self._folder / "processes.u8", "u1", (n,))
        self._weights = map_array(self._folder / "weights.f32", "<f4", (n,))

    def __reduce__(self) -> tuple[Any, ...]:
        return TrainingSet, (self._folder,)

    def __len__(self) -> int:
        """Return the number of rows of the training part."""
        return len(self._processes)

    def __call__(self, train_size: Size | None = None, selected_indices: Any = None) -> pd.DataFrame:
        """Return labelled events, weighted to the expected yields.

        Args:
            train_size: how many rows, as a number, or as a share of the training part (a float from 0 to 1); they are
                the first ones, whose order carries no information. A larger number gives all. Or a dict of such sizes
                by process, for a balanced sample: {"htautau": 300_000, "ztautau": 500_000, "ttbar": 0.5} gives the
                first so many rows of each, shuffled, and none of a process that is not named.
            selected_indices: row numbers from 0 to len(get_train_set) - 1 instead, each at most once; the rows come
                back in the order asked for. With neither, all rows come.

        Returns:
            A DataFrame of the official 31 columns in the official order, float32 and strings: nominal events before any
            selection. The weights of each process add up to its expected yield at 10 fb^-1, whatever rows are asked
            for (officially only the total of all processes is restored); a process without a row has none. Its index
            counts from 0, and for sizes by process is the row numbers, for selected_indices of what is left.

        Raises:
            SubmissionError: the request cannot be met; the message says what is wrong with it.
        """
        if train_size is not None and selected_indices is not None:
            raise SubmissionError("get_train_set takes train_size or selected_indices, not both.")
        if selected_indices is not None:
            indices = _checked_indices(selected_indices)
            if indices.min() >= 0:  # below it is wrong however many there are
                self._ask(int(indices.max()) + 1)
            return self._frame(_present(indices, len(self)))
        if isinstance(train_size, Mapping):
            rows = self._choose(train_size)
            frame = self._frame(rows)
            frame.index = pd.Index(rows)
            return frame
        size = len(self) if train_size is None else _checked_size(train_size, len(self))
        self._ask(int(train_size) if isinstance(train_size, int | np.integer) else size)
        return self._frame(slice(size))

    def _ask(self, rows: int) -> None:
        self.rows_asked = max(self.rows_asked, rows)

    def _choose(self, sizes: Mapping[str, float]) -> npt.NDArray[np.int64]:
        """Choose the first rows of each process, as many as asked for; shuffled, since common ones are found first."""
        wanted = np.zeros(len(PROCESSES), dtype=np.int64)
        for name, size in _checked_sizes(sizes).items():
            wanted[PROCESSES.index(name)] = _checked_size(size, self._rows[name], f"the train_size of {name}")
            if not _is_share(size) and self._rows[name]:
                self._ask(math.ceil(size / self._rows[name] * len(self)))
        self._ask(int(wanted.sum()))
        rows = _first_rows(self._processes, wanted)
        return np.random.default_rng(0).permutation(rows)

    def _frame(self, rows: Rows) -> pd.DataFrame:
        processes = self._processes[rows]
        weights = self._normalised_weights(processes, self._weights[rows])
        columns = official_columns(self._events[rows], processes, weights)
        columns["detailed_labels"] = np.array(PROCESSES, dtype=object)[processes]
        return pd.DataFrame(columns, copy=False)

    def _normalised_weights(self, processes: npt.NDArray[np.uint8], weights: npt.NDArray[np.float32]) -> Any:
        sums = np.bincount(processes, weights=weights, minlength=len(PROCESSES))
        yields = np.array([self._yields[name] for name in PROCESSES])
        scales = np.divide(yields, sums, out=np.zeros_like(yields), where=sums > 0)
        return (weights * scales[processes]).astype(np.float32)


def _checked_sizes(sizes: Mapping[str, float]) -> Mapping[str, float]:
    unknown = [name for name in sizes if name not in PROCESSES]
    if unknown or not sizes:
        named = f"there is no {unknown[0]!r}" if unknown else "the dict is empty"
        raise SubmissionError(f"get_train_set: train_size names processes of {', '.join(PROCESSES)}; {named}.")
    return sizes


def _first_rows(processes: npt.NDArray[np.uint8], wanted: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Find the first rows of each process, as many as wanted, in order; reads no further than it must."""
    missing, found, start = wanted.copy(), [np.empty(0, dtype=np.int64)], 0
    while missing.any() and start < len(processes):
        piece = processes[start : start + ROWS_AT_ONCE]
        for number in np.flatnonzero(missing):
            own = np.flatnonzero(piece == number)[: missing[number]]
            missing[number] -= len(own)
            found.append(start + own)
        start += len(piece)
    return np.sort(np.concatenate(found))


def _is_share(size: Any) -> bool:
    return isinstance(size, float | np.floating)


def _checked_size(size: Any, available: int, name: str = "train_size") -> int:
    if isinstance(size, bool) or not (_is_share(size) or isinstance(size, int | np.integer)):
        raise SubmissionError(f"get_train_set: {name} must be a number of rows or a share, not {size!r}.")
    if _is_share(size) and not 0 < size <= 1:
        raise SubmissionError(f"get_train_set: {name} as a share must be above 0 and at most 1, not {size!r}.")
    if size <= 0:
        raise SubmissionError(f"get_train_set: {name} must be positive, not {size!r}.")
    return min(max(int(size * available), 1) if _is_share(size) else int(size), available)


def _checked_indices(selected_indices: Any) -> npt.NDArray[Any]:
    try:
        indices = np.asarray(selected_indices)
    except ValueError as error:
        raise SubmissionError(
            f"get_train_set: selected_indices must be a one-dimensional list or array of integers: {error}"
        ) from error
    if indices.ndim != 1 or not (np.issubdtype(indices.dtype, np.integer) or indices.size == 0):
        raise SubmissionError(
            "get_train_set: selected_indices must be a one-dimensional list or array of integers, "
            f"not {indices.ndim}-dimensional {indices.dtype}."
        )
    if indices.size == 0:
        raise SubmissionError("get_train_set: selected_indices is empty; ask for at least one row.")
    return indices


def _present(indices: npt.NDArray[Any], available: int) -> npt.NDArray[np.int64]:
    outside = indices[(indices < 0) | (indices >= available)]
    if outside.size:
        raise SubmissionError(
            f"get_train_set: selected_indices must lie between 0 and {available - 1}; "
            f"{outside.size} do not, for instance {outside[0]}."
        )
    ordered = np.sort(indices)
    doubled = ordered[1:][ordered[1:] == ordered[:-1]]
    if doubled.size:
        raise SubmissionError(f"get_train_set: selected_indices has duplicates, for instance {doubled[0]}.")
    return indices.astype(np.int64)
