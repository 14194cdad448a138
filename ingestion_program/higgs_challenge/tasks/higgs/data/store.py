"""The event store: a folder of memory-mapped events, training part and hidden test part apart.

    training/  part.json  events.f32 (n x 16)  processes.u8 (n)  weights.f32 (n)      rows in the order of the source
    hidden/    part.json  <process>.events.f32 (n x 16)  <process>.weights.f32 (n)    one pair a process

The rows of a process may be of two strata, in the hidden part one after the other: where a store is made denser, there
are more rows for the same expected events, and their weights are smaller.

An event is 16 float32 = 64 bytes, one cache line, so drawing one touches one line; the two parts are separate
folders so that one can be readable without the other.
"""

import contextlib
import json
import math
import mmap
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from higgs_challenge.errors import InputError, named
from higgs_challenge.tasks.higgs.data.strata import Multiples, Strata, Stratum
from higgs_challenge.tasks.higgs.events.columns import PRIMARY, PROCESSES

Array = npt.NDArray[Any]
Progress = Callable[[int, int], None]
"""Callback of a long job, called with the amount done and the total."""

FORMAT = 3
STORE_ROW_BYTES = 4 * len(PRIMARY) + 5
"""Bytes of a row on disk: 16 numbers, a weight, and in the training part its process."""

MAX_YIELD = 1e8
"""A pseudo-experiment with more events would not fit into memory."""


@dataclass(frozen=True)
class Part:
    """Content of part.json: where the events come from, and each process's expected yield and strata."""

    source: str
    yields: dict[str, float]
    strata: dict[str, Strata]
    format: int = FORMAT

    @property
    def rows(self) -> dict[str, int]:
        """Rows of each process."""
        return {name: sum(stratum.rows for stratum in strata) for name, strata in self.strata.items()}

    def multiples(self) -> Multiples:
        """Return how many pseudo-experiments' events there are."""
        return Multiples({name: (strata, self.yields[name]) for name, strata in self.strata.items()})


@dataclass(frozen=True)
class HiddenProcess:
    """One process of the hidden part.

    Attributes:
        events: float32, shape (n, 16), read-only.
        weights: float32, shape (n,), on any common scale.
        strata: into which the rows are divided.
        expected: yield at 10 fb^-1, before selection, at mu = 1 and nominal nuisance parameters.
    """

    events: Array
    weights: Array
    strata: Strata
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
        """Return how many pseudo-experiments' events are hidden of each expected process, where they are scarcest."""
        return self._multiples().scarcest()

    def dense_multiples(self) -> dict[str, float]:
        """Return how many pseudo-experiments' events are hidden of each expected process, where they are densest."""
        return self._multiples().densest()

    def depth(self) -> float:
        """Return how many pseudo-experiments' events are hidden, as far as they tell about mu."""
        return self._multiples().depth()

    def _multiples(self) -> Multiples:
        return Multiples({name: (process.strata, process.expected) for name, process in self.hidden.items()})


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
            strata=part.strata[name],
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
            strata = {name: tuple(Stratum(**each) for each in own) for name, own in content["strata"].items()}
            return _checked_part(folder, Part(**{**content, "strata": strata}))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"{folder} is not a valid event-store part ({named(error)}); make one with `make data`."
        ) from error
    raise InputError(
        f"{folder} has store format {content['format']}, expected {FORMAT}; make the store again (`make data`)."
    )


def _checked_part(folder: Path, part: Part) -> Part:
    complete = set(part.yields) == set(part.strata) == set(PROCESSES) and all(part.strata.values())
    if not complete or any(not 0 <= value < math.inf for value in part.yields.values()):
        raise InputError(f"{folder}/part.json must have a yield >= 0 and rows for every process; the store is damaged.")
    if not all(_is_stratum(stratum) for strata in part.strata.values() for stratum in strata):
        raise InputError(
            f"{folder}/part.json has a process with an invalid stratum; expected rows >= 0 and, if there are any, "
            "0 <= smallest <= largest weight, which is above 0, as is the sum of the weights."
        )
    total = sum(part.yields.values())
    if not 0 < total <= MAX_YIELD:
        raise InputError(f"{folder} expects {total:g} events in a pseudo-experiment; about a million would be right.")
    return part


def _is_stratum(stratum: Stratum) -> bool:
    bounded = 0 <= stratum.smallest <= stratum.largest < math.inf and 0 < stratum.weight < math.inf
    return stratum.rows == 0 or (stratum.rows > 0 and stratum.largest > 0 and bounded)


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
        self._strata = {part: {name: [NOTHING] for name in PROCESSES} for part in ("training", "hidden")}

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

    def add_training(self, events: Array, processes: Array, weights: Array, dense: Array | None = None) -> None:
        """Append rows to the training part.

        Args:
            events: shape (n, 16), primary columns.
            processes: shape (n,), positions in columns.PROCESSES.
            weights: shape (n,), any common scale.
            dense: shape (n,), which rows are of the second stratum; None where there is only one.
        """
        self._append("training/events.f32", events.astype("<f4", copy=False))
        self._append("training/processes.u8", processes.astype("u1", copy=False))
        self._append("training/weights.f32", weights.astype("<f4", copy=False))
        for name, stratum, own in _divide(processes, dense):
            self._count("training", name, stratum, weights[own])

    def add_hidden(self, events: Array, processes: Array, weights: Array, dense: Array | None = None) -> None:
        """Append rows to the hidden part; arguments as in add_training."""
        for name, stratum, own in _divide(processes, dense):
            self._append(_hidden_file(name, stratum, "events"), events[own].astype("<f4", copy=False))
            self._append(_hidden_file(name, stratum, "weights"), weights[own].astype("<f4", copy=False))
            self._count("hidden", name, stratum, weights[own])

    def finish(self, *, yields: Mapping[str, float] | None = None, total: float | None = None) -> None:
        """Describe both parts and move the store to its place.

        Args:
            yields: expected events per process; or
            total: their sum, shared among the processes as their summed weights in both parts are.

        Raises:
            InputError: a part has rows of a process, but all of weight 0, so that none could ever be drawn.
        """
        sums = dict.fromkeys(PROCESSES, 0.0)
        for part, processes in self._strata.items():
            for name, strata in processes.items():
                sums[name] += sum(stratum.weight for stratum in strata)
                rows = sum(stratum.rows for stratum in strata if not stratum.largest)
                if rows:
                    raise InputError(f"All weights of the {rows} {name} rows of the {part} part are 0.")
        if yields is None:
            summed = sum(sums.values())
            yields = {name: (total or summed) * weight / summed for name, weight in sums.items()}
        yields = {name: float(yields[name]) for name in PROCESSES}
        for file in self._files.values():
            file.close()
        for part, processes in self._strata.items():
            described = {name: tuple(strata) for name, strata in processes.items()}
            description = Part(self._source, yields, described)
            (self._partial / part / "part.json").write_text(json.dumps(asdict(description), indent=2))
        for name, strata in self._strata["hidden"].items():
            if len(strata) > 1:
                self._join(name)
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

    def _count(self, part: str, name: str, stratum: int, weights: Array) -> None:
        strata = self._strata[part][name]
        while len(strata) <= stratum:
            strata.append(NOTHING)
        if len(weights):
            before, smallest = strata[stratum], float(weights.min())
            strata[stratum] = Stratum(
                before.rows + len(weights),
                before.weight + float(weights.sum(dtype=np.float64)),
                min(before.smallest, smallest) if before.rows else smallest,
                max(before.largest, float(weights.max())),
            )

    def _join(self, process: str) -> None:
        """Append the second stratum's hidden files to the first's."""
        for kind in ("events", "weights"):
            second = self._partial / _hidden_file(process, 1, kind)
            with (self._partial / _hidden_file(process, 0, kind)).open("ab") as whole, second.open("rb") as content:
                shutil.copyfileobj(content, whole, COPIED_AT_ONCE)
            second.unlink()


NOTHING = Stratum(0, 0.0, 0.0, 0.0)
COPIED_AT_ONCE = 16 * 1024 * 1024


def _hidden_file(process: str, stratum: int, kind: str) -> str:
    return f"hidden/{process}.{kind}.f32" + (".dense" if stratum else "")


def _divide(processes: Array, dense: Array | None) -> Iterator[tuple[str, int, Array]]:
    """Find the rows of each process and stratum: its name, 0 or 1, and a mask."""
    for number, name in enumerate(PROCESSES):
        own = processes == number
        if dense is None:
            yield name, 0, own
        else:
            yield name, 0, own & ~dense
            yield name, 1, own & dense
