"""The correction: events accepted with the probability of corrections.json."""

import json

import numpy as np
import pytest

from higgs_challenge.tasks.higgs.events.columns import FEATURES, PROCESSES
from higgs_challenge.tasks.higgs.events.transform import transform
from higgs_challenge.tasks.higgs.simulation import simulate_blocks
from higgs_challenge.tasks.higgs.simulation.correction import (
    FILE,
    accept,
    acceptance,
    corrections,
    is_symmetric,
    make_correction,
)

FUNCTIONS = [
    {"column": "PRI_n_jets", "jets": "any", "knots": [0.0, 1.0, 2.0, 3.0], "values": [0.1, -0.2, 0.3, 0.5]},
    {"column": "PRI_lep_pt", "jets": 0, "knots": [20.0, 50.0], "values": [0.4, -0.6]},
    {"column": "PRI_jet_leading_eta", "jets": 1, "knots": [0.0, 1.0, 4.0], "values": [0.0, 1.0, -1.0]},
    {"column": "DER_mass_jet_jet", "jets": 2, "knots": [50.0, 200.0, 900.0], "values": [-0.5, 0.5, 1.5]},
    {"column": "PRI_met", "factor": "PRI_had_pt", "jets": 2, "knots": [500.0, 4000.0], "values": [-0.4, 0.4]},
]


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return np.concatenate(list(simulate_blocks("ttbar", 2_000, 3, corrected=False)))


def interpolated(entry: dict, rows: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    """Compute the probabilities with numpy."""
    features = transform(rows, select=False)[0].astype(np.float64)
    classes = np.minimum(features[FEATURES.index("PRI_n_jets")], 2)
    sums = np.full(len(rows), entry["offset"])
    for function in entry["functions"]:
        x = features[FEATURES.index(function["column"])]
        x = np.abs(x) if is_symmetric(function["column"]) else x
        x = x * features[FEATURES.index(function["factor"])] if "factor" in function else x
        values = np.interp(x, function["knots"], function["values"])
        sums += np.where((function["jets"] == "any") | (classes == function["jets"]), values, 0.0)
    return 1.0 / (1.0 + np.exp(-sums))


def test_probabilities_follow_the_functions(rows: np.ndarray) -> None:
    entry = {"offset": -0.3, "functions": FUNCTIONS}
    found = acceptance(make_correction(entry), rows)
    np.testing.assert_allclose(found, interpolated(entry, rows), rtol=1e-6)
    assert found.std() > 0.05


@pytest.mark.parametrize("process", PROCESSES)
def test_the_corrections_of_all_processes_are_sound(process: str) -> None:
    entry = json.loads(FILE.read_text())[process]
    for function in entry["functions"]:
        assert len(function["knots"]) == len(function["values"]) >= 2
        assert np.all(np.diff(function["knots"]) > 0)
    events = np.concatenate(list(simulate_blocks(process, 1_000, 3, corrected=False)))
    np.testing.assert_allclose(acceptance(corrections()[process], events), interpolated(entry, events), rtol=1e-6)


def test_events_are_accepted_as_often_as_the_correction_says(rows: np.ndarray) -> None:
    """Five standard deviations of a binomial number; 6e-7 for a right program."""
    correction = make_correction({"offset": -0.3, "functions": FUNCTIONS})
    rng = np.random.default_rng(2)
    rounds = 50
    numbers = [len(accept(rng, correction, rows)) for _ in range(rounds)]
    probabilities = acceptance(correction, rows)
    spread = np.sqrt(rounds * (probabilities * (1 - probabilities)).sum())
    assert abs(sum(numbers) - rounds * probabilities.sum()) < 5 * spread


def test_accepted_events_keep_their_order_and_content(rows: np.ndarray) -> None:
    correction = make_correction({"offset": 0.0, "functions": FUNCTIONS})
    kept = accept(np.random.default_rng(2), correction, rows)
    assert 0 < len(kept) < len(rows)
    expected = rows[np.random.default_rng(2).random(len(rows)) < acceptance(correction, rows)]
    np.testing.assert_array_equal(kept, expected)


def test_without_functions_only_the_offset_counts(rows: np.ndarray) -> None:
    np.testing.assert_allclose(acceptance(make_correction({"offset": 0.0, "functions": []}), rows), 0.5)
