"""The recipe of docs/organisers.md for scores that stay hidden makes a bundle that Codabench takes."""

import re
from datetime import datetime
from typing import Any

import pytest
import yaml

from higgs_tools.bundle.rules import inspect_bundle
from tests.helpers.repository import ROOT

TODAY = datetime(2026, 11, 2)


@pytest.fixture
def recipe() -> dict[str, Any]:
    text = (ROOT / "docs" / "organisers.md").read_text(encoding="utf-8")
    section = text.split("## Scores hidden until the end\n")[1].split("\n## ")[0]
    found: dict[str, Any] = yaml.safe_load(re.search(r"```yaml\n(.*?)```", section, re.DOTALL)[1])  # type: ignore[index]
    return found


@pytest.fixture
def hidden(recipe: dict[str, Any], competition: dict[str, Any]) -> dict[str, Any]:
    """The competition with what the recipe changes, every column hidden that it does not name."""
    (phase,), (board,) = recipe.pop("phases"), recipe.pop("leaderboards")
    changed = {column["key"]: column for column in board.pop("columns")}
    for one in competition["phases"]:
        one.update(phase)
    competition["leaderboards"][0].update(board)
    for column in competition["leaderboards"][0]["columns"]:
        column.update(changed.get(column["key"], {"hidden": True}))
    return competition | recipe


def test_the_bundle_is_accepted_without_a_warning_more(hidden, competition, files):
    before = yaml.safe_load(files["competition.yaml"])
    assert hidden != before
    findings, usual = inspect_bundle(hidden, files, TODAY), inspect_bundle(before, files, TODAY)
    assert findings.problems == ()
    assert findings.warnings == usual.warnings


def test_one_column_is_left_and_it_orders_the_table_and_tells_nothing_of_a_score(hidden):
    columns = hidden["leaderboards"][0]["columns"]
    assert [(one["key"], one["index"]) for one in columns if not one.get("hidden")] == [("ingestion_duration", 0)]
    assert len({one["index"] for one in columns}) == len(columns)
    assert hidden["leaderboards"][0]["hidden"] is True
    assert hidden["enable_detailed_results"] is False
    assert all(
        one["hide_output"] and one["hide_prediction_output"] and one["hide_score_output"] for one in hidden["phases"]
    )
