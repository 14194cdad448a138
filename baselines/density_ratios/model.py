"""Neural simulation-based inference: ratios of densities from ensembles of small networks, and anchors of nuisances."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import log_softmax
from torch import nn

from higgs_inference.cascade import TwoStages, promising_events, score_rows, train_first_stage
from higgs_inference.discriminants import expected_yields
from higgs_inference.event_responses import anchored, learn_responses
from higgs_inference.intervals import MU_RANGE, answer
from higgs_inference.measurement import PROCESSES
from higgs_inference.networks import Design, Network, train_network
from higgs_inference.nuisances import HIGGS
from higgs_inference.unbinned_measurement import build_unbinned_measurement
from training_seed import TRAINING_SEED

MAX_EVENTS = 1_500_000
"""Promising events of each process that the classifiers are trained on, at most."""

CLASSIFIERS = 6
DESIGN = Design((64, 64, 64), epochs=12, batch=4096, learning_rate=4e-3, activation=nn.SiLU)
BINS = (20, 1, 3, 3, 3)


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Networks for promising events.

    Attributes:
        networks: each gives the ratio of every process's density to that of all, equally frequent.
    """

    networks: list[Network]

    def logits(self, events: pd.DataFrame) -> npt.NDArray[np.float32]:
        """Return the logarithm of the mean of the ratios, shape (n, processes)."""
        ratios = [log_softmax(one.logits(events), axis=1) for one in self.networks]
        return np.asarray(np.logaddexp.reduce(ratios, axis=0) - np.log(len(ratios)), dtype=np.float32)


class Model:
    """Ratios of densities for promising events, anchors for nuisance parameters, counts of all other events.

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
        stages = TwoStages(first, train_ensemble(promising).logits, expected_yields(promising, PROCESSES))
        del promising
        responses = learn_responses(*source, PROCESSES, scored, rows, first, anchored(HIGGS), TRAINING_SEED)
        self.measurement = build_unbinned_measurement(*source, others, stages, responses.at, BINS)

    def predict(self, test_set: dict[str, Any]) -> dict[str, float]:
        """Measure mu in one pseudo-experiment."""
        return answer(self.measurement.measure(test_set["data"], test_set["weights"]), MU_RANGE)


def train_ensemble(promising: pd.DataFrame) -> Ensemble:
    """Train networks that differ in their first weights and the order of events."""
    seeds = [100 * TRAINING_SEED + number for number in range(CLASSIFIERS)]
    return Ensemble([train_network(promising, PROCESSES, seed, design=DESIGN) for seed in seeds])
