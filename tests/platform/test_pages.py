"""The pages read well on Codabench: formulas survive its Markdown, links lead somewhere public and lasting."""

import html
import re

import pytest
from markdown_it import MarkdownIt

PAGES = ("overview", "evaluation", "data", "starting_kit", "terms")
FORMULA = re.compile(r"\$\$[\s\S]*?\$\$|\$[^$\n]*?\$")
ALLOWED = re.compile(r"https://(arxiv\.org/abs/\d{4}\.\d{5}|doi\.org/10\.5281/zenodo\.15131565|www\.codabench\.org/)")


def read(root, page):
    return (root / "pages" / f"{page}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_formulas_survive_markdown(root, page):
    # Codabench turns Markdown into HTML first and only then looks for formulas between dollar signs.
    text = read(root, page)
    rendered = html.unescape(MarkdownIt("commonmark").enable("table").render(text))
    assert FORMULA.findall(rendered) == FORMULA.findall(text)
    assert all(formula.count("{") == formula.count("}") for formula in FORMULA.findall(text))
    assert "$" not in FORMULA.sub("", rendered)


@pytest.mark.parametrize("page", PAGES)
def test_links_are_public_and_lasting(root, page):
    links = re.findall(r"https?://[^\s)\]]+", read(root, page))
    assert [link for link in links if not ALLOWED.fullmatch(link)] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_one_heading_and_no_gaps(root, page):
    text = read(root, page)
    prose = re.sub(r"```[\s\S]*?```", "", text)
    assert text.startswith("# ")
    assert len(re.findall(r"^# ", prose, flags=re.MULTILINE)) == 1
    assert not re.search(r"TODO|TBD|FIXME|lorem", text)
