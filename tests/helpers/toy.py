"""The gaussian task's exact answers: its expected counts in bins, and the Fisher information of its densities."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy.stats import norm

from higgs_challenge import Experiment
from higgs_challenge.tasks.gaussian.declaration import CENTRES, Generator, Nuisances, TrainingSet, systematics
from higgs_challenge.tasks.gaussian.declaration import PROCESSES as EXPECTED
from higgs_inference.nuisances import Nuisance
from higgs_inference.templates import Floats, Templates

PROCESSES = tuple(EXPECTED)
SHIFT = Nuisance("shift", low=-5.0, high=5.0)
EDGES = np.linspace(-5.0, 7.0, 31)
"""Of the optimal discriminant; narrow bins respond to the shift as a quadratic does."""


def optimal(x: Floats) -> Floats:
    """Return (x1 + x2) / root 2, which falls with the ratio of the densities; its own width is 1."""
    return np.asarray((x[0] + x[1]) / np.sqrt(2))


def shares(edges: Floats, centre: float) -> Floats:
    """Return the shares of a normal distribution of width 1 in bins between inner edges."""
    return np.diff(norm.cdf(np.concatenate([[-np.inf], edges, [np.inf]]) - centre))


def counts_along_optimal(edges: Floats, shift: float) -> Floats:
    """Return the expected counts of both processes in bins of the optimal discriminant, shape (processes, bins)."""
    centres = [(sum(CENTRES[name]) + shift) / np.sqrt(2) for name in PROCESSES]
    return np.array([EXPECTED[name] * shares(edges, at) for name, at in zip(PROCESSES, centres, strict=True)])


def counts_in_plane(edges: Floats, shift: float) -> Floats:
    """Return the expected counts of both processes in bins of x1 and x2, shape (processes, bins)."""
    return np.array(
        [
            EXPECTED[name] * np.outer(shares(edges, CENTRES[name][0]), shares(edges, CENTRES[name][1] + shift)).ravel()
            for name in PROCESSES
        ]
    )


def toy_templates(
    edges: Floats = EDGES,
    count: Callable[[Floats, float], Floats] = counts_along_optimal,
    nuisances: tuple[Nuisance, ...] = (SHIFT,),
    step: float = 1.0,
) -> Templates:
    """Make exact templates, whose response goes through the counts at shifts of one step down and up.

    Args:
        edges: inner edges of the bins.
        count: gives the expected counts at a shift.
        nuisances: the shift, or nothing for templates that are blind to it.
        step: small for exact derivatives at nominal.
    """
    nominal = count(edges, 0.0)
    down, up = (np.log(count(edges, side * step) / nominal) for side in (-1, 1))
    response = np.stack([(up - down) / (2 * step), (up + down) / (2 * step**2)], axis=2)
    return Templates(
        PROCESSES, "signal", nuisances, nominal, np.zeros_like(nominal), response[:, :, : 2 * len(nuisances)]
    )


def draw_toy(index: int, mu: float, shift: float) -> Floats:
    """Draw x1 and x2 of a pseudo-experiment as the task does, shape (2, n)."""
    return np.asarray(Generator().draw(Experiment(0, index, mu, Nuisances(shift), seed=3)), dtype=np.float64)


def exact_width(mu: float, plane: bool, shift_known: bool = False) -> float:
    """Return the width that the Fisher information of the densities allows.

    Args:
        mu: signal strength.
        plane: of x1 and x2, else of the optimal discriminant alone.
        shift_known: whether the shift is known exactly.
    """
    x = np.linspace(-7.0, 9.0, 801)
    area = x[1] - x[0]
    if plane:
        each = [EXPECTED[name] * np.outer(*(norm.pdf(x - at) for at in CENTRES[name])) for name in PROCESSES]
        away = [x - CENTRES[name][1] for name in PROCESSES]
        area **= 2
    else:
        centres = [sum(CENTRES[name]) / np.sqrt(2) for name in PROCESSES]
        each = [EXPECTED[name] * norm.pdf(x - at) for name, at in zip(PROCESSES, centres, strict=True)]
        away = [(x - at) / np.sqrt(2) for at in centres]
    background, signal = each
    rate = background + mu * signal
    by_mu, by_shift = signal, background * away[0] + mu * signal * away[1]
    one, mixed, other = (area * (a * b / rate).sum() for a, b in ((by_mu, by_mu), (by_mu, by_shift), (by_shift,) * 2))
    return float(2 / np.sqrt(one if shift_known else one - mixed**2 / (other + 1.0)))


class ToyTraining:
    """The task's first training events, as a challenge with stored events gives them: by the numbers of the rows."""

    def __init__(self, number: int) -> None:
        self.events = TrainingSet()(number)

    def __len__(self) -> int:
        return len(self.events)

    def __call__(self, train_size: None = None, selected_indices: Sequence[int] = ()) -> pd.DataFrame:
        """Return rows, whose weights add up to the expected events of each process whichever they are."""
        events = self.events.iloc[np.asarray(selected_indices)].reset_index(drop=True)
        sums = events.groupby("detailed_labels")["weights"].transform("sum")
        return events.assign(weights=events["weights"] / sums * events["detailed_labels"].map(EXPECTED))


def distort(events: pd.DataFrame, seed: int, shift: float = 0.0) -> pd.DataFrame:
    """Distort as the task does; it adds no noise, so that the seed does nothing."""
    distorted: pd.DataFrame = systematics(events, shift)
    return distorted


def discriminate(events: pd.DataFrame) -> Floats:
    """Return the optimal discriminant and x2, shape (n, 2)."""
    x = events[["x1", "x2"]].to_numpy(dtype=np.float64).T
    return np.stack([optimal(x), x[1]], axis=1)
