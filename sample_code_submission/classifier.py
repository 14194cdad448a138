"""A network that tells signal from background by the 28 features of an event."""

import copy

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import nn

Floats = npt.NDArray[np.float32]

HIDDEN_LAYERS = (128, 128, 128)
"""Four layers of 200 measure mu no better and take more than three times as long."""

BATCH = 4096
EPOCHS = 12
"""All are run: most is gained in the last ones, when the learning rate falls."""

LEARNING_RATE = 3e-3
WEIGHT_DECAY = 1e-4
VALIDATION_SHARE = 0.1
EVALUATION_BATCH = 2048
"""Small enough for a processor's cache: larger batches are slower on a CPU."""

MISSING = -25.0
LONG_TAILED = ("pt", "met", "mass", "sum_pt", "ratio")
"""Columns with one of these words in their name, but angles, are taken as a logarithm."""


class Classifier:
    """A trained network with the preparation of its inputs.

    Args:
        network: maps prepared features, shape (n, 28), to logits, shape (n, 1).
        preparation: makes the network's input of a DataFrame.
    """

    def __init__(self, network: nn.Module, preparation: "Preparation") -> None:
        self.network = network
        self.preparation = preparation

    def scores(self, events: pd.DataFrame) -> Floats:
        """Give the logit of every event's signal probability, for equally frequent classes.

        Args:
            events: DataFrame with the 28 features.

        Returns:
            float32, shape (n,); large for signal-like events.
        """
        device = "cuda" if torch.cuda.is_available() else "cpu"
        network = self.network.to(device).eval()
        batch = EVALUATION_BATCH if device == "cpu" else 65_536
        values = events[self.preparation.columns].to_numpy(dtype=np.float32)
        logits = np.empty(len(values), dtype=np.float32)
        with torch.inference_mode():
            for start in range(0, len(values), batch):
                inputs = torch.from_numpy(self.preparation.apply(values[start : start + batch])).to(device)
                logits[start : start + batch] = network(inputs)[:, 0].cpu().numpy()
        return logits


class Preparation:
    """Logarithms of long-tailed features, then mean 0 and width 1; missing values become 0.

    Args:
        events: DataFrame with the 28 features, from which means and widths are taken.
    """

    def __init__(self, events: pd.DataFrame) -> None:
        self.columns = [name for name in events.columns if name.startswith(("PRI_", "DER_"))]
        self._logarithmic = np.array([_is_long_tailed(name) for name in self.columns])
        values = events[self.columns].to_numpy(dtype=np.float32)
        logarithms = np.where(values == MISSING, np.nan, self._take_logarithms(values))
        self._mean = np.nan_to_num(np.nanmean(logarithms, axis=0, dtype=np.float64)).astype(np.float32)
        width = np.nanstd(logarithms, axis=0, dtype=np.float64).astype(np.float32)
        self._width = np.where(np.nan_to_num(width) > 0, width, 1).astype(np.float32)

    def apply(self, values: Floats) -> Floats:
        """Prepare features, float32, shape (n, 28), in the order of self.columns; the input stays as it is."""
        prepared = self._take_logarithms(values)
        prepared -= self._mean
        prepared /= self._width
        prepared[values == MISSING] = 0
        return prepared

    def _take_logarithms(self, values: Floats) -> Floats:
        """Copy features, the long-tailed ones as log(1 + x); where they are missing the result has no meaning."""
        values = values.copy(order="K")  # columns stay contiguous where they are: twice as fast
        values[:, self._logarithmic] = np.log1p(np.maximum(values[:, self._logarithmic], 0))
        return values


def _is_long_tailed(name: str) -> bool:
    return any(word in name for word in LONG_TAILED) and not name.endswith(("phi", "eta", "centrality"))


def train_classifier(events: pd.DataFrame) -> Classifier:
    """Train a classifier on labelled events, each class with the same summed weight; a validation part picks the epoch.

    Args:
        events: DataFrame with the 28 features, weights and labels (1 for signal).

    Returns:
        A Classifier.
    """
    torch.manual_seed(1)
    preparation = Preparation(events)
    inputs = torch.from_numpy(preparation.apply(events[preparation.columns].to_numpy(dtype=np.float32)))
    labels = torch.from_numpy(events["labels"].to_numpy(dtype=np.float32, copy=True))
    weights = torch.from_numpy(_balanced_weights(events))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    parts = [tensor.to(device) for tensor in (inputs, labels, weights)]
    split = max(int(VALIDATION_SHARE * len(labels)), 1)
    network = _train(_make_network(inputs.shape[1]).to(device), [t[split:] for t in parts], [t[:split] for t in parts])
    return Classifier(network.cpu(), preparation)


def _make_network(width: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for size in HIDDEN_LAYERS:
        layers += [nn.Linear(width, size), nn.ReLU(inplace=True)]
        width = size
    return nn.Sequential(*layers, nn.Linear(width, 1))


def _balanced_weights(events: pd.DataFrame) -> Floats:
    weights = events["weights"].to_numpy(dtype=np.float64)
    labels = events["labels"].to_numpy()
    for label in np.unique(labels):
        own = labels == label
        weights = np.where(own, weights / weights[own].sum(), weights)
    return (weights / weights.mean()).astype(np.float32)


def _train(network: nn.Module, training: list[torch.Tensor], validation: list[torch.Tensor]) -> nn.Module:
    optimiser = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    steps = EPOCHS * -(-len(training[1]) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=LEARNING_RATE, total_steps=steps)
    best_loss, best_state = float("inf"), copy.deepcopy(network.state_dict())
    for epoch in range(EPOCHS):
        network.train()
        for rows in torch.randperm(len(training[1]), device=training[1].device).split(BATCH):
            optimiser.zero_grad()
            _loss(network, *(tensor[rows] for tensor in training)).backward()
            optimiser.step()
            schedule.step()
        network.eval()
        with torch.inference_mode():
            loss = float(_loss(network, *validation))
        print(f"epoch {epoch + 1} of {EPOCHS}: validation loss {loss:.5f}")
        if loss < best_loss:
            best_loss, best_state = loss, copy.deepcopy(network.state_dict())
    network.load_state_dict(best_state)
    return network


def _loss(network: nn.Module, inputs: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    return nn.functional.binary_cross_entropy_with_logits(network(inputs)[:, 0], labels, weights)
