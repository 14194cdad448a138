"""The table of methods as Markdown, also within another document, and as a page in the leaderboard's style."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from higgs_challenge.atomic import write_bytes
from higgs_challenge.errors import InputError
from higgs_scoring.html_pages import TEMPLATES, html_page
from higgs_tools.baselines.table import METHOD, Table

TITLE = "Methods compared"
TEXTS = ("Rank", METHOD)
"""Columns that hold text; the others hold numbers."""

WIDE = """\
body { max-width: 90rem; }
.ranking th.name { min-width: 12rem; }
.ranking .value { white-space: normal; }
"""
"""Style of a page whose table has many columns: the second number of a cell may stand below the first."""

BEGIN, END = "<!-- table of methods, made by `make table` from results/ -->", "<!-- end of the table of methods -->"
"""The lines of a document between which the table stands."""


def as_markdown(table: Table) -> str:
    """Return the table with its notes."""
    headings = list(table.rows[0])
    lines = [headings, ["---" if heading in TEXTS else "---:" for heading in headings]]
    lines += [[_escape(text) for text in row.values()] for row in table.rows]
    rows = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    notes = "\n".join(table.notes)
    return f"{rows}\n\n{notes}\nThe command is `{table.command}`.\n"


def as_page(table: Table) -> str:
    """Return a page that needs nothing else."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    body = environment.get_template("table.html").render(title=TITLE, table=table, texts=TEXTS, method=METHOD)
    return html_page(TITLE, Markup(body), css=(TEMPLATES / "leaderboard.css").read_text() + WIDE)


def write_table(table: Table, folder: Path) -> list[Path]:
    """Write table.md and table.html.

    Raises:
        InputError: the folder cannot be written.
    """
    texts = {"table.md": as_markdown(table), "table.html": as_page(table)}
    for name, text in texts.items():
        write_bytes(folder / name, text.encode())
    return [folder / name for name in texts]


def find_table(document: str) -> str:
    """Return what a document has between the two lines of the table.

    Raises:
        InputError: it does not have each of the two lines once, in their order.
    """
    if document.count(BEGIN) != 1 or document.count(END) != 1 or document.index(BEGIN) > document.index(END):
        raise InputError(f"The document must have the line {BEGIN} once, and after it once the line {END}.")
    return document.partition(BEGIN)[2].partition(END)[0]


def put_table(document: str, table: Table) -> str:
    """Replace what a document has between the two lines of the table.

    Raises:
        InputError: as in `find_table`.
    """
    older = find_table(document)
    return document.replace(f"{BEGIN}{older}{END}", f"{BEGIN}\n\n{as_markdown(table)}\n{END}")


def _escape(text: str) -> str:
    return text.replace("|", "\\|")
