"""The data that a submission is tried on: those named, or tiny synthetic ones, generated once and kept."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pooch

from higgs_challenge.directories import exclusive_lock
from higgs_challenge.errors import InputError
from higgs_challenge.tasks.higgs.data.locate_data import open_data
from higgs_challenge.tasks.higgs.data.store import Store, is_store, open_store
from higgs_tools.higgs_data.make_data import generate
from higgs_tools.higgs_data.synthetic import DEFAULT_SEED

SIZE = "tiny"


@contextmanager
def opened_store(data: Path | None) -> Iterator[Store]:
    """Open the data to try a submission on.

    Args:
        data: as for ingestion's --data; None for tiny synthetic data in the user's cache folder.

    Raises:
        InputError: they cannot be opened or made.
    """
    if data is None:
        yield _made_store(Path(pooch.os_cache("higgs_challenge")) / SIZE)
        return
    with open_data([data]) as store:
        yield store


def _made_store(folder: Path) -> Store:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"Tiny data cannot be kept in {folder} ({error}): name other data with --data.") from error
    if is_store(folder / "store"):
        try:
            return open_store(folder / "store")
        except InputError:  # left by another version of this package
            shutil.rmtree(folder)
    with exclusive_lock(folder):
        generate(folder, SIZE, DEFAULT_SEED)
    return open_store(folder / "store")
