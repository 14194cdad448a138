"""Boosted trees find the ratio of known densities, whatever the numbers of events."""

import numpy as np
import pandas as pd
import pytest

from higgs_inference.trees import train_trees


def made_events() -> pd.DataFrame:
    """Normal distributions of width 1 around 0 (twice as many events, each of half the weight), 1 and 5."""
    rng = np.random.default_rng(1)
    names = np.repeat(["a", "b", "c"], [40_000, 20_000, 5_000])
    centres = pd.Series(names).map({"a": 0.0, "b": 1.0, "c": 5.0}).to_numpy()
    x = (rng.standard_normal(len(names)) + centres).astype(np.float32)
    return pd.DataFrame({"PRI_x": x, "other": x, "weights": np.where(names == "a", 0.5, 1.0), "detailed_labels": names})


def test_probabilities_are_those_of_equally_frequent_classes() -> None:
    trees = train_trees(made_events(), [("a",), ("b", "c")], rounds=10, seed=1)
    where = pd.DataFrame({"PRI_x": np.linspace(-0.5, 1.5, 5, dtype=np.float32)})

    found = trees.probabilities(where)

    x = where["PRI_x"].to_numpy()
    density = np.exp(-0.5 * x**2), 0.8 * np.exp(-0.5 * (x - 1) ** 2)  # a fifth of the second class is at 5
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-5)
    np.testing.assert_allclose(found[:, 0], density[0] / (density[0] + density[1]), atol=0.06)
    assert trees.columns == ["PRI_x"]


def test_processes_in_no_class_are_left_out() -> None:
    trees = train_trees(made_events(), [("a",), ("b",)], rounds=10, seed=1)
    assert trees.probabilities(pd.DataFrame({"PRI_x": [0.5]}))[0] == pytest.approx([0.5, 0.5], abs=0.06)


def test_a_class_without_events_is_refused() -> None:
    with pytest.raises(ValueError, match="there are no selected events of d, e to train on"):
        train_trees(made_events(), [("a",), ("d", "e")], rounds=1, seed=1)


def test_no_events_have_no_probabilities() -> None:
    trees = train_trees(made_events(), [("a",), ("b",)], rounds=1, seed=1)
    assert trees.probabilities(made_events().iloc[:0]).shape == (0, 2)
