"""The README's table of methods is made from the committed results files."""

import pytest

from higgs_tools.baselines.result_file import read_results
from higgs_tools.baselines.table import make_table
from higgs_tools.baselines.table_files import find_table, put_table
from tests.helpers.repository import ROOT

RESULTS = ROOT / "results"


def test_the_readme_has_a_place_for_the_table() -> None:
    find_table((ROOT / "README.md").read_text(encoding="utf-8"))


def test_the_table_of_the_readme_is_that_of_the_results() -> None:
    if not list(RESULTS.glob("*.json")):
        pytest.skip("results/ has no results file yet: make baselines RESULTS=results, then make table with README=yes")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    wanted = put_table(readme, make_table(read_results(RESULTS)))
    assert readme == wanted, "README.md is out of date: make table RESULTS=results README=yes"
