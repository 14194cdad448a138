"""A network's logits are those of a plain evaluation in double precision, and training finds what is known."""

import pickle
import warnings
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import torch

from higgs_challenge.tasks.higgs.events.columns import FEATURES, PROCESSES
from higgs_inference.features import Preparation
from higgs_inference.kinematics import LONG_TAILED, MISSING, NAMES, describe
from higgs_inference.networks import EVALUATION_BATCH, SMALL, Network, make_layers, train, train_network

ROWS = 2 * EVALUATION_BATCH + 17


@pytest.fixture
def events() -> pd.DataFrame:
    """Features as they come: momenta and masses, of which some are huge; angles; some of all are zero or missing."""
    rng = np.random.default_rng(4)
    values = rng.normal(0.0, 2.0, (len(FEATURES), ROWS))
    long_tailed = np.array([name in LONG_TAILED for name in FEATURES])[:, None]
    values = np.where(long_tailed, rng.exponential(60.0, values.shape), values)
    for special, share in ((1e4, 0.01), (1e30, 0.001)):
        values[long_tailed & (rng.random(values.shape) < share)] = special
    for special, share in ((MISSING, 0.2), (0.0, 0.05)):
        values[rng.random(values.shape) < share] = special
    return pd.DataFrame(values.astype(np.float32).T, columns=pd.Index(FEATURES))


@pytest.fixture
def random_network(events: pd.DataFrame) -> Network:
    """Random weights, so large that logits spread as those of a trained network."""
    torch.manual_seed(5)
    layers = make_layers(len(NAMES), len(PROCESSES))
    for parameter in layers.parameters():
        parameter.data *= 3.0
    return Network(layers, Preparation(ordinary(events)))


def ordinary(events: pd.DataFrame) -> pd.DataFrame:
    """Leave out events with huge values, which training events have not."""
    return events[(events < 1e3).all(axis=1)]


def plain_logits(made: Network, training: pd.DataFrame, events: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Prepare and evaluate feature after feature in float64."""
    seen, new = (describe(frame.to_numpy(), FEATURES).astype(np.float64) for frame in (training, events))
    inputs = np.zeros(new.shape)
    for column in range(len(NAMES)):
        present, valid = seen[~np.isnan(seen[:, column]), column], ~np.isnan(new[:, column])
        inputs[valid, column] = (new[valid, column] - present.mean()) / present.std()
    layers = [layer for layer in made.layers if isinstance(layer, torch.nn.Linear)]
    for layer in layers:
        inputs = inputs @ layer.weight.detach().numpy().astype(np.float64).T + layer.bias.detach().numpy()
        inputs = inputs if layer is layers[-1] else np.maximum(inputs, 0)
    return inputs


def test_logits_are_those_of_a_plain_evaluation(random_network: Network, events: pd.DataFrame) -> None:
    expected = plain_logits(random_network, ordinary(events), events)

    found = random_network.logits(events)

    assert (expected.std(axis=0) > 0.5).all(), "the comparison is of logits that spread"
    np.testing.assert_allclose(found, expected, atol=2e-4, rtol=2e-4)


def test_logits_depend_neither_on_the_memory_layout_nor_on_the_order_of_columns(
    random_network: Network, events: pd.DataFrame
) -> None:
    by_rows = pd.DataFrame(np.ascontiguousarray(events.to_numpy()), columns=events.columns)
    found = random_network.logits(events)

    for other in (by_rows, events[events.columns[::-1]]):
        np.testing.assert_allclose(random_network.logits(other), found, atol=1e-4, rtol=1e-4)


def test_preparation_leaves_its_input_alone(random_network: Network, events: pd.DataFrame) -> None:
    values = events.to_numpy()
    before = values.copy()

    prepared = random_network.preparation.apply(values)

    np.testing.assert_array_equal(values, before)
    assert (prepared[np.isnan(describe(values, FEATURES))] == 0).all()


def test_a_feature_that_is_always_missing_or_always_the_same_does_no_harm(events: pd.DataFrame) -> None:
    events["PRI_jet_all_pt"] = np.float32(MISSING)
    events["PRI_n_jets"] = np.float32(2)

    events = ordinary(events)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy's, about the mean of nothing
        prepared = Preparation(events).apply(events.to_numpy())

    assert np.isfinite(prepared).all()
    assert (prepared == 0).all(axis=0).sum() == 2


def test_training_finds_the_ratio_of_two_known_densities() -> None:
    """Normal distributions around 0 and 1, one with ten times more events: the difference of the logits is x - 1/2."""
    rng = np.random.default_rng(1)
    names = np.repeat(["at 0", "at 1"], [100_000, 10_000])
    x = rng.standard_normal(len(names), dtype=np.float32) + (names == "at 1")
    weights = np.where(np.arange(len(names)) % 2, 1.0, 0.0)  # every other event does not count
    x = np.where(weights == 0, x + 3, x).astype(np.float32)
    points = np.linspace(-1, 2, 7, dtype=np.float32)
    for name in ("told", "PRI_n_jets"):  # a column added, and a feature of the challenge
        more = [name] if name == "told" else []
        events, where = (
            pd.DataFrame(dict.fromkeys(FEATURES, np.float32(1)) | {name: values}, index=range(len(values)))
            for values in (x, points)
        )
        events = events.assign(weights=weights, detailed_labels=names)
        design = replace(SMALL, epochs=4)
        logits = train_network(events, ["at 0", "at 1"], seed=2, more_features=more, design=design).logits(where)
        # Without the balance of classes the logits would be off by 2.3.
        np.testing.assert_allclose(logits[:, 1] - logits[:, 0], points - 0.5, atol=0.4)


def test_the_seed_decides_the_network(events: pd.DataFrame) -> None:
    some = ordinary(events).assign(weights=1.0, detailed_labels=np.resize(["a", "b"], len(ordinary(events))))
    design = replace(SMALL, epochs=1)
    one, same, other = (train_network(some, ["a", "b"], seed, design=design).logits(events) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 1e-3


def test_a_process_without_events_is_refused(events: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="there are no selected events of ttbar to train on"):
        train_network(events.assign(weights=1.0, detailed_labels="ztautau"), ["ztautau", "ttbar"], seed=1)


@pytest.mark.parametrize("weight", [np.nan, 0.0])
def test_a_process_without_weight_is_refused(events: pd.DataFrame, weight: float) -> None:
    labelled = events.assign(detailed_labels="ztautau", weights=1.0)
    labelled.loc[:9, ["detailed_labels", "weights"]] = ["htautau", weight]
    with pytest.raises(ValueError, match="weights of htautau that add up to more than 0"):
        train_network(labelled, ["htautau", "ztautau"], 1)


def test_one_event_trains_nothing() -> None:
    columns = tuple(torch.ones(1, number) for number in (3, 1))
    with pytest.raises(ValueError, match="at least two training events; got 1"):
        train(make_layers(3, 1), columns, lambda outputs, _: outputs, SMALL)


def test_no_events_give_no_logits(random_network: Network, events: pd.DataFrame) -> None:
    assert random_network.logits(events.iloc[:0]).shape == (0, len(PROCESSES))


def test_a_pickled_network_has_its_layers_on_the_cpu(random_network: Network) -> None:
    """Other processes may have no GPU; "meta" is a device that every machine has."""
    random_network.layers.to("meta")
    with pytest.raises(NotImplementedError, match="no data"):
        pickle.dumps(random_network)
