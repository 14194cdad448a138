"""Sums over a whole pseudo-experiment, and boosted trees trained to infer mu from drawn pseudo-experiments."""

from dataclasses import replace
from time import monotonic
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from aggregation import MOST, Aggregation
from estimator import calibrate, train_estimator

from higgs_inference.checks import require_weights
from higgs_inference.discriminants import expected_yields, log_ratios
from higgs_inference.intervals import MU_RANGE, answer
from higgs_inference.measurement import PROCESSES, SAMPLE, bins_of, thin_by_purity, without_response
from higgs_inference.nuisances import HIGGS, draw_pulls
from higgs_inference.pseudo_experiments import values_at
from higgs_inference.summed_rows import (
    DistortedRows,
    RowModel,
    add_up,
    measure_responses,
    second_moments,
    spread_pulls,
)
from higgs_inference.templates import Floats
from higgs_inference.training_events import choose_sizes, fill, other_rows, read_events, score_events
from higgs_inference.trees import train_trees
from training_seed import TRAINING_SEED

MAX_EVENTS = 20_000_000
"""Training rows for the expected sums, at most."""

ROUNDS = 50
BINS = (30, 3)

DRAWN = 30_000
"""Pseudo-experiments to learn from."""

MU_DRAWN = (-1.0, 4.1)
"""Their mu: beyond MU_RANGE, so that intervals cover at its ends as well as in the middle."""

POINTS = 6
"""A power of two: half of so many points, at which events are distorted, are for responses, half for calibration."""

TOO_WIDE = 0.5
"""Of the range of mu; 0.68 of it holds a random mu as often as an interval should."""

CALIBRATION_DRAWN = 400
"""Pseudo-experiments at each of the latter, with mu in MU_RANGE."""


class Model:
    """Trees score the events, their sums are a row, and regression, classifier and regressor turn it into an interval.

    Args:
        get_train_set: gives labelled events as a DataFrame.
        systematics: distorts events by given nuisance parameters and selects them.
    """

    def __init__(self, get_train_set: Any = None, systematics: Any = None) -> None:
        self.get_train_set, self.systematics = get_train_set, systematics

    def fit(self) -> None:
        """Train the trees that score, learn how rows are distributed, draw some, and learn mu from these."""
        started = monotonic()
        events = self.get_train_set(train_size=choose_sizes(self.get_train_set))
        rows = other_rows(self.get_train_set, events, MAX_EVENTS)
        selected = self.systematics(events)
        self.trees = train_trees(selected, [(process,) for process in PROCESSES], ROUNDS, TRAINING_SEED)
        self.yields = expected_yields(selected, PROCESSES)
        del events, selected
        of_responses, of_calibration = np.split(spread_pulls(HIGGS, POINTS), 2)
        distribution, distorted = self._learn_rows(rows, of_responses)
        print(f"scores and distribution of the rows: {monotonic() - started:.0f} s", flush=True)

        rng = np.random.default_rng(TRAINING_SEED)
        parameters = draw_parameters(rng, DRAWN, MU_DRAWN)
        estimator = train_estimator(distribution.draw(rng, parameters), values_of(parameters), TRAINING_SEED)
        held_out, mus = draw_held_out(rng, distribution, distorted, of_calibration)
        self.estimator = replace(estimator, factors=calibrate(estimator, held_out, mus))
        low, _, high = self.estimator.quantiles(held_out).T
        print(f"conformal factors: {self.estimator.factors[0]:.3f} below, {self.estimator.factors[1]:.3f} above")
        print(f"expected width: {np.mean(high - low):.3f}")
        if np.mean(high - low) > TOO_WIDE * (MU_RANGE[1] - MU_RANGE[0]):
            print("Hardly narrower than without data: there are too few training events; use a larger store.")

    def discriminate(self, events: pd.DataFrame) -> npt.NDArray[np.floating]:
        """Return the logarithms of two ratios of expected events, then the features, shape (n, 2 + features)."""
        ratios = log_ratios(np.log(np.maximum(self.trees.probabilities(events), 1e-9)), self.yields)
        return np.concatenate([ratios, events[list(MOST)].to_numpy(dtype=np.float32)], axis=1)

    def predict(self, test_set: dict[str, Any]) -> dict[str, float]:
        """Measure mu in one pseudo-experiment."""
        events = test_set["data"]
        weights = require_weights(test_set["weights"], len(events))
        row = weights @ self.aggregation.describe(self.discriminate(events))
        if not np.isfinite(row).all():
            raise ValueError(f"expected numbers in the columns {', '.join(MOST)}; some are not")
        return answer(self.estimator.measure(row), MU_RANGE)

    def _learn_rows(self, rows: npt.NDArray[np.int64], pulls: Floats) -> tuple[RowModel, DistortedRows]:
        """Choose the columns, and learn from training events how they are distributed."""
        processes = len(PROCESSES)
        events = score_events(read_events(self.get_train_set, PROCESSES, rows), self.systematics, self.discriminate)
        scores = replace(events, discriminants=events.discriminants[:, : len(BINS)])
        binning = bins_of(scores, BINS)
        self.aggregation = Aggregation(binning)
        describe = self.aggregation.describe
        chosen = thin_by_purity(scores, rows, binning, fill(scores, binning, processes)[0], SAMPLE)
        nominal = add_up(events, describe, processes)[0]
        covariance, of_templates = (second_moments(events, describe, processes, power) for power in (1, 2))
        del events, scores
        slices = list(read_events(self.get_train_set, PROCESSES, *chosen))
        distorted = DistortedRows(slices, self.systematics, self.discriminate, describe, processes)
        templates = without_response(nominal, np.diagonal(of_templates, axis1=1, axis2=2), HIGGS)
        response, *without_fold = measure_responses(distorted, templates, pulls)
        templates = replace(templates, response=response)
        return RowModel(templates, covariance, of_templates, np.array(without_fold)), distorted


def draw_parameters(rng: np.random.Generator, number: int, mus: tuple[float, float]) -> Floats:
    """Draw mu from a range, and pulls from their priors, shape (number, 1 + nuisances)."""
    return np.array([[rng.uniform(*mus), *draw_pulls(rng, HIGGS)] for _ in range(number)])


def values_of(parameters: Floats) -> Floats:
    """Return mu and the values of the nuisance parameters, shape (n, 1 + nuisances)."""
    values = [[one.value(pull) for one, pull in zip(HIGGS, pulls, strict=True)] for pulls in parameters[:, 1:].tolist()]
    return np.concatenate([parameters[:, :1], np.array(values)], axis=1)


def draw_held_out(
    rng: np.random.Generator, distribution: RowModel, distorted: DistortedRows, pulls: Floats
) -> tuple[Floats, Floats]:
    """Draw rows to calibrate on, with what nuisance parameters do to events, not with what responses say of it.

    So what these get wrong, quadratics as they are, is in the calibration.

    Args:
        rng: source of the randomness.
        distribution: of the rows.
        distorted: training events.
        pulls: of the nuisance parameters that change events, at each point, shape (points, nuisances).

    Returns:
        The rows, and their mu.
    """
    ratios = distorted.ratios([values_at(HIGGS, point) for point in pulls], first_seed=1000)[:, 0]
    changes_events = np.array([False, *(not one.scales for one in HIGGS)])
    rows, mus = [], []
    for point, ratio in zip(pulls, ratios, strict=True):
        parameters = draw_parameters(rng, CALIBRATION_DRAWN, MU_RANGE)
        parameters[:, changes_events] = point[changes_events[1:]]
        rows.append(distribution.draw(rng, parameters, ratio))
        mus.append(parameters[:, 0])
    return np.concatenate(rows), np.concatenate(mus)
