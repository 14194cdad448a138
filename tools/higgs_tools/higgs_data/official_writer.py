"""Write events as files of the official layout, so that any tool for the official file can read them."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from higgs_challenge.tasks.higgs.data.layout import PARQUET, metadata_path, official_columns
from higgs_challenge.tasks.higgs.events.columns import LABELLING, OFFICIAL_COLUMNS, PROCESSES
from higgs_tools.higgs_data.croissant import describe_file

OFFICIAL_ROW_BYTES = 85
"""Bytes per row on disk, with a margin: 70 were measured."""

CROISSANT = "croissant.json"

_REPEATING = [name for name in OFFICIAL_COLUMNS if name.endswith(("_eta", "_phi"))] + ["PRI_n_jets", *LABELLING]
"""Columns of few different values, the angles' three decimals among them: a dictionary makes the file a fifth smaller,
and for the others it would double the time without a gain."""

_SCHEMA = pa.schema([(name, pa.string() if name == "detailed_labels" else pa.float32()) for name in OFFICIAL_COLUMNS])


class OfficialWriter:
    """Writes one data set of the official layout: the parquet file, its metadata and its Croissant description.

    Use as a context manager, in a folder that is moved or removed as a whole: an error leaves incomplete files.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / PARQUET
        self._file = pq.ParquetWriter(self._path, _SCHEMA, compression="snappy", use_dictionary=_REPEATING)
        self._rows = 0

    def __enter__(self) -> "OfficialWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(
        self, events: npt.NDArray[np.float32], processes: npt.NDArray[np.uint8], weights: npt.NDArray[np.float32]
    ) -> None:
        """Append rows as one row group, and compute their derived columns.

        Args:
            events: primary columns, shape (n, 16).
            processes: positions in columns.PROCESSES, shape (n,).
            weights: shape (n,); those of a process add up to its yield over the whole file.
        """
        self._file.write_table(pa.table(official_columns(events, processes, weights), schema=_SCHEMA))
        self._rows += len(events)

    def finish(self, *, source: str, yields: Mapping[str, float], hidden_rows: int) -> None:
        """Close the parquet file and describe it.

        Args:
            source: where the events come from.
            yields: expected events per process at 10 fb^-1.
            hidden_rows: how many of the first rows are the hidden part.
        """
        self._file.close()
        metadata = {
            "author": "Higgs uncertainty challenge",
            "source": source,
            "total_rows": self._rows,
            "hidden_rows": hidden_rows,
            "total_columns": len(OFFICIAL_COLUMNS),
            "columns": OFFICIAL_COLUMNS,
            "detailed_labels": PROCESSES,
            "sum_weights": sum(yields.values()),
            "yields": dict(yields),
            "luminosity": 10,
        }
        metadata_path(self._path).write_text(json.dumps(metadata, indent=4))
        with self._path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        description = describe_file(self._path.name, self._path.stat().st_size, digest, source)
        self._path.with_name(CROISSANT).write_text(json.dumps(description, indent=2))
