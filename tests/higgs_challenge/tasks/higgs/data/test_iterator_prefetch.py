import threading
from collections.abc import Iterator

import pytest

from higgs_challenge.tasks.higgs.data.iterator_prefetch import prefetch


def test_items_come_in_order_and_are_made_on_another_thread() -> None:
    makers = set()

    def items() -> Iterator[int]:
        for number in range(20):
            makers.add(threading.current_thread())
            yield number

    assert list(prefetch(items())) == list(range(20))
    assert makers.isdisjoint({threading.current_thread()})


def test_one_item_is_made_while_one_is_used() -> None:
    """The second item needs what only the user of the first does."""
    used = threading.Event()

    def items() -> Iterator[bool]:
        yield True
        yield used.wait(20)
        yield True

    seen = []
    for item in prefetch(items()):
        seen.append(item)
        used.set()
    assert seen == [True, True, True]


def test_an_error_comes_where_its_item_would() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("on the way")

    seen: list[int] = []
    with pytest.raises(ValueError, match="on the way"):
        seen.extend(prefetch(items()))
    assert seen == [1]


def test_no_thread_is_left_when_the_user_stops_early() -> None:
    items = prefetch(iter(range(1000)))
    assert next(items) == 0
    items.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]
