"""Steps of a fit: jobs that are done at the same time, and what the log says of how long each step took."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic
from typing import TypeVar

T = TypeVar("T")
S = TypeVar("S")


def for_each(do: Callable[[T], S], jobs: Sequence[T]) -> list[S]:
    """Do several jobs, such as both halves, at the same time, in threads: most of it is compiled, and on one core.

    Args:
        do: what is done with each.
        jobs: at least one.

    Returns:
        What it returned for each, in their order.

    Example:
        >>> for_each(abs, [-1, 2])
        [1, 2]
    """
    with ThreadPoolExecutor(len(jobs)) as threads:
        return list(threads.map(do, jobs))


@contextmanager
def step(name: str) -> Iterator[None]:
    """Print how long a step took, for the log.

    Args:
        name: of the step.
    """
    started = monotonic()
    yield
    print(f"{name}: {monotonic() - started:.0f} s", flush=True)
