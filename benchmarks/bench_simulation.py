"""Print how fast one core makes events of each process, and how long the first call compiles.

With `--prototype FILE`, a Python file whose `sample(process, n, seed)` returns a dict of columns first, that program is
timed in the same run.
"""

import argparse
import importlib.util
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rows import Row, describe_machine, print_rows, seconds

from higgs_challenge.tasks.higgs.events.columns import HAD_PT, LEP_PT, PRIMARY, PROCESSES
from higgs_challenge.tasks.higgs.simulation import BLOCK, simulate_blocks

BLOCKS = 8
PROTOTYPE_EVENTS = 20_000


def main() -> None:
    """Time every process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prototype", type=Path, metavar="FILE", help="another event generator to time too")
    prototype = parser.parse_args().prototype
    print(describe_machine())
    compiling = seconds(lambda: [next(simulate_blocks(process, 1, 0, threads=1)) for process in PROCESSES])
    print(f"first call (compiles, or loads what was compiled): {compiling:.1f} s")
    print_rows(measure(load_sampler(prototype) if prototype else None))


def measure(slow: Callable[[str, int, int], np.ndarray] | None = None) -> list[Row]:
    """Time the generator on one core.

    Args:
        slow: another one to time beside it, which makes rows of primary columns for a process, a number and a seed.

    Returns:
        Rows of the table.
    """
    rows = []
    for process in PROCESSES:
        next(simulate_blocks(process, 1, 0, threads=1))
        rate = selected_rate(lambda process=process: np.concatenate([*simulate_blocks(process, BLOCKS * BLOCK, 0, 1)]))
        other = selected_rate(lambda process=process: slow(process, PROTOTYPE_EVENTS, 0)) if slow else None
        rows.append(Row(f"generator, {process} events that pass the selection, one core", "a second", rate, other))
    return rows


def selected_rate(generate: Callable[[], np.ndarray]) -> float:
    """Count the selected events that a generator makes in a second.

    Args:
        generate: makes rows of primary columns, shape (n, 16).

    Returns:
        Selected events per second.
    """
    start = time.perf_counter()
    rows = generate()
    taken = time.perf_counter() - start
    return float(((rows[:, HAD_PT] >= 26.0) & (rows[:, LEP_PT] >= 20.0)).sum() / taken)


def load_sampler(path: Path) -> Callable[[str, int, int], np.ndarray]:
    """Load the other generator from its file.

    Args:
        path: a Python file with `sample(process, n, seed)`.

    Returns:
        A function of process, number of events and seed that gives rows of primary columns.
    """
    spec = importlib.util.spec_from_file_location("prototype", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path} is no Python file.")
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def sample(process: str, n: int, seed: int) -> np.ndarray:
        columns = module.sample(process, n, seed)[0]
        return np.stack([columns[name] for name in PRIMARY], axis=1)

    return sample


if __name__ == "__main__":
    main()
