"""A method to start from: boosted trees, bins of their score, and a profile likelihood in all six nuisances."""

from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from higgs_inference.features import feature_names
from higgs_inference.intervals import MU_RANGE, answer
from higgs_inference.measurement import build_measurement
from higgs_inference.training_events import other_rows
from training_seed import TRAINING_SEED

SHARES = {"htautau": 0.2, "ztautau": 0.02, "ttbar": 0.2, "diboson": 0.3}
"""Of each process's training events, for the classifier."""

TEMPLATE_EVENTS = 2_000_000
"""Other training events, at most, for all that is counted in bins."""

BINS = (15,)


class Model:
    """A submission: the platform makes it, calls fit once, and predict for every pseudo-experiment."""

    def __init__(self, get_train_set: Any = None, systematics: Any = None) -> None:
        """Keep both: labelled training events, and what a nuisance parameter does to events."""
        self.get_train_set, self.systematics = get_train_set, systematics

    def fit(self) -> None:
        """Train the classifier with some of the events, and build the measurement with others."""
        events = self.get_train_set(train_size=SHARES)
        others = other_rows(self.get_train_set, events, TEMPLATE_EVENTS)
        selected = self.systematics(events)
        of_label = selected.groupby("labels")["weights"].transform("sum")  # signal counts as much as background
        self.classifier = HistGradientBoostingClassifier(max_iter=100, random_state=TRAINING_SEED)
        self.classifier.fit(features(selected), selected["labels"], len(selected) * selected["weights"] / of_label)
        self.measurement = build_measurement(self.get_train_set, self.systematics, others, self.discriminate, BINS)

    def predict(self, test_set: dict[str, Any]) -> dict[str, float]:
        """Measure mu in one pseudo-experiment, and cut the interval at the range from which mu is drawn."""
        return answer(self.measurement.measure(self.discriminate(test_set["data"]), test_set["weights"]), MU_RANGE)

    def discriminate(self, events: Any) -> np.ndarray:
        """Return the score of each event, shape (n, 1)."""
        if not len(events):  # scikit-learn refuses an empty array
            return np.empty((0, 1))
        return self.classifier.decision_function(features(events)).reshape(-1, 1)


def features(events: Any) -> np.ndarray:
    """Return the 28 features, in the same order for training events and pseudo-experiments."""
    return events[feature_names(events)].to_numpy()
