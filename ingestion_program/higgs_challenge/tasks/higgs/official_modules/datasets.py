"""The official program's module `datasets`, for submissions that import it by that name: training events only."""

from pathlib import Path
from typing import Any

import pandas as pd

from higgs_challenge.errors import SubmissionError
from higgs_challenge.tasks.higgs.data.training import TrainingSet

NO_NETWORK = "a submission has no network; use the get_train_set that Model is given"


class Data:
    """The training events of an event store; no submission may read the hidden ones.

    Args:
        input_dir: folder of the store.
        test_size: ignored; the store is divided already.
    """

    def __init__(self, input_dir: str | Path, test_size: float = 0.3) -> None:
        self._training = TrainingSet(Path(input_dir) / "training")
        self._loaded: pd.DataFrame | None = None

    def load_train_set(self, train_size: float | None = None, selected_indices: Any = None) -> None:
        """Read training events; arguments as in get_train_set."""
        self._loaded = self._training(train_size, selected_indices)

    def get_train_set(self) -> pd.DataFrame | None:
        """Return what load_train_set has read; None before."""
        return self._loaded

    def delete_train_set(self) -> None:
        """Forget what load_train_set has read."""
        self._loaded = None

    def load_test_set(self) -> None:
        """Refuse.

        Raises:
            SubmissionError: always.
        """
        raise SubmissionError("datasets: a submission cannot read the hidden events.")

    get_test_set = load_test_set


def download_dataset(input_str: str) -> Data:
    """Refuse.

    Raises:
        SubmissionError: always.
    """
    raise SubmissionError(f"datasets.download_dataset({input_str!r}): {NO_NETWORK}.")
