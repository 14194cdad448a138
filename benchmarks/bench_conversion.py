"""Prints how fast a file of the official layout becomes an event store, and how much memory that takes.

The rows are simulated ones, repeated: converting does the same work for every row. Each conversion runs in a fresh
process, on files in TMPDIR (5 GB for 30 million rows). Both layouts that a parquet file may have are measured, row
groups of a million rows and a single one.
"""

import argparse
import json
import multiprocessing
import os
import platform
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from higgs_challenge.cli import available_cores
from higgs_challenge.data.layout import PARQUET, metadata_path
from higgs_challenge.data.official import convert_official_file
from higgs_challenge.data.synthetic import Size, make_synthetic_data

FEW = Size(
    hidden={"htautau": 20_000, "ztautau": 250_000, "diboson": 5_000, "ttbar": 25_000},
    training={"htautau": 60_000, "ztautau": 550_000, "diboson": 15_000, "ttbar": 75_000},
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=30_000_000, help="of the file (default: %(default)s)")
    parser.add_argument(
        "--folder", type=Path, help="where 5 GB are free for 30 million rows (default: temporary files')"
    )
    arguments = parser.parse_args()
    print(f"{platform.machine()}, {available_cores()} cores, load before {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="bench_conversion_") as scratch:
        make_synthetic_data(Path(scratch) / "few", FEW)
        for rows_in_group in (1_000_000, arguments.rows):
            parquet = repeat(Path(scratch) / "few" / PARQUET, Path(scratch) / PARQUET, arguments.rows, rows_in_group)
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
                seconds, peak = fresh.submit(convert, parquet, Path(scratch) / "store").result()
            print(
                f"{arguments.rows:,} rows in groups of {rows_in_group:,}: "
                f"{arguments.rows / seconds:,.0f} rows/s, at most {peak / 2**30:.2f} GiB resident"
            )


def repeat(few: Path, parquet: Path, rows: int, rows_in_group: int) -> Path:
    """Write a file of many rows, which repeat those of a small one."""
    table = pq.read_table(few)
    many = pa.concat_tables([table] * -(-rows // len(table))).slice(0, rows)
    pq.write_table(many, parquet, row_group_size=rows_in_group)
    metadata = json.loads(metadata_path(few).read_text()) | {"total_rows": rows}
    del metadata["hidden_rows"]
    metadata_path(parquet).write_text(json.dumps(metadata))
    return parquet


def convert(parquet: Path, store: Path) -> tuple[float, int]:
    """Convert a file; give the seconds and the bytes resident at most."""
    start = time.perf_counter()
    convert_official_file(parquet, store)
    seconds = time.perf_counter() - start
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return seconds, int(peak.split()[1]) * 1024


if __name__ == "__main__":
    main()
