"""Write the starting kit's phases from the competition's.

The kit must say what a phase allows, but not the seed from which its truth follows.
"""

import sys
from pathlib import Path

import yaml

from higgs_challenge.errors import ChallengeError, InputError
from higgs_challenge.experiments import load_settings
from higgs_tools.bundle.competition_file import Competition
from higgs_tools.bundle.make_bundle import read_competition, refusal, write_whole
from higgs_tools.bundle.rules import parse_competition
from higgs_tools.repository import ROOT

PHASES = ("feedback", "final")
"""Folders of input_data."""

PRACTICE_SEED = 1
HEADER = """\
# Written by `make kit` from input_data/{name}/settings.yaml and competition.yaml: what the phase asks and allows.
# The seed is for practice, so that everything may be revealed; the platform's is secret.
"""


def phase_files(root: Path) -> dict[str, bytes]:
    """The settings of every phase for practice, by their names in the kit.

    Raises InputError where competition.yaml or the settings of a phase are wrong.
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
    """The execution_time_limit of the phase whose task runs this ingestion program.

    Raises InputError where there is none.
    """
    tasks = {task.index for task in competition.tasks if task.ingestion_program == program}
    for phase in competition.phases:
        if tasks & set(phase.tasks):
            return phase.execution_time_limit
    raise InputError(f"competition.yaml: no phase runs {program}, and the starting kit describes it; add the phase.")


def main() -> int:
    """Write them to starting_kit; 0 if they were written, 2 if something has to be mended first."""
    try:
        for name, content in phase_files(ROOT).items():
            path = ROOT / "starting_kit" / name
            if not path.is_file() or path.read_bytes() != content:  # else what is made of it would look outdated
                write_whole(path, content)
                print(f"starting_kit/{name}")
    except ChallengeError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
