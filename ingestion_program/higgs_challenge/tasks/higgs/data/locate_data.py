"""Find the data of a run: a store, or the official file, which is converted first."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from higgs_challenge.errors import InputError
from higgs_challenge.tasks.higgs.data.official_reader import convert_official_file, find_official_file
from higgs_challenge.tasks.higgs.data.store import Store, is_store, open_store


@contextmanager
def open_data(folders: Sequence[Path]) -> Iterator[Store]:
    """Open the data in the first of several folders that contains any.

    Args:
        folders: each may be a store, hold one in a folder named store, or hold the official parquet file with its
            metadata; the file is converted to a store that lives as long as the run.

    Yields:
        The open store.

    Raises:
        InputError: no folder contains data, or its data cannot be used.
    """
    for folder in folders:
        for store in (folder, folder / "store"):
            if is_store(store):
                yield open_store(store)
                return
        parquet = find_official_file(folder)
        if parquet is not None:
            with tempfile.TemporaryDirectory(prefix="higgs_store_") as scratch:
                convert_official_file(parquet, Path(scratch) / "store")
                yield open_store(Path(scratch) / "store")
            return
    tried = " and ".join(map(str, folders))
    raise InputError(f"No data in {tried}: expected an event store (`make data`) or the official parquet file.")


def find_training(folders: Sequence[Path]) -> Path:
    """Find a store's training part; its hidden part need not be there.

    Args:
        folders: each may be a store, or hold one in a folder named store.

    Returns:
        The first store that has one.

    Raises:
        InputError: none has.
    """
    for folder in folders:
        for store in (folder, folder / "store"):
            if (store / "training" / "part.json").is_file():
                return store
    tried = " and ".join(map(str, folders))
    raise InputError(
        f"No training events in {tried}: expected an event store (`make data`). Hidden events are made afresh, but the "
        "submission trains on a store's training part; of the official file, make a store first (`make official-data`)."
    )
