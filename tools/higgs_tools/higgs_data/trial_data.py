"""Tiny synthetic data to try a submission on by default: generated once and kept."""

import shutil
import subprocess
import sys
from pathlib import Path

import pooch

from higgs_challenge.directories import exclusive_lock
from higgs_challenge.errors import InputError
from higgs_challenge.tasks.higgs.data.store import is_store, open_store
from higgs_tools.higgs_data.make_data import shown
from higgs_tools.higgs_data.sizes import SIZES
from higgs_tools.higgs_data.synthetic import DEFAULT_SEED, make_synthetic_store

SIZE = "tiny"


def make_trial_data() -> Path:
    """Make a tiny synthetic event store in the user's cache folder, unless it is there.

    Returns:
        The folder that holds it.

    Raises:
        InputError: it cannot be kept there.
    """
    folder = Path(pooch.os_cache("higgs_challenge")) / SIZE
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The trial data cannot be stored in {folder} ({error}): give other data with --data."
        ) from error
    if is_store(folder / "store"):
        try:
            open_store(folder / "store")
            return folder
        except InputError:  # left by another version of this package
            shutil.rmtree(folder / "store")
    with exclusive_lock(folder):
        _generate(folder / "store")
    return folder


def _generate(store: Path) -> None:
    """Generate the store, and meanwhile compile in another process what its events are then read with."""
    with (
        subprocess.Popen([sys.executable, "-m", "higgs_tools.higgs_data.compile_ahead"]),  # waits for it at the end
        shown("Generating", "events") as progress,
    ):
        make_synthetic_store(store, SIZES[SIZE], DEFAULT_SEED, progress)
