"""Contrastive flows: densities whose integral is 1, which learn what they are for."""

import numpy as np
import pandas as pd
import pytest
import torch
from contrastive import (
    CONTRAST,
    FEATURES,
    FLOWS,
    MIN_LOG_DENSITY,
    Flows,
    LogDensity,
    Pick,
    categories_of,
    contrastive_loss,
)
from torch import nn

from higgs_inference.kinematics import NAMES
from higgs_inference.networks import Design, train
from higgs_inference.templates import Floats


def test_the_density_integrates_to_one() -> None:
    torch.manual_seed(3)
    flow = LogDensity(2)
    steps = torch.arange(-12.0, 12.0, 0.03)
    grid = torch.cartesian_prod(steps, steps)
    with torch.inference_mode():
        density = flow(grid)[:, 0].exp()
    normal = torch.exp(-grid.square().sum(dim=1) / 2) / (2 * np.pi)
    assert float((density - normal).abs().sum() * 0.03**2) > 0.1, "random weights are not the identity"
    assert float(density.sum() * 0.03**2) == pytest.approx(1.0, abs=0.01)


def test_the_loss_wants_own_events_likely_and_others_far() -> None:
    found = torch.tensor([[-3.0], [-3.0], [-80.0]])
    loss = contrastive_loss(found, torch.tensor([1.0, 0.0, 0.0]), torch.tensor([2.0, 1.0, 1.0]))
    assert loss.tolist() == [2 * CONTRAST * 3.0, -3.0, MIN_LOG_DENSITY]


def test_a_flow_learns_the_density_of_its_own_events_where_the_others_are_not() -> None:
    """Own events are normal around 2, the others around -2, 10 000 each."""
    torch.manual_seed(4)
    rng = np.random.default_rng(4)
    is_own = np.arange(20_000) % 2
    inputs = rng.standard_normal((20_000, 2)) + np.where(is_own, 2.0, -2.0)[:, np.newaxis]
    columns = [torch.from_numpy(one.astype(np.float32)) for one in (inputs, is_own, np.ones(20_000))]
    flow: nn.Module = LogDensity(2)
    train(flow, tuple(columns), contrastive_loss, Design(epochs=4, batch=512, learning_rate=2e-3))
    with torch.inference_mode():
        at_own, at_others = flow(torch.tensor([[2.0, 2.0], [-2.0, -2.0]]))[:, 0].tolist()
    assert at_own > -np.log(2 * np.pi) - 2
    assert at_others < at_own - 8  # a normal distribution around 2 has 16 less there


def test_events_have_flows_for_their_number_of_jets() -> None:
    events = pd.DataFrame({"PRI_n_jets": np.array([0, 1, 2, 5], dtype=np.float32)})
    assert categories_of(events).tolist() == [0, 1, 2, 2]
    assert [len(names) for names in FEATURES] == [7, 10, 13]
    columns = [NAMES.index(name) for name in FEATURES[2]]
    inputs = torch.arange(float(len(NAMES)))[None, :]
    assert Pick(columns)(inputs)[0].tolist() == columns


class Densities:
    """In place of a network: -200 and -1 for every event, of which there must be some."""

    def logits(self, events: pd.DataFrame) -> Floats:
        assert len(events)
        return np.tile([-200.0, -1.0], (len(events), 1))


def test_a_category_without_events_needs_no_flow_and_densities_have_a_floor() -> None:
    events = pd.DataFrame({"PRI_n_jets": np.array([0, 3], dtype=np.float32)})
    added = Flows((Densities(),) * len(FEATURES)).add(events)  # type: ignore[arg-type]
    assert added[list(FLOWS)].to_numpy().tolist() == [[MIN_LOG_DENSITY, -1.0]] * 2
