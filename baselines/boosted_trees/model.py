"""Boosted trees of four classes, binned in two dimensions: the reference with another classifier."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from higgs_inference.discriminants import expected_yields, log_ratios
from higgs_inference.intervals import MU_RANGE, answer
from higgs_inference.measurement import PROCESSES, build_measurement
from higgs_inference.training_events import choose_sizes, other_rows
from higgs_inference.trees import train_trees
from training_seed import TRAINING_SEED

MAX_EVENTS = 20_000_000
"""Training rows for the templates, at most."""

ROUNDS = 50
BINS = (60, 4)


class Model:
    """Trees for the processes; bins of signal over background, and of top over Z bosons.

    Args:
        get_train_set: gives labelled events as a DataFrame.
        systematics: distorts events by given nuisance parameters and selects them.
    """

    def __init__(self, get_train_set: Any = None, systematics: Any = None) -> None:
        self.get_train_set, self.systematics = get_train_set, systematics

    def fit(self) -> None:
        """Train on a part of the events, and build the measurement from others."""
        events = self.get_train_set(train_size=choose_sizes(self.get_train_set))
        others = other_rows(self.get_train_set, events, MAX_EVENTS)
        selected = self.systematics(events)
        self.trees = train_trees(selected, [(process,) for process in PROCESSES], ROUNDS, TRAINING_SEED)
        self.yields = expected_yields(selected, PROCESSES)
        self.measurement = build_measurement(self.get_train_set, self.systematics, others, self.discriminate, BINS)

    def discriminate(self, events: pd.DataFrame) -> npt.NDArray[np.floating]:
        """Return the logarithms of two ratios of expected events, shape (n, 2)."""
        return log_ratios(np.log(np.maximum(self.trees.probabilities(events), 1e-9)), self.yields)

    def predict(self, test_set: dict[str, Any]) -> dict[str, float]:
        """Measure mu in one pseudo-experiment."""
        discriminants = self.discriminate(test_set["data"])
        return answer(self.measurement.measure(discriminants, test_set["weights"]), MU_RANGE)
