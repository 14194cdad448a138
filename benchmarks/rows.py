"""The rows of the one table that `make bench` prints, and the machine that they were measured on."""

import argparse
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from higgs_challenge.cores import available_cores

OFFICIAL = "HiggsML"
REPEATS = 7
"""Of a measurement, unless it says otherwise."""


@dataclass(frozen=True)
class Row:
    """A measurement.

    Attributes:
        what: was measured.
        unit: of the values: "s", or something of which more is better, such as "rows/s"; any where official is None.
        here: median value of this project.
        official: of the official package in the same run; None where it has nothing of the kind.
        note: how it was measured, where that is not obvious.
    """

    what: str
    unit: str
    here: float
    official: float | None = None
    note: str = ""

    @property
    def times_better(self) -> float | None:
        """How many times faster this project is."""
        if self.official is None:
            return None
        return self.official / self.here if self.unit == "s" else self.here / self.official


def run(measure: Callable[[int], list[Row]], description: str) -> None:
    """Be the program of a benchmark whose only option is how often it repeats each measurement."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--repeats", type=int, default=REPEATS, help="of each (default: %(default)s)")
    repeats = parser.parse_args().repeats
    if repeats < 1:
        parser.error("--repeats must be at least 1")
    print(describe_machine())
    print_rows(measure(repeats))


def describe_machine() -> str:
    """Name processor, cores, memory, system, and what else was running."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    official = f"{OFFICIAL} {version(OFFICIAL)}"
    return (
        f"{_processor()}, {available_cores()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, beside {official}; load average before {os.getloadavg()[0]:.1f}"
    )


def _processor() -> str:
    listed = subprocess.run(["lscpu"], capture_output=True, text=True, check=False).stdout if _has_lscpu() else ""
    names = [line.partition(":")[2].strip() for line in listed.splitlines() if line.startswith("Model name")]
    return names[0] if names else platform.machine()


def _has_lscpu() -> bool:
    return any(Path(folder, "lscpu").exists() for folder in os.get_exec_path())


def in_turn(actions: Sequence[Callable[[], Any]], repeats: int) -> list[float]:
    """Time actions in turn, since the machine's speed drifts; gives the median seconds of each after a first round."""
    rounds = [[seconds(action) for action in actions] for _ in range(repeats + 1)][1:]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def seconds(action: Callable[[], Any]) -> float:
    """Give the wall-clock seconds that an action takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def print_rows(rows: Sequence[Row]) -> None:
    """Print rows as the Markdown table that the README quotes."""
    print("| What | Here | Official | Times faster |")
    print("|---|---|---|---|")
    for row in rows:
        official = "" if row.official is None else f"{_number(row.official)} {row.unit}"
        better = "" if row.times_better is None else f"{row.times_better:.1f}"
        note = f" ({row.note})" if row.note else ""
        print(f"| {row.what}{note} | {_number(row.here)} {row.unit} | {official} | {better} |")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
