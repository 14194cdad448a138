"""Pieces of the report's HTML, from the Jinja2 templates in templates/; texts are escaped unless they are Markup."""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"
Figure = tuple[str, Markup, str]
"""Title, SVG and caption."""


def render(template: str, **values: object) -> Markup:
    """Fill in a template.

    Args:
        template: a file in templates/.
        values: that the template names.

    Returns:
        HTML.
    """
    return Markup(_environment().get_template(template).render(values))


def table(heads: Sequence[str], rows: Iterable[tuple[Sequence[str], bool]], texts: int = 1) -> Markup:
    """Make a table that scrolls sideways on a narrow page.

    Args:
        heads: titles of the columns.
        rows: cells of each row, and whether to mark it as failed.
        texts: number of columns at the left that hold text; the others hold numbers.

    Returns:
        HTML.
    """
    return render("table.html", heads=heads, rows=rows, texts=texts)


def details(summary: str, content: Markup, unfolded: bool = False) -> Markup:
    """Make a section that a reader can unfold.

    Args:
        summary: its title.
        content: HTML.
        unfolded: whether it starts unfolded.

    Returns:
        HTML.
    """
    return render("details.html", summary=summary, content=content, unfolded=unfolded)


def pictures(figures: Iterable[Figure], kind: str = "") -> Markup:
    """Make a grid of pictures.

    Args:
        figures: the pictures.
        kind: "big" for a grid of large pictures.

    Returns:
        HTML.
    """
    return render("pictures.html", figures=figures, kind=kind)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
