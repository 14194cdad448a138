"""The sample submission's discriminants are those of a plain evaluation in double precision."""

import warnings

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import torch
from scipy.special import logsumexp

from classifier import EVALUATION_BATCH, MISSING, Classifier, Preparation, _is_long_tailed, _make_network
from higgs_challenge.tasks.higgs.events.columns import FEATURES
from higgs_inference.measurement import PROCESSES

ROWS = 2 * EVALUATION_BATCH + 17
SHARES = (0.9, 0.04, 0.06)
"""Of the backgrounds."""


@pytest.fixture
def events() -> pd.DataFrame:
    """Features as they come: momenta and masses, of which some are huge; angles; some of all are zero or missing."""
    rng = np.random.default_rng(4)
    values = rng.normal(0.0, 2.0, (len(FEATURES), ROWS))
    long_tailed = np.array([_is_long_tailed(name) for name in FEATURES])[:, None]
    values = np.where(long_tailed, rng.exponential(60.0, values.shape), values)
    for special, share in ((1e4, 0.01), (1e30, 0.001)):
        values[long_tailed & (rng.random(values.shape) < share)] = special
    for special, share in ((MISSING, 0.2), (0.0, 0.05)):
        values[rng.random(values.shape) < share] = special
    return pd.DataFrame(values.astype(np.float32).T, columns=pd.Index(FEATURES))


@pytest.fixture
def random_classifier(events: pd.DataFrame) -> Classifier:
    """Random weights, so large that logits spread as those of a trained network."""
    torch.manual_seed(5)
    network = _make_network(len(FEATURES), len(PROCESSES))
    for parameter in network.parameters():
        parameter.data *= 3.0
    return Classifier(network, Preparation(ordinary(events)), np.array(SHARES))


def ordinary(events: pd.DataFrame) -> pd.DataFrame:
    """Leave out events with huge values, which training events have not."""
    return events[(events < 1e3).all(axis=1)]


def plain_discriminants(made: Classifier, training: pd.DataFrame, events: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Prepare and evaluate event after event, feature after feature, in float64."""
    inputs = np.zeros((len(events), len(FEATURES)))
    for column, name in enumerate(FEATURES):
        seen, new = (frame[name].to_numpy(dtype=np.float64) for frame in (training, events))
        present, valid = seen[seen != MISSING], new != MISSING
        if _is_long_tailed(name):
            present, new = np.log1p(present), np.log1p(np.where(valid, new, 0))
        inputs[valid, column] = (new[valid] - present.mean()) / present.std()
    layers = [layer for layer in made.network if isinstance(layer, torch.nn.Linear)]
    for layer in layers:
        inputs = inputs @ layer.weight.detach().numpy().astype(np.float64).T + layer.bias.detach().numpy()
        inputs = inputs if layer is layers[-1] else np.maximum(inputs, 0)
    signal, backgrounds = inputs[:, 0], inputs[:, 1:] + np.log(SHARES)
    return np.stack([signal - logsumexp(backgrounds, axis=1), backgrounds[:, 2] - backgrounds[:, 0]], axis=1)


def test_discriminants_are_those_of_a_plain_evaluation(random_classifier: Classifier, events: pd.DataFrame) -> None:
    expected = plain_discriminants(random_classifier, ordinary(events), events)

    found = random_classifier.discriminants(events)

    assert (expected.std(axis=0) > 0.5).all(), "the comparison is of discriminants that spread"
    np.testing.assert_allclose(found, expected, atol=2e-4, rtol=2e-4)


def test_discriminants_depend_neither_on_the_memory_layout_nor_on_the_order_of_columns(
    random_classifier: Classifier, events: pd.DataFrame
) -> None:
    by_rows = pd.DataFrame(np.ascontiguousarray(events.to_numpy()), columns=events.columns)
    found = random_classifier.discriminants(events)

    for other in (by_rows, events[events.columns[::-1]]):
        np.testing.assert_allclose(random_classifier.discriminants(other), found, atol=1e-4, rtol=1e-4)


def test_preparation_leaves_its_input_alone(random_classifier: Classifier, events: pd.DataFrame) -> None:
    values = events.to_numpy()
    before = values.copy()

    prepared = random_classifier.preparation.apply(values)

    np.testing.assert_array_equal(values, before)
    assert (prepared[before == MISSING] == 0).all()


def test_a_feature_that_is_always_missing_or_always_the_same_does_no_harm(events: pd.DataFrame) -> None:
    events["PRI_jet_all_pt"] = np.float32(MISSING)
    events["PRI_n_jets"] = np.float32(2)

    events = ordinary(events)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy's, about the mean of nothing
        prepared = Preparation(events).apply(events.to_numpy())

    assert np.isfinite(prepared).all()
    assert (prepared[:, [FEATURES.index(name) for name in ("PRI_jet_all_pt", "PRI_n_jets")]] == 0).all()
