"""Discriminants are the logarithms of ratios of densities."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from higgs_inference.discriminants import expected_yields, log_ratios


def test_ratios_are_those_of_the_expected_events() -> None:
    x = np.linspace(-2, 2, 9)
    densities = norm.pdf(x[:, np.newaxis], [0.0, 1.0, -1.0, 0.5])
    yields = np.array([5.0, 100.0, 20.0, 30.0])

    found = log_ratios(np.log(densities) + np.sin(x)[:, np.newaxis], yields)

    expected = densities * yields
    np.testing.assert_allclose(found[:, 0], np.log(expected[:, 0] / expected[:, 1:].sum(axis=1)))
    np.testing.assert_allclose(found[:, 1], np.log(expected[:, 3] / expected[:, 1]))


def test_extreme_logits_stay_finite_and_single_precision() -> None:
    logits = np.array([[500.0, -500.0, -400.0], [-500.0, 500.0, 400.0]], dtype=np.float32)
    found = log_ratios(logits, np.array([1.0, 1e6, 1e4]))
    assert found.dtype == np.float32
    assert np.isfinite(found).all()


def test_a_process_without_events_is_named() -> None:
    events = pd.DataFrame({"detailed_labels": ["one", "two", "one"], "weights": [1.0, 2.0, 3.0]})
    assert expected_yields(events, ("two", "one")).tolist() == [2.0, 4.0]
    with pytest.raises(ValueError, match="no selected event is three; use a larger store"):
        expected_yields(events, ("one", "three"))
