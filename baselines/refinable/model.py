"""An unbinned likelihood of promising events, with refinable systematics, and counts of all others."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from higgs_inference.cascade import TwoStages, promising_events, score_rows, train_first_stage
from higgs_inference.discriminants import expected_yields
from higgs_inference.event_responses import learn_responses, refinable
from higgs_inference.features import balance
from higgs_inference.intervals import MU_RANGE, answer
from higgs_inference.isotonic import Isotonic, fit_isotonic
from higgs_inference.measurement import PROCESSES
from higgs_inference.networks import LARGE, Network, train_network
from higgs_inference.nuisances import HIGGS
from higgs_inference.unbinned_measurement import build_unbinned_measurement
from training_seed import TRAINING_SEED

MAX_EVENTS = 1_350_000
"""Promising events of each process that the classifiers are trained on, at most."""

CLASSIFIERS = 2

CALIBRATION_SHARE = 0.1
"""Of these, for the calibration of the classifiers."""

BINS = (60, 2, 3, 3, 3)


@dataclass(frozen=True, eq=False)
class Classifiers:
    """Networks for promising events.

    Attributes:
        networks: give logits of the processes, which are averaged.
        isotonic: calibrates their probabilities.
    """

    networks: list[Network]
    isotonic: Isotonic

    def logits(self, events: pd.DataFrame) -> npt.NDArray[np.float32]:
        """Return the mean of the networks' logits, calibrated, shape (n, processes)."""
        return self.isotonic.apply(mean_logits(self.networks, events))


class Model:
    """Networks for a first look at all events and a second one at promising ones; a profile likelihood of both.

    Args:
        get_train_set: gives labelled events as a DataFrame.
        systematics: distorts events by given nuisance parameters and selects them.
    """

    def __init__(self, get_train_set: Any = None, systematics: Any = None) -> None:
        self.get_train_set, self.systematics = get_train_set, systematics

    def fit(self) -> None:
        """Train both stages, and build the measurement from other events."""
        source = self.get_train_set, self.systematics
        first, rows, others = train_first_stage(*source, PROCESSES, TRAINING_SEED)
        scored = score_rows(*source, PROCESSES, rows, first)
        promising = promising_events(*source, PROCESSES, scored, first, MAX_EVENTS)
        stages = TwoStages(first, train_classifiers(promising).logits, expected_yields(promising, PROCESSES))
        del promising
        responses = learn_responses(*source, PROCESSES, scored, rows, first, refinable(HIGGS), TRAINING_SEED)
        self.measurement = build_unbinned_measurement(*source, others, stages, responses.at, BINS)

    def predict(self, test_set: dict[str, Any]) -> dict[str, float]:
        """Measure mu in one pseudo-experiment."""
        return answer(self.measurement.measure(test_set["data"], test_set["weights"]), MU_RANGE)


def train_classifiers(promising: pd.DataFrame) -> Classifiers:
    """Train networks with most of the promising events, and calibrate them with the others."""
    seeds = [100 * TRAINING_SEED + number for number in range(CLASSIFIERS)]
    is_other = np.random.default_rng(TRAINING_SEED).random(len(promising)) < CALIBRATION_SHARE
    networks = [train_network(promising[~is_other], PROCESSES, seed, design=LARGE) for seed in seeds]
    others = promising[is_other]
    labels, weights = balance(others, [(process,) for process in PROCESSES])
    return Classifiers(networks, fit_isotonic(mean_logits(networks, others), labels, weights.astype(np.float64)))


def mean_logits(networks: list[Network], events: pd.DataFrame) -> npt.NDArray[np.float32]:
    """Return the mean of several networks' logits, shape (n, processes)."""
    return np.mean([one.logits(events) for one in networks], axis=0)
