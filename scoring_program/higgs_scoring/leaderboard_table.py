"""The leaderboard in a terminal."""

from higgs_scoring.leaderboard import Leaderboard
from higgs_scoring.leaderboard_text import baseline_note, cells, outcome, remarks, tie_rule

WIDE = 160
"""Columns of a terminal that has room for the whole table; ESSENTIAL is shown in one of 80."""

ESSENTIAL = ["Rank", "Run", "Quantile score", "Interval", "Coverage", "Minutes"]


def print_table(board: Leaderboard) -> None:
    """Print the verdict, the table, and the runs without a rank; ranges and times where there is room for them."""
    from rich.console import Console
    from rich.table import Table

    # Names are untrusted text, in which brackets are not markup and colons not pictures.
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
    for row, run in zip(rows, board.runs, strict=True):
        table.add_row(*(row[heading] for heading in headings), style="italic" if run.is_baseline else None)
    console.print(f"{outcome(board)} {baseline_note(board)}".rstrip() + "\n")
    console.print(table)
    # A line may break at the narrow blank of 1 000.
    console.print(f"\n{tie_rule(board)}".rstrip().replace("\u202f", ""))
    for note in remarks(board):
        console.print(f"\n{note}", soft_wrap=True)
    for missing in board.unranked:
        console.print(f"\nNot ranked: {missing.name}. {missing.problem}", soft_wrap=True)
