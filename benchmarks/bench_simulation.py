"""Prints how fast one core makes events of each process, and how long the first call compiles."""

import time

from higgs_challenge.events.columns import PROCESSES
from higgs_challenge.simulation import BLOCK, simulate_blocks

BLOCKS = 4


def main() -> None:
    start = time.perf_counter()
    next(simulate_blocks(PROCESSES[0], 1, 0, threads=1))
    print(f"first call (compiles, or loads what was compiled): {time.perf_counter() - start:.1f} s")
    for process in PROCESSES:
        start = time.perf_counter()
        for _ in simulate_blocks(process, BLOCKS * BLOCK, 0, threads=1):
            pass
        print(f"{process}: {BLOCKS * BLOCK / (time.perf_counter() - start):,.0f} events/s and core")


if __name__ == "__main__":
    main()
