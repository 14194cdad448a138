"""Weights that no pseudo-experiment has are refused."""

import numpy as np
import pytest

from higgs_inference.checks import require_weights
from higgs_inference.templates import Floats


def test_without_weights_each_event_counts_as_one() -> None:
    assert require_weights(None, 3).tolist() == [1.0, 1.0, 1.0]
    assert require_weights([0.0, 2.0], 2).tolist() == [0.0, 2.0]


@pytest.mark.parametrize(
    ("weights", "number", "message"),
    [
        (np.ones(3), 2, r"for each of 2 events; got weights of shape \(3,\)"),
        (np.ones((2, 1)), 2, r"got weights of shape \(2, 1\)"),
        (np.array([1.0, -1.0]), 2, "finite and not negative"),
        (np.array([1.0, np.nan]), 2, "finite and not negative"),
        (np.array([1.0, np.inf]), 2, "finite and not negative"),
        (np.zeros(2), 2, "is empty: 2 events whose weights add up to 0"),
        (None, 0, "is empty: 0 events"),
    ],
)
def test_nonsense_is_refused(weights: Floats | None, number: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        require_weights(weights, number)
