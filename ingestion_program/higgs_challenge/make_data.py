"""`python -m higgs_challenge.make_data`: an event store from synthetic events or from the official file."""

import argparse
from pathlib import Path

from higgs_challenge.cli import exit_on_mistakes, make_folder
from higgs_challenge.data.official import convert_official_file
from higgs_challenge.data.synthetic import DEFAULT_SEED, SIZES, make_synthetic_store
from higgs_challenge.execution.progress import show_progress


def main() -> None:
    """Read the command line and make the store."""
    parser = argparse.ArgumentParser(prog="make_data", description="Make an event store.")
    parser.add_argument("store", type=Path, help="folder of the store, replaced if there is one")
    parser.add_argument(
        "--size", choices=sorted(SIZES), default="small", help="of synthetic data (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="of synthetic data (default: %(default)s)")
    parser.add_argument("--official", type=Path, metavar="FILE", help="convert this official parquet file instead")
    arguments = parser.parse_args()
    if arguments.seed < 0:
        parser.error("--seed must not be negative")
    make_folder(arguments.store.parent)
    if arguments.official:
        convert(arguments.official, arguments.store)
    else:
        generate(arguments.store, arguments.size, arguments.seed)
    print(arguments.store)


def generate(store: Path, size: str, seed: int) -> None:
    """Fill a store with synthetic events, showing progress."""
    rows = sum(SIZES[size].hidden.values()) + sum(SIZES[size].training.values())
    with show_progress("Generating", rows, "events") as advance:
        make_synthetic_store(store, SIZES[size], seed, lambda done, total: advance(done))


def convert(official: Path, store: Path) -> None:
    """Convert the official file, showing progress."""
    with show_progress("Converting", 100, "%") as advance:
        convert_official_file(official, store, lambda done, total: advance(100 * done // total))


if __name__ == "__main__":
    exit_on_mistakes(main)
