"""Data sets from the synthetic event generator, the default: an event store and files of the official layout."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from higgs_challenge.directories import require_space, temporary_directory
from higgs_challenge.errors import InputError
from higgs_challenge.streams import derive_seed, stream
from higgs_challenge.tasks.higgs.data.iterator_prefetch import prefetch
from higgs_challenge.tasks.higgs.data.layout import PARQUET, metadata_path
from higgs_challenge.tasks.higgs.data.store import STORE_ROW_BYTES, Array, Progress, StoreWriter, is_store, no_progress
from higgs_challenge.tasks.higgs.events.columns import PRIMARY, PROCESSES
from higgs_challenge.tasks.higgs.simulation import NOMINAL_YIELDS, generator_version, simulate_blocks
from higgs_tools.higgs_data.informative_region import is_informative
from higgs_tools.higgs_data.official_writer import OFFICIAL_ROW_BYTES, OfficialWriter
from higgs_tools.higgs_data.sizes import Size

DEFAULT_SEED = 2025
SOURCE = "synthetic events"
ROWS_AT_ONCE = 1_048_576
"""Rows in a row group; large, because official tools get slower with every group."""


def make_synthetic_data(folder: Path, size: Size, seed: int = DEFAULT_SEED, progress: Progress = no_progress) -> None:
    """Generate events once, and write them as an event store (folder/store) and as files of the official layout.

    All of it appears at the end; on any error an older data set stays as it was. The hidden part's rows come first,
    then the training part's, both from streams of their own.

    Args:
        folder: to create, or to replace the data set of.
        size: rows per process and part, for instance SIZES["small"].
        seed: non-negative; the same seed and size give the same events, so an own one is as secret as the hidden part,
            and nothing that is written tells it.
        progress: called with events generated and events to generate.

    Raises:
        InputError: no data set can be made there.
    """
    _check_place(folder)
    require_space(folder, size.rows * (STORE_ROW_BYTES + OFFICIAL_ROW_BYTES), "the data set")
    source, hidden_rows = _source(seed), 0
    try:
        with (
            StoreWriter(folder / "store", source) as events,
            temporary_directory(folder / "official.partial") as aside,
            OfficialWriter(aside) as files,
        ):
            for batch in _batches(size, seed, progress):
                _add(events, batch)
                files.add(batch.rows, batch.processes, batch.weights)
                hidden_rows += len(batch.rows) if batch.part == "hidden" else 0
            files.finish(source=source, yields=NOMINAL_YIELDS, hidden_rows=hidden_rows)
            for file in aside.iterdir():
                file.replace(folder / file.name)
            events.finish(yields=NOMINAL_YIELDS)
    except BaseException:
        with suppress(OSError):
            folder.rmdir()  # only where it is empty
        raise


def make_synthetic_store(folder: Path, size: Size, seed: int = DEFAULT_SEED, progress: Progress = no_progress) -> None:
    """Generate the events of make_synthetic_data, and write their event store only.

    Args:
        folder: of the store, to create or replace.
        size, seed, progress: as there.

    Raises:
        InputError: no store can be made there.
    """
    require_space(folder.parent, size.rows * STORE_ROW_BYTES, "the event store")
    with StoreWriter(folder, _source(seed)) as events:
        for batch in _batches(size, seed, progress):
            _add(events, batch)
        events.finish(yields=NOMINAL_YIELDS)


def _source(seed: int) -> str:
    named = f"seed {seed}" if seed == DEFAULT_SEED else "own seed"
    return f"{SOURCE}, {named}, generator {generator_version()}"


def _check_place(folder: Path) -> None:
    """Refuse a folder with other data, or with a store in the place of the official files."""
    if is_store(folder):
        raise InputError(
            f"{folder} is itself an event store, as earlier versions made it: remove it, or choose another folder."
        )
    if (folder / PARQUET).exists() and not _is_synthetic(metadata_path(folder / PARQUET)):
        raise InputError(
            f"{folder} contains a {PARQUET} that is not synthetic: choose another folder. Nothing was changed."
        )


def _is_synthetic(metadata: Path) -> bool:
    try:
        return str(json.loads(metadata.read_text())["source"]).startswith(SOURCE)
    except (OSError, ValueError, TypeError, KeyError):
        return False


@dataclass(frozen=True)
class _Batch:
    """Some rows of a part; dense says which are in the region with more of them, None that there is none."""

    part: str
    rows: Array
    processes: Array
    weights: Array
    dense: Array | None


def _batches(size: Size, seed: int, progress: Progress) -> Iterator[_Batch]:
    """Generate the events in batches."""
    done = 0
    progress(done, size.generated)
    for part in ("hidden", "training"):
        process_weights, factors = row_weights(size, part), np.array([size.factor(part, name) for name in PROCESSES])
        for counts, rows, processes, inside in prefetch(_mixed_events(size, seed, part)):
            weights = process_weights[processes]
            weights[inside] /= factors[processes[inside]].astype(np.float32)
            yield _Batch(part, rows, processes, weights, inside if size.dense > 1 else None)
            done += int((counts * factors).sum())
            progress(done, size.generated)


def _add(events: StoreWriter, batch: _Batch) -> None:
    add = events.add_hidden if batch.part == "hidden" else events.add_training
    add(batch.rows, batch.processes, batch.weights, batch.dense)


def row_weights(size: Size, part: str) -> Array:
    """Weight the rows of a part: a process's weights add up to its yield, divided among the parts like its rows.

    So every stretch of the rows has the right mixture of processes, wherever a tool cuts the file in two.

    Args:
        size: rows per process and part.
        part: "hidden" or "training".

    Returns:
        The weight of a row of each process, in the order of columns.PROCESSES, float32; 0 for a process without rows.
    """
    weights = np.zeros(len(PROCESSES), dtype=np.float32)
    for number, name in enumerate(PROCESSES):
        with_it = [rows for rows in (size.hidden, size.training) if rows[name]]
        rows = size.of(part)
        if rows[name]:
            share = sum(rows.values()) / sum(sum(other.values()) for other in with_it)
            weights[number] = NOMINAL_YIELDS[name] * share / rows[name]
    return weights


def _mixed_events(size: Size, seed: int, part: str) -> Iterator[tuple[Array, Array, Array, Array]]:
    """Generate all processes' events in a random mixture, in batches.

    How many of each process a batch has is drawn as if all rows had been shuffled together.

    Yields:
        How many rows of each process would be there without added ones; rows; their process numbers; and which were
        added to because they are in the informative region.
    """
    left = np.array([size.of(part)[name] for name in PROCESSES])
    most = max(ROWS_AT_ONCE * left.sum() // max(size.part_rows(part), 1), 1)
    rng = stream(seed, part, "mixture")
    sources = [
        _Source(name, int(n), derive_seed(seed, part, name), size.factor(part, name))
        for name, n in zip(PROCESSES, left, strict=True)
    ]
    while left.sum():
        counts = rng.multivariate_hypergeometric(left, min(most, left.sum()), method="marginals")
        left -= counts
        taken = [source.take(int(n)) for source, n in zip(sources, counts, strict=True)]
        numbers = np.repeat(np.arange(len(PROCESSES), dtype=np.uint8), [len(events) for events, _ in taken])
        processes = rng.permutation(numbers)
        rows = np.empty((len(processes), len(PRIMARY)), dtype=np.float32)
        inside = np.empty(len(processes), dtype=np.bool_)
        for number, own in enumerate(taken):
            rows[processes == number], inside[processes == number] = own
        yield counts, rows, processes, inside


class _Source:
    """One process's events, read a few at a time.

    With a factor above 1, so many times the events are generated; all that are informative are kept, and of the others
    every factor-th.
    """

    def __init__(self, process: str, n: int, seed: int, factor: int) -> None:
        self._blocks = simulate_blocks(process, factor * n, seed)
        self._left = np.empty((0, len(PRIMARY)), dtype=np.float32)
        self._factor, self._others = factor, 0

    def take(self, n: int) -> tuple[Array, Array]:
        """Take the events kept of factor * n, and say which are informative (none where the factor is 1)."""
        missing = self._factor * n
        pieces = [self._thin_out(self._left[:0])]
        while missing:
            if not len(self._left):
                self._left = next(self._blocks)
            pieces.append(self._thin_out(self._left[:missing]))
            taken = min(missing, len(self._left))
            self._left, missing = self._left[taken:], missing - taken
        events, inside = (np.concatenate(arrays) for arrays in zip(*pieces, strict=True))
        return events, inside

    def _thin_out(self, events: Array) -> tuple[Array, Array]:
        if self._factor == 1:
            return events, np.zeros(len(events), dtype=np.bool_)
        inside = is_informative(events)
        others = np.flatnonzero(~inside)
        kept = inside.copy()
        kept[others[-self._others % self._factor :: self._factor]] = True
        self._others += len(others)
        return events[kept], inside[kept]
