"""Show progress, readable both in a terminal and in a log."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from higgs_challenge.errors import printable
from higgs_challenge.number_formats import format_seconds

SECONDS_BETWEEN_LINES = 10.0
SECONDS_BETWEEN_WAITS = 30.0


class Advance(Protocol):
    """A callback that takes the amount done, and perhaps a remark."""

    def __call__(self, done: int, remark: str = "") -> None:
        """Show the amount done."""


def console() -> Console:
    """Open the console that progress, messages and results go to: standard output, the first log on the platform."""
    return Console(highlight=False, soft_wrap=True)


def show_warning(text: str) -> None:
    """Print a warning to standard error, where errors go too; control characters in it are made harmless."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(
        f"Warning: {printable(text)}.", style="yellow", markup=False
    )


@contextmanager
def show_progress(title: str, total: int, unit: str, begin: int = 0) -> Iterator[Advance]:
    """Show how far a long job is, with rate and time left: a bar in a terminal, else a line every ten seconds.

    Args:
        title: name of the job.
        total: amount to do.
        unit: name of what is counted, in the plural.
        begin: amount done before.

    Yields:
        A function to call with the amount done so far.
    """
    if sys.stdout.isatty():
        with _bar(title, total, unit, begin) as advance:
            yield advance
    else:
        yield _Lines(title, total, unit, begin)


@contextmanager
def show_waiting(title: str) -> Iterator[None]:
    """Show that a job of unknown length is running: a clock in a terminal, else a line now and then."""
    if not sys.stdout.isatty():
        finished = threading.Event()
        reporter = threading.Thread(target=_report_waiting, args=(title, finished), daemon=True)
        reporter.start()
        try:
            yield
        finally:
            finished.set()
            reporter.join()
        return
    with Progress(SpinnerColumn(), TextColumn(title), TimeElapsedColumn(), console=console(), transient=True) as bar:
        bar.add_task(title, total=None)
        yield


def _report_waiting(title: str, finished: threading.Event) -> None:
    started = time.monotonic()
    print(f"{title} ...", flush=True)
    while not finished.wait(SECONDS_BETWEEN_WAITS):
        print(f"{title} ... {format_seconds(time.monotonic() - started)} so far", flush=True)


@contextmanager
def _bar(title: str, total: int, unit: str, begin: int) -> Iterator[Advance]:
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[pace]}"))
    clock = _Pace(total, unit, begin)
    with Progress(*columns, console=console()) as bar:
        task = bar.add_task(title, total=total, pace="")
        yield lambda done, remark="": bar.update(task, completed=done, pace=clock.describe(done, remark))


class _Pace:
    """Rate since it was made, and time left."""

    def __init__(self, total: int, unit: str, begin: int) -> None:
        self._total, self._unit, self._begin, self._started = total, unit, begin, time.monotonic()

    def describe(self, done: int, remark: str) -> str:
        rate = (done - self._begin) / max(time.monotonic() - self._started, 1e-9)
        left = (self._total - done) / rate if rate > 0 else float("inf")
        return f"{rate:.3g} {self._unit}/s, {format_seconds(left)} left{remark and ', ' + remark}"


class _Lines:
    """Progress as lines of a log: at the start, now and then, and at the end."""

    def __init__(self, title: str, total: int, unit: str, begin: int) -> None:
        self._title, self._total, self._unit = title, total, unit
        self._pace, self._reported, self._latest = _Pace(total, unit, begin), begin, time.monotonic()
        print(f"{title}: {total} {unit} ...", flush=True)

    def __call__(self, done: int, remark: str = "") -> None:
        now = time.monotonic()
        if done == self._reported or (done < self._total and now - self._latest < SECONDS_BETWEEN_LINES):
            return
        self._reported, self._latest = done, now
        text = f"{self._title}: {done} of {self._total} {self._unit}, {self._pace.describe(done, remark)}"
        print(text, flush=True)
