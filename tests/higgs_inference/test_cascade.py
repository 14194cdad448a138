"""Two stages: which events the second one sees, and what becomes of their scores."""

from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import norm
from torch import nn

from higgs_challenge.tasks.higgs.events.columns import FEATURES
from higgs_inference import cascade
from higgs_inference.cascade import (
    FirstStage,
    SideBySide,
    TwoStages,
    promising_events,
    train_first_stage,
    train_observables,
)
from higgs_inference.discriminants import log_ratios
from higgs_inference.features import Preparation
from higgs_inference.measurement import PROCESSES
from higgs_inference.networks import Network
from higgs_inference.nuisances import Nuisance
from higgs_inference.training_events import Events
from tests.helpers.four_normal_processes import CENTRES, ROWS, Training, distort

CUT = -1.0


class Scores:
    """Takes the columns of events for the outputs of a network of three processes and an observable."""

    def logits(self, events: pd.DataFrame) -> np.ndarray:
        return events[["a", "b", "c", "observable"]].to_numpy(dtype=np.float32)


@pytest.fixture
def first() -> FirstStage:
    return FirstStage(cast(Network, Scores()), np.array([1.0, 1.0, 1.0]), CUT)


def test_promising_events_get_the_scores_of_the_second_stage(first: FirstStage) -> None:
    columns = {"a": [0.0, -3.0, 0.0, 1.0], "b": [0.0, 0.0, -9.0, 0.0], "c": [-9.0, -9.0, -9.0, -9.0], "observable": 5.0}
    events = pd.DataFrame(columns)
    scores = first.score(events)
    np.testing.assert_allclose(scores[:, 0], [0.0, -3.0, 8.3, 1.0], atol=0.01)
    np.testing.assert_array_equal(first.is_promising(scores), [True, False, True, True])
    second = np.array([[2.0, 0.0, -30.0], [-7.0, 0.0, -30.0], [3.0, 0.0, 0.7]], dtype=np.float32)
    asked = []

    def classify(promising: pd.DataFrame) -> np.ndarray:
        asked.append(promising)
        return second

    discriminants, chosen, logits = TwoStages(first, classify, np.array([1.0, 1.0, 1.0])).look(events)
    pd.testing.assert_frame_equal(asked[0], events.iloc[[0, 2, 3]])
    np.testing.assert_array_equal(chosen, [0, 2, 3])
    np.testing.assert_array_equal(logits, second)
    np.testing.assert_array_equal(discriminants[1], scores[1])
    np.testing.assert_allclose(discriminants[0], [2.0, -30.0, 0.0], atol=1e-6)
    np.testing.assert_allclose(discriminants[2], [CUT, -30.0, 0.0], atol=1e-6)
    np.testing.assert_allclose(discriminants[3], [3.0 - np.log(1 + np.exp(0.7)), 0.7, 0.0], atol=1e-6)
    assert first.is_promising(discriminants).tolist() == [True, False, True, True]


def test_promising_events_keep_their_sum_of_weights(first: FirstStage) -> None:
    rng = np.random.default_rng(2)
    number = 20_000
    names = ("signal", "z", "top")
    processes = rng.integers(0, 3, number).astype(np.int8)
    discriminants = rng.normal(-1.0, 1.0, (number, 3)).astype(np.float32)
    weights = rng.uniform(0.5, 1.5, number).astype(np.float32)
    events = Events(discriminants, weights, processes, np.arange(number))

    def get_train_set(selected_indices: np.ndarray) -> pd.DataFrame:
        of_rows = np.asarray(names, dtype=object)[processes[selected_indices]]
        return pd.DataFrame({"weights": 1.0, "detailed_labels": of_rows}, index=range(len(selected_indices)))

    most = 1000
    chosen = promising_events(get_train_set, lambda one: one, names, events, first, most)  # type: ignore[arg-type]
    for process, name in enumerate(names):
        own = chosen[chosen["detailed_labels"] == name]
        promising = (processes == process) & (discriminants[:, 0] > CUT)
        assert most * 0.85 < len(own) < most * 1.15 < promising.sum()  # five standard deviations
        assert own["weights"].sum() == pytest.approx(weights[promising].sum(), rel=0.1)


def test_networks_side_by_side_give_the_outputs_of_each() -> None:
    one, other = nn.Linear(3, 2), nn.Linear(3, 1)
    inputs = torch.randn(5, 3)
    expected = torch.cat([one(inputs), other(inputs)], dim=1)
    assert torch.equal(SideBySide(one, other)(inputs), expected)


def test_an_observable_is_the_derivative_of_the_logarithm_of_the_density() -> None:
    """A normal distribution that tes moves: the observable is the event's x, up to a factor and a constant."""
    rng = np.random.default_rng(4)
    columns = dict.fromkeys(FEATURES, np.float32(1)) | {"PRI_n_jets": rng.standard_normal(60_000).astype(np.float32)}
    events = pd.DataFrame(columns).assign(weights=1.0, detailed_labels="z")
    signal = events.assign(PRI_n_jets=events["PRI_n_jets"] ** 2, detailed_labels="signal")

    def move(part: pd.DataFrame, seed: int, tes: float) -> pd.DataFrame:
        moved = part["PRI_n_jets"] + 20 * (tes - 1) * part["detailed_labels"].eq("z")
        return part.assign(PRI_n_jets=moved.astype(np.float32))

    network = Network(nn.Identity(), Preparation(events))
    shapes = [Nuisance("tes", centre=1.0, width=0.01, nominal=1.0)]
    layers = train_observables(pd.concat([events, signal]), move, shapes, "signal", network, seed=1)  # type: ignore[arg-type]
    found = Network(layers, network.preparation).logits(events)[:, 0]
    assert np.corrcoef(found, events["PRI_n_jets"])[0, 1] > 0.98


class Stub:
    """A trained network of four processes that knows the densities."""

    layers, preparation = nn.Identity(), None

    def logits(self, events: pd.DataFrame) -> np.ndarray:
        centres = np.array([CENTRES[name] for name in PROCESSES])
        return np.asarray(norm.logpdf(events[["u", "v"]].to_numpy()[:, np.newaxis, :], centres).sum(axis=2))


def test_no_row_is_used_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first stage's rows, the second one's, and those of the templates are all rows, each once."""
    training, taken = Training(1), []

    class Set:
        def __len__(self) -> int:
            return ROWS

        def __call__(self, train_size: dict[str, int] | None = None, selected_indices: Any = None) -> pd.DataFrame:
            if train_size is None:
                return training(selected_indices=selected_indices)
            names = training.events["detailed_labels"]
            rows = np.concatenate([np.flatnonzero(names == name)[:number] for name, number in train_size.items()])
            taken.append(rows)
            return training(selected_indices=rows).set_axis(rows)

    monkeypatch.setattr(cascade, "train_network", lambda *arguments: Stub())
    monkeypatch.setattr(cascade, "train_observables", lambda *arguments: nn.Identity())
    monkeypatch.setattr(cascade, "PROMISING", 500)
    first, second, templates = train_first_stage(Set(), distort, PROCESSES, seed=1)
    np.testing.assert_array_equal(np.sort(np.concatenate([*taken, second, templates])), np.arange(ROWS))
    assert 0.3 * len(templates) < len(second) < 0.7 * len(templates)
    selected = distort(training(selected_indices=np.arange(ROWS)))
    above = log_ratios(Stub().logits(selected), first.yields)[:, 0] > first.cut
    assert selected["weights"][above].sum() == pytest.approx(500, rel=0.1)
