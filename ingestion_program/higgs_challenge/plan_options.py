"""The options that decide the plan of a run; their names are the official program's."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from higgs_challenge.cli import Option
from higgs_challenge.experiments import Settings, load_settings
from higgs_challenge.experiments.settings import SETTINGS_FILE
from higgs_challenge.tasks import load_task, task_names

HEADING = "Plan (each option replaces a setting of the phase's settings.yaml)"
NUMBERS = {
    "num_of_sets": "number of sets, each with one signal strength mu",
    "num_pseudo_experiments": "pseudo-experiments in each set",
    "random_seed": "seed of everything that is drawn",
}
"""For each number that has an option, what it means."""

Function = Callable[..., Any]


def plan_options(function: Function) -> Function:
    """Add the options that decide the plan to a command; it gets them as keyword arguments for plan_settings."""
    options = [
        click.option(_option(name), type=int, metavar="N", cls=Option, heading=HEADING, help=text)
        for name, text in NUMBERS.items()
    ]
    options += [
        click.option(
            _option(f"systematics_{name}"),
            is_flag=True,
            cls=Option,
            heading=HEADING,
            help=f"draw {name}; where any --systematics option is given, only those act",
        )
        for name in nuisance_names()
    ]
    for option in reversed(options):
        function = option(function)
    return function


def plan_settings(phase: Path, chosen: Mapping[str, Any]) -> Settings:
    """Read the settings of a phase, with what the command line replaces.

    Args:
        phase: directory with settings.yaml.
        chosen: the values of the options of plan_options.

    Returns:
        The settings.

    Raises:
        InputError: they cannot be used.
    """
    overrides = {name: chosen[name] for name in NUMBERS if chosen[name] is not None}
    settings = load_settings(phase / SETTINGS_FILE, overrides)
    acting = [name for name in nuisance_names() if chosen[f"systematics_{name}"]]
    if not acting:
        return settings
    overrides["systematics"] = dict.fromkeys(load_task(settings.task).priors, False) | dict.fromkeys(acting, True)
    return load_settings(phase / SETTINGS_FILE, overrides)


def nuisance_names() -> list[str]:
    """Name the nuisance parameters of all tasks; which of them a run has, settings.yaml decides with its task."""
    return list(dict.fromkeys(name for task in task_names() for name in load_task(task).priors))


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
