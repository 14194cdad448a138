"""Write the starting kit's phases from the competition's: python tools/make_kit.py.

The kit must say what a phase allows, but not the seed from which its truth follows.
"""

import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that this file, run as a script, finds its neighbours

from higgs_challenge.errors import ChallengeError  # noqa: E402
from higgs_challenge.experiments import load_settings  # noqa: E402
from tools.bundle_rules import parse_competition  # noqa: E402
from tools.make_bundle import read_competition, refusal, write_whole  # noqa: E402

PHASES = ("feedback", "final")
"""Folders of input_data, in the order of the competition's phases."""

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
    limits = [phase.execution_time_limit for phase in competition.phases]
    files = {}
    for name, limit in zip(PHASES, limits, strict=True):
        settings = load_settings(root / "input_data" / name / "settings.yaml").model_dump(mode="json")
        settings["limits"]["total_seconds"] = float(min(settings["limits"]["total_seconds"] or limit, limit))
        settings |= {"random_seed": PRACTICE_SEED, "reveal": "all"}
        text = HEADER.format(name=name) + yaml.safe_dump(settings, sort_keys=False)
        files[f"phases/{name}/settings.yaml"] = text.encode()
    return files


def main() -> int:
    """Write them to starting_kit; 0 if they were written, 2 if something has to be mended first."""
    try:
        for name, content in phase_files(ROOT).items():
            write_whole(ROOT / "starting_kit" / name, content)
            print(f"starting_kit/{name}")
    except ChallengeError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
