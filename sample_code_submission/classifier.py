"""A network that tells the four processes apart by the 28 features of an event."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import nn

Floats = npt.NDArray[np.float32]
Tensors = tuple[torch.Tensor, torch.Tensor]

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"

HIDDEN_LAYERS = (128, 128, 128)
"""Four layers of 200 measure mu no better and take more than three times as long."""

BATCH = 8192
EPOCHS = 10
"""All are run: most is gained in the last ones, when the learning rate falls."""

LEARNING_RATE = 4e-3
WEIGHT_DECAY = 1e-4
VALIDATION_SHARE = 0.05
EVALUATION_BATCH = 2048
"""Small enough for a processor's cache: larger batches are slower on a CPU."""

MISSING = -25.0
LONG_TAILED = ("pt", "met", "mass", "sum_pt", "ratio")
"""Columns with one of these words in their name, but angles, are taken as a logarithm."""


class Classifier:
    """A trained network with the preparation of its inputs.

    Args:
        network: maps prepared features, shape (n, 28), to one logit for each process, shape (n, processes).
        preparation: makes the network's input of a DataFrame.
        shares: of every background in all selected background events, shape (processes - 1,); the signal comes first
            among the processes, the main background second.
    """

    def __init__(self, network: nn.Module, preparation: "Preparation", shares: npt.NDArray[np.floating]) -> None:
        self.network = network
        self.preparation = preparation
        self.log_shares = torch.from_numpy(np.log(shares).astype(np.float32))

    def discriminants(self, events: pd.DataFrame) -> Floats:
        """Return what the bins are made of.

        Args:
            events: DataFrame with the 28 features.

        Returns:
            float32, shape (n, 2): the logarithms of the ratio of signal to all backgrounds, and of top to Z bosons,
            for classes as frequent as they are among the selected events.
        """
        network, shares = self.network.to(DEVICE).eval(), self.log_shares.to(DEVICE)
        batch = EVALUATION_BATCH if DEVICE == "cpu" else 65_536
        values = events[self.preparation.columns].to_numpy(dtype=np.float32)
        found = np.empty((len(values), 2), dtype=np.float32)

        def evaluate(start: int) -> None:
            with torch.inference_mode():
                inputs = torch.from_numpy(self.preparation.apply(values[start : start + batch])).to(DEVICE)
                logits = network(inputs)
                backgrounds = logits[:, 1:] + shares
                columns = logits[:, 0] - backgrounds.logsumexp(1), backgrounds[:, -1] - backgrounds[:, 0]
                found[start : start + batch] = torch.stack(columns, dim=1).cpu().numpy()

        # Batches are too small to be shared by threads: each thread takes its own ones.
        with ThreadPoolExecutor(torch.get_num_threads(), initializer=torch.set_num_threads, initargs=(1,)) as pool:
            list(pool.map(evaluate, range(0, len(values), batch)))
        return found


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


def train_classifier(events: pd.DataFrame, processes: Sequence[str]) -> Classifier:
    """Train a classifier on selected events, every process with the same summed weight.

    Args:
        events: DataFrame with the 28 features, weights, and detailed_labels (the process).
        processes: the classes, the signal first.

    Returns:
        A Classifier, on the CPU.
    """
    torch.manual_seed(1)
    preparation = Preparation(events)
    inputs = torch.from_numpy(preparation.apply(events[preparation.columns].to_numpy(dtype=np.float32)))
    numbers = pd.Index(processes).get_indexer(pd.Index(events["detailed_labels"]))
    yields = np.bincount(numbers, weights=events["weights"], minlength=len(processes))
    weights = 1 / np.bincount(numbers, minlength=len(processes))
    loss = nn.CrossEntropyLoss(weight=torch.from_numpy(weights.astype(np.float32)).to(DEVICE))
    rows = torch.randperm(len(numbers))
    split = max(int(VALIDATION_SHARE * len(rows)), 1)
    labels = torch.from_numpy(numbers.astype(np.int64))
    parts = [(inputs[chosen].to(DEVICE), labels[chosen].to(DEVICE)) for chosen in (rows[split:], rows[:split])]
    network = _make_network(inputs.shape[1], len(processes)).to(DEVICE)
    _train(network, loss, *parts)
    return Classifier(network.cpu(), preparation, yields[1:] / yields[1:].sum())


def _make_network(width: int, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for size in HIDDEN_LAYERS:
        layers += [nn.Linear(width, size), nn.ReLU(inplace=True)]
        width = size
    return nn.Sequential(*layers, nn.Linear(width, outputs))


def _train(network: nn.Module, loss: nn.Module, training: Tensors, validation: Tensors) -> None:
    optimiser = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    inputs, labels = training
    steps = EPOCHS * -(-len(labels) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=LEARNING_RATE, total_steps=steps)
    for epoch in range(EPOCHS):
        network.train()
        for rows in torch.randperm(len(labels)).to(DEVICE).split(BATCH):
            optimiser.zero_grad()
            loss(network(inputs[rows]), labels[rows]).backward()
            optimiser.step()
            schedule.step()
        network.eval()
        with torch.inference_mode():
            seen = float(loss(network(validation[0]), validation[1]))
        print(f"epoch {epoch + 1} of {EPOCHS}: validation loss {seen:.5f}", flush=True)
