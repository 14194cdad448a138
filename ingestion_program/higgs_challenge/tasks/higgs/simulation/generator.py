"""The entry point of the simulation: blocks of events, their random streams, and the threads that make them."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial
from hashlib import sha256
from itertools import count, islice
from operator import index
from pathlib import Path

import numpy as np

from higgs_challenge.compiled import compiled
from higgs_challenge.cores import available_cores
from higgs_challenge.tasks.higgs.events.columns import PRIMARY, PROCESSES
from higgs_challenge.tasks.higgs.simulation.correction import Correction, accept, corrections
from higgs_challenge.tasks.higgs.simulation.dibosons import diboson_event
from higgs_challenge.tasks.higgs.simulation.higgs import higgs_event
from higgs_challenge.tasks.higgs.simulation.radiation import WORKSPACE_SHAPE
from higgs_challenge.tasks.higgs.simulation.tau_pairs import z_event
from higgs_challenge.tasks.higgs.simulation.top_pairs import top_event
from higgs_challenge.tasks.higgs.simulation.tuning import TUNING, Tuning

NOMINAL_YIELDS: dict[str, float] = {"htautau": 1015.0, "ztautau": 1002395.0, "diboson": 3783.0, "ttbar": 44190.0}
"""Events of each process at 10 fb^-1 before the selection (published numbers of the official data)."""

BLOCK = 65_536
"""Events in a block; part of what a seed means."""

CANDIDATES = 2_048
"""Events that are made before some of them are accepted; part of what a seed means, too."""

HTAUTAU, ZTAUTAU, TTBAR = (PROCESSES.index(name) for name in ("htautau", "ztautau", "ttbar"))


@compiled
def _fill(rng: np.random.Generator, tuning: Tuning, process: int, rows: np.ndarray) -> None:
    jets = np.zeros(WORKSPACE_SHAPE)
    for i in range(len(rows)):
        if process == ZTAUTAU:
            z_event(rng, tuning, jets, rows[i])
        elif process == HTAUTAU:
            higgs_event(rng, tuning, jets, rows[i])
        elif process == TTBAR:
            top_event(rng, tuning, jets, rows[i])
        else:
            diboson_event(rng, tuning, jets, rows[i])


def _block(
    tuning: Tuning, correction: Correction | None, number: int, seed: int, block: int, events: int
) -> np.ndarray:
    rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(number, block))))
    rows = np.empty((events, len(PRIMARY)), np.float32)
    _fill_accepted(rng, tuning, correction, number, rows)
    return rows


def _fill_accepted(
    rng: np.random.Generator, tuning: Tuning, correction: Correction | None, number: int, rows: np.ndarray
) -> None:
    """Make candidates, as many at once whatever is needed, until enough of them are accepted."""
    candidates = np.empty((CANDIDATES, len(PRIMARY)), np.float32)
    done = 0
    while done < len(rows):
        _fill(rng, tuning, number, candidates)
        accepted = candidates if correction is None else accept(rng, correction, candidates)
        taken = min(len(accepted), len(rows) - done)
        rows[done : done + taken] = accepted[:taken]
        done += taken


def simulate_into(process: str, rows: np.ndarray, rng: np.random.Generator) -> None:
    """Make events of a process into memory that is there; most of the time without the GIL.

    Args:
        process: one of htautau, ztautau, diboson, ttbar.
        rows: float32, shape (n, 16), C-contiguous, overwritten; columns as in `simulate`.
        rng: random stream.
    """
    _fill_accepted(rng, TUNING, corrections()[process], PROCESSES.index(process), rows)


@cache
def generator_version() -> str:
    """Return a short hash of all that the generator's events depend on, its sources, tuning and corrections."""
    digest = sha256()
    for path in sorted(Path(__file__).parent.iterdir()):
        if path.suffix in (".py", ".json"):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def simulate_blocks(
    process: str, n: int, seed: int, threads: int | None = None, tuning: Tuning = TUNING, *, corrected: bool = True
) -> Iterator[np.ndarray]:
    """Stream the events of `simulate` in blocks, with a few blocks made in advance on threads.

    Args:
        process: one of htautau, ztautau, diboson, ttbar.
        n: number of events, >= 0.
        seed: >= 0.
        threads: >= 1, or None for one per usable core; the events do not depend on it.
        tuning: the fitted numbers of the model.
        corrected: whether events are accepted with the probability of the process's correction, or all.

    Returns:
        Iterator over float32 arrays of shape (m, 16); every m but the last is BLOCK.

    Raises:
        ValueError: an argument is not as described.
    """
    if process not in PROCESSES:
        raise ValueError(f"process must be one of {', '.join(PROCESSES)}, not {process!r}")
    n = _whole_number("n", n, 0)
    seed = _whole_number("seed", seed, 0)
    threads = available_cores() if threads is None else _whole_number("threads", threads, 1)
    correction = corrections()[process] if corrected else None
    make_block = partial(_block, tuning, correction, PROCESSES.index(process), seed)
    return _stream(make_block, n, threads)


def _stream(make_block: Callable[[int, int], np.ndarray], n: int, threads: int) -> Iterator[np.ndarray]:
    sizes = ((block, min(BLOCK, n - start)) for block, start in zip(count(), range(0, n, BLOCK), strict=False))
    pool = ThreadPoolExecutor(threads, thread_name_prefix="simulate")
    waiting: deque[Future[np.ndarray]] = deque()
    try:
        for block, events in islice(sizes, threads):
            waiting.append(pool.submit(make_block, block, events))
        while waiting:
            rows = waiting.popleft().result()
            for block, events in islice(sizes, 1):
                waiting.append(pool.submit(make_block, block, events))
            yield rows
    finally:
        pool.shutdown(cancel_futures=True)


def simulate(process: str, n: int, seed: int) -> np.ndarray:
    """Make events as the official file stores them, before the challenge's selection.

    Args:
        process: one of htautau, ztautau, diboson, ttbar.
        n: number of events, >= 0.
        seed: >= 0; the first m of n events are the same for every n >= m.

    Returns:
        float32 array of shape (n, 16), columns as in events.columns.PRIMARY, C-contiguous; momenta in GeV and angles
        in rad, rounded to three decimals; the columns of a missing jet are -25.

    Raises:
        ValueError: an argument is not as described.
    """
    rows = np.empty((_whole_number("n", n, 0), len(PRIMARY)), np.float32)
    start = 0
    for block in simulate_blocks(process, n, seed):
        rows[start : start + len(block)] = block
        start += len(block)
    return rows


def _whole_number(name: str, value: int, least: int) -> int:
    try:
        number = index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, not {value!r}")
    return number
