"""The reference: a network of four classes, its outputs in two dimensions of bins, and a profile likelihood."""

from pathlib import Path
from typing import Any

import torch

from classifier import Classifier, train_classifier
from higgs_inference.intervals import MU_RANGE, answer
from higgs_inference.measurement import PROCESSES, Measurement, build_measurement
from higgs_inference.training_events import choose_sizes, other_rows
from training_seed import TRAINING_SEED

BINS = (60, 4)
"""Parts of the ratio of signal to background, and of each of them by the ratio of top to Z bosons."""

CUT: tuple[float, float] | None = MU_RANGE
"""Intervals end here, since the challenge says so of mu; None to leave them as they are."""

TRAINED_MODEL = Path(__file__).parent / "trained_model.pt"
"""Where save leaves a fitted model; a submission that ships this file does not train again."""


class Model:
    """A submission: the platform makes it, calls fit once, and predict for every pseudo-experiment.

    Args:
        get_train_set: gives labelled events as a DataFrame; see its docstring for train_size and selected_indices.
        systematics: distorts events by given nuisance parameters and selects them.
    """

    def __init__(self, get_train_set: Any = None, systematics: Any = None) -> None:
        self.get_train_set = get_train_set
        self.systematics = systematics
        self.classifier: Classifier | None = None
        self.measurement: Measurement | None = None

    def fit(self) -> None:
        """Load the trained model where one is shipped; else train the classifier and build the measurement on it."""
        if TRAINED_MODEL.exists():
            print(f"using the trained model {TRAINED_MODEL.name}")
            self.classifier, self.measurement = torch.load(TRAINED_MODEL, weights_only=False)
            return
        events = self.get_train_set(train_size=choose_sizes(self.get_train_set))
        others = other_rows(self.get_train_set, events)
        self.classifier = train_classifier(self.systematics(events), PROCESSES, TRAINING_SEED)
        self.measurement = build_measurement(
            self.get_train_set, self.systematics, others, self.classifier.discriminants, BINS
        )

    def predict(self, test_set: dict[str, Any]) -> dict[str, float]:
        """Measure mu in one pseudo-experiment.

        Args:
            test_set: {"data": DataFrame of 28 features, "weights": one weight an event}.

        Returns:
            mu_hat with its uncertainty, and the 68.27 % interval from p16 to p84.
        """
        if self.classifier is None or self.measurement is None:
            raise RuntimeError("predict was called before fit")
        discriminants = self.classifier.discriminants(test_set["data"])
        return answer(self.measurement.measure(discriminants, test_set["weights"]), CUT)

    def save(self) -> None:
        """Keep the fitted model beside this file, for the next run."""
        torch.save((self.classifier, self.measurement), TRAINED_MODEL)
