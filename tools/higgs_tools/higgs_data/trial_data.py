"""Tiny synthetic data to try a submission on by default: generated once and kept."""

import shutil
from pathlib import Path

import pooch

from higgs_challenge.directories import exclusive_lock
from higgs_challenge.errors import InputError
from higgs_challenge.tasks.higgs.data.store import is_store, open_store
from higgs_tools.higgs_data.make_data import generate
from higgs_tools.higgs_data.synthetic import DEFAULT_SEED

SIZE = "tiny"


def make_trial_data() -> Path:
    """Make tiny synthetic data in the user's cache folder, unless they are there.

    Returns:
        The folder of the data set.

    Raises:
        InputError: they cannot be kept there.
    """
    folder = Path(pooch.os_cache("higgs_challenge")) / SIZE
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The trial data cannot be stored in {folder} ({error}): give other data with --data."
        ) from error
    if is_store(folder / "store"):
        try:
            open_store(folder / "store")
            return folder
        except InputError:  # left by another version of this package
            shutil.rmtree(folder)
    with exclusive_lock(folder):
        generate(folder, SIZE, DEFAULT_SEED)
    return folder
