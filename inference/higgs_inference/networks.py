"""Small networks: one that tells processes apart, each with the same summed weight, and the training of all."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from higgs_inference.features import Preparation, balance
from higgs_inference.templates import Values

if TYPE_CHECKING:
    import pandas as pd

Tensors = tuple[torch.Tensor, ...]

Loss = Callable[..., torch.Tensor]
"""Takes a network's outputs, and the other columns of a batch; returns the loss of every event, weights included."""

VALIDATION_SHARE = 0.05
EVALUATION_BATCH, EVALUATION_BATCH_ON_GPU = 2048, 65_536
"""The first is small enough for a processor's cache: larger batches are slower there."""


@dataclass(frozen=True)
class Design:
    """How large a network is, and how it is trained.

    All epochs are run: most is gained in the last ones, when the learning rate falls.

    Attributes:
        hidden: numbers of units in the hidden layers.
        epochs: how often every event is seen.
        batch: events in a step.
        learning_rate: the largest, of a cycle (L. N. Smith, N. Topin, arXiv:1708.07120).
        weight_decay: of AdamW.
        dropout: share of the units left out at random in a step of training.
        activation: of the hidden layers.
    """

    hidden: tuple[int, ...] = (128, 128, 64)
    epochs: int = 10
    batch: int = 8192
    learning_rate: float = 4e-3
    weight_decay: float = 1e-4
    dropout: float = 0.0
    activation: type[nn.Module] = nn.ReLU


SMALL = Design()
"""For all events of a pseudo-experiment, a million of them, which one core is to score in a second."""

LARGE = Design(
    (256, 256, 256), epochs=12, batch=4096, learning_rate=2e-3, weight_decay=1e-2, dropout=0.1, activation=nn.SiLU
)
"""Several times slower than the small one, and so for a part of the events."""


class Network:
    """A trained network with the preparation of its inputs.

    Args:
        layers: map prepared features, shape (n, features), to the outputs, shape (n, outputs).
        preparation: makes the network's input of a DataFrame.
    """

    def __init__(self, layers: nn.Module, preparation: Preparation) -> None:
        self.layers, self.preparation = layers, preparation

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled, on the CPU: other processes may have no GPU."""
        return {**vars(self), "layers": self.layers.cpu()}

    def logits(self, events: "pd.DataFrame") -> Values:
        """Return the outputs; of a classifier, logarithms of each process's probability up to a constant of the event.

        Args:
            events: DataFrame with the features.

        Returns:
            float32, shape (n, outputs); of a classifier as if all processes were equally frequent.
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
    events: "pd.DataFrame",
    processes: Sequence[str],
    seed: int,
    more_features: Sequence[str] = (),
    design: Design = SMALL,
) -> Network:
    """Train a network on selected events, every process with the same summed weight.

    Args:
        events: DataFrame with the features, weights, and detailed_labels (the process).
        processes: the classes, in the order of the outputs.
        seed: of the first weights, and of the order of the events.
        more_features: columns to take besides the challenge's features.
        design: its size and training.

    Returns:
        The network, on the CPU.

    Raises:
        ValueError: there are no events of a process.
    """
    torch.manual_seed(seed)
    preparation = Preparation(events, more_features)
    labels, weights = balance(events, [(process,) for process in processes])
    inputs = torch.from_numpy(preparation.apply(events[preparation.columns].to_numpy(dtype=np.float32)))
    known = torch.from_numpy(labels >= 0)
    columns = (inputs[known], torch.from_numpy(labels)[known], torch.from_numpy(weights)[known])
    layers = make_layers(preparation.number, len(processes), design)
    return Network(train(layers, columns, cross_entropy, design), preparation)


def make_layers(width: int, outputs: int, design: Design = SMALL) -> nn.Sequential:
    """Make a network with random weights, from torch's generator.

    Args:
        width: number of features.
        outputs: number of outputs.
        design: its hidden layers, activation and dropout.
    """
    layers: list[nn.Module] = []
    for size in design.hidden:
        layers += [nn.Linear(width, size), design.activation(inplace=True)]
        layers += [nn.Dropout(design.dropout)] if design.dropout else []
        width = size
    return nn.Sequential(*layers, nn.Linear(width, outputs))


def train(layers: nn.Module, columns: Tensors, loss: Loss, design: Design) -> nn.Module:
    """Train layers, and print the loss of events left out after every epoch.

    Randomness is torch's: seed it before.

    Args:
        layers: the network; it is changed.
        columns: of all events: the network's inputs first, then what the loss takes; each of shape (n, ...).
        loss: of every event, weights included.
        design: the training.

    Returns:
        The layers, on the CPU.

    Raises:
        ValueError: there are fewer than two events, one of which is left out.
    """
    device = find_device()
    layers.to(device)
    rows = torch.randperm(len(columns[0]))
    split = max(int(VALIDATION_SHARE * len(rows)), 1)
    training, validation = (tuple(one[chosen].to(device) for one in columns) for chosen in (rows[split:], rows[:split]))
    number = len(training[0])
    if not number:
        raise ValueError(f"a network needs at least two training events; got {len(rows)}")
    optimiser = torch.optim.AdamW(layers.parameters(), lr=design.learning_rate, weight_decay=design.weight_decay)
    steps = design.epochs * -(-number // design.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=design.learning_rate, total_steps=steps)
    for epoch in range(design.epochs):
        layers.train()
        for chosen in torch.randperm(number).to(device).split(design.batch):
            optimiser.zero_grad()
            inputs, *others = (one[chosen] for one in training)
            loss(layers(inputs), *others).mean().backward()
            optimiser.step()
            schedule.step()
        layers.eval()
        with torch.inference_mode():
            parts = zip(*(one.split(EVALUATION_BATCH_ON_GPU) for one in validation), strict=True)
            seen = torch.cat([loss(layers(inputs), *others) for inputs, *others in parts]).mean()
        print(f"epoch {epoch + 1} of {design.epochs}: validation loss {float(seen):.5f}", flush=True)
    return layers.cpu()


def join(parts: Sequence[tuple[npt.NDArray[Any], ...]]) -> Tensors:
    """Join columns of several sets of events, the last of which are weights; these become 1 on average.

    Args:
        parts: of each set its columns, of shape (n, ...).
    """
    *columns, weights = (np.concatenate(one) for one in zip(*parts, strict=True))
    weights /= weights.mean(dtype=np.float64)
    return tuple(torch.from_numpy(one) for one in (*columns, weights))


def cross_entropy(outputs: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Return the weighted cross entropy of every event, shape (n,).

    Args:
        outputs: logits, shape (n, classes).
        labels: numbers of the classes, shape (n,).
        weights: 1 on average, shape (n,).
    """
    return nn.functional.cross_entropy(outputs, labels, reduction="none") * weights
