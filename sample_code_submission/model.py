"""The reference baseline: a classifier's score, binned, and a profile likelihood in mu and six nuisance parameters."""

from pathlib import Path
from typing import Any

import torch

from classifier import Classifier, train_classifier
from likelihood import measure
from templates import Templates, build_templates

CLASSIFIER_ROWS = 1_000_000
TEMPLATE_ROWS = 40_000_000
"""At most so many training rows for each of the two steps; they never share a row."""

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
        self.templates: Templates | None = None

    def fit(self) -> None:
        """Load the trained model where one is shipped; else train the classifier and fill its templates."""
        if TRAINED_MODEL.exists():
            print(f"using the trained model {TRAINED_MODEL.name}")
            self.classifier, self.templates = torch.load(TRAINED_MODEL, weights_only=False)
            return
        for_classifier, for_templates = split_rows(len(self.get_train_set))
        events = self.systematics(self.get_train_set(selected_indices=for_classifier))
        self.classifier = train_classifier(events)
        self.templates = build_templates(self.get_train_set, for_templates, self.systematics, self.classifier)

    def predict(self, test_set: dict[str, Any]) -> dict[str, float]:
        """Measure mu in one pseudo-experiment.

        Args:
            test_set: {"data": DataFrame of 28 features, "weights": one weight an event}.

        Returns:
            mu_hat with its uncertainty, and the 68.27 % interval from p16 to p84.
        """
        if self.classifier is None or self.templates is None:
            raise RuntimeError("predict was called before fit")
        scores = self.classifier.scores(test_set["data"])
        counts = self.templates.count(scores, test_set["weights"])
        return measure(self.templates, counts)

    def save(self) -> None:
        """Keep the fitted model beside this file, for the next run."""
        torch.save((self.classifier, self.templates), TRAINED_MODEL)


def split_rows(available: int) -> tuple[range, range]:
    """Share the training rows out: the first ones to the classifier, later ones, held out, to the templates."""
    first = min(CLASSIFIER_ROWS, available // 2)
    return range(first), range(first, min(first + TEMPLATE_ROWS, available))
