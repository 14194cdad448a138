"""The interface of the competition's first two years, until May 2025, for submissions written then.

At the end of model.py:

    from competition_2024 import competition_2024
    Model = competition_2024(Model)
"""

import functools
import inspect
from collections import UserDict
from collections.abc import Callable
from typing import Any

import pandas as pd

LABELS = ("weights", "labels", "detailed_labels")


def competition_2024(model: type) -> type:
    """Make a class of today's interface from one of the competition's first two years.

    Its constructor gets a TrainSet2024, both the dict of those years and a function that returns one: as `train_set`
    where it has an argument of that name, otherwise as `get_train_set`.

    Args:
        model: the submission's class.
    """
    name = "train_set" if "train_set" in inspect.signature(model).parameters else "get_train_set"

    class Adapted(model):
        def __init__(self, get_train_set: Any = None, systematics: Any = None, **others: Any) -> None:
            super().__init__(**{name: TrainSet2024(get_train_set), "systematics": systematics, **others})

    Adapted.__module__, Adapted.__qualname__ = model.__module__, model.__qualname__  # by which it pickles
    return Adapted


class TrainSet2024(UserDict[str, Any]):
    """The training events as a dict that is read at its first use, and as a function that returns such dicts.

    Args:
        get_train_set: today's.
    """

    def __init__(self, get_train_set: Callable[..., pd.DataFrame]) -> None:
        self._get_train_set = get_train_set

    @functools.cached_property
    def data(self) -> dict[str, Any]:  # type: ignore[override]
        """All training events."""
        return self()

    def __call__(
        self, sample_size: float | None = None, train_size: float | None = None, selected_indices: Any = None
    ) -> dict[str, Any]:
        """Return labelled events.

        Args:
            sample_size, train_size: a number of events, or a share; both names mean the same.
            selected_indices: row numbers instead.

        Returns:
            "data": a DataFrame of the primary and derived features; "weights", "labels", "detailed_labels": Series;
            "settings": the nominal nuisance parameters.
        """
        size = train_size if sample_size is None else sample_size
        events = self._get_train_set(size, selected_indices)
        columns = {name: events.pop(name) for name in LABELS}
        return {"data": events, **columns, "settings": {"tes": 1.0, "jes": 1.0, "soft_met": 0.0}}
