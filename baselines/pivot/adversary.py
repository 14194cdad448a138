"""A classifier whose discriminants tell little of the nuisance parameters: training against an adversary.

The adversary learns the density of the pulls given the discriminants of a background event. The classifier learns to
tell the processes apart, and to make the adversary fail (G. Louppe, M. Kagan and K. Cranmer, arXiv:1611.01046).
"""

import copy
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import nn

from higgs_inference.features import Preparation, balance
from higgs_inference.networks import SMALL, Network, find_device
from higgs_inference.training_events import ROW

BATCH = SMALL.batch
COMPONENTS = 3
"""Gaussians in the density of each pull."""

HIDDEN_LAYERS = (32, 32)
ADVERSARY_STEPS = 4
"""Of the adversary for each of the classifier, which else moves away faster than the adversary learns."""

ADVERSARY_RATE = 4e-3
JOINT_RATE = 1e-3
ADVERSARY_EPOCHS = 2
"""In which the adversary learns alone, from the classifier as it is."""

JOINT_EPOCHS = 10
"""In which both learn."""


@dataclass(frozen=True, eq=False)
class Copies:
    """Distorted copies of training events, as a network takes them.

    Attributes:
        inputs: prepared features, shape (n, features).
        labels: numbers of the processes, 0 for signal, shape (n,).
        weights: the same sum for each process, 1 on average, shape (n,).
        background: expected events of the background that each stands for, 0 for signal; 1 on average, shape (n,).
        pulls: at which each was distorted, shape (n, pulls).
        rows: numbers of the copies of each training row, -1 where the selection rejects one, shape (rows, copies).
    """

    inputs: torch.Tensor
    labels: torch.Tensor
    weights: torch.Tensor
    background: torch.Tensor
    pulls: torch.Tensor
    rows: torch.Tensor

    @property
    def num_batches(self) -> int:
        """How many batches `batches` yields."""
        return -(-len(self.rows) // self._rows_at_once)

    @property
    def _rows_at_once(self) -> int:
        return max(1, BATCH // self.rows.shape[1])

    def batches(self) -> Iterator[torch.Tensor]:
        """Yield the numbers of all copies, about BATCH at a time, in random order but those of a row together.

        Where a row's copies are distorted to opposite sides, what chance does to one it does to the other, and an
        adversary that saw them apart would need many more events.
        """
        for some in torch.randperm(len(self.rows)).split(self._rows_at_once):
            numbers = self.rows[some].flatten()
            yield numbers[numbers >= 0].to(self.inputs.device)


def make_copies(
    events: pd.DataFrame, processes: Sequence[str], pulls: Sequence[str], preparation: Preparation
) -> Copies:
    """Turn selected events into what the training takes, on the GPU where there is one.

    Args:
        events: DataFrame with features, weights, detailed_labels (the process), pulls, and ROW, the training row that
            each is a copy of.
        processes: the classes, the signal first.
        pulls: names of the columns with the pulls.
        preparation: of the classifier's inputs.

    Raises:
        ValueError: there are no events of a process.
    """
    labels, weights = balance(events, [(process,) for process in processes])
    background = np.where(labels > 0, events["weights"].to_numpy(dtype=np.float64), 0.0)
    order = np.argsort(events[ROW].to_numpy(), kind="stable")
    _, row_of, copies = np.unique(events[ROW].to_numpy(), return_inverse=True, return_counts=True)
    place = np.arange(len(events)) - np.repeat(np.cumsum(copies) - copies, copies)
    rows = np.full((len(copies), copies.max()), -1)
    rows[row_of[order], place] = order
    device = find_device()
    return Copies(
        inputs=torch.from_numpy(preparation.apply(events[preparation.columns].to_numpy(dtype=np.float32))).to(device),
        labels=torch.from_numpy(labels).to(device),
        weights=torch.from_numpy(weights).to(device),
        background=torch.from_numpy((background / background.mean()).astype(np.float32)).to(device),
        pulls=torch.from_numpy(events[list(pulls)].to_numpy(dtype=np.float32)).to(device),
        rows=torch.from_numpy(rows),
    )


class Adversary(nn.Module):
    """A network that maps discriminants to a mixture of Gaussians for each pull.

    It standardises them by each batch, so that a classifier cannot escape by stretching them.

    Args:
        discriminants: how many there are.
        pulls: how many there are.
    """

    def __init__(self, discriminants: int, pulls: int) -> None:
        super().__init__()
        size, layers = discriminants, []
        for hidden in HIDDEN_LAYERS:
            layers += [nn.Linear(size, hidden), nn.Tanh()]
            size = hidden
        self.layers = nn.Sequential(*layers, nn.Linear(size, pulls * 3 * COMPONENTS))
        self.pulls = pulls

    def forward(self, discriminants: torch.Tensor) -> torch.Tensor:
        """Return the mixtures for a batch, as `mixture_loss` takes them, shape (n, pulls, 3, COMPONENTS)."""
        variance, mean = torch.var_mean(discriminants, dim=0, correction=0)
        standardised = (discriminants - mean) / torch.sqrt(variance + 1e-6)
        mixtures: torch.Tensor = self.layers(standardised)
        return mixtures.view(-1, self.pulls, 3, COMPONENTS)


def mixture_loss(mixtures: torch.Tensor, pulls: torch.Tensor) -> torch.Tensor:
    """Return minus the logarithm of the density of an event's pulls, each from its own mixture of Gaussians.

    Args:
        mixtures: for each pull the logits of the shares, the means, and the logarithms of the widths, shape (n, pulls,
            3, components).
        pulls: shape (n, pulls).

    Returns:
        Summed over the pulls, in nats, shape (n,).

    Example:
        >>> mixture_loss(torch.zeros(1, 1, 3, 5), torch.zeros(1, 1))  # the standard normal distribution at 0
        tensor([0.9189])
    """
    shares, means, log_widths = mixtures.unbind(dim=2)
    distances = (pulls.unsqueeze(-1) - means) * torch.exp(-log_widths)
    terms = torch.log_softmax(shares, dim=-1) - log_widths - 0.5 * distances**2
    return (0.5 * math.log(2 * math.pi) - torch.logsumexp(terms, dim=-1)).sum(dim=1)


def discriminants_of(logits: torch.Tensor, log_yields: torch.Tensor) -> torch.Tensor:
    """Return what `higgs_inference.discriminants.log_ratios` returns, with its gradient.

    Args:
        logits: of the processes, the signal first, shape (n, processes).
        log_yields: logarithms of the expected events, shape (processes,).
    """
    expected = logits + log_yields
    ratios = expected[:, 0] - torch.logsumexp(expected[:, 1:], dim=1), expected[:, -1] - expected[:, 1]
    return torch.stack(ratios, dim=1)


def train_against_adversary(
    network: Network, copies: Copies, yields: np.ndarray, strength: float, seed: int
) -> Network:
    """Train a classifier to tell processes apart by discriminants that tell an adversary little of the pulls.

    The classifier minimises L_classifier - strength * L_adversary, and the adversary L_adversary, at every step both.
    L_classifier is the mean cross entropy, every process with the same sum of weights. L_adversary is the mean of
    `mixture_loss` over the background, each process as frequent as in data. Both are in nats for one event.

    Args:
        network: trained for the processes' logits, the signal first; it stays as it is.
        copies: distorted training events.
        yields: expected events of each process, shape (processes,).
        strength: lambda; with 0 the classifier does not mind the adversary.
        seed: of the adversary's first weights, and of the order of the events.

    Returns:
        Another network, on the CPU.
    """
    torch.manual_seed(seed)
    device = copies.inputs.device
    layers = copy.deepcopy(network.layers).to(device)
    log_yields = torch.from_numpy(np.log(yields).astype(np.float32)).to(device)
    adversary = Adversary(2, copies.pulls.shape[1]).to(device)
    for_adversary = torch.optim.Adam(adversary.parameters(), lr=ADVERSARY_RATE)
    for_classifier = torch.optim.AdamW(layers.parameters(), lr=JOINT_RATE, weight_decay=SMALL.weight_decay)
    steps = JOINT_EPOCHS * copies.num_batches
    schedule = torch.optim.lr_scheduler.OneCycleLR(for_classifier, max_lr=JOINT_RATE, total_steps=steps)
    for epoch in range(ADVERSARY_EPOCHS + JOINT_EPOCHS):
        seen = []
        for some in copies.batches():
            background, pulls = copies.background[some], copies.pulls[some]
            logits = layers(copies.inputs[some])
            shown = discriminants_of(logits, log_yields)
            for _ in range(ADVERSARY_STEPS):
                for_adversary.zero_grad()
                (background * mixture_loss(adversary(shown.detach()), pulls)).mean().backward()
                for_adversary.step()
            of_adversary = (background * mixture_loss(adversary(shown), pulls)).mean()
            entropies = nn.functional.cross_entropy(logits, copies.labels[some], reduction="none")
            of_classifier = (copies.weights[some] * entropies).mean()
            if epoch >= ADVERSARY_EPOCHS:
                for_classifier.zero_grad()
                (of_classifier - strength * of_adversary).backward()
                for_classifier.step()
                schedule.step()
            of_priors = (background * 0.5 * (math.log(2 * math.pi) + pulls**2).sum(dim=1)).mean()
            seen.append(torch.stack([of_classifier, of_priors - of_adversary]).detach())
        loss, told = torch.stack(seen).mean(dim=0).tolist()
        print(
            f"epoch {epoch + 1} of {ADVERSARY_EPOCHS + JOINT_EPOCHS}: classifier's loss {loss:.5f}, "
            f"an event tells the adversary {told:+.5f} nats",
            flush=True,
        )
    return Network(layers.cpu(), network.preparation)
