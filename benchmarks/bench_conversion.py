"""Prints how fast a file of the official layout becomes an event store, and how much memory that takes.

The rows are simulated ones, repeated: converting does the same work for every row. Each conversion runs in a fresh
process, on files in TMPDIR (5 GB for 30 million rows). Both layouts that a parquet file may have are measured, row
groups of a million rows and a single one.
"""

import argparse
import json
import multiprocessing
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from rows import Row, describe_machine, print_rows, seconds

from higgs_challenge.tasks.higgs.data.layout import PARQUET, metadata_path
from higgs_challenge.tasks.higgs.data.official_reader import convert_official_file
from higgs_tools.higgs_data.sizes import Size
from higgs_tools.higgs_data.synthetic import make_synthetic_data

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
    print(describe_machine())
    print_rows(measure(arguments.rows, (1_000_000, arguments.rows), arguments.folder))


def measure(rows: int = 10_000_000, groups: Sequence[int] = (1_000_000,), folder: Path | None = None) -> list[Row]:
    """Time the conversion of a file on all cores.

    Args:
        rows: of the file.
        groups: sizes of row groups, a file for each.
        folder: where there is room; None for temporary files'.

    Returns:
        Rows of the table.
    """
    found = []
    with tempfile.TemporaryDirectory(prefix="bench_conversion_", dir=folder) as scratch:
        make_synthetic_data(Path(scratch) / "few", FEW)
        for rows_in_group in groups:
            parquet = repeat(Path(scratch) / "few" / PARQUET, Path(scratch) / PARQUET, rows, rows_in_group)
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
                taken, peak = fresh.submit(convert, parquet, Path(scratch) / "store").result()
            note = f"{rows:,} rows in groups of {rows_in_group:,}, at most {peak / 2**30:.2f} GiB resident"
            found.append(Row("conversion of the official file", "rows/s", rows / taken, note=note))
    return found


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
    taken = seconds(lambda: convert_official_file(parquet, store))
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return taken, int(peak.split()[1]) * 1024


if __name__ == "__main__":
    main()
