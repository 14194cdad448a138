"""Make a synthetic data set, or convert the official file to an event store, showing progress."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from higgs_challenge.cli import make_folder
from higgs_challenge.directories import exclusive_lock, temporary_directory
from higgs_challenge.execution.progress import Advance, show_progress
from higgs_challenge.tasks.higgs.data.official_reader import convert_official_file
from higgs_challenge.tasks.higgs.data.store import Progress
from higgs_tools.higgs_data.download import download_official
from higgs_tools.higgs_data.official_zip import official_parquet
from higgs_tools.higgs_data.sizes import Size
from higgs_tools.higgs_data.synthetic import make_synthetic_data


def make_synthetic(folder: Path, size: Size, seed: int) -> None:
    """Make a synthetic data set, showing progress.

    Args:
        folder: of the data set, replaced if there is one.
        size: rows per process and part.
        seed: of the events.

    Raises:
        InputError: the folder cannot be written, or another process is writing to it.
    """
    make_folder(folder.parent)
    with exclusive_lock(folder):
        generate(folder, size, seed)


def generate(folder: Path, size: Size, seed: int) -> None:
    """Make a synthetic data set in a folder that no other process writes to, showing progress."""
    with shown("Generating", "events") as progress:
        make_synthetic_data(folder, size, seed, progress)


def make_official(folder: Path, official: Path | None) -> None:
    """Convert the official file to an event store, showing progress.

    Args:
        folder: of the data set; its store is replaced if there is one.
        official: the official zip or parquet file, or a folder with it; None to download it.

    Raises:
        InputError: the file cannot be found or used, or the folder not be written.
    """
    make_folder(folder.parent)
    with exclusive_lock(folder):
        convert(official or download(folder), folder)


def download(folder: Path) -> Path:
    """Download the official zip, showing progress."""
    with shown("Downloading", "MB", 10**6) as progress:
        return download_official(folder, progress)


def convert(official: Path, folder: Path) -> None:
    """Convert the official file, showing progress."""
    with temporary_directory(folder / "unpacked.partial") as scratch:
        with shown("Unpacking", "MB", 10**6) as progress:
            parquet = official_parquet(official, scratch, progress)
        with shown("Converting", "events") as progress:
            convert_official_file(parquet, folder / "store", progress)


@contextmanager
def shown(title: str, unit: str, size: int = 1) -> Iterator[Progress]:
    """Show progress from the first report on, which gives the total.

    Args:
        title: what is going on.
        unit: in which it is told, in the plural.
        size: of the unit, in that of the one who reports.

    Yields:
        A function to call with how much is done and how much there is in total.
    """
    with ExitStack() as stack:
        showing: list[Advance] = []

        def progress(done: int, total: int) -> None:
            if not showing:
                showing.append(stack.enter_context(show_progress(title, total // size, unit, done // size)))
            showing[0](done // size)

        yield progress
