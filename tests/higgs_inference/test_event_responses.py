"""Responses of single events, learnt where they are known: a normal distribution that a nuisance parameter moves."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from higgs_challenge.tasks.higgs.events.columns import FEATURES
from higgs_inference.event_responses import DESIGN, anchored, pair, ratio_loss, refinable, train_responses
from higgs_inference.features import Preparation
from higgs_inference.networks import Network
from higgs_inference.nuisances import HIGGS, Nuisance
from higgs_inference.templates import terms
from higgs_inference.training_events import ROW

MOVED = 0.2
"""The mean moves by this for one width of the prior."""

EVENTS = 100_000


def systematics(events: pd.DataFrame, seed: int = 0, tes: float = 1.0) -> pd.DataFrame:
    return events.assign(PRI_n_jets=events["PRI_n_jets"] + np.float32(MOVED * (tes - 1) / 0.01))


def choose(events: pd.DataFrame) -> np.ndarray:
    return events["PRI_n_jets"].to_numpy() > -1.5


def events_at(x: np.ndarray) -> pd.DataFrame:
    columns = dict.fromkeys(FEATURES, np.float32(1)) | {"PRI_n_jets": x.astype(np.float32)}
    return pd.DataFrame(columns, index=range(len(x))).assign(weights=1.0, **{ROW: np.arange(len(x))})


@pytest.fixture(scope="module", params=[refinable, anchored])
def trained(request: pytest.FixtureRequest) -> Network:
    rng = np.random.default_rng(3)
    nuisances = [Nuisance("tes", centre=1.0, width=0.01, nominal=1.0)]
    everything = events_at(rng.standard_normal(EVENTS))
    design = replace(DESIGN, hidden=(32, 32), epochs=3)
    return train_responses(everything, systematics, choose, nuisances, request.param(nuisances), 1, design)


def test_the_response_is_the_logarithm_of_the_ratio(trained: Network) -> None:
    """It is MOVED x shift - (MOVED shift)^2 / 2."""
    x = np.linspace(-1.2, 2.0, 9)
    found = trained.logits(events_at(x)) @ np.array([terms([shift]) for shift in (-2.0, -1.0, 1.0, 2.0)]).T
    expected = [MOVED * x * shift - (MOVED * shift) ** 2 / 2 for shift in (-2.0, -1.0, 1.0, 2.0)]
    np.testing.assert_allclose(found.T, expected, atol=0.06)


def test_reweighted_events_are_distributed_as_distorted_ones(trained: Network) -> None:
    """Closure: sums over reweighted nominal events of other seeds, in four parts, to 2 %, of a response of 10 %."""
    x = np.random.default_rng(4).standard_normal(1_000_000)
    edges = [-1.5, -0.5, 0.5, 1.5, np.inf]
    for shift in (-1.0, 1.0):
        weights = np.exp(trained.logits(events_at(x)) @ terms([shift]))
        reweighted = np.histogram(x, edges, weights=weights)[0]
        distorted = np.histogram(x + MOVED * shift, edges)[0]
        unchanged = np.histogram(x, edges)[0]
        assert np.abs(unchanged / distorted - 1).max() > 0.1
        np.testing.assert_allclose(reweighted, distorted, rtol=0.02)


def test_pairs_hold_an_event_and_its_distorted_self() -> None:
    """Whichever of the two was not chosen has no weight."""
    x = np.array([0.5, 1.5, 2.5, 3.5])
    nominal = events_at(x).assign(weights=[1.0, 2.0, 3.0, 4.0])
    moved = nominal.assign(PRI_n_jets=nominal["PRI_n_jets"] + np.float32(0.1), weights=[5.0, 6.0, 7.0, 8.0])
    preparation = Preparation(nominal)
    inputs, weights = pair(nominal.iloc[[0, 1, 2]], moved.iloc[[1, 2, 3]], preparation)
    assert weights.tolist() == [[1.0, 0.0], [2.0, 6.0], [3.0, 7.0], [0.0, 8.0]]
    differences = preparation.apply(moved[preparation.columns].to_numpy()) - preparation.apply(
        nominal[preparation.columns].to_numpy()
    )
    assert np.abs(differences).max() > 0.01
    np.testing.assert_allclose(inputs[1:3, 1] - inputs[1:3, 0], differences[1:3], atol=1e-6)


def test_the_loss_is_smallest_at_the_ratio() -> None:
    """Twice as many distorted as nominal events at a point: the ratio is 2."""
    weights = torch.tensor([[1.0, 2.0]])
    ratios = torch.linspace(0.0, 1.4, 141)
    losses = [float(ratio_loss(ratio.expand(1, 2, 1), torch.ones(1, 1), weights)) for ratio in ratios]
    assert float(ratios[int(np.argmin(losses))]) == pytest.approx(np.log(2), abs=0.006)


def test_anchors_interpolate() -> None:
    """Outputs are the logarithms at the anchors, whatever the nuisance parameters; products of two have none."""
    form = anchored(HIGGS)
    rng = np.random.default_rng(2)
    outputs = rng.normal(size=len(form.to_terms))
    seen = set()
    for _ in range(100):
        shifts, factors = form.draw(rng)
        assert outputs @ form.to_terms @ terms(shifts) == pytest.approx(outputs @ factors)
        seen.add(tuple(shifts))
    assert len(seen) == len(outputs) == 6
