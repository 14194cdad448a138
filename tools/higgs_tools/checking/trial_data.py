"""Open the data that a submission is tried on."""

import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from higgs_challenge.task import Data
from higgs_challenge.tasks import load_task


@contextmanager
def open_trial_data(task: str, folder: Path | None) -> Iterator[Data]:
    """Open the data to try a submission on.

    Args:
        task: name of the task. One whose data are files has a module
            `higgs_tools.NAME_data.trial_data`, whose `make_trial_data` makes a small set; one that draws its events
            afresh needs none.
        folder: of the data, as for ingestion's --data; None to generate a small set.

    Raises:
        InputError: they cannot be opened or made.
    """
    made = f"higgs_tools.{task}_data"
    folders = [] if folder is None else [folder]
    if folder is None and importlib.util.find_spec(made) is not None:
        folders = [importlib.import_module(f"{made}.trial_data").make_trial_data()]
    with load_task(task).open_data(folders) as data:
        yield data
