"""HTML pages from Jinja2 templates: each is one file, with its style and plots inside, that needs nothing else."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from higgs_scoring.colours import css_variables

TEMPLATES = Path(__file__).parent / "templates"


def render_template(template: str, **values: object) -> str:
    """Fill in a template.

    Args:
        template: a file in templates/.
        values: that the template names; texts are escaped unless they are Markup.

    Returns:
        The page.
    """
    return _environment().get_template(template).render(values)


def html_page(title: str, body: str, *, css: str = "") -> str:
    """Put ready HTML into a page of the same style.

    Args:
        title: of the page, plain text.
        body: HTML.
        css: rules in addition to the style of all pages.

    Returns:
        The page.
    """
    return render_template("page.html", page_title=title, body=Markup(body), css=Markup(css))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {"light": Markup(css_variables("light")), "dark": Markup(css_variables("dark"))}
    return environment
