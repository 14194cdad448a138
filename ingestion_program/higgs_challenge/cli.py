"""The command lines: what a person can ask for, and how a mistake is told."""

import argparse
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from higgs_challenge.errors import ChallengeError, InputError, SubmissionError, printable
from higgs_challenge.experiments import Settings, load_settings
from higgs_challenge.experiments.settings import SETTINGS_FILE
from higgs_challenge.tasks import load_task, task_names

EXIT_MISTAKE = 2


def add_plan_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that decide the plan; their names are the official program's."""
    plan = parser.add_argument_group("plan", "each replaces a setting of the phase's settings.yaml")
    plan.add_argument("--num-of-sets", type=int, metavar="N", help="number of sets, one signal strength mu each")
    plan.add_argument("--num-pseudo-experiments", type=int, metavar="N", help="pseudo-experiments of each set")
    plan.add_argument("--random-seed", type=int, metavar="N", help="seed of everything that is drawn")
    for name in nuisance_names():
        option = f"--systematics-{name.replace('_', '-')}"
        plan.add_argument(
            option, action="store_true", help=f"draw {name}; where any --systematics option is given, only those act"
        )


def plan_settings(arguments: argparse.Namespace) -> Settings:
    """Read the settings of the phase in --input, with the command line's replacements."""
    names = ("num_of_sets", "num_pseudo_experiments", "random_seed")
    overrides: dict[str, Any] = {
        name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None
    }
    settings = load_settings(arguments.input / SETTINGS_FILE, overrides)
    chosen = [name for name in nuisance_names() if getattr(arguments, f"systematics_{name}")]
    if not chosen:
        return settings
    overrides["systematics"] = dict.fromkeys(settings.systematics, False) | dict.fromkeys(chosen, True)
    return load_settings(arguments.input / SETTINGS_FILE, overrides)


def nuisance_names() -> list[str]:
    """Name the nuisance parameters of all tasks; which of them there are, settings.yaml decides with its task."""
    return list(dict.fromkeys(name for task in task_names() for name in load_task(task).priors))


def make_folder(path: Path) -> Path:
    """Make a folder for output; InputError where that is not possible."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path} cannot be used as an output folder: {error}.") from error
    return path


def existing_folder(text: str) -> Path:
    """Check that an argument names a folder; for argparse."""
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not a folder")
    return path


def exit_on_mistakes(main: Callable[[], None]) -> None:
    """Run a program; a participant's or an organiser's mistake becomes one message and exit code 2.

    A termination signal ends it as an exception does, so that the submission's processes and files go with it.
    """
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        main()
    except ChallengeError as error:
        kind = SubmissionError if isinstance(error, SubmissionError) else InputError
        print(f"{kind.__name__}: {printable(str(error))}", file=sys.stderr)
        sys.exit(EXIT_MISTAKE)
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
