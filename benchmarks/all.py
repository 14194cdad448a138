"""Measures everything that is worth a number, and prints one table; `make bench` runs it, alone on the machine.

Every benchmark runs in a fresh process. Takes six minutes, 6 GB of memory and 7 GB of disk in TMPDIR.
"""

import argparse
import importlib
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

from bench_submission import SMALL
from rows import Row, describe_machine, print_rows

BENCHMARKS = (
    *("drawing", "fresh", "functions", "submission", "scoring", "isolation", "simulation", "conversion"),
    "bookkeeping",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)} (default: all)")
    names = parser.parse_args().names or list(BENCHMARKS)
    unknown = set(names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    if "submission" in names and not SMALL.is_dir():
        parser.error(f"the submission is fitted to {SMALL}: run `make data` first")
    os.environ["OMP_NUM_THREADS"] = "1"  # of numerical libraries in the processes that follow
    machine = describe_machine()
    rows: list[Row] = []
    for number, name in enumerate(names):
        print(f"{number + 1} of {len(names)}: {name} ...", flush=True)
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
            rows += fresh.submit(measure, name).result()
    print(f"\n{machine}; medians\n")
    print_rows(rows)


def measure(name: str) -> list[Row]:
    """Run a benchmark in this process."""
    found: list[Row] = importlib.import_module(f"bench_{name}").measure()
    return found


if __name__ == "__main__":
    main()
