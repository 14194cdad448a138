"""Contrastive normalising flows: densities of signal and background that care where the two differ."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
import zuko
from torch import nn

from higgs_inference.cascade import SideBySide
from higgs_inference.features import Preparation, balance
from higgs_inference.kinematics import NAMES
from higgs_inference.networks import Design, Network, train

TRANSFORMS = 8
DESIGN = Design((64, 64), epochs=6, batch=4096, learning_rate=1e-3, weight_decay=1e-4, activation=nn.GELU)

CONTRAST = 2.0
"""How much the likelihood of a flow's own events counts, relative to that of the other ones."""

MIN_LOG_DENSITY = -50.0
"""Less than this counts as this: for events of the other kind in training, and for all events as a feature."""

FLOWS = ("flow_signal", "flow_background")
"""Names of the features that flows add, one for each."""

OF_TAUS = ("PRI_had_pt", "PRI_lep_pt", "PRI_had_eta", "PRI_lep_eta", "angle between taus")
OF_JET = "PRI_jet_{0}_pt", "PRI_jet_{0}_eta", "cosine of PRI_jet_{0}_phi"
JETS = ("leading", "subleading")
FEATURES = tuple(
    (*OF_TAUS, "met along had", "met across had", *(name.format(jet) for jet in JETS[:number] for name in OF_JET))
    for number in range(3)
)
"""What flows see of events with no jet, one, or more.

A density exists only of features that do not follow from each other; the classifier sees them all.
"""


@dataclass(frozen=True, eq=False)
class Flows:
    """Trained flows.

    Attributes:
        networks: for each category, which output the logarithms of the densities of signal and background.
    """

    networks: tuple[Network, ...]

    def add(self, events: pd.DataFrame) -> pd.DataFrame:
        """Return events with columns for the logarithms of both densities."""
        found = np.zeros((len(events), len(FLOWS)), dtype=np.float32)
        categories = categories_of(events)
        for category, network in enumerate(self.networks):
            own = np.flatnonzero(categories == category)
            if len(own):
                found[own] = np.maximum(network.logits(events.iloc[own]), MIN_LOG_DENSITY)
        return events.assign(**dict(zip(FLOWS, found.T, strict=True)))


def train_flows(events: pd.DataFrame, signal: str, backgrounds: Sequence[str], seed: int) -> Flows:
    """Train two flows for each number of jets, on events with weights and detailed_labels.

    Args:
        events: selected ones, with the 28 features.
        signal: name of the signal.
        backgrounds: names of the backgrounds.
        seed: of the training.
    """
    categories, networks = categories_of(events), []
    for category, names in enumerate(FEATURES):
        print(f"flows of events with {category} jets")
        torch.manual_seed(seed)
        own = events[categories == category]
        preparation = Preparation(own)
        inputs = torch.from_numpy(preparation.apply(own[preparation.columns].to_numpy(dtype=np.float32)))
        labels, weights = (torch.from_numpy(one) for one in balance(own, [(signal,), backgrounds]))
        picked = Pick([NAMES.index(name) for name in names])
        flows = [LogDensity(picked.number) for _ in FLOWS]
        for number, flow in enumerate(flows):
            train(flow, (picked(inputs), (labels == number).to(torch.float32), weights), contrastive_loss, DESIGN)
        networks.append(Network(nn.Sequential(picked, SideBySide(*flows)), preparation))
    return Flows(tuple(networks))


def categories_of(events: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return the category of every event, shape (n,)."""
    return np.minimum(events["PRI_n_jets"].to_numpy().astype(np.int64), len(FEATURES) - 1)


def contrastive_loss(log_density: torch.Tensor, is_own: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Return the loss of every event, shape (n,): likely if it is the flow's own, unlikely if not (arXiv:2505.08709).

    Args:
        log_density: of the flow, shape (n, 1).
        is_own: 1 for events of the flow's own kind, 0 for the others, shape (n,).
        weights: shape (n,).
    """
    found = log_density[:, 0]
    return weights * (is_own * -CONTRAST * found + (1 - is_own) * found.clamp(min=MIN_LOG_DENSITY))


class LogDensity(nn.Module):
    """A normalising flow of affine coupling layers (L. Dinh et al., arXiv:1605.08803).

    Args:
        features: their number.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.flow = zuko.flows.NICE(
            features, transforms=TRANSFORMS, hidden_features=DESIGN.hidden, activation=DESIGN.activation, randmask=True
        )

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the logarithm of the density, shape (n, 1)."""
        found: torch.Tensor = self.flow().log_prob(inputs)[:, None]
        return found


class Pick(nn.Module):
    """Chooses columns.

    Args:
        columns: their numbers.
    """

    def __init__(self, columns: Sequence[int]) -> None:
        super().__init__()
        self.register_buffer("columns", torch.tensor(columns))
        self.number = len(columns)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the chosen columns, shape (n, number)."""
        return torch.index_select(inputs, 1, self.get_buffer("columns"))
