"""The event store: a folder of memory-mapped events, training part and hidden test part apart.

    training/  part.json  events.f32 (n x 16)  processes.u8 (n)  weights.f32 (n)      rows in the order of the source
    hidden/    part.json  <process>.events.f32 (n x 16)  <process>.weights.f32 (n)    one pair a process

An event is 16 float32 = 64 bytes, one cache line, so drawing one touches one line; the two parts are separate
folders so that one can be readable without the other.
"""

import contextlib
import json
import math
import mmap
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from higgs_challenge.errors import InputError, named
from higgs_challenge.tasks.higgs.events.columns import PRIMARY, PROCESSES

Array = npt.NDArray[Any]
Progress = Callable[[int, int], None]
"""Callback of a long job, called with the amount done and the total."""

FORMAT = 2
STORE_ROW_BYTES = 4 * len(PRIMARY) + 5
"""Bytes of a row on disk: 16 numbers, a weight, and in the training part its process."""

MAX_YIELD = 1e8
"""A pseudo-experiment with more events would not fit into memory."""


@dataclass(frozen=True)
class Part:
    """Content of part.json: where the events come from, and each process's rows, expected yield and weight range."""

    source: str
    yields: dict[str, float]
    rows: dict[str, int]
    smallest_weights: dict[str, float]
    largest_weights: dict[str, float]
    format: int = FORMAT

    def multiples(self) -> dict[str, float]:
        """Return the ratio of rows to expected events in a pseudo-experiment, for each process it contains."""
        return ratios(self.rows, self.yields)


@dataclass(frozen=True)
class HiddenProcess:
    """One process of the hidden part.

    Attributes:
        events: float32, shape (n, 16), read-only.
        weights: float32, shape (n,), on any common scale.
        smallest_weight, largest_weight: their range.
        expected: yield at 10 fb^-1, before selection, at mu = 1 and nominal nuisance parameters.
    """

    events: Array
    weights: Array
    smallest_weight: float
    largest_weight: float
    expected: float


@dataclass(frozen=True)
class Store:
    """An open store: its folder, where its events come from, and the hidden part, which the trusted side draws from."""

    folder: Path
    source: str
    hidden: dict[str, HiddenProcess]

    @property
    def training_folder(self) -> Path:
        """The folder of the training part, which submissions may read."""
        return self.folder / "training"

    def multiples(self) -> dict[str, float]:
        """Return the ratio of hidden rows to expected events in a pseudo-experiment, for each process it contains."""
        rows = {name: len(part.events) for name, part in self.hidden.items()}
        return ratios(rows, {name: part.expected for name, part in self.hidden.items()})


def ratios(rows: Mapping[str, int], yields: Mapping[str, float]) -> dict[str, float]:
    """Return rows over expected events, for each process of which any are expected."""
    return {name: rows[name] / expected for name, expected in yields.items() if expected > 0}


def open_store(path: str | Path) -> Store:
    """Open a store for drawing pseudo-experiments; nothing is read until it is used.

    Args:
        path: the store's folder.

    Returns:
        The store, its arrays memory-mapped.

    Raises:
        InputError: there is no store, or its files have the wrong size.
    """
    hidden = Path(path) / "hidden"
    part = read_part(hidden)
    processes = {
        name: HiddenProcess(
            events=map_array(hidden / f"{name}.events.f32", "<f4", (part.rows[name], len(PRIMARY)), at_random=True),
            weights=map_array(hidden / f"{name}.weights.f32", "<f4", (part.rows[name],), at_random=True),
            smallest_weight=part.smallest_weights[name],
            largest_weight=part.largest_weights[name],
            expected=part.yields[name],
        )
        for name in PROCESSES
    }
    return Store(Path(path), part.source, processes)


def is_store(path: Path) -> bool:
    """Check whether a folder holds a store."""
    return (path / "hidden" / "part.json").is_file()


def read_part(folder: Path) -> Part:
    """Read a part's description; InputError if it is missing or has another format."""
    if not (folder / "part.json").is_file():
        raise InputError(f"{folder} is no part of an event store, as it has no part.json; make one with `make data`.")
    try:
        content = json.loads((folder / "part.json").read_text())
        if content["format"] == FORMAT:
            return _checked_part(folder, Part(**content))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"{folder} is not a valid event-store part ({named(error)}); make one with `make data`."
        ) from error
    raise InputError(
        f"{folder} has store format {content['format']}, expected {FORMAT}; make the store again (`make data`)."
    )


def _checked_part(folder: Path, part: Part) -> Part:
    numbers = (part.yields, part.smallest_weights, part.largest_weights, part.rows)
    complete = all(isinstance(values, dict) and set(values) == set(PROCESSES) for values in numbers)
    if not complete or any(not 0 <= value < math.inf for values in numbers for value in values.values()):
        raise InputError(f"{folder}/part.json must have a number >= 0 for every process; the store is damaged.")
    ranges = [(part.rows[name], part.smallest_weights[name], part.largest_weights[name]) for name in PROCESSES]
    if any(rows and not 0 <= smallest <= largest > 0 for rows, smallest, largest in ranges):
        raise InputError(
            f"{folder}/part.json has a process with an invalid weight range; expected 0 <= smallest <= largest and "
            "largest > 0."
        )
    total = sum(part.yields.values())
    if not 0 < total <= MAX_YIELD:
        raise InputError(f"{folder} expects {total:g} events in a pseudo-experiment; about a million would be right.")
    return part


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def map_array(path: Path, dtype: str, shape: tuple[int, ...], *, at_random: bool = False) -> Array:
    """Map a file of numbers read-only; nothing is read until it is used.

    Args:
        path: the file.
        dtype, shape: of the array.
        at_random: whether rows will be used in random order, so that large pages are worth it: one of 2 MB saves 512
            searches of the page tables, and is read at once. The kernel is asked for them, and may have none.

    Returns:
        The array.

    Raises:
        InputError: the file's size does not match the shape.
    """
    expected = int(np.prod(shape)) * np.dtype(dtype).itemsize
    size = path.stat().st_size if path.exists() else 0
    if size != expected or not path.exists():
        raise InputError(f"{path} has {size} bytes, expected {expected}; the store is damaged, make it again.")
    if not expected:
        array = np.empty(shape, dtype)
        array.setflags(write=False)  # compiled code takes all processes' arrays together, so all must have one type
        return array
    with path.open("rb") as file:
        memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if at_random and hasattr(mmap, "MADV_HUGEPAGE"):
        with contextlib.suppress(OSError):  # a kernel without them
            memory.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(memory, dtype).reshape(shape)


def no_progress(done: int, total: int) -> None:
    """Report no progress."""


class StoreWriter:
    """Writes a new store next to its final place, and moves it there only when it is complete.

    Use as a context manager: `with StoreWriter(path, source) as writer: writer.add_training(...)`. On any error
    its files are removed, and an older store at the same place stays as it was.
    """

    def __init__(self, path: Path, source: str) -> None:
        self._path = path.resolve()
        self._source = source
        self._partial = self._path.with_name(self._path.name + ".partial")
        self._files: dict[Path, BinaryIO] = {}
        self._rows = {part: dict.fromkeys(PROCESSES, 0) for part in ("training", "hidden")}
        self._smallest = {part: dict.fromkeys(PROCESSES, math.inf) for part in ("training", "hidden")}
        self._largest = {part: dict.fromkeys(PROCESSES, 0.0) for part in ("training", "hidden")}
        self._weight_sums = dict.fromkeys(PROCESSES, 0.0)

    def __enter__(self) -> "StoreWriter":
        if self._path.exists() and not is_store(self._path) and not _is_empty_folder(self._path):
            raise InputError(
                f"{self._path} exists and is not an event store; choose a new folder. Nothing was changed."
            )
        shutil.rmtree(self._partial, ignore_errors=True)
        try:
            for part in ("training", "hidden"):
                (self._partial / part).mkdir(parents=True)
        except OSError as error:
            raise InputError(f"Cannot create a store at {self._path}: {error}.") from error
        for name in PROCESSES:
            self._append(f"hidden/{name}.events.f32")
            self._append(f"hidden/{name}.weights.f32")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files.values():
            file.close()
        if kind is not None:
            shutil.rmtree(self._partial, ignore_errors=True)

    def add_training(self, events: Array, processes: Array, weights: Array) -> None:
        """Append rows to the training part.

        Args:
            events: shape (n, 16), primary columns.
            processes: shape (n,), positions in columns.PROCESSES.
            weights: shape (n,), any common scale.
        """
        self._append("training/events.f32", events.astype("<f4", copy=False))
        self._append("training/processes.u8", processes.astype("u1", copy=False))
        self._append("training/weights.f32", weights.astype("<f4", copy=False))
        self._count("training", processes, weights)

    def add_hidden(self, events: Array, processes: Array, weights: Array) -> None:
        """Append rows to the hidden part; arguments as in add_training."""
        for number, name in enumerate(PROCESSES):
            own = processes == number
            self._append(f"hidden/{name}.events.f32", events[own].astype("<f4", copy=False))
            self._append(f"hidden/{name}.weights.f32", weights[own].astype("<f4", copy=False))
        self._count("hidden", processes, weights)

    def finish(self, *, yields: Mapping[str, float] | None = None, total: float | None = None) -> None:
        """Describe both parts and move the store to its place.

        Args:
            yields: expected events per process; or
            total: their sum, shared among the processes as their summed weights in both parts are.

        Raises:
            InputError: a part has rows of a process, but all of weight 0, so that none could ever be drawn.
        """
        for part, rows in self._rows.items():
            for name in PROCESSES:
                if rows[name] and not self._largest[part][name]:
                    raise InputError(f"All weights of the {rows[name]} {name} rows of the {part} part are 0.")
        if yields is None:
            summed = sum(self._weight_sums.values())
            yields = {name: (total or summed) * weight / summed for name, weight in self._weight_sums.items()}
        yields = {name: float(yields[name]) for name in PROCESSES}
        for part, rows in self._rows.items():
            smallest = {name: min(self._smallest[part][name], self._largest[part][name]) for name in PROCESSES}
            description = Part(self._source, yields, rows, smallest, self._largest[part])
            (self._partial / part / "part.json").write_text(json.dumps(asdict(description), indent=2))
        for file in self._files.values():
            file.close()
        self._path.mkdir(exist_ok=True)
        for part in ("hidden", "training"):
            shutil.rmtree(self._path / part, ignore_errors=True)
        for part in ("training", "hidden"):  # last, because this makes a folder a store
            (self._partial / part).rename(self._path / part)
        self._partial.rmdir()

    def _append(self, name: str, values: Array | None = None) -> None:
        path = self._partial / name
        if path not in self._files:
            self._files[path] = path.open("wb")
        if values is not None:
            self._files[path].write(np.ascontiguousarray(values).data)

    def _count(self, part: str, processes: Array, weights: Array) -> None:
        for number, name in enumerate(PROCESSES):
            own = weights[processes == number]
            self._rows[part][name] += len(own)
            self._weight_sums[name] += float(own.sum(dtype=np.float64))
            self._smallest[part][name] = min(self._smallest[part][name], float(own.min(initial=math.inf)))
            self._largest[part][name] = max(self._largest[part][name], float(own.max(initial=0)))
