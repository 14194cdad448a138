"""A classifier that is told the nuisance parameters, and asked again with the values that the data prefer."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from higgs_inference.discriminants import log_ratios
from higgs_inference.fitting import Fit
from higgs_inference.intervals import MU_RANGE, Interval, answer
from higgs_inference.measurement import PROCESSES, Measurement, build_measurement
from higgs_inference.networks import Network, train_network
from higgs_inference.nuisances import HIGGS, draw_pulls, shape_nuisances
from higgs_inference.pseudo_experiments import values_at
from higgs_inference.training_events import choose_sizes, other_rows
from training_seed import TRAINING_SEED

TRAINING_POINTS = 20
"""Nuisance parameters drawn from their priors, at each of which a share of the training events is distorted."""

MAX_EVENTS = 20_000_000
"""Training rows for the templates."""

BINS = (60, 4)

TOLD = tuple(replace(one, name=f"told_{one.name}") for one in shape_nuisances(HIGGS))
"""What the classifier is told, as nuisance parameters that move the discriminants of events and not the events."""


class Model:
    """Templates that respond to the nuisance parameters and to what the classifier is told of them.

    Args:
        get_train_set: gives labelled events as a DataFrame.
        systematics: distorts events by given nuisance parameters and selects them.
    """

    def __init__(self, get_train_set: Any = None, systematics: Any = None) -> None:
        self.get_train_set, self.systematics = get_train_set, systematics
        self.network: Network | None = None
        self.measurement: Measurement | None = None

    def fit(self) -> None:
        """Train on distorted events, and build a measurement with the told values among its parameters."""
        events = self.get_train_set(train_size=choose_sizes(self.get_train_set))
        rng = np.random.default_rng(TRAINING_SEED)
        parts = []
        for number in range(TRAINING_POINTS):
            values = values_at(HIGGS, draw_pulls(rng, HIGGS))
            told = {f"told_{name}": value for name, value in values.items()}
            parts.append(self.told_systematics(events.iloc[number::TRAINING_POINTS], seed=number, **values, **told))
        selected = pd.concat(parts, ignore_index=True)
        self.yields = selected.groupby("detailed_labels")["weights"].sum()[list(PROCESSES)].to_numpy(dtype=np.float64)
        self.network = train_network(selected, PROCESSES, TRAINING_SEED, [one.name for one in TOLD])
        rows = other_rows(self.get_train_set, events, MAX_EVENTS)
        del events, parts, selected
        nuisances, known = (*HIGGS, *TOLD), [one.name for one in TOLD]
        self.measurement = build_measurement(
            self.get_train_set, self.told_systematics, rows, self.discriminate, BINS, nuisances, known
        )

    def told_systematics(self, events: pd.DataFrame, seed: int, **values: float) -> pd.DataFrame:
        """Distort events, and add columns of what the classifier is told, the nominal values where nothing is said."""
        told = {one.name: np.float32(values.pop(one.name, one.nominal)) for one in TOLD}
        return self.systematics(events, seed=seed, **values).assign(**told)

    def discriminate(self, events: pd.DataFrame) -> npt.NDArray[np.floating]:
        """Return the logarithms of two ratios of expected events, shape (n, 2)."""
        if self.network is None:
            raise RuntimeError("predict was called before fit")
        return log_ratios(self.network.logits(events), self.yields)

    def predict(self, test_set: dict[str, Any]) -> dict[str, float]:
        """Fit, tell the classifier the nuisance parameters found, and measure mu with what it says then."""
        _, first = self._measure(test_set, dict.fromkeys((one.name for one in TOLD), 0.0))
        found = dict(zip(first.names, np.clip(first.values, -2, 2).tolist(), strict=True))
        interval, _ = self._measure(test_set, {one.name: found[one.name.removeprefix("told_")] for one in TOLD})
        return answer(interval, MU_RANGE)

    def _measure(self, test_set: dict[str, Any], pulls: dict[str, float]) -> tuple[Interval, Fit]:
        """Measure mu with a classifier that is told the nuisance parameters at these pulls."""
        told = {one.name: np.float32(one.value(pulls[one.name])) for one in TOLD}
        discriminants = self.discriminate(test_set["data"].assign(**told))
        if self.measurement is None:
            raise RuntimeError("predict was called before fit")
        counts = self.measurement.binning.count(discriminants, test_set["weights"])
        return self.measurement.fit_counts(counts, pulls)
