"""Two stages: a small network for all events, and what takes longer for those that may be signal.

A pseudo-experiment has a million events, of which 8 % hold two thirds of the signal and nearly all that is known of mu;
the others constrain the nuisance parameters. The first stage has outputs for both: logits of the processes, and
observables of the nuisance parameters. The second one, whatever it is, sees promising events only, in prediction as in
training.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import nn

from higgs_inference.discriminants import expected_yields, log_ratios
from higgs_inference.networks import Design, Network, join, make_layers, train, train_network
from higgs_inference.nuisances import HIGGS, Nuisance, shape_nuisances
from higgs_inference.templates import Values
from higgs_inference.training_events import (
    PROCESS,
    Events,
    Systematics,
    TrainingSet,
    choose_sizes,
    other_rows,
    read_events,
    score_events,
)

PROMISING = 80_000
"""About how many events of a pseudo-experiment the second stage sees."""

SECOND_SHARE = 0.35
"""Of the training rows that are left, for the second stage; the others are for templates."""

OBSERVABLES = Design((64, 64), epochs=4, activation=nn.SiLU)

PAIRS = {"tes": (-2.0, 2.0), "jes": (-2.0, 2.0), "soft_met": (0.0, 3.0)}
"""Shifts of nuisance parameters, in widths of their priors, that the observables tell apart."""


@dataclass(frozen=True, eq=False)
class FirstStage:
    """The small network, and what it leaves to the second stage.

    Attributes:
        network: outputs a logit for each process, then the observables.
        yields: expected events of each process after the selection, shape (processes,).
        cut: on the logarithm of the ratio of signal to background, above which an event is promising.
    """

    network: Network
    yields: npt.NDArray[np.float64]
    cut: float

    def score(self, events: pd.DataFrame) -> Values:
        """Return the logarithms of two ratios, signal to background and top to Z bosons, and the observables.

        Args:
            events: DataFrame with the 28 features.

        Returns:
            Shape (n, 2 + observables).
        """
        outputs = self.network.logits(events)
        number = len(self.yields)
        return np.concatenate([log_ratios(outputs[:, :number], self.yields), outputs[:, number:]], axis=1)

    def is_promising(self, scores: Values) -> npt.NDArray[np.bool_]:
        """Return which events the second stage sees, shape (n,)."""
        return scores[:, 0] > self.cut

    def choose(self, events: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Return which events the second stage sees, of a DataFrame with the 28 features, shape (n,)."""
        return self.is_promising(self.score(events))


@dataclass(frozen=True, eq=False)
class TwoStages:
    """The first stage, and the classifier of the second one.

    Attributes:
        first: scores all events.
        classify: takes promising events, and returns the logits of the processes, shape (n, processes).
        yields: expected promising events of each process, shape (processes,).
    """

    first: FirstStage
    classify: Callable[[pd.DataFrame], Values]
    yields: npt.NDArray[np.float64]

    def look(self, events: pd.DataFrame) -> tuple[Values, npt.NDArray[np.int64], Values]:
        """Score all events, and promising ones twice.

        Args:
            events: DataFrame with the 28 features.

        Returns:
            The discriminants of all events, as `discriminate` returns them; where the promising ones are, shape (m,);
            and the second stage's logits for them, shape (m, processes).
        """
        scores = self.first.score(events)
        chosen = np.flatnonzero(self.first.is_promising(scores))
        logits = self.classify(events.iloc[chosen])
        second = log_ratios(logits, self.yields)
        scores[chosen] = 0.0
        scores[chosen, 0] = np.maximum(second[:, 0], np.nextafter(np.float32(self.first.cut), np.float32(np.inf)))
        scores[chosen, 1] = second[:, 1]
        return scores, chosen, logits

    def discriminate(self, events: pd.DataFrame) -> Values:
        """Return the scores of the first stage, but of promising events the second stage's ratios, and no observables.

        A promising event whose second ratio of signal to background is below the cut gets the cut.

        Args:
            events: DataFrame with the 28 features.

        Returns:
            Shape (n, 2 + observables).
        """
        return self.look(events)[0]


def train_first_stage(
    get_train_set: TrainingSet, systematics: Systematics, processes: Sequence[str], seed: int
) -> tuple[FirstStage, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Train the first stage, and divide the other training rows.

    Args:
        get_train_set: the challenge's function.
        systematics: the challenge's function.
        processes: names, the signal first.
        seed: of the training.

    Returns:
        The first stage, and the rows for the second stage and for templates, both increasing.
    """
    events = get_train_set(train_size=choose_sizes(get_train_set))
    others = other_rows(get_train_set, events)
    selected = systematics(events)
    network = train_network(selected, processes, seed)
    shapes = [one for one in shape_nuisances(HIGGS) if one.name in PAIRS]
    observables = train_observables(events, systematics, shapes, processes[0], network, seed)
    yields = expected_yields(selected, processes)
    ratio = log_ratios(network.logits(selected), yields)[:, 0]
    order = np.argsort(-ratio)
    above = np.cumsum(selected["weights"].to_numpy(dtype=np.float64)[order])
    cut = float(ratio[order[min(int(np.searchsorted(above, PROMISING)), len(order) - 1)]])
    both = Network(SideBySide(network.layers, observables), network.preparation)
    is_second = np.random.default_rng(2).random(len(others)) < SECOND_SHARE
    return FirstStage(both, yields, cut), others[is_second], others[~is_second]


def train_observables(
    events: pd.DataFrame,
    systematics: Systematics,
    shapes: Sequence[Nuisance],
    signal: str,
    network: Network,
    seed: int,
) -> nn.Module:
    """Train outputs that tell background distorted one way from background distorted the other way.

    For small distortions such an output is the derivative of the logarithm of an event's density by the nuisance
    parameter, and no other observable constrains the parameter better.

    Args:
        events: labelled training events, before the selection.
        systematics: the challenge's function.
        shapes: nuisance parameters, one for each output.
        signal: the process that is left out.
        network: whose preparation of features is used.
        seed: of the training.

    Raises:
        ValueError: no event is of the signal.
    """
    if signal not in set(events["detailed_labels"]):
        raise ValueError(f"there are no events of the signal, {signal}, which is left out of the background")
    torch.manual_seed(seed)
    columns: list[tuple[npt.NDArray[Any], ...]] = []
    background = events[events["detailed_labels"] != signal]
    for number, nuisance in enumerate(shapes):
        part = background.iloc[number :: len(shapes)]
        for side, shift in enumerate(PAIRS[nuisance.name]):
            kept = systematics(part, seed=2 * number + side, **{nuisance.name: nuisance.value_of_shift(shift)})
            inputs = network.preparation.apply(kept[network.preparation.columns].to_numpy(dtype=np.float32))
            weights = kept["weights"].to_numpy(dtype=np.float32)
            columns.append((inputs, np.full(len(kept), number), np.full(len(kept), side, dtype=np.float32), weights))
    layers = make_layers(network.preparation.number, len(shapes), OBSERVABLES)
    return train(layers, join(columns), _side_entropy, OBSERVABLES)


class SideBySide(nn.Module):
    """Several networks on the same inputs, whose outputs follow each other."""

    def __init__(self, *networks: nn.Module) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the outputs, shape (n, sum of the outputs)."""
        return torch.cat([network(inputs) for network in self.networks], dim=1)


def _side_entropy(
    outputs: torch.Tensor, numbers: torch.Tensor, sides: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    chosen = outputs.gather(1, numbers[:, None])[:, 0]
    return nn.functional.binary_cross_entropy_with_logits(chosen, sides, reduction="none") * weights


def score_rows(
    get_train_set: TrainingSet,
    systematics: Systematics,
    processes: Sequence[str],
    rows: npt.NDArray[np.int64],
    first: FirstStage,
) -> Events:
    """Return the selected events of training rows with the first stage's scores as discriminants.

    Args:
        get_train_set: the challenge's function.
        systematics: the challenge's function.
        processes: names, the signal first.
        rows: which, increasing, shape (n,).
        first: the first stage.
    """
    return score_events(read_events(get_train_set, processes, rows), systematics, first.score)


def promising_events(
    get_train_set: TrainingSet,
    systematics: Systematics,
    processes: Sequence[str],
    events: Events,
    first: FirstStage,
    most: int,
    seed: int = 1,
) -> pd.DataFrame:
    """Read the promising events, labelled by name, for the training of a second stage.

    Args:
        get_train_set: the challenge's function.
        systematics: the challenge's function.
        processes: names, the signal first.
        events: of `score_rows`.
        first: the first stage.
        most: of each process; of those that have more a part is taken at random.
        seed: of that choice.

    Returns:
        DataFrame with the features, weights that add up to each process's expected promising events, and
        detailed_labels.
    """
    chosen = first.is_promising(events.discriminants)
    rng = np.random.default_rng(seed)
    factors = np.ones(len(processes))
    for process in range(len(processes)):
        own = chosen & (events.processes == process)
        share = min(1.0, most / max(own.sum(), 1))
        chosen &= ~own | (rng.random(len(own)) < share)
        factors[process] = 1 / share
    rows, weights = events.rows[chosen], events.weights[chosen] * factors[events.processes[chosen]]
    parts = [systematics(one) for one in read_events(get_train_set, processes, rows)]
    selected = pd.concat(parts, ignore_index=True)
    names = np.asarray(processes, dtype=object)[selected.pop(PROCESS).to_numpy()]
    return selected.assign(weights=weights, detailed_labels=names)
