"""One score in ten bins and a profile likelihood in all nuisance parameters: what a first attempt does."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from higgs_inference.intervals import MU_RANGE, answer
from higgs_inference.measurement import SIGNAL, build_measurement
from higgs_inference.nuisances import BACKGROUNDS
from higgs_inference.training_events import other_rows
from higgs_inference.trees import train_trees
from training_seed import TRAINING_SEED

TRAINING_SHARE = dict.fromkeys((SIGNAL, *BACKGROUNDS), 0.1)
MAX_EVENTS = 10_000_000
"""Training rows for the templates, at most."""

ROUNDS = 30
BINS = (10,)


class Model:
    """Boosted trees that tell signal from background, their output binned.

    Args:
        get_train_set: gives labelled events as a DataFrame.
        systematics: distorts events by given nuisance parameters and selects them.
    """

    def __init__(self, get_train_set: Any = None, systematics: Any = None) -> None:
        self.get_train_set, self.systematics = get_train_set, systematics

    def fit(self) -> None:
        """Train on a part of the events, and build the measurement from others."""
        events = self.get_train_set(train_size=TRAINING_SHARE)
        others = other_rows(self.get_train_set, events, MAX_EVENTS)
        self.trees = train_trees(self.systematics(events), [(SIGNAL,), BACKGROUNDS], ROUNDS, TRAINING_SEED)
        self.measurement = build_measurement(self.get_train_set, self.systematics, others, self.discriminate, BINS)

    def discriminate(self, events: pd.DataFrame) -> npt.NDArray[np.float32]:
        """Return the probability of signal, shape (n, 1)."""
        return self.trees.probabilities(events)[:, :1]

    def predict(self, test_set: dict[str, Any]) -> dict[str, float]:
        """Measure mu in one pseudo-experiment."""
        discriminants = self.discriminate(test_set["data"])
        return answer(self.measurement.measure(discriminants, test_set["weights"]), MU_RANGE)
