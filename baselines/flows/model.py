"""Contrastive normalising flows whose densities join the features of a classifier; templates; a Neyman construction."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from contrastive import FLOWS, train_flows

from higgs_inference.cascade import promising_events, score_rows, train_first_stage
from higgs_inference.discriminants import expected_yields, log_ratios
from higgs_inference.intervals import MU_RANGE, answer
from higgs_inference.measurement import PROCESSES, SIGNAL, build_measurement
from higgs_inference.networks import LARGE, train_network
from higgs_inference.nuisances import BACKGROUNDS
from training_seed import TRAINING_SEED

MAX_EVENTS = 1_000_000
"""Promising events of each process that flows and classifier are trained on, at most."""

BINS = (60, 2, 3, 3, 3)


class Model:
    """Flows and a classifier for promising events, bins for all.

    Args:
        get_train_set: gives labelled events as a DataFrame.
        systematics: distorts events by given nuisance parameters and selects them.
    """

    def __init__(self, get_train_set: Any = None, systematics: Any = None) -> None:
        self.get_train_set, self.systematics = get_train_set, systematics

    def fit(self) -> None:
        """Train flows and classifier, and build the measurement from other events."""
        source = self.get_train_set, self.systematics
        self.first, rows, others = train_first_stage(*source, PROCESSES, TRAINING_SEED)
        scored = score_rows(*source, PROCESSES, rows, self.first)
        promising = promising_events(*source, PROCESSES, scored, self.first, MAX_EVENTS)
        self.yields = expected_yields(promising, PROCESSES)
        self.flows = train_flows(promising, SIGNAL, BACKGROUNDS, TRAINING_SEED)
        promising = self.flows.add(promising)
        self.classifier = train_network(promising, PROCESSES, TRAINING_SEED, FLOWS, LARGE)
        del scored, promising
        self.measurement = build_measurement(*source, others, self.discriminate, BINS)

    def discriminate(self, events: pd.DataFrame) -> npt.NDArray[np.floating]:
        """Return the scores of both stages, shape (n, 5)."""
        scores = self.first.score(events)
        promising = events.iloc[np.flatnonzero(self.first.is_promising(scores))]
        logits = self.classifier.logits(self.flows.add(promising))
        return self.first.merge(scores, log_ratios(logits, self.yields))

    def predict(self, test_set: dict[str, Any]) -> dict[str, float]:
        """Measure mu in one pseudo-experiment."""
        return answer(self.measurement.measure(self.discriminate(test_set["data"]), test_set["weights"]), MU_RANGE)
