"""Make a data set of synthetic events, or the official file as an event store."""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from higgs_challenge.cli import exit_on_mistakes, make_folder
from higgs_challenge.directories import exclusive_lock, temporary_directory
from higgs_challenge.execution.progress import Advance, show_progress
from higgs_challenge.tasks.higgs.data.official import convert_official_file
from higgs_challenge.tasks.higgs.data.store import Progress
from higgs_tools.higgs_data.download import download_official
from higgs_tools.higgs_data.official_zip import official_parquet
from higgs_tools.higgs_data.synthetic import DEFAULT_SEED, SIZES, make_synthetic_data


def main() -> None:
    """Read the command line and make the data set."""
    parser = argparse.ArgumentParser(
        prog="make_data", description="Make a data set, whose event store is FOLDER/store."
    )
    parser.add_argument("folder", type=Path, help="folder of the data set, replaced if there is one")
    parser.add_argument(
        "--size", choices=sorted(SIZES), default="small", help="of synthetic data (default: %(default)s)"
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=DEFAULT_SEED,
        help="of synthetic data; who knows it can make the hidden events, so a competition takes a long secret one "
        "(default: %(default)s)",
    )
    official = parser.add_mutually_exclusive_group()
    official.add_argument(
        "--official", type=Path, metavar="PATH", help="convert the official zip or parquet file, or a folder with it"
    )
    official.add_argument("--download", action="store_true", help="download the official zip (6.5 GB) and convert it")
    arguments = parser.parse_args()
    if arguments.seed < 0:
        parser.error("--seed must not be negative")
    make_folder(arguments.folder.parent)
    with exclusive_lock(arguments.folder):
        if arguments.download:
            arguments.official = download(arguments.folder)
        if arguments.official:
            convert(arguments.official, arguments.folder)
        else:
            generate(arguments.folder, arguments.size, arguments.seed)
    print(arguments.folder / "store")


def generate(folder: Path, size: str, seed: int) -> None:
    """Make a synthetic data set, showing progress."""
    with shown("Generating", "events") as progress:
        make_synthetic_data(folder, SIZES[size], seed, progress)


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
    """Show progress from the moment that there is some, which tells how much there is to do.

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


if __name__ == "__main__":
    exit_on_mistakes(main)
