"""Rules for the leaderboard's columns and the fact sheet's questions."""

from collections.abc import Iterator, Mapping
from typing import Any

from higgs_tools.bundle.competition_file import Column, Competition, Leaderboard
from higgs_tools.bundle.rules.archives import Archives
from higgs_tools.bundle.rules.findings import Problem, doubled, in_competition
from higgs_tools.bundle.rules.programs import read_metadata

QUESTION_FIELDS = frozenset({"key", "type", "title", "selection", "is_required", "is_on_leaderboard"})
QUESTION_TYPES = ("checkbox", "text", "select")
DECIMALS = 10
"""Digits after the point with which Codabench stores a score."""


def check_leaderboard(
    competition: Competition, archives: Archives, gaps: frozenset[str] = frozenset()
) -> Iterator[Problem]:
    """Check that columns are distinct, that one ranks, and that scoring writes the key of each.

    Args:
        competition: the competition.
        archives: its archives.
        gaps: lists that lost a part while they were read; of what points to lost columns nothing is said.
    """
    for leaderboard in competition.leaderboards:
        yield from _check_columns(leaderboard, whole="columns" not in gaps)
    columns = competition.leaderboards[0].columns if competition.leaderboards else []
    for program in scoring_programs(competition, archives):
        if (written := score_keys(archives, program)) is None:
            continue
        for column in columns:
            if column.computation is None and column.key not in written:
                yield in_competition(
                    f"column {column.title} has the key {column.key}, which scoring does not write ({program})",
                    f"use one of {', '.join(sorted(written))}",
                )


def _check_columns(leaderboard: Leaderboard, whole: bool) -> Iterator[Problem]:
    columns = leaderboard.columns
    yield from doubled("column key", (column.key for column in columns))
    yield from doubled("column index", (column.index for column in columns))
    indices = {column.index for column in columns}
    if not columns and whole:
        yield in_competition(f"leaderboard {leaderboard.title} has no column", "give it one")
    elif leaderboard.primary_index not in indices and whole:
        yield in_competition(
            f"no leaderboard column has index {leaderboard.primary_index}, the one that ranks",
            "give it to the ranking column, or name that one's index as primary_index",
        )
    for column in columns:
        yield from _check_computation(column, indices if whole else None)


def _check_computation(column: Column, indices: set[int] | None) -> Iterator[Problem]:
    sources = column.computation_indexes or []
    if isinstance(sources, str):
        sources = list(sources)  # as Codabench takes it: letter by letter
    has_function, has_sources = ({*column.model_fields_set} & {name} for name in ("computation", "computation_indexes"))
    if (has_function and not has_sources) or (sources and not has_function) or (column.computation and not sources):
        yield in_competition(
            f"column {column.title} has only one of computation and computation_indexes", "write both or none"
        )
    if not isinstance(sources, list) or not all(str(source).strip().isdecimal() for source in sources):
        yield in_competition(
            f"column {column.title} has computation_indexes: {sources}", "write the indexes as a list, as [0, 1]"
        )
        return
    for source in sorted({int(source) for source in sources}):
        if source == column.index:
            yield in_competition(f"column {column.title} is computed from itself", "name other columns")
        elif indices is not None and source not in indices:
            yield in_competition(
                f"column {column.title} is computed from column {source}, which does not exist", "correct it"
            )


def warn_leaderboard(competition: Competition, archives: Archives) -> Iterator[Problem]:
    """Warn of tables that nobody sees, digits that are not stored, and scoring that does not say what it writes."""
    for unused in competition.leaderboards[1:]:
        yield in_competition(
            f"leaderboard {unused.title} is linked to no phase: Codabench shows the first one in all", "take it out"
        )
    for column in (column for leaderboard in competition.leaderboards for column in leaderboard.columns):
        if column.precision > DECIMALS:
            yield in_competition(
                f"column {column.title} shows {column.precision} digits, and {DECIMALS} are stored", "show fewer"
            )
    for program in scoring_programs(competition, archives):
        if score_keys(archives, program) is None:
            yield Problem(
                f"metadata.yaml in {program}",
                "does not list the keys that the program writes into scores.json, so no column could be checked",
                "add them as score_keys: [...], which the worker ignores",
            )


def scoring_programs(competition: Competition, archives: Archives) -> list[str]:
    """List the scoring programs that are in the bundle."""
    return sorted({file for kind, file in competition.programs() if kind == "scoring"} & archives.keys())


def score_keys(archives: Archives, program: str) -> set[str] | None:
    """Read the keys that a scoring program says it writes into scores.json; None where it says nothing."""
    keys = read_metadata(archives[program]).get("score_keys")
    return {key for key in keys if isinstance(key, str)} if isinstance(keys, list) else None


def check_fact_sheet(competition: Competition) -> Iterator[Problem]:
    """Check that each question of the fact sheet has its six fields, repeats its own key, and is of a known type."""
    sheet = competition.fact_sheet
    if sheet and not isinstance(sheet, dict):
        yield in_competition("fact_sheet is not a list of questions", "write each as its key and six fields")
        return
    for key, question in (sheet or {}).items():
        fields = question.keys() if isinstance(question, dict) else set()
        if fields != QUESTION_FIELDS:
            wrong = ", ".join(sorted(str(field) for field in fields ^ QUESTION_FIELDS))
            yield in_competition(
                f"question {key} of the fact sheet lacks or has too much: {wrong}",
                f"write {', '.join(sorted(QUESTION_FIELDS))} and nothing else",
            )
            continue
        if question["key"] != key:
            yield in_competition(f"question {key} of the fact sheet says key: {question['key']}", f"write key: {key}")
        if question["type"] not in QUESTION_TYPES:
            yield in_competition(
                f"question {key} of the fact sheet is of type {question['type']}",
                f"write one of {', '.join(QUESTION_TYPES)}",
            )


def warn_fact_sheet(competition: Competition) -> Iterator[Problem]:
    """Warn of questions that Codabench takes but its documentation does not allow."""
    sheet = competition.fact_sheet if isinstance(competition.fact_sheet, dict) else {}
    for key, question in sheet.items():
        if not isinstance(question, dict) or question.keys() != QUESTION_FIELDS:
            continue
        if any(letter.isspace() for letter in str(key)):
            yield in_competition(f"question {key} of the fact sheet has a space in its key", "take it out")
        if not _has_fitting_selection(question):
            yield in_competition(
                f"question {key} of the fact sheet has a selection that does not fit type {question['type']}",
                'write [true, false] for a checkbox, "" for text, a list of words for select',
            )
        for field in ("is_required", "is_on_leaderboard"):
            if question[field] not in ("true", "false"):
                yield in_competition(
                    f"question {key} of the fact sheet has {field}: {question[field]}",
                    'write "true" or "false", in quotes',
                )


def _has_fitting_selection(question: Mapping[str, Any]) -> bool:
    selection = question["selection"]
    match question["type"]:
        case "checkbox":
            return bool(selection == [True, False])
        case "text":
            return bool(selection == "")
        case "select":
            return isinstance(selection, list) and bool(selection) and all(isinstance(word, str) for word in selection)
    return True
