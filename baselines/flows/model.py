"""Contrastive normalising flows whose densities join the features of a classifier; templates; a Neyman construction."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from contrastive import FLOWS, Flows, train_flows

from higgs_inference.cascade import TwoStages, promising_events, score_rows, train_first_stage
from higgs_inference.discriminants import expected_yields
from higgs_inference.fitting import fit
from higgs_inference.intervals import MU_RANGE, Belt, answer, build_belt
from higgs_inference.likelihood import BinnedLikelihood
from higgs_inference.measurement import PROCESSES, SIGNAL, build_measurement
from higgs_inference.networks import LARGE, Network, train_network
from higgs_inference.nuisances import BACKGROUNDS, draw_pulls
from higgs_inference.templates import Templates
from training_seed import TRAINING_SEED

MAX_EVENTS = 1_000_000
"""Promising events of each process that flows and classifier are trained on, at most."""

BINS = (60, 2, 3, 3, 3)

BELT_MUS = 10
"""Signal strengths of the Neyman construction, over the range of mu."""

DRAWN_AT_EACH = 50
"""Pseudo-experiments at each of them."""


@dataclass(frozen=True, eq=False)
class Classifier:
    """Flows, and a network that sees their densities.

    Attributes:
        flows: for promising events.
        network: gives logits of the processes.
    """

    flows: Flows
    network: Network

    def logits(self, events: pd.DataFrame) -> npt.NDArray[np.float32]:
        """Return the logits of promising events, shape (n, processes)."""
        return self.network.logits(self.flows.add(events))


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
        first, rows, others = train_first_stage(*source, PROCESSES, TRAINING_SEED)
        scored = score_rows(*source, PROCESSES, rows, first)
        promising = promising_events(*source, PROCESSES, scored, first, MAX_EVENTS)
        yields = expected_yields(promising, PROCESSES)
        flows = train_flows(promising, SIGNAL, BACKGROUNDS, TRAINING_SEED)
        promising = flows.add(promising)
        network = train_network(promising, PROCESSES, TRAINING_SEED, FLOWS, LARGE)
        del scored, promising
        self.stages = TwoStages(first, Classifier(flows, network).logits, yields)
        self.measurement = build_measurement(*source, others, self.stages.discriminate, BINS)
        self.belt = construct_belt(self.measurement.templates, TRAINING_SEED)
        width = np.mean([self.belt.interval(mu).width for mu in self.belt.mus])
        print(f"expected width: {self.measurement.calibration.scale * width:.3f}")

    def predict(self, test_set: dict[str, Any]) -> dict[str, float]:
        """Measure mu in one pseudo-experiment."""
        counts = self.measurement.binning.count(self.stages.discriminate(test_set["data"]), test_set["weights"])
        found = fit(BinnedLikelihood(self.measurement.templates, counts))
        return answer(self.measurement.calibration.apply(self.belt.interval(found.mu)), MU_RANGE)


def construct_belt(templates: Templates, seed: int) -> Belt:
    """Draw pseudo-experiments at some mu, with nuisance parameters from their priors, and see where estimates lie.

    The background of every bin is off by its statistical error, as that of the templates is.

    Args:
        templates: expected counts.
        seed: of the pseudo-experiments.
    """
    rng = np.random.default_rng(seed)
    spread, mus, drawn = np.sqrt(templates.background_variance), np.linspace(*MU_RANGE, BELT_MUS), []
    for mu in np.repeat(mus, DRAWN_AT_EACH):
        at = templates.expect(np.array([mu, *draw_pulls(rng, templates.nuisances)]))
        expected = at.total + at.background * spread * rng.standard_normal(templates.bins)
        drawn.append(rng.poisson(np.maximum(expected, 0.0)).astype(np.float64))
    with ThreadPoolExecutor(2) as threads:
        estimates = list(threads.map(lambda counts: fit(BinnedLikelihood(templates, counts)).mu, drawn))
    return build_belt(mus, list(np.reshape(estimates, (BELT_MUS, DRAWN_AT_EACH))))
