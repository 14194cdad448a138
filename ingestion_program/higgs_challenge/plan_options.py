"""The options that decide the plan of a run; their names are the official program's."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from higgs_challenge.cli import Option
from higgs_challenge.experiments import Plan, load_plan
from higgs_challenge.tasks import load_task, task_names

HEADING = "Plan (each option replaces a setting of the phase's settings.yaml)"
NUISANCES = "Nuisance parameters (those named here are drawn from their priors, and all others stay nominal)"
NUMBERS = {
    "num_of_sets": "number of sets, each with one signal strength mu",
    "num_pseudo_experiments": "pseudo-experiments in each set",
    "random_seed": "seed of everything that is drawn",
}
"""For each number that has an option, what it means."""

Function = Callable[..., Any]


def number_options(function: Function) -> Function:
    """Add the options of NUMBERS to a command; it gets them as keyword arguments for chosen_settings."""
    for name, text in reversed(NUMBERS.items()):
        option = click.option(_option(name), type=int, metavar="N", cls=Option, heading=HEADING, help=text)
        function = option(function)
    return function


def plan_options(function: Function) -> Function:
    """Add the options that decide the plan to a command; it gets them as keyword arguments for chosen_plan."""
    options = [
        click.option(
            _option(f"systematics_{name}"),
            is_flag=True,
            cls=Option,
            heading=NUISANCES,
            help=f"draw {name}",
        )
        for name in nuisance_names()
    ]
    for option in reversed(options):
        function = option(function)
    return number_options(function)


def chosen_plan(phase: Path, chosen: Mapping[str, Any], fresh: bool = False) -> Plan:
    """Make the plan of a phase, with what the command line replaces in its settings.

    Args:
        phase: folder with settings.yaml.
        chosen: the values of the options of plan_options.
        fresh: make hidden events for each pseudo-experiment alone, whatever the settings say.

    Raises:
        InputError: the settings cannot be used.
    """
    replaced = chosen_settings(chosen, fresh)
    return load_plan(phase, replaced, [name for name in nuisance_names() if chosen[f"systematics_{name}"]])


def chosen_settings(chosen: Mapping[str, Any], fresh: bool = False) -> dict[str, Any]:
    """Return the settings that the options of number_options replace; arguments as in chosen_plan."""
    replaced = {name: chosen[name] for name in NUMBERS if chosen[name] is not None}
    return replaced | ({"fresh_events": True} if fresh else {})


def nuisance_names() -> list[str]:
    """Name the nuisance parameters of all tasks; which of them a run has, settings.yaml decides with its task."""
    return list(dict.fromkeys(name for task in task_names() for name in load_task(task).priors))


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
