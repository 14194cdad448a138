"""Rules for the leaderboard's columns and the fact sheet's questions."""

from collections.abc import Iterator

from higgs_tools.bundle.competition_file import Competition, Question
from higgs_tools.bundle.rules.archives import Archives
from higgs_tools.bundle.rules.findings import Problem, doubled, in_competition
from higgs_tools.bundle.rules.programs import read_metadata


def check_leaderboard(competition: Competition, archives: Archives) -> Iterator[Problem]:
    """Check that columns are distinct, that one of index 0 ranks, and that scoring writes the key of each."""
    columns = competition.leaderboards[0].columns
    yield from doubled("column key", (column.key for column in columns))
    yield from doubled("column index", (column.index for column in columns))
    indices = {column.index for column in columns}
    if 0 not in indices:
        yield in_competition("no leaderboard column has index 0, the one that ranks", "give it to the ranking column")
    for column in columns:
        if (column.computation is None) != (column.computation_indexes is None):
            yield in_competition(
                f"column {column.title} has only one of computation and computation_indexes", "write both or none"
            )
        for missing in sorted(set(column.computation_indexes or []) - indices):
            yield in_competition(
                f"column {column.title} is computed from column {missing}, which does not exist", "correct it"
            )
    for program in sorted({task.scoring_program for task in competition.tasks} & archives.keys()):
        written = score_keys(archives, program)
        if written is None:
            continue
        for column in columns:
            if column.computation is None and column.key not in written:
                yield in_competition(
                    f"column {column.title} has the key {column.key}, which scoring does not write ({program})",
                    f"use one of {', '.join(sorted(written))}",
                )


def warn_leaderboard(competition: Competition, archives: Archives) -> Iterator[Problem]:
    """Warn of a scoring program that does not say which keys it writes: columns are compared with them."""
    for program in sorted({task.scoring_program for task in competition.tasks} & archives.keys()):
        if score_keys(archives, program) is None:
            yield Problem(
                f"metadata.yaml in {program}",
                "does not list the keys that the program writes into scores.json, so no column could be checked",
                "add them as score_keys: [...], which the worker ignores",
            )


def score_keys(archives: Archives, program: str) -> set[str] | None:
    """Read the keys that a scoring program says it writes into scores.json; None where it says nothing."""
    keys = read_metadata(archives[program]).get("score_keys")
    return {key for key in keys if isinstance(key, str)} if isinstance(keys, list) else None


def check_fact_sheet(competition: Competition) -> Iterator[Problem]:
    """Check that each question repeats its own key, and offers what its type allows."""
    for key, question in competition.fact_sheet.items():
        if question.key != key:
            yield in_competition(f"question {key} of the fact sheet says key: {question.key}", f"write key: {key}")
        if any(letter.isspace() for letter in key):
            yield in_competition(f"question {key} of the fact sheet has a space in its key", "take it out")
        if not _has_fitting_selection(question):
            yield in_competition(
                f"question {key} of the fact sheet has a selection that does not fit type {question.type}",
                'write [true, false] for a checkbox, "" for text, a list of words for select',
            )


def _has_fitting_selection(question: Question) -> bool:
    match question.type:
        case "checkbox":
            return bool(question.selection == [True, False])
        case "text":
            return bool(question.selection == "")
    words = question.selection
    return isinstance(words, list) and bool(words) and all(isinstance(word, str) for word in words)
