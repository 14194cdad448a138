"""A network trained against an adversary, which finds the nuisance parameters in its discriminants if it can."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from adversary import make_copies, train_against_adversary
from scipy.stats import norm

from higgs_inference.discriminants import expected_yields, log_ratios
from higgs_inference.intervals import MU_RANGE, answer
from higgs_inference.measurement import PROCESSES, build_measurement
from higgs_inference.networks import train_network
from higgs_inference.nuisances import HIGGS, shape_nuisances
from higgs_inference.pseudo_experiments import distort_shares
from higgs_inference.training_events import MAX_CLASSIFIER_SHARES, ROW, choose_sizes, other_rows
from training_seed import TRAINING_SEED

STRENGTH = 10.0
"""Lambda, the weight of the adversary's loss in the classifier's; benchmarks/sweep_of_pivot.py compares some."""

TRAINING_POINTS = 200
"""Nuisance parameters at which a share of the training events is distorted, and at the opposite pulls again."""

MAX_ROWS = {"htautau": 600_000, "ztautau": 900_000, "ttbar": 350_000, "diboson": 125_000}
"""Training rows of each process for the classifier, at most: half of what the reference takes, but each used twice."""

MAX_EVENTS = 20_000_000
"""Training rows for the templates, at most."""

BINS = (60, 4)
PULLS = {f"pull_{one.name}": one.name for one in shape_nuisances(HIGGS)}
"""What the adversary looks for: columns, and the nuisance parameters whose pulls they hold."""


class Model:
    """A measurement by a classifier whose discriminants respond little to the nuisance parameters.

    Args:
        get_train_set: gives labelled events as a DataFrame.
        systematics: distorts events by given nuisance parameters and selects them.
    """

    def __init__(self, get_train_set: Any = None, systematics: Any = None) -> None:
        self.get_train_set, self.systematics = get_train_set, systematics

    def fit(self) -> None:
        """Train the classifier, train it further against the adversary, and build the measurement."""
        events = self.get_train_set(train_size=choose_sizes(self.get_train_set, MAX_ROWS, MAX_CLASSIFIER_SHARES))
        selected = distort_twice(events, self.systematics, TRAINING_SEED)
        self.yields = expected_yields(selected, PROCESSES)
        plain = train_network(selected, PROCESSES, TRAINING_SEED)
        copies = make_copies(selected, PROCESSES, list(PULLS), plain.preparation)
        self.network = train_against_adversary(plain, copies, self.yields, STRENGTH, TRAINING_SEED)
        rows = other_rows(self.get_train_set, events, MAX_EVENTS)
        del events, selected, copies
        self.measurement = build_measurement(self.get_train_set, self.systematics, rows, self.discriminate, BINS)

    def discriminate(self, events: pd.DataFrame) -> npt.NDArray[np.floating]:
        """Return the logarithms of two ratios of expected events, shape (n, 2)."""
        return log_ratios(self.network.logits(events), self.yields)

    def predict(self, test_set: dict[str, Any]) -> dict[str, float]:
        """Measure mu in one pseudo-experiment."""
        discriminants = self.discriminate(test_set["data"])
        return answer(self.measurement.measure(discriminants, test_set["weights"]), MU_RANGE)


def distort_twice(events: pd.DataFrame, systematics: Any, seed: int) -> pd.DataFrame:
    """Distort every event at pulls from the priors, and at the opposite ones, with columns that say what they are.

    Over the points, each nuisance parameter has the quantiles of its prior, in an order of its own.

    Args:
        events: with the numbers of their training rows as index.
        systematics: the challenge's function.
        seed: of the points.

    Returns:
        The selected ones, with the columns PULLS and ROW.
    """
    rng, names = np.random.default_rng(seed), [one.name for one in HIGGS]
    shares = (np.arange(TRAINING_POINTS) + 0.5) / TRAINING_POINTS
    points = norm.ppf(np.stack([rng.permutation(shares) for _ in HIGGS], axis=1))
    numbered = events.assign(**{ROW: events.index.to_numpy()})
    parts = []
    for pulls in (points, -points):
        for point, part in zip(pulls, distort_shares(numbered, systematics, HIGGS, pulls), strict=True):
            told = {column: np.float32(point[names.index(name)]) for column, name in PULLS.items()}
            parts.append(part.assign(**told))
    return pd.concat(parts, ignore_index=True)
