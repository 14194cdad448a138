"""Data sets from the synthetic event generator, the default: an event store and files of the official layout."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
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
        progress: called with rows done and rows in total.

    Raises:
        InputError: no data set can be made there.
    """
    _check_place(folder)
    require_space(folder, size.rows * (STORE_ROW_BYTES + OFFICIAL_ROW_BYTES), "the data set")
    source = _source(seed)
    try:
        with (
            StoreWriter(folder / "store", source) as events,
            temporary_directory(folder / "official.partial") as aside,
            OfficialWriter(aside) as files,
        ):
            for part, *batch in _batches(size, seed, progress):
                _add(events, part, *batch)
                files.add(*batch)
            files.finish(source=source, yields=NOMINAL_YIELDS, hidden_rows=size.hidden_rows)
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
        for part, *batch in _batches(size, seed, progress):
            _add(events, part, *batch)
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


def _batches(size: Size, seed: int, progress: Progress) -> Iterator[tuple[str, Array, Array, Array]]:
    """Generate the events in batches: the part that they belong to, their rows, processes and weights."""
    done = 0
    progress(done, size.rows)
    for part in ("hidden", "training"):
        process_weights = row_weights(size, part)
        for rows, processes in prefetch(_mixed_events(getattr(size, part), seed, part)):
            yield part, rows, processes, process_weights[processes]
            done += len(rows)
            progress(done, size.rows)


def _add(events: StoreWriter, part: str, rows: Array, processes: Array, weights: Array) -> None:
    add = events.add_hidden if part == "hidden" else events.add_training
    add(rows, processes, weights)


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
        rows = getattr(size, part)
        if rows[name]:
            share = sum(rows.values()) / sum(sum(other.values()) for other in with_it)
            weights[number] = NOMINAL_YIELDS[name] * share / rows[name]
    return weights


def _mixed_events(rows: Mapping[str, int], seed: int, part: str) -> Iterator[tuple[Array, Array]]:
    """Generate all processes' events in a random mixture, in batches, with their process numbers.

    How many of each process a batch has is drawn as if all rows had been shuffled together.
    """
    left = np.array([rows[name] for name in PROCESSES])
    rng = stream(seed, part, "mixture")
    sources = [_Source(name, rows[name], derive_seed(seed, part, name)) for name in PROCESSES]
    while left.sum():
        counts = rng.multivariate_hypergeometric(left, min(ROWS_AT_ONCE, left.sum()), method="marginals")
        left -= counts
        processes = rng.permutation(np.repeat(np.arange(len(PROCESSES), dtype=np.uint8), counts))
        events = np.empty((len(processes), len(PRIMARY)), dtype=np.float32)
        for number, source in enumerate(sources):
            events[processes == number] = source.take(int(counts[number]))
        yield events, processes


class _Source:
    """One process's events, read a few at a time."""

    def __init__(self, process: str, n: int, seed: int) -> None:
        self._blocks = simulate_blocks(process, n, seed)
        self._left = np.empty((0, len(PRIMARY)), dtype=np.float32)

    def take(self, n: int) -> Array:
        pieces = [self._left]
        while sum(map(len, pieces)) < n:
            pieces.append(next(self._blocks))
        events = np.concatenate(pieces)
        self._left = events[n:]
        return events[:n]
