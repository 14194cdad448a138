"""A small network that tells processes apart, each with the same summed weight in training; needs torch."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from higgs_inference.features import Preparation, Values, balance

if TYPE_CHECKING:
    import pandas as pd

Tensors = tuple[torch.Tensor, ...]

HIDDEN_LAYERS = (128, 128, 64)
"""A prediction for a million events takes 1.1 s of one core; with 128 in the last layer, 1.4 s."""

BATCH = 8192
EPOCHS = 10
"""All are run: most is gained in the last ones, when the learning rate falls."""

LEARNING_RATE = 4e-3
WEIGHT_DECAY = 1e-4
VALIDATION_SHARE = 0.05
EVALUATION_BATCH, EVALUATION_BATCH_ON_GPU = 2048, 65_536
"""The first is small enough for a processor's cache: larger batches are slower there."""


class Network:
    """A trained network with the preparation of its inputs.

    Args:
        layers: map prepared features, shape (n, features), to one logit for each process, shape (n, processes).
        preparation: makes the network's input of a DataFrame.
    """

    def __init__(self, layers: nn.Module, preparation: Preparation) -> None:
        self.layers, self.preparation = layers, preparation

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled, on the CPU: other processes may have no GPU."""
        return {**vars(self), "layers": self.layers.cpu()}

    def logits(self, events: "pd.DataFrame") -> Values:
        """Return logarithms of the probability of each process, up to a constant of the event.

        Args:
            events: DataFrame with the features.

        Returns:
            float32, shape (n, processes), as if all processes were equally frequent.
        """
        device = find_device()
        layers = self.layers.to(device).eval()
        batch = EVALUATION_BATCH if device == "cpu" else EVALUATION_BATCH_ON_GPU
        values = events[self.preparation.columns].to_numpy(dtype=np.float32)
        starts = range(0, len(values), batch)

        def evaluate(start: int) -> Values:
            with torch.inference_mode():
                inputs = torch.from_numpy(self.preparation.apply(values[start : start + batch])).to(device)
                logits: Values = layers(inputs).cpu().numpy()
                return logits

        # Batches are too small to be shared by threads: each thread takes its own ones.
        with ThreadPoolExecutor(torch.get_num_threads(), initializer=torch.set_num_threads, initargs=(1,)) as pool:
            return np.concatenate(list(pool.map(evaluate, starts or [0])))


def find_device() -> str:
    """Return "cuda" where there is a GPU, else "cpu"."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def train_network(
    events: "pd.DataFrame", processes: Sequence[str], seed: int, more_features: Sequence[str] = ()
) -> Network:
    """Train a network on selected events, every process with the same summed weight.

    Args:
        events: DataFrame with the features, weights, and detailed_labels (the process).
        processes: the classes, in the order of the outputs.
        seed: of the first weights, and of the order of the events.
        more_features: columns to take besides the challenge's features.

    Returns:
        The network, on the CPU.

    Raises:
        ValueError: there are no events of a process.
    """
    torch.manual_seed(seed)
    device, preparation = find_device(), Preparation(events, more_features)
    labels, weights = balance(events, [(process,) for process in processes])
    inputs = torch.from_numpy(preparation.apply(events[preparation.columns].to_numpy(dtype=np.float32)))
    rows = torch.from_numpy(np.flatnonzero(labels >= 0))
    rows = rows[torch.randperm(len(rows))]
    split = max(int(VALIDATION_SHARE * len(rows)), 1)
    everything = inputs, torch.from_numpy(labels), torch.from_numpy(weights)
    parts = [tuple(one[chosen].to(device) for one in everything) for chosen in (rows[split:], rows[:split])]
    layers = make_layers(len(preparation.columns), len(processes)).to(device)
    _train(layers, *parts)
    return Network(layers.cpu(), preparation)


def make_layers(width: int, outputs: int) -> nn.Sequential:
    """Make a network with random weights that maps `width` features to `outputs` logits."""
    layers: list[nn.Module] = []
    for size in HIDDEN_LAYERS:
        layers += [nn.Linear(width, size), nn.ReLU(inplace=True)]
        width = size
    return nn.Sequential(*layers, nn.Linear(width, outputs))


def _train(network: nn.Module, training: Tensors, validation: Tensors) -> None:
    optimiser = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    number = len(training[0])
    steps = EPOCHS * -(-number // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=LEARNING_RATE, total_steps=steps)
    for epoch in range(EPOCHS):
        network.train()
        for rows in torch.randperm(number).to(training[0].device).split(BATCH):
            optimiser.zero_grad()
            _loss(network, *(one[rows] for one in training)).backward()
            optimiser.step()
            schedule.step()
        network.eval()
        with torch.inference_mode():
            seen = float(_loss(network, *validation))
        print(f"epoch {epoch + 1} of {EPOCHS}: validation loss {seen:.5f}", flush=True)


def _loss(network: nn.Module, inputs: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Return the mean cross entropy; weights are 1 on average."""
    return (nn.functional.cross_entropy(network(inputs), labels, reduction="none") * weights).mean()
