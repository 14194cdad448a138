import math

import numpy as np
import pytest

from higgs_tools.validation.regions import region_masks, selected
from higgs_tools.validation.response import VARIATIONS, Response, response_pull, responses
from higgs_tools.validation.samples import Sample
from higgs_tools.validation.targets import INCLUSIVE
from tests.helpers.handmade import physical_rows

ROWS = physical_rows(np.random.default_rng(1), 20_000)
FOUND = responses(Sample.of_equal_weights(ROWS))


def test_all_variations_are_there() -> None:
    assert list(FOUND) == list(VARIATIONS)


def test_inclusive_yield_follows_the_tau_threshold_alone() -> None:
    assert FOUND["tes", 0.99][INCLUSIVE].change < 0
    for variation in VARIATIONS[2:]:
        assert FOUND[variation][INCLUSIVE] == Response(0.0, 0.0, 0.0, pytest.approx(len(selected(ROWS)[0])))


def test_change_and_error_by_hand() -> None:
    rows = ROWS.copy()
    rows[:, 3] = 100.0
    rows[:30, 3] = 26.1  # falls below 26 GeV with tes = 0.99
    weights = np.full(len(rows), 2.0)
    response = responses(Sample(rows, weights, np.zeros(len(rows), dtype=bool)))["tes", 0.99][INCLUSIVE]
    assert response.change == pytest.approx(-30 / len(rows))
    assert response.error == pytest.approx(math.sqrt(30) / len(rows))
    assert response.moved == pytest.approx(30 / len(rows))
    assert response.number == pytest.approx(len(rows))


def test_regions_without_events_have_no_response() -> None:
    few = ROWS[:2]
    present = {name for name, mask in region_masks(selected(few)).items() if mask.any()}
    assert set(responses(Sample.of_equal_weights(few))["jes", 1.01]) == present


def test_pull_of_rows_that_do_not_move_is_finite() -> None:
    still = Response(change=0.0, error=0.0, moved=0.0, number=100.0)
    assert response_pull(still, Response(0.01, 0.0, 0.01, 1e6)) == pytest.approx(-0.01 / math.sqrt(0.01 / 100))
    assert response_pull(still, Response(0.0, 0.0, 0.0, 1e6)) == 0.0


def test_pulls_of_the_same_distribution_are_nearly_standard_normal() -> None:
    rng = np.random.default_rng(2)
    pulls = [
        response_pull(responses(Sample.of_equal_weights(rows))[variation][INCLUSIVE], FOUND[variation][INCLUSIVE])
        for rows in np.split(physical_rows(rng, 20_000), 20)
        for variation in VARIATIONS[:2]
    ]
    assert abs(np.mean(pulls)) < 1
    assert np.std(pulls) < 2
