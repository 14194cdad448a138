"""Prefetch from an iterator: one thread makes the next item while another uses the current one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def prefetch(items: Iterator[Item]) -> Iterator[Item]:
    """Make the next item of an iterator on a thread while the current one is used.

    Args:
        items: whose work releases the GIL, or nothing is gained; at most one item waits.

    Returns:
        Iterator over the same items in the same order; an error in making an item is raised in its place.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as thread:
        waiting = thread.submit(next, items, None)
        while (item := waiting.result()) is not None:
            waiting = thread.submit(next, items, None)
            yield item
