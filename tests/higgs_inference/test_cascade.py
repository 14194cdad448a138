"""Two stages: which events the second one sees, and what becomes of their scores."""

from typing import cast

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from higgs_inference.cascade import FirstStage, SideBySide, TwoStages, promising_events
from higgs_inference.networks import Network
from higgs_inference.training_events import Events

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
