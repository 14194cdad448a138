"""Rules of this project's own programs, over and above Codabench's: where settings and truth lie, and who sees them.

They hold for every task whose programs are this project's: the package higgs_challenge is in one of them. Any other
bundle is somebody else's, and these rules say nothing of it, but for warnings.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

from higgs_tools.bundle.competition_file import Competition
from higgs_tools.bundle.rules.archives import Archive, Archives
from higgs_tools.bundle.rules.findings import Problem, doubled, in_competition
from higgs_tools.bundle.rules.parsing import load_yaml
from higgs_tools.bundle.rules.phases import in_order
from higgs_tools.bundle.rules.programs import read_metadata
from higgs_tools.checking.library import LIBRARY

SETTINGS_FILE, TRUTH_FILE, MODEL_FILE, PACKAGE = "settings.yaml", "truth.json", "model.py", "higgs_challenge"
SETTINGS_PLACE = f"phase/{SETTINGS_FILE}"
"""Where the settings lie in the ingestion program."""

TRUTH_FILES = (TRUTH_FILE, "true_nuisances.json")
PUBLISHED_SEEDS = (31415, 20241013, 20250805, 211166534347406940836416209245100524706)
"""Seeds that everybody knows: the official challenge's, and those of the settings in this repository."""

NEEDED_OPTIONS = {"--input": f"/app/program/{PurePosixPath(SETTINGS_PLACE).parent}", "--isolation": "required"}
"""What the command of ingestion must say: where the settings are, and that no submission runs half isolated."""

SHORT_SEED = 2**64
"""Below it a seed can be found by trying, given the answer that belongs to it."""


def check_data(competition: Competition, archives: Archives) -> Iterator[Problem]:
    """Check that settings are in the ingestion program, truth and model.py at the root of their archives."""
    if not is_own(competition, archives):
        return
    for name in _ingestion_programs(competition, archives):
        if SETTINGS_PLACE not in archives[name].names:
            yield Problem(name, f"has no {SETTINGS_PLACE}", "add the settings of its phase, as make bundle does")
        words = str(read_metadata(archives[name]).get("command")).split(" ")
        for option, value in NEEDED_OPTIONS.items():
            if (option, value) not in pairwise(words):
                yield Problem(f"metadata.yaml in {name}", f"does not say {option} {value}", "add it to the command")
    needed = {
        TRUTH_FILE: _present(archives, (task.reference_data for task in competition.tasks)),
        MODEL_FILE: _present(archives, competition.solution_files()),
    }
    for file, owners in needed.items():
        for name in owners:
            members = archives[name].names
            if file not in members:
                yield Problem(
                    name, f"has no {file} at its root", f"add {file} to the folder that the archive is made of"
                )


def warn_folders(competition: Competition, archives: Archives) -> Iterator[Problem]:
    """Warn of sub-folders of truth and solutions: some versions of the worker take the first for a wrapping one.

    A solution's copy of the library may be moved: then the image's is imported.
    """
    if not is_own(competition, archives):
        return
    data = (task.reference_data for task in competition.tasks)
    for name in _present(archives, (*data, *competition.solution_files())):
        folders = [member for member in archives[name].names if "/" in member]
        if folders := [member for member in folders if not member.startswith(f"{LIBRARY}/")]:
            yield Problem(
                name,
                f"has a sub-folder ({folders[0]}), which some versions of the worker move to the top",
                "keep it flat",
            )


def check_phases_apart(competition: Competition, archives: Archives) -> Iterator[Problem]:
    """Check that each phase has its own task, and each task its own settings and truth."""
    if not is_own(competition, archives):
        return
    yield from doubled("task of several phases", (task for phase in competition.phases for task in phase.tasks))
    yield from doubled("ingestion_program of several tasks", (task.ingestion_program for task in competition.tasks))
    yield from doubled("reference_data of several tasks", (task.reference_data for task in competition.tasks))
    seeds = [_read_seed(archives[name]) for name in _ingestion_programs(competition, archives)]
    if any(times > 1 for seed, times in Counter(seeds).items() if seed is not None):
        yield in_competition("several phases have the same random_seed", "give each its own in its settings.yaml")


def check_secrecy(competition: Competition, archives: Archives) -> Iterator[Problem]:
    """Check that nobody sees the seed, and that only the reference data hold or show the truth."""
    if not is_own(competition, archives):
        return
    for name in _present(archives, (task.input_data for task in competition.tasks)):
        if SETTINGS_FILE in archives[name].names:
            yield Problem(
                name,
                f"holds {SETTINGS_FILE}, and the worker shows input data to a submission with a command of its own",
                f"put it into the ingestion program, as {SETTINGS_PLACE}",
            )
    programs = _ingestion_programs(competition, archives)
    if competition.make_programs_available and any(SETTINGS_PLACE in archives[name].names for name in programs):
        yield in_competition(
            f"make_programs_available gives {SETTINGS_PLACE} in the ingestion program to everybody", "set it to false"
        )
    references = _references(competition, archives)
    for name in sorted(archives.keys() - references):
        for member in archives[name].names:
            if (truth := PurePosixPath(member).name) in TRUTH_FILES:
                yield Problem(name, f"holds {truth}, which submissions must not see", "remove it from there")
    yield from _find_copies(competition, archives)
    if not competition.phases:
        return
    last = in_order(competition)[-1]
    for name in _present(archives, (task.reference_data for task in competition.tasks if task.index in last.tasks)):
        if TRUTH_FILE in archives[name].names and not _keeps_secret(archives[name]):
            yield Problem(
                name,
                "lets detailed results of the last phase show the truth",
                "write reveal: none into the phase's settings.yaml",
            )


def warn_copies(competition: Competition, archives: Archives) -> Iterator[Problem]:
    """Warn of files of foreign reference data that are elsewhere too: perhaps only a licence, or a sample answer."""
    if not is_own(competition, archives):
        yield from _find_copies(competition, archives)


def _find_copies(competition: Competition, archives: Archives) -> Iterator[Problem]:
    references = _references(competition, archives)
    secrets = {
        (member.CRC, member.file_size) for name in references for member in archives[name].members if member.file_size
    }
    programs = _ingestion_programs(competition, archives)
    settings = {
        (member.CRC, member.file_size)
        for name in programs
        for member in archives[name].members
        if member.filename == SETTINGS_PLACE and member.file_size
    }
    for name in sorted(archives.keys() - references):
        for member in archives[name].members:
            if (member.CRC, member.file_size) in secrets:
                yield Problem(
                    name,
                    f"holds {member.filename}, the same content as a file of the reference data",
                    "remove it from one of the two",
                )
            elif (member.CRC, member.file_size) in settings and name not in programs:
                yield Problem(
                    name, f"holds {member.filename}, the settings of a phase with their seed", "remove it from there"
                )


def warn_seeds(competition: Competition, archives: Archives) -> Iterator[Problem]:
    """Warn of a truth that follows from a seed that is published or can be guessed."""
    for name in _ingestion_programs(competition, archives):
        if SETTINGS_PLACE not in archives[name].names:
            continue
        seed = _read_seed(archives[name])
        if seed is None:
            fault = "has no random_seed that can be read, so a published one takes its place"
        elif seed in PUBLISHED_SEEDS:
            fault = f"has the published random_seed {seed}, so everybody can compute the truth"
        elif seed < SHORT_SEED:
            fault = "has a random_seed so short that it can be guessed, and the truth follows from it"
        else:
            continue
        yield Problem(
            f"{SETTINGS_PLACE} in {name}",
            fault,
            "before an upload give the settings.yaml that it was made of a fresh seed, as "
            'python3 -c "import secrets; print(secrets.randbits(128))" makes them, and never commit it',
        )


def is_own(competition: Competition, archives: Archives) -> bool:
    """Check whether a bundle's programs are this project's."""
    return any(
        member.startswith(f"{PACKAGE}/")
        for name in _ingestion_programs(competition, archives)
        for member in archives[name].names
    )


def _ingestion_programs(competition: Competition, archives: Archives) -> list[str]:
    return _present(archives, (task.ingestion_program for task in competition.tasks))


def _references(competition: Competition, archives: Archives) -> set[str]:
    return set(_present(archives, (task.reference_data for task in competition.tasks)))


def _present(archives: Archives, names: Iterable[str | None]) -> list[str]:
    return sorted({name for name in names if name is not None and name in archives})


def _read_seed(program: Archive) -> int | None:
    seed = read_settings(program).get("random_seed")
    return seed if isinstance(seed, int) else None


def read_settings(program: Archive) -> dict[str, Any]:
    """Read the phase's settings in an ingestion program; empty where they are not a mapping."""
    try:
        settings = load_yaml(program.read(SETTINGS_PLACE))
    except ValueError:
        return {}
    return settings if isinstance(settings, dict) else {}


def _keeps_secret(reference: Archive) -> bool:
    try:
        truth = json.loads(reference.read(TRUTH_FILE))
    except (ValueError, RecursionError):
        return False
    return isinstance(truth, dict) and truth.get("reveal", "none") == "none"
