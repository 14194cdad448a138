"""The challenge's event core, data and pseudo-experiments: what the starting kit and other people's code import.

from higgs_challenge import open_store, draw_pseudo_experiment, Experiment, Nuisances, systematics, simulate
"""

from higgs_challenge.data.store import open_store
from higgs_challenge.data.training import TrainingSet
from higgs_challenge.errors import ChallengeError, InputError, SubmissionError
from higgs_challenge.events.nuisances import Nuisances
from higgs_challenge.events.systematics import systematics
from higgs_challenge.experiments import Experiment, draw_pseudo_experiment
from higgs_challenge.simulation import simulate

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
