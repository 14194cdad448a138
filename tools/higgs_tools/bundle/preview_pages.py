"""The competition's pages as Codabench gets them, and as it shows them."""

import html
import re
from collections.abc import Sequence
from pathlib import Path

from markdown_it import MarkdownIt

from higgs_challenge.atomic import write_bytes
from higgs_challenge.errors import InputError
from higgs_tools.bundle.make_bundle import read_competition, refusal
from higgs_tools.bundle.pages import render_pages
from higgs_tools.bundle.rules import parse_competition
from higgs_tools.bundle.task_files import find

KATEX = "https://cdn.jsdelivr.net/npm/katex@0.16.22/dist"
"""Where a browser finds the library that Codabench draws formulas with."""

CODE = re.compile(r"```(\w*)\n([\s\S]*?)```")
FORMULA = re.compile(r"\$\$([\s\S]+?)\$\$|\$([^$\n]+?)\$")

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<link rel="stylesheet" href="{katex}/katex.min.css">
<script defer src="{katex}/katex.min.js"></script>
<script>
addEventListener("load", () => document.querySelectorAll(".formula").forEach((place) =>
  katex.render(place.textContent, place, {{displayMode: place.tagName == "DIV", throwOnError: false}})));
</script>
<style>
body {{ max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.55 system-ui, sans-serif; }}
table {{ border-collapse: collapse; }}
th, td {{ border: 1px solid #d4d4d5; padding: .4rem .7rem; text-align: left; }}
pre {{ background: #f5f5f5; padding: 1rem; overflow: auto; }}
</style>
</head>
<body>
{body}</body>
</html>
"""


def as_html(text: str) -> str:
    """Turn a page's Markdown into HTML in Codabench's order: code and formulas out, Markdown, formulas and code back.

    Args:
        text: the page.

    Returns:
        The body of a page, each formula in an element of class formula, a div where it stands on lines of its own.

    Source: renderMarkdownWithLatex of the public repository codalab/codabench.
    """
    kept: list[str] = []

    def keep(element: str) -> str:
        kept.append(element)
        return f"%%KEPT_{len(kept) - 1}%%"

    def keep_formula(match: re.Match[str]) -> str:
        element = "div" if match[1] else "span"
        return keep(f'<{element} class="formula">{html.escape(match[1] or match[2])}</{element}>')

    text = CODE.sub(lambda match: keep(f"<pre><code>{html.escape(match[2])}</code></pre>"), text)
    text = FORMULA.sub(keep_formula, text)
    body: str = MarkdownIt("commonmark").enable("table").render(text)
    return re.sub(r"%%KEPT_(\d+)%%", lambda match: kept[int(match[1])], body)


def write_previews(folders: Sequence[Path], output: Path, katex: str) -> list[Path]:
    """Write each page of a competition as Markdown and as HTML.

    Args:
        folders: of the competition, see task_files.
        output: folder for the files, made if need be.
        katex: address of KaTeX's folder dist.

    Returns:
        The HTML files.

    Raises:
        InputError: competition.yaml or a page cannot be used.
    """
    competition = parse_competition(read_competition(folders[0]))
    if isinstance(competition, list):
        raise refusal(competition)
    pages = render_pages(folders, competition)
    if missing := [name for name in competition.texts() if name not in pages]:
        raise InputError(f"{find(folders, missing[0])} is missing or is not UTF-8 text; write it.")
    written = []
    for name, content in pages.items():
        path = output / Path(name).name
        write_bytes(path, content)
        written.append(path.with_suffix(".html"))
        page = PAGE.format(title=path.stem, katex=katex, body=as_html(content.decode("utf-8")))
        write_bytes(written[-1], page.encode("utf-8"))
    return written
