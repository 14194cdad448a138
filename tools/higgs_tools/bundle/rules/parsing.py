"""Reading competition.yaml: from bytes to the fields that Codabench knows, however much of them is wrong."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from higgs_tools.bundle.competition_file import (
    Column,
    Competition,
    Leaderboard,
    Page,
    Part,
    Phase,
    Solution,
    Task,
)
from higgs_tools.bundle.rules.findings import Problem, in_competition

PARTS: Mapping[str, type[Part]] = {
    "pages": Page,
    "phases": Phase,
    "tasks": Task,
    "solutions": Solution,
    "leaderboards": Leaderboard,
    "columns": Column,
}
"""The kind of part in each list of parts."""

STAND_INS: Mapping[str, Any] = {
    **dict.fromkeys(("title", "name"), "(none)"),
    **{name: [] for name in ("pages", "phases", "tasks", "leaderboards", "columns")},
}
"""What stands in for a field that is missing, so that the rest can be checked; other parts are left out."""


@dataclass(frozen=True)
class Reading:
    """What could be read of competition.yaml.

    Attributes:
        competition: what is right in it; None where it is something else altogether.
        problems: what is wrong with its shape.
        gaps: names of lists that lost a part to a problem, so that nothing can be said of what points to it.
    """

    competition: Competition | None
    problems: tuple[Problem, ...] = ()
    gaps: frozenset[str] = frozenset()


def load_yaml(content: bytes) -> object:
    """Read the content of a YAML file.

    Raises:
        ValueError: it is not UTF-8, not YAML, holds a date such as 2026-02-30, or nests lists without end.
    """
    try:
        return yaml.safe_load(content.decode("utf-8"))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())) from None


def read_competition(content: bytes) -> object | Problem:
    """Read the content of competition.yaml, not yet checked, or the problem that it is not YAML."""
    try:
        return load_yaml(content)
    except ValueError as error:
        return in_competition(f"is not YAML ({error})", "correct that line")


def parse_competition(competition: object) -> Competition | list[Problem]:
    """Parse the competition, or list what is wrong with the shape of competition.yaml."""
    reading = read_parts(competition)
    return list(reading.problems) if reading.problems or reading.competition is None else reading.competition


def read_parts(content: object) -> Reading:
    """Read as much of a competition as is right, and collect what is wrong with the rest.

    Args:
        content: what YAML made of competition.yaml.
    """
    if not isinstance(content, dict):
        return Reading(None, (in_competition("has no named fields", "write them as name: value, one a line"),))
    if wrong_version := _check_version(content):
        return Reading(None, (wrong_version,))
    problems, gaps = list(_check_presence(content)), set[str]()
    rest, first = copy.deepcopy(content), True
    while True:
        try:
            return Reading(Competition.model_validate(rest), tuple(problems), frozenset(gaps))
        except ValidationError as error:
            faults = error.errors()
        if first:
            told = {name for name in STAND_INS if name not in content}
            problems += [_describe(fault) for fault in faults if fault["loc"] not in {(name,) for name in told}]
        gaps |= _repair(rest, faults)
        first = False


def version_one(content: object) -> bool:
    """Check whether Codabench takes a file for one of the version before, which has its pages under html."""
    return isinstance(content, dict) and str(content.get("version", "1")) in ("1", "1.5") and "html" in content


def _check_version(content: Mapping[Any, Any]) -> Problem | None:
    version = str(content.get("version", "1"))
    if version == "2":
        return None
    if version in ("1", "1.5"):
        return in_competition(
            "says no version 2, so Codabench reads it as version 1 and finds no html in it", "write version: 2"
        )
    return in_competition(f"version: {version} is none that Codabench knows", "write version: 2")


def _check_presence(content: Mapping[Any, Any]) -> Iterator[Problem]:
    for name in ("title", "image", "terms", "pages", "tasks", "phases", "leaderboards"):
        if name not in content:
            yield in_competition(f"{name} is missing", "add it")
    for name in ("phases", "leaderboards"):
        if content.get(name) == []:
            yield in_competition(f"{name} is empty", "Codabench needs one at least")
    phases = content.get("phases")
    for number, phase in enumerate(phases if isinstance(phases, list) else []):
        if isinstance(phase, dict) and not phase.get("start"):
            yield in_competition(f"phases.{number}.start is missing", "add it")


def _describe(fault: ErrorDetails) -> Problem:
    place = ".".join(str(step) for step in fault["loc"])
    if fault["type"] == "missing":
        return in_competition(f"{place} is missing", "add it")
    if fault["type"] == "model_type":
        return in_competition(f"{place} has no named fields", "write them as name: value, one a line")
    if fault["type"] == "value_error":
        return in_competition(f"{place}: {fault['ctx']['error']}", "correct it")
    return in_competition(f"{place}: {fault['msg'][:1].lower()}{fault['msg'][1:]}", "correct it")


def _repair(content: Any, faults: list[ErrorDetails]) -> set[str]:
    """Take out what is wrong; return the names of the lists that lost a part."""
    doomed: set[tuple[int | str, ...]] = set()
    for fault in faults:
        *steps, last = fault["loc"]
        if fault["type"] != "missing":
            doomed.add(fault["loc"])
        elif last in STAND_INS:
            _follow(content, steps)[last] = STAND_INS[str(last)]
        else:
            doomed.add(tuple(steps))
    # What lies deeper, and later in its list, goes first: the places of the others stay as they are.
    for place in sorted(doomed, key=_by_depth_and_order, reverse=True):
        *steps, last = place
        del _follow(content, steps)[last]
    return {str(place[-2]) for place in doomed if len(place) > 1 and place[-2] in PARTS}


def _by_depth_and_order(place: tuple[int | str, ...]) -> list[str]:
    return [f"{step:09}" if isinstance(step, int) else step for step in place]


def _follow(content: Any, steps: list[int | str]) -> Any:
    for step in steps:
        content = content[step]
    return content


def unknown_fields(content: object, kind: type[Part] = Competition, place: str = "") -> Iterator[str]:
    """Find the fields that Codabench does not read.

    Args:
        content: what YAML made of competition.yaml, or of a part of it.
        kind: of that part.
        place: where it is, with a point behind.

    Returns:
        The place of each.
    """
    if not isinstance(content, dict):
        return
    for name, value in content.items():
        if name not in kind.model_fields:
            if name not in kind.ignored:
                yield f"{place}{name}"
        elif name in PARTS and isinstance(value, list):
            for number, part in enumerate(value):
                yield from unknown_fields(part, PARTS[name], f"{place}{name}.{number}.")
