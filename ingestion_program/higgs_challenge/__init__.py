"""The challenge's event core, data and pseudo-experiments: what the starting kit and other people's code import.

from higgs_challenge import open_store, draw_pseudo_experiment, Experiment, Nuisances, systematics, simulate

Each name is imported when it is first asked for: a submission's process must enter the sandbox before a numerical
library starts its threads, and it imports this package first.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from higgs_challenge.errors import ChallengeError, InputError, SubmissionError
    from higgs_challenge.task import Experiment
    from higgs_challenge.tasks.higgs.data.store import open_store
    from higgs_challenge.tasks.higgs.data.training import TrainingSet
    from higgs_challenge.tasks.higgs.events.nuisances import Nuisances
    from higgs_challenge.tasks.higgs.events.systematics import systematics
    from higgs_challenge.tasks.higgs.sampler import draw_pseudo_experiment
    from higgs_challenge.tasks.higgs.simulation import simulate

_HOMES = {
    "ChallengeError": "errors",
    "Experiment": "task",
    "InputError": "errors",
    "Nuisances": "tasks.higgs.events.nuisances",
    "SubmissionError": "errors",
    "TrainingSet": "tasks.higgs.data.training",
    "draw_pseudo_experiment": "tasks.higgs.sampler",
    "open_store": "tasks.higgs.data.store",
    "simulate": "tasks.higgs.simulation",
    "systematics": "tasks.higgs.events.systematics",
}

__all__ = [
    "ChallengeError",
    "Experiment",
    "InputError",
    "Nuisances",
    "SubmissionError",
    "TrainingSet",
    "draw_pseudo_experiment",
    "open_store",
    "simulate",
    "systematics",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
