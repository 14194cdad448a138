"""How the density of a process at an event responds to nuisance parameters, learnt from distorted events.

A network maps an event to the coefficients D of `terms`; D . terms(shifts) is the logarithm of the ratio of distorted
to nominal density. It is trained to tell distorted events from nominal ones: the softplus loss

    sum over nominal of w log(1 + exp(r)) + sum over distorted of w log(1 + exp(-r)),      r = D . terms(shifts)

is smallest where r is the logarithm of the ratio (K. Cranmer, J. Pavez and G. Louppe, arXiv:1506.02169). An event and
its distorted self are in the same step of training. Their contributions nearly cancel, and so does the noise of the
gradient, which would hide small responses.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import nn

from higgs_inference.cascade import FirstStage
from higgs_inference.features import Preparation
from higgs_inference.networks import Design, Network, join, make_layers, train
from higgs_inference.nuisances import HIGGS, Nuisance, shape_nuisances
from higgs_inference.templates import Floats, Values, num_terms, terms
from higgs_inference.training_events import PROCESS, ROW, Events, Systematics, TrainingSet, read_events, thin

DESIGN = Design((128, 128, 128), epochs=6, batch=2048, learning_rate=2e-3, activation=nn.SiLU)
"""A batch counts pairs of a nominal and a distorted event."""

CHUNKS = 200
"""Parts of the events, each of which is distorted at shifts of its own."""

ROUNDS = 12
"""How often each part is distorted."""

REACH = {"normal": (-2.5, 2.5), "lognormal": (0.0, 5.0)}
"""Range of the shifts, by the shape of the prior, in widths of the prior; soft_met is at most 5 GeV."""

ANCHORS = {"normal": (-1.5, 1.5), "lognormal": (2.0, 5.0)}
"""Shifts of the anchors, by the shape of the prior, in widths of the prior."""

EVENTS = {"htautau": 300_000, "ztautau": 800_000, "ttbar": 300_000}
"""How many events are distorted, for each process with a network; a smaller share of the Z bosons is promising.

Diboson is too rare for a network: its response is that of its bins.
"""

MARGIN = 1.0
"""Events this far below the cut on the first stage's ratio may be promising when they are distorted."""

MIN_IMPORTANCE = 0.02
"""For `thin`, of events further below; that of the others is 1. Much less would give the few that become
promising weights that dominate the training."""

Choose = Callable[[pd.DataFrame], npt.NDArray[np.bool_]]
"""Tells which selected events a network is for; it is asked of distorted events too."""


@dataclass(frozen=True, eq=False)
class Form:
    """What a network's outputs mean.

    Attributes:
        draw: takes a source of randomness, and returns shifts at which to distort events, and the vector whose product
            with the outputs is the logarithm of the ratio there.
        to_terms: matrix that makes coefficients of `terms` of the outputs, shape (outputs, terms).
    """

    draw: Callable[[np.random.Generator], tuple[list[float], Floats]]
    to_terms: Floats


def refinable(nuisances: Sequence[Nuisance]) -> Form:
    """Let outputs be the coefficients of `terms` themselves, learnt at random shifts (arXiv:2505.05544)."""
    shapes = shape_nuisances(nuisances)

    def draw_shifts(rng: np.random.Generator) -> list[float]:
        return [float(rng.uniform(*REACH[one.prior])) for one in shapes]

    rng = np.random.default_rng(1)
    typical = np.sqrt(np.mean(np.square([terms(draw_shifts(rng)) for _ in range(1000)]), axis=0))

    def draw(rng: np.random.Generator) -> tuple[list[float], Floats]:
        shifts = draw_shifts(rng)
        return shifts, terms(shifts) / typical

    return Form(draw, np.diag(1 / typical))


def anchored(nuisances: Sequence[Nuisance]) -> Form:
    """Let outputs be the logarithms of the ratios at two shifts of each nuisance parameter, its anchors.

    The logarithm is the quadratic through them and nominal, which continues beyond them; the ratios of different
    nuisance parameters multiply, as in HistFactory (K. Cranmer et al., CERN-OPEN-2012-016).
    """
    shapes = shape_nuisances(nuisances)
    outputs = [(axis, shift) for axis, one in enumerate(shapes) for shift in ANCHORS[one.prior]]
    at_anchors = np.array(
        [terms([shift if own == axis else 0.0 for own in range(len(shapes))]) for axis, shift in outputs]
    )

    def draw(rng: np.random.Generator) -> tuple[list[float], Floats]:
        number = int(rng.integers(len(outputs)))
        axis, shift = outputs[number]
        return [shift if own == axis else 0.0 for own in range(len(shapes))], np.eye(len(outputs))[number]

    # No product of two nuisance parameters has a value at any anchor: the pseudo-inverse leaves it out.
    return Form(draw, np.linalg.pinv(at_anchors).T)


@dataclass(frozen=True, eq=False)
class Responses:
    """Networks for the responses of some processes; the others have none.

    Attributes:
        networks: by the number of the process; they output coefficients of `terms`.
        shape: (processes, terms).
    """

    networks: Mapping[int, Network]
    shape: tuple[int, int]

    def at(self, events: pd.DataFrame) -> Values:
        """Return the coefficients of every process, shape (n, processes, terms)."""
        found = np.zeros((len(events), *self.shape), dtype=np.float32)
        for process, network in self.networks.items():
            found[:, process] = network.logits(events)
        return found


def learn_responses(
    get_train_set: TrainingSet,
    systematics: Systematics,
    processes: Sequence[str],
    scored: Events,
    rows: npt.NDArray[np.int64],
    first: FirstStage,
    form: Form,
    seed: int,
) -> Responses:
    """Train a network for the response of every process in EVENTS, at promising events.

    Args:
        get_train_set: the challenge's function.
        systematics: the challenge's function.
        processes: names of all processes.
        scored: the selected events of the rows, as `score_rows` gives them.
        rows: of the second stage's training, increasing.
        first: the first stage.
        form: `refinable` or `anchored`.
        seed: of the training.
    """
    importance = np.where(scored.discriminants[:, 0] > first.cut - MARGIN, 1.0, MIN_IMPORTANCE)
    chosen = thin(scored, rows, importance, [EVENTS.get(name, 1) for name in processes], seed)
    events = pd.concat(list(read_events(get_train_set, processes, *chosen)), ignore_index=True)
    networks = {}
    for process in map(list(processes).index, EVENTS):
        print(f"response of {processes[process]}")
        own = events[events[PROCESS] == process]
        networks[process] = train_responses(own, systematics, first.choose, HIGGS, form, seed)
    return Responses(networks, (len(processes), num_terms(HIGGS)))


def train_responses(
    events: pd.DataFrame,
    systematics: Systematics,
    choose: Choose,
    nuisances: Sequence[Nuisance],
    form: Form,
    seed: int,
    design: Design = DESIGN,
) -> Network:
    """Train a network that gives the response of one process's density at chosen events.

    Args:
        events: labelled events of the process before the selection.
        systematics: the challenge's function.
        choose: which selected events the network is for.
        nuisances: all nuisance parameters.
        form: `refinable` or `anchored`.
        seed: of shifts, first weights, and order of events.
        design: of the network.

    Returns:
        Its outputs are coefficients of `terms`.
    """
    rng, shapes = np.random.default_rng(seed), shape_nuisances(nuisances)
    torch.manual_seed(seed)
    chunks = [events.iloc[start::CHUNKS] for start in range(min(CHUNKS, len(events)))]
    nominal = [_select(chunk, systematics, choose) for chunk in chunks]
    preparation = Preparation(pd.concat(nominal, ignore_index=True))
    pairs: list[tuple[Values, ...]] = []
    for number in range(ROUNDS):
        for part, (chunk, own) in enumerate(zip(chunks, nominal, strict=True)):
            shifts, factors = form.draw(rng)
            values = {one.name: one.value_of_shift(shift) for one, shift in zip(shapes, shifts, strict=True)}
            moved = _select(chunk, systematics, choose, seed=CHUNKS * (seed * ROUNDS + number) + part, **values)
            inputs, weights = pair(own, moved, preparation)
            pairs.append((inputs, np.tile(factors.astype(np.float32), (len(inputs), 1)), weights))
    layers = make_layers(preparation.number, len(form.to_terms), design)
    last = cast(nn.Linear, layers[-1])
    with torch.no_grad():  # without responses at first
        last.weight.zero_()
        last.bias.zero_()
    train(layers, join(pairs), ratio_loss, design)
    to_terms = nn.Linear(form.to_terms.shape[0], form.to_terms.shape[1], bias=False)
    with torch.no_grad():
        to_terms.weight.copy_(torch.from_numpy(form.to_terms.T))
    return Network(nn.Sequential(layers, to_terms), preparation)


def _select(
    events: pd.DataFrame, systematics: Systematics, choose: Choose, seed: int = 0, **values: float
) -> pd.DataFrame:
    kept = systematics(events, seed=seed, **values)
    return kept[choose(kept)]


def pair(nominal: pd.DataFrame, moved: pd.DataFrame, preparation: Preparation) -> tuple[Values, Values]:
    """Pair chosen events with their distorted selves; one that is not chosen is zeros, with weight 0.

    Args:
        nominal, moved: events with the numbers of their rows, not distorted and distorted.
        preparation: makes the network's inputs.

    Returns:
        Inputs, shape (n, 2, features), and weights, shape (n, 2): of the nominal event, and of the distorted one.
    """
    rows = np.union1d(nominal[ROW], moved[ROW])
    inputs = np.zeros((len(rows), 2, preparation.number), dtype=np.float32)
    weights = np.zeros((len(rows), 2), dtype=np.float32)
    for side, events in enumerate((nominal, moved)):
        places = np.searchsorted(rows, events[ROW])
        inputs[places, side] = preparation.apply(events[preparation.columns].to_numpy(dtype=np.float32))
        weights[places, side] = events["weights"]
    return inputs, weights


def ratio_loss(outputs: torch.Tensor, factors: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Return the loss of every pair of a nominal and a distorted event, shape (n,).

    Args:
        outputs: of the network for both, shape (n, 2, outputs).
        factors: the vector of `Form.draw` at which the event is distorted, shape (n, outputs).
        weights: of both, shape (n, 2).
    """
    ratios = (outputs * factors[:, None]).sum(dim=2)
    return (nn.functional.softplus(ratios * ratios.new_tensor([1.0, -1.0])) * weights).sum(dim=1)
