"""Ranks finished runs as the final phase was ranked: reads options, prints the table, and writes it where asked to."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from higgs_scoring.errors import ScoringError
from higgs_scoring.leaderboard import LONGEST_PROBLEM, Leaderboard, as_csv, make_leaderboard
from higgs_scoring.leaderboard_page import render_leaderboard
from higgs_scoring.leaderboard_words import cells, data_note, outcome, tie_rule
from higgs_scoring.output import make_folder, print_anything, write_whole
from higgs_scoring.run_folders import RunFolder, clean, name_runs
from higgs_scoring.truth import read_truth

REFUSED = 2
"""Exit code where not one run can be ranked."""

CSV_FILE = "leaderboard.csv"
PAGE_FILE = "leaderboard.html"

WIDE = 140
"""Columns of a terminal that has room for the whole table; ESSENTIAL is shown in one of 80."""

ESSENTIAL = ["Rank", "Run", "Quantile score", "Interval", "Coverage", "Minutes"]


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of the command line: reference and output, each a Path, and the runs as they were written."""
    parser = argparse.ArgumentParser(
        description="Rank finished runs of one plan as the challenge's final phase was ranked: two runs tie unless one "
        "is better in more than 97.5 % of 1 000 random draws of the sets. Prints the table; a run that cannot be "
        "scored is listed with the reason. Exits with 2 and one sentence where not one run can be ranked."
    )
    parser.add_argument(
        "--reference", type=Path, required=True, metavar="DIR", help="folder with truth.json: the true mu of every set"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help=f"folder for {CSV_FILE} and {PAGE_FILE}; made if it does not exist (default: print the table only)",
    )
    parser.add_argument(
        "runs",
        nargs="+",
        metavar="RUN",
        help="[NAME=]FOLDER: what ingestion wrote, with ingestion_summary.json in the folder or in its results/, as "
        "`make run` leaves it; the name is the folder's where none is given, and no two may be alike",
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Rank the runs and return the exit code: 0, or 2 with a sentence on stderr."""
    options = parse_options(arguments)
    print_anything()
    try:
        folders = name_runs(options.runs)
        board = make_leaderboard(read_truth(options.reference), _watched(folders))
        if options.output is not None:
            _write(board, options.output)
    except ScoringError as mistake:
        print(f"Not ranked: {clean(str(mistake), 2 * LONGEST_PROBLEM)}", file=sys.stderr)
        return REFUSED
    show(board)
    if options.output is not None:
        print(f"\nWritten: {options.output / CSV_FILE} and {options.output / PAGE_FILE}")
    return 0


def _watched(folders: Sequence[RunFolder]) -> Iterable[RunFolder]:
    """Show in a terminal how many of several runs are scored."""
    if len(folders) == 1 or not sys.stderr.isatty():
        return folders
    from rich.console import Console
    from rich.progress import track

    return track(folders, description="Scoring runs", console=Console(stderr=True), transient=True)


def _write(board: Leaderboard, output: Path) -> None:
    texts = {CSV_FILE: as_csv(board), PAGE_FILE: render_leaderboard(board)}
    make_folder(output)
    for name, text in texts.items():
        write_whole(output / name, text)


def show(board: Leaderboard) -> None:
    """Print the verdict, the table, and the runs without a rank; ranges and times where there is room for them."""
    from rich.console import Console
    from rich.table import Table

    # Names are strangers' words, in which brackets are no markup and colons no pictures.
    console = Console(highlight=False, markup=False, emoji=False)
    is_wide = console.width >= WIDE
    rows = [cells(board, place, all_errors=is_wide) for place in range(len(board.runs))]
    headings = list(rows[0]) if is_wide else ESSENTIAL
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        if heading == "Run":
            table.add_column(heading, overflow="fold")
        else:
            table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*(row[heading] for heading in headings))
    console.print(f"{outcome(board)}\n")
    console.print(table)
    # A line may break at the narrow blank of 1 000.
    console.print(f"\n{tie_rule(board)}".rstrip().replace("\u202f", ""))
    if note := data_note(board):
        console.print(f"\n{note}", soft_wrap=True)
    for missing in board.unranked:
        console.print(f"\nNot ranked: {missing.name}, because of this: {missing.problem}", soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
