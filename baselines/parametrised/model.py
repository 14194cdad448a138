"""A classifier that is told the nuisance parameters, and asked again with the values that the data prefer."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from higgs_inference.discriminants import expected_yields, log_ratios
from higgs_inference.fitting import Fit
from higgs_inference.intervals import MU_RANGE, Interval, answer
from higgs_inference.measurement import PROCESSES, build_measurement
from higgs_inference.networks import train_network
from higgs_inference.nuisances import HIGGS, MAX_KNOWN_PULL, Nuisance, draw_pulls, shape_nuisances
from higgs_inference.pseudo_experiments import distort_shares
from higgs_inference.training_events import choose_sizes, other_rows
from training_seed import TRAINING_SEED

TRAINING_POINTS = 20
"""Nuisance parameters drawn from their priors, at each of which a share of the training events is distorted."""

MAX_EVENTS = 20_000_000
"""Training rows for the templates, at most."""

BINS = (60, 4)
NAMES = [one.name for one in HIGGS]

TOLD = {f"told_{one.name}": one.name for one in shape_nuisances(HIGGS)}
"""What the classifier is told, the pulls, and of which nuisance parameters.

To the templates they are nuisance parameters that change the discriminants, not the events.
"""


class Model:
    """Templates that respond to the nuisance parameters and to what the classifier is told of them.

    Args:
        get_train_set: gives labelled events as a DataFrame.
        systematics: distorts events by given nuisance parameters and selects them.
    """

    def __init__(self, get_train_set: Any = None, systematics: Any = None) -> None:
        self.get_train_set, self.systematics = get_train_set, systematics

    def fit(self) -> None:
        """Train on distorted events, and build a measurement with the told values among its parameters."""
        events = self.get_train_set(train_size=choose_sizes(self.get_train_set))
        rng = np.random.default_rng(TRAINING_SEED)
        points = np.array([draw_pulls(rng, HIGGS) for _ in range(TRAINING_POINTS)])
        shares = distort_shares(events, self.systematics, HIGGS, points)
        told = [{name: pulls[NAMES.index(one)] for name, one in TOLD.items()} for pulls in points]
        selected = pd.concat([tell(*both) for both in zip(shares, told, strict=True)], ignore_index=True)
        self.yields = expected_yields(selected, PROCESSES)
        self.network = train_network(selected, PROCESSES, TRAINING_SEED, list(TOLD))
        rows = other_rows(self.get_train_set, events, MAX_EVENTS)
        del events, selected
        nuisances = (*HIGGS, *(Nuisance(name) for name in TOLD))
        self.measurement = build_measurement(
            self.get_train_set, self.told_systematics, rows, self.discriminate, BINS, nuisances, TOLD
        )

    def told_systematics(self, events: pd.DataFrame, seed: int, **values: float) -> pd.DataFrame:
        """Distort events, and add columns of what the classifier is told, 0 where nothing is said."""
        told = {name: values.pop(name, 0.0) for name in TOLD}
        return tell(self.systematics(events, seed=seed, **values), told)

    def discriminate(self, events: pd.DataFrame) -> npt.NDArray[np.floating]:
        """Return the logarithms of two ratios of expected events, shape (n, 2)."""
        return log_ratios(self.network.logits(events), self.yields)

    def predict(self, test_set: dict[str, Any]) -> dict[str, float]:
        """Fit, tell the classifier the nuisance parameters found, and measure mu with what it says then."""
        _, first = self._measure(test_set, dict.fromkeys(TOLD, 0.0))
        found = dict(zip(first.names, np.clip(first.values, -MAX_KNOWN_PULL, MAX_KNOWN_PULL).tolist(), strict=True))
        interval, _ = self._measure(test_set, {name: found[one] for name, one in TOLD.items()})
        return answer(interval, MU_RANGE)

    def _measure(self, test_set: dict[str, Any], told: dict[str, float]) -> tuple[Interval, Fit]:
        """Measure mu with a classifier that is told these pulls."""
        discriminants = self.discriminate(tell(test_set["data"], told))
        return self.measurement.fit_counts(self.measurement.binning.count(discriminants, test_set["weights"]), told)


def tell(events: pd.DataFrame, told: dict[str, float]) -> pd.DataFrame:
    """Add columns of what the classifier is told, within what it was trained on."""
    within = {name: np.float32(np.clip(pull, -MAX_KNOWN_PULL, MAX_KNOWN_PULL)) for name, pull in told.items()}
    return events.assign(**within)
