"""`get_train_set`: the labelled events that a participant trains on."""

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
        n = sum(part.rows.values())
        self._events = map_array(self._folder / "events.f32", "<f4", (n, len(PRIMARY)))
        self._processes = map_array(self._folder / "processes.u8", "u1", (n,))
        self._weights = map_array(self._folder / "weights.f32", "<f4", (n,))

    def __reduce__(self) -> tuple[Any, ...]:
        return TrainingSet, (self._folder,)

    def __len__(self) -> int:
        """Return the number of rows of the training part."""
        return len(self._processes)

    def __call__(self, train_size: float | None = None, selected_indices: Any = None) -> pd.DataFrame:
        """Return labelled events, weighted to the expected yields.

        Args:
            train_size: how many rows, as a number, or as a share of the training part (a float from 0 to 1); they are
                the first ones, whose order carries no information. A larger number gives all.
            selected_indices: row numbers from 0 to len(get_train_set) - 1 instead, each at most once; the rows come
                back in the order asked for. With neither, all rows come.

        Returns:
            A DataFrame of the official 31 columns in the official order, float32 and strings: nominal events before any
            selection. The weights of each process add up to its expected yield at 10 fb^-1, whatever rows are asked
            for (officially only the total of all processes is restored); a process without a row has none.

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
        size = _checked_size(train_size, len(self))
        self._ask(int(train_size) if isinstance(train_size, int | np.integer) else size)
        return self._frame(slice(size))

    def _ask(self, rows: int) -> None:
        self.rows_asked = max(self.rows_asked, rows)

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


def _checked_size(train_size: Any, available: int) -> int:
    if train_size is None:
        return available
    is_share = isinstance(train_size, float | np.floating)
    if isinstance(train_size, bool) or not (is_share or isinstance(train_size, int | np.integer)):
        raise SubmissionError(f"get_train_set: train_size must be a number of rows or a share, not {train_size!r}.")
    if is_share and not 0 < train_size <= 1:
        raise SubmissionError(f"get_train_set: a share train_size must be above 0 and at most 1, not {train_size!r}.")
    if train_size <= 0:
        raise SubmissionError(f"get_train_set: train_size must be positive, not {train_size!r}.")
    return max(int(train_size * available), 1) if is_share else min(int(train_size), available)


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
