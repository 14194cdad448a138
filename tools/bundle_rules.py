"""What Codabench and its compute worker demand of a bundle, as pure functions from its files to a list of problems.

Sources: the public Codabench documentation (bundle and YAML structure, submission container layout) and the behaviour
of its unpacker and compute worker.
"""

import io
import json
import zipfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tools.competition_file import Competition

WITH_ERRORS = ("quantiles_score", "interval", "coverage", "rmse", "mae", "winkler_score")
SCORE_KEYS = frozenset(
    {
        *WITH_ERRORS,
        *(f"{key}_error" for key in WITH_ERRORS),
        "quantiles_score_median",
        "width_at_exact_coverage",
        "ingestion_duration",
        "fit_seconds",
        "predict_seconds",
    }
)
"""The keys that scoring writes into scores.json."""

TRUTH_FILES = ("truth.json", "true_nuisances.json")
IMAGE_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
METADATA_NAMES = ("metadata", "metadata.yaml")
MOUNTS = {
    "ingestion": ("program", "input_data", "ingested_program", "output", "data"),
    "scoring": ("program", "input", "output", "shared", "data"),
}
"""The folders under /app that exist in the container of each program."""


@dataclass(frozen=True)
class Problem:
    """One thing that Codabench would refuse or get wrong: where it is, what it is, what to do about it."""

    file: str
    fault: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: {self.fault}; {self.remedy}."


def check_bundle(
    competition: object, files: Mapping[str, bytes], score_keys: Collection[str] = SCORE_KEYS
) -> list[Problem]:
    """All problems of a bundle, none for one that Codabench accepts.

    competition is the parsed competition.yaml, files the bundle's content by name (archives as the bytes of their zip),
    score_keys the keys that scoring writes. Where competition.yaml has the wrong shape, only that is reported.
    """
    parsed = parse_competition(competition)
    if isinstance(parsed, list):
        return parsed
    return [
        *check_files(parsed, files),
        *check_texts(parsed, files),
        *check_image(parsed, files),
        *check_phases(parsed),
        *check_tasks(parsed),
        *check_leaderboard(parsed, score_keys),
        *check_fact_sheet(parsed),
        *check_archives(parsed, files),
        *check_programs(parsed, files),
        *check_data(parsed, files),
        *check_secrecy(parsed, files),
    ]


def parse_competition(competition: object) -> Competition | list[Problem]:
    """The competition, or what is wrong with the shape of competition.yaml."""
    try:
        return Competition.model_validate(competition)
    except ValidationError as error:
        return [_problem_of_shape(one) for one in error.errors()]


def _problem_of_shape(error: ErrorDetails) -> Problem:
    place = ".".join(str(step) for step in error["loc"]) or "its content"
    if error["type"] == "missing":
        return in_competition(f"{place} is missing", "add it")
    if error["type"] == "extra_forbidden":
        return in_competition(f"{place} is no field that Codabench reads", "correct its name or remove it")
    return in_competition(f"{place}: {error['msg'][:1].lower()}{error['msg'][1:]}", "correct it")


def in_competition(fault: str, remedy: str) -> Problem:
    """A problem of competition.yaml itself."""
    return Problem("competition.yaml", fault, remedy)


def check_files(competition: Competition, files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Every file that competition.yaml names is in the bundle, under a relative name."""
    for name in sorted(competition.files()):
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            yield in_competition(f"{name} leads out of the bundle", "name it relative to competition.yaml")
        elif name not in files:
            yield in_competition(f"names {name}, which is not in the bundle", f"add {name} or correct the name")


def check_texts(competition: Competition, files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Pages and terms hold text."""
    for name in sorted(set(competition.texts()) & files.keys()):
        try:
            empty = not files[name].decode("utf-8").strip()
        except UnicodeDecodeError:
            yield Problem(name, "is not UTF-8 text", "save it as UTF-8")
            continue
        if empty:
            yield Problem(name, "is empty, and Codabench refuses an empty page", "write it or take it out of the pages")


def check_image(competition: Competition, files: Mapping[str, bytes]) -> Iterator[Problem]:
    """The logo is a picture that browsers show."""
    if competition.image in files and not files[competition.image].startswith(IMAGE_SIGNATURES):
        yield Problem(competition.image, "is neither PNG nor JPEG", "save the logo as one of them")


def check_phases(competition: Competition) -> Iterator[Problem]:
    """Phases follow one another without overlap, and only the last may stay open."""
    phases = sorted(competition.phases, key=lambda phase: phase.index)
    yield from _doubled("phase index", (phase.index for phase in phases))
    if phases[0].auto_migrate_to_this_phase:
        yield in_competition(
            f"the first phase, {phases[0].name}, has nothing to migrate from",
            "set its auto_migrate_to_this_phase to false",
        )
    for phase in phases:
        if phase.end is not None and phase.end <= phase.start:
            yield in_competition(f"phase {phase.name} ends before it begins", "correct its start or end")
    for earlier, later in pairwise(phases):
        if earlier.end is None:
            yield in_competition(f"phase {earlier.name} has no end but another follows", "give it an end")
        elif later.start <= earlier.end:
            yield in_competition(
                f"phase {later.name} begins on {later.start}, not after {earlier.name} has ended on {earlier.end}",
                "let it begin a day after that end or later",
            )


def check_tasks(competition: Competition) -> Iterator[Problem]:
    """Phases and solutions point to tasks that exist; each phase has its own task, each task its own data."""
    indices = [task.index for task in competition.tasks]
    yield from _doubled("task index", indices)
    yield from _doubled("solution index", (solution.index for solution in competition.solutions))
    owners = [(phase.name, phase.tasks) for phase in competition.phases]
    owners += [(solution.name, solution.tasks) for solution in competition.solutions]
    for owner, tasks in owners:
        for missing in sorted(set(tasks) - set(indices)):
            yield in_competition(f"{owner} points to task {missing}, which does not exist", "correct its tasks")
    yield from _doubled("task of several phases", (task for phase in competition.phases for task in phase.tasks))
    yield from _doubled("input_data of several tasks", (task.input_data for task in competition.tasks))
    yield from _doubled("reference_data of several tasks", (task.reference_data for task in competition.tasks))


def check_leaderboard(competition: Competition, score_keys: Collection[str]) -> Iterator[Problem]:
    """Columns are distinct, one of index 0 ranks, and scoring writes the key of each."""
    columns = competition.leaderboards[0].columns
    yield from _doubled("column key", (column.key for column in columns))
    yield from _doubled("column index", (column.index for column in columns))
    if all(column.index != 0 for column in columns):
        yield in_competition("no leaderboard column has index 0, the one that ranks", "give it to the ranking column")
    for column in columns:
        if column.key not in score_keys:
            yield in_competition(
                f"column {column.title} has the key {column.key}, which scoring does not write",
                f"use one of {', '.join(sorted(score_keys))}",
            )


def check_fact_sheet(competition: Competition) -> Iterator[Problem]:
    """Each question repeats its own key."""
    for key, question in competition.fact_sheet.items():
        if question.key != key:
            yield in_competition(f"question {key} of the fact sheet says key: {question.key}", f"write key: {key}")


def check_archives(competition: Competition, files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Archives are whole and hold nothing that a machine left behind."""
    for name in sorted(competition.archives() & files.keys()):
        members = archive_members(files[name])
        if members is None:
            yield Problem(name, "is not a readable zip", "make the bundle again")
            continue
        if not members:
            yield Problem(name, "is empty", "put its files into the folder that it is made of")
        for member in members:
            if _is_litter(member):
                yield Problem(name, f"holds {member}, which does not belong into an upload", "remove it")


def archive_members(content: bytes) -> list[str] | None:
    """Names in a zip in their order, or None where the zip cannot be read whole."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.namelist() if archive.testzip() is None else None
    except zipfile.BadZipFile:
        return None


def _is_litter(member: str) -> bool:
    parts = PurePosixPath(member).parts
    return member.startswith("/") or any(part.startswith(".") or part == "__pycache__" for part in parts)


def check_programs(competition: Competition, files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Each program says in metadata.yaml, at the root of its zip, how the worker starts it."""
    for kind, name in sorted(set(competition.programs())):
        members = archive_members(files.get(name, b""))
        if members is None:
            continue
        for member in members:
            if "/" in member and PurePosixPath(member).name in METADATA_NAMES:
                yield Problem(
                    name, f"holds {member}, and the worker would take its folder for the program", "rename it"
                )
        if "metadata.yaml" not in members:
            yield Problem(name, "has no metadata.yaml at its root", "add one with the command that starts the program")
        else:
            yield from _check_command(name, kind, members, _command(files[name]))


def _command(program: bytes) -> object:
    with zipfile.ZipFile(io.BytesIO(program)) as archive:
        try:
            metadata = yaml.safe_load(archive.read("metadata.yaml"))
        except yaml.YAMLError:
            return None
    return metadata.get("command") if isinstance(metadata, dict) else None


def _check_command(name: str, kind: str, members: Collection[str], command: object) -> Iterator[Problem]:
    where = f"metadata.yaml in {name}"
    if not isinstance(command, str) or not command:
        yield Problem(where, "has no command", "write command: python3 /app/program/FILE and its options")
        return
    words = command.split(" ")
    if "" in words or any(quote in command for quote in "\"'\n"):
        # The worker splits at every single space and knows no quotes.
        yield Problem(where, "has a command with quotes or doubled spaces", "separate its words by one space each")
    paths = [PurePosixPath(word) for word in words if word.startswith("/")]
    started = [path for path in paths if path.is_relative_to("/app/program")]
    if not started:
        yield Problem(where, "starts nothing in /app/program", "name the program there, as /app/program/FILE")
    for path in started:
        if str(path.relative_to("/app/program")) not in members:
            yield Problem(where, f"names {path}, which is not in {name}", "correct the name or add the file")
    for path in paths:
        if path.parts[1:2] != ("app",) or path.parts[2:3] not in [(mount,) for mount in MOUNTS[kind]]:
            mounts = ", ".join(f"/app/{mount}" for mount in MOUNTS[kind])
            yield Problem(where, f"names {path}, which its container does not have", f"use one of {mounts}")


def check_data(competition: Competition, files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Each task has its settings and truth, each solution its model.py, all at the root of their flat archives."""
    needed = {(task.input_data, "settings.yaml") for task in competition.tasks}
    needed |= {(task.reference_data, "truth.json") for task in competition.tasks}
    needed |= {(solution.path, "model.py") for solution in competition.solutions}
    for name, file in sorted(needed):
        members = archive_members(files.get(name, b""))
        if members is None:
            continue
        if file not in members:
            yield Problem(name, f"has no {file} at its root", f"add {file} to the folder that the archive is made of")
        folders = [member for member in members if "/" in member]
        if folders:
            # The worker takes the first sub-folder that it finds for a wrapping one and moves its content up.
            yield Problem(name, f"has a sub-folder ({folders[0]}), which the worker moves to the top", "keep it flat")


def check_secrecy(competition: Competition, files: Mapping[str, bytes]) -> Iterator[Problem]:
    """The truth is in the reference data alone, and the detailed results of the last phase do not show it."""
    references = {task.reference_data for task in competition.tasks}
    for name in sorted(competition.archives() - references):
        for member in archive_members(files.get(name, b"")) or []:
            if (truth := PurePosixPath(member).name) in TRUTH_FILES:
                yield Problem(name, f"holds {truth}, which submissions must not see", "remove it from there")
    last = max(competition.phases, key=lambda phase: phase.index)
    for name in sorted({task.reference_data for task in competition.tasks if task.index in last.tasks}):
        if "truth.json" in (archive_members(files.get(name, b"")) or []) and not _keeps_secret(files[name]):
            yield Problem(
                name,
                "lets detailed results of the last phase show the truth",
                "write reveal: none into the phase's settings.yaml",
            )


def _keeps_secret(reference: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(reference)) as archive:
        try:
            truth = json.loads(archive.read("truth.json"))
        except ValueError:
            return False
    return isinstance(truth, dict) and truth.get("reveal", "none") == "none"


def _doubled(what: str, values: Iterable[Any]) -> Iterator[Problem]:
    for value, times in Counter(values).items():
        if times > 1:
            yield in_competition(f"{what}: {value} is used {times} times", "give each its own")
