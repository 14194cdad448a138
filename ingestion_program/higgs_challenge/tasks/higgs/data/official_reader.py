"""Stream a file of the official layout, parquet with a metadata JSON, into an event store."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from higgs_challenge.directories import require_space
from higgs_challenge.errors import InputError, named
from higgs_challenge.tasks.higgs.data.iterator_prefetch import prefetch
from higgs_challenge.tasks.higgs.data.layout import metadata_path
from higgs_challenge.tasks.higgs.data.store import STORE_ROW_BYTES, Progress, StoreWriter, no_progress
from higgs_challenge.tasks.higgs.events.columns import LABELLING, OFFICIAL_COLUMNS, PRIMARY, PROCESSES, SIGNAL

DOI = "10.5281/zenodo.15131565"
"""Of the record that holds the official file."""

HIDDEN_SHARE = 0.3
"""The first rows of the official file are its test part."""

ROWS_AT_ONCE = 262_144
BYTES_AT_ONCE = 262_144
"""Bytes read at a time, per column; otherwise Arrow holds whole row groups, and a file may be a single one."""


def find_official_file(folder: Path) -> Path | None:
    """Find the official file in a folder: NAME.parquet with NAME_metadata.json beside it.

    Returns:
        The parquet file, or None where the folder has no parquet file at all.

    Raises:
        InputError: there are parquet files, but not one with its metadata.
    """
    files = sorted(folder.glob("*.parquet"))
    described = [file for file in files if metadata_path(file).is_file()]
    if files and len(described) != 1:
        raise InputError(
            f"{folder} has {len(described)} parquet files with their metadata (NAME.parquet with NAME_metadata.json "
            f"beside it), of {len(files)}; expected one, the official file. Copy both files from where they came from."
        )
    return described[0] if described else None


def convert_official_file(parquet: Path, store: Path, progress: Progress = no_progress) -> None:
    """Stream a file of the official layout into a store, in bounded memory.

    The first rows are the hidden part, the others the training part: 30 % of them, or as many as the metadata's
    hidden_rows says, which synthetic data have.

    Args:
        parquet: the file, with its metadata JSON beside it.
        store: folder to create or replace.
        progress: called with rows done and rows in total.

    Raises:
        InputError: the file or its metadata are invalid, or the disk is too full; no store is left then.
    """
    file = _open_parquet(parquet)
    total = file.metadata.num_rows
    metadata = _read_metadata(metadata_path(parquet), total)
    hidden, done = metadata.get("hidden_rows", int(HIDDEN_SHARE * total)), 0
    require_space(store.parent, total * STORE_ROW_BYTES, "the event store")
    with StoreWriter(store, f"{parquet.name} ({total} rows)") as writer:
        progress(done, total)
        for events, processes, weights in prefetch(_checked_rows(file, parquet)):
            split = int(np.clip(hidden - done, 0, len(events)))
            writer.add_hidden(events[:split], processes[:split], weights[:split])
            writer.add_training(events[split:], processes[split:], weights[split:])
            done += len(events)
            progress(done, total)
        writer.finish(yields=metadata.get("yields"), total=float(metadata["sum_weights"]))


def _open_parquet(path: Path) -> pq.ParquetFile:
    try:
        file = pq.ParquetFile(path, buffer_size=BYTES_AT_ONCE, pre_buffer=False)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path} cannot be read as a parquet file: {error}. Is it complete?") from error
    missing = [name for name in OFFICIAL_COLUMNS if name not in file.schema_arrow.names]
    if missing:
        raise InputError(f"{path} lacks the column {', '.join(missing)}; expected the official file's 31 columns.")
    for name in (*PRIMARY, "weights", "labels"):
        kind = file.schema_arrow.field(name).type
        if not (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
            raise InputError(f"{path}: column {name} is of type {kind}; expected numbers.")
    if file.metadata.num_rows == 0:
        raise InputError(f"{path} has no rows.")
    return file


def _read_metadata(path: Path, rows: int) -> dict[str, Any]:
    if not path.is_file():
        raise InputError(
            f"There is no {path.name} beside the parquet file, in {path.parent}: it says how many events to expect. "
            "Copy it from where the parquet file came from."
        )
    try:
        metadata: dict[str, Any] = json.loads(path.read_text())
        claimed, sum_weights = metadata["total_rows"], float(metadata["sum_weights"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path} must be JSON with total_rows and sum_weights ({named(error)}).") from error
    if claimed != rows:
        raise InputError(f"{path} says total_rows = {claimed}, but the parquet file has {rows} rows.")
    if not (np.isfinite(sum_weights) and sum_weights > 0):
        raise InputError(f"{path}: sum_weights must be a positive number, not {sum_weights}.")
    labels = metadata.get("detailed_labels", list(PROCESSES))
    if not isinstance(labels, list):
        raise InputError(f"{path}: detailed_labels must be a list, not {labels!r}.")
    unknown = sorted(set(map(str, labels)) ^ set(PROCESSES))
    if unknown:
        raise InputError(f"{path}: detailed_labels and the known processes differ in {', '.join(unknown)}.")
    hidden = metadata.get("hidden_rows", 0)
    if not (isinstance(hidden, int) and 0 <= hidden <= rows):
        raise InputError(f"{path}: hidden_rows must be a whole number from 0 to {rows}, not {hidden!r}.")
    if "yields" in metadata and not _are_yields(metadata["yields"]):
        raise InputError(f"{path}: yields must be a number >= 0 for each of {', '.join(PROCESSES)}.")
    return metadata


def _are_yields(yields: Any) -> bool:
    if not isinstance(yields, dict) or set(yields) != set(PROCESSES):
        return False
    return all(isinstance(value, int | float) and 0 <= value < float("inf") for value in yields.values())


def _checked_rows(file: pq.ParquetFile, path: Path) -> Iterator[tuple[npt.NDArray[Any], ...]]:
    """Read events (n, 16), process numbers (n,) and weights (n,), some rows at a time."""
    start = 0
    try:
        for batch in file.iter_batches(ROWS_AT_ONCE, columns=[*PRIMARY, *LABELLING]):
            yield _unpack(batch, path, start)
            start += len(batch)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path} is damaged: {error}. Download it again.") from error


def _unpack(batch: pa.RecordBatch, path: Path, start: int) -> tuple[npt.NDArray[Any], ...]:
    """Turn a batch into events (n, 16), process numbers (n,) and weights (n,), and check every value."""
    events = np.stack([_numbers(batch, name, path, start) for name in PRIMARY], axis=1)
    weights = _numbers(batch, "weights", path, start)
    if (weights < 0).any():
        raise InputError(f"{path}: weights has a negative value in row {start + int(np.argmax(weights < 0))}.")
    positions = pc.index_in(batch.column("detailed_labels").cast(pa.string()), pa.array(PROCESSES))
    processes = positions.fill_null(len(PROCESSES)).to_numpy(zero_copy_only=False).astype(np.uint8)
    if (processes == len(PROCESSES)).any():
        row = int(np.argmax(processes == len(PROCESSES)))
        raise InputError(
            f"{path}: detailed_labels is {batch.column('detailed_labels')[row]} in row {start + row}; "
            f"expected one of {', '.join(PROCESSES)}."
        )
    wrong = (_numbers(batch, "labels", path, start) == 1) != (processes == PROCESSES.index(SIGNAL))
    if wrong.any():
        raise InputError(f"{path}: labels contradicts detailed_labels in row {start + int(np.argmax(wrong))}.")
    return events, processes, weights


def _numbers(batch: pa.RecordBatch, name: str, path: Path, start: int) -> npt.NDArray[np.float32]:
    values: npt.NDArray[np.float32] = (
        batch.column(name).cast(pa.float32()).fill_null(float("nan")).to_numpy(zero_copy_only=False)
    )
    finite = np.isfinite(values)
    if not finite.all():
        raise InputError(f"{path}: {name} is not a finite number in row {start + int(np.argmin(finite))}.")
    return values
