"""The starting kit's phases, made from the competition's.

The kit must say what a phase allows, but not the seed from which its truth follows.
"""

from pathlib import Path

import yaml

from higgs_challenge.atomic import write_bytes
from higgs_challenge.errors import InputError
from higgs_challenge.experiments import load_settings
from higgs_tools.bundle.competition_file import Competition
from higgs_tools.bundle.make_bundle import read_competition, refusal
from higgs_tools.bundle.rules import parse_competition

PHASES = ("feedback", "final")
"""Folders of input_data."""

PRACTICE_SEED = 1
HEADER = """\
# Written by `make kit` from input_data/{name}/settings.yaml and competition.yaml: what the phase asks and allows.
# The seed is for practice, so that everything may be revealed; the platform's is secret.
"""


def phase_files(root: Path) -> dict[str, bytes]:
    """Make the settings of every phase for practice.

    Args:
        root: the repository.

    Returns:
        The content of each file, by its name in the kit.

    Raises:
        InputError: competition.yaml or the settings of a phase are wrong.
    """
    competition = parse_competition(read_competition(root))
    if isinstance(competition, list):
        raise refusal(competition)
    files = {}
    for name in PHASES:
        limit = find_limit(competition, f"ingestion_program_{name}.zip")
        settings = load_settings(root / "input_data" / name / "settings.yaml").model_dump(mode="json")
        settings["limits"]["total_seconds"] = float(min(settings["limits"]["total_seconds"] or limit, limit))
        settings |= {"random_seed": PRACTICE_SEED, "reveal": "all"}
        text = HEADER.format(name=name) + yaml.safe_dump(settings, sort_keys=False)
        files[f"phases/{name}/settings.yaml"] = text.encode()
    return files


def find_limit(competition: Competition, program: str) -> int:
    """Find the execution_time_limit of the phase whose task runs an ingestion program.

    Args:
        competition: the parsed competition.yaml.
        program: the name of the ingestion program's zip.

    Returns:
        The limit in seconds.

    Raises:
        InputError: no phase runs that program.
    """
    tasks = {task.index for task in competition.tasks if task.ingestion_program == program}
    for phase in competition.phases:
        if tasks & set(phase.tasks):
            return phase.time_limit
    raise InputError(f"competition.yaml: no phase runs {program}, and the starting kit describes it; add the phase.")


def write_phases(root: Path) -> list[str]:
    """Write the settings of every phase into the starting kit.

    Args:
        root: the repository.

    Returns:
        The files that changed, as paths in the repository.
    """
    changed = []
    for name, content in phase_files(root).items():
        path = root / "starting_kit" / name
        if not path.is_file() or path.read_bytes() != content:  # else what is made of it would look outdated
            write_bytes(path, content)
            changed.append(f"starting_kit/{name}")
    return changed
