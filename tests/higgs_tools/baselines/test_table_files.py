"""The table as Markdown, in a document, and as a page."""

from pathlib import Path

import pytest

from higgs_challenge.errors import InputError
from higgs_tools.baselines.result_file import write_result
from higgs_tools.baselines.table import Table, make_table
from higgs_tools.baselines.table_files import BEGIN, END, as_markdown, as_page, find_table, put_table
from tests.helpers.browser import measure_page
from tests.helpers.commands import call
from tests.helpers.made_results import made_result
from tests.helpers.outline import outline_without_strangers

ROW = {"Rank": "1", "Method": "a|b", "Width": "0.5"}
TABLE = Table([ROW], has_limit=False, notes=["One.", "Two."], command="make x")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A folder of results files."""
    for result in (made_result("reference", expected_width=0.479), made_result("wide", 3.0)):
        write_result(tmp_path / "results" / f"{result.identity.method}.json", result)
    return tmp_path / "results"


def test_markdown() -> None:
    assert as_markdown(TABLE) == (
        "| Rank | Method | Width |\n| --- | --- | ---: |\n| 1 | a\\|b | 0.5 |\n\nOne.\nTwo.\nThe command is `make x`.\n"
    )


def test_a_document_gets_the_table_between_two_lines() -> None:
    document = f"before\n{BEGIN}\n{END}\nafter\n"
    filled = put_table(document, TABLE)
    assert filled == f"before\n{BEGIN}\n\n{as_markdown(TABLE)}\n{END}\nafter\n"
    assert find_table(filled).strip() == as_markdown(TABLE).strip()
    assert put_table(filled, TABLE) == filled


@pytest.mark.parametrize("document", ["", BEGIN, f"{END}\n{BEGIN}", f"{BEGIN}{END}{BEGIN}{END}"])
def test_a_document_without_the_two_lines_is_refused(document: str) -> None:
    with pytest.raises(InputError, match="The document must have the line"):
        put_table(document, TABLE)


def test_the_command_writes_the_table_and_the_document(
    tmp_path: Path, results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "README.md"
    document.write_text(f"{BEGIN}\n{END}\n")
    assert call("table", results, "--output", tmp_path / "made", "--document", document) == 0
    printed = capsys.readouterr().out
    markdown = (tmp_path / "made" / "table.md").read_text()
    assert markdown in printed
    assert markdown in document.read_text()
    assert "Asimov limit of the reference" in (tmp_path / "made" / "table.html").read_text()


def test_a_document_that_is_refused_stays_as_it_was(
    tmp_path: Path, results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "README.md"
    document.write_text("no lines\n")
    assert call("table", results, "--output", tmp_path / "made", "--document", document) == 2
    assert "The document must have the line" in capsys.readouterr().err
    assert document.read_text() == "no lines\n"
    assert not (tmp_path / "made").exists()
    assert call("table", results, "--document", tmp_path / "missing.md") == 2
    assert "missing.md cannot be read: No such file or directory" in capsys.readouterr().err


def test_the_page_needs_nothing_else() -> None:
    page = as_page(make_table([made_result("reference", expected_width=0.479), made_result("wide", 3.0, title="<b>")]))
    outline = outline_without_strangers(page)
    assert outline.tags.count("tr") == 4
    assert "wide: &lt;b&gt;" in page
    assert page.index('<tr class="baseline">') > page.index("wide:")
    assert "{{" not in page


@pytest.mark.browser
def test_the_page_fits_a_screen_and_a_phone(tmp_path: Path) -> None:
    page = as_page(make_table([made_result("reference", expected_width=0.479), made_result("wide", 3.0)]))
    for width in (1200, 400):
        measured = measure_page(page, tmp_path, width)
        assert measured["content"] <= measured["width"]
        assert "Asimov limit of the reference" in measured["text"]
