"""Prints the speed of what participants call, systematics and get_train_set, beside the official package's.

Both run on one core, get_train_set on files that have been read before. Needs 2 GB of disk in TMPDIR; takes a minute.
"""

import json
import logging
import tempfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from big_store import make_store
from HiggsML.datasets import Data
from HiggsML.systematics import systematics as official_systematics
from rows import REPEATS, Row, in_turn, run

from higgs_challenge import TrainingSet, systematics
from higgs_challenge.tasks.higgs.data.layout import PARQUET, metadata_path

TRAINING = 3_000_000
EVENTS = 1_000_000
SHIFTED = {"tes": 1.01, "jes": 0.99, "soft_met": 1.0}


def measure(repeats: int = REPEATS) -> list[Row]:
    """Time both functions beside the official package's.

    Args:
        repeats: of each.

    Returns:
        Rows of the table.
    """
    logging.disable(logging.WARNING)  # the official package's progress
    with tempfile.TemporaryDirectory(prefix="bench_functions_") as folder:
        make_store(Path(folder, "store"), hidden=1000, training=TRAINING)
        ours = TrainingSet(Path(folder, "store", "training"))
        events = ours()
        official = official_data(Path(folder, "official"), events)
        events = events.iloc[:EVENTS].copy()
        whole, official_whole, share, official_share = in_turn(
            [ours, official.load_train_set, lambda: ours(0.01), lambda: official.load_train_set(0.01)], repeats
        )
        distort, official_distort = in_turn(
            [lambda: systematics(events, **SHIFTED), lambda: official_systematics(events, **SHIFTED)], repeats
        )
    return [
        Row("systematics (tes, jes, soft_met) of a million events with 31 columns", "s", distort, official_distort),
        Row("get_train_set, all of 3 million", "rows/s", TRAINING / whole, TRAINING / official_whole),
        Row("get_train_set, 1 % of 3 million", "s", share, official_share),
    ]


def official_data(folder: Path, events: pd.DataFrame) -> Data:
    """Write events as the official file and open it with the official package."""
    folder.mkdir()
    pq.write_table(pa.Table.from_pandas(events, preserve_index=False), folder / PARQUET, row_group_size=1_000_000)
    description = {"total_rows": len(events), "sum_weights": float(events["weights"].sum())}
    metadata_path(folder / PARQUET).write_text(json.dumps(description))
    return Data(str(folder), test_size=0)


if __name__ == "__main__":
    run(measure, __doc__)
