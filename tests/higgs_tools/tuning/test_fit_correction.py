"""The fit of the corrections, on events whose right weights are known."""

import json
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import expit, logit

from higgs_challenge.errors import InputError
from higgs_challenge.tasks.higgs.simulation import simulate_blocks
from higgs_challenge.tasks.higgs.simulation.correction import acceptance, make_correction
from higgs_tools.tuning.correction_functions import choose_functions, design_matrix
from higgs_tools.tuning.fit_correction import describe, fit, fit_process, restrain
from higgs_tools.tuning.target import Target
from higgs_tools.validation.regions import column, unselected
from tests.helpers.commands import start

EVENTS = 4_000


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return np.concatenate(list(simulate_blocks("diboson", EVENTS, 5, corrected=False)))


@pytest.fixture(scope="module")
def target(rows: np.ndarray) -> Target:
    """Means of three columns among events with a lepton above 30 GeV, the values those of a known weight."""
    features = unselected(rows)
    names = ("PRI_lep_pt", "PRI_met", "DER_mass_vis")
    numerators = np.stack([column(features, name) for name in names]).astype(np.float64)
    region = (column(features, "PRI_lep_pt") > 30.0).astype(np.float64)
    weights = expit(0.3 - 0.01 * numerators[1])
    values = (numerators * region) @ weights / (region @ weights)
    return Target("means", sp.csr_matrix(numerators * region), region, values, np.array([20.0, 10.0, 5.0]))


def test_derivatives_of_residuals(rows: np.ndarray, target: Target) -> None:
    design = design_matrix(choose_functions(unselected(rows), np.ones(EVENTS)), unselected(rows))
    rng = np.random.default_rng(1)
    values, direction = 0.1 * rng.standard_normal((2, design.shape[1]))

    def weights(step: float) -> np.ndarray:
        found: np.ndarray = expit(design @ (values + step * direction))
        return found

    here = weights(0.0)
    slopes = target.jacobian(here, sp.diags(here * (1 - here)) @ design) @ direction
    differences = (target.residuals(weights(1e-4)) - target.residuals(weights(-1e-4))) / 2e-4
    np.testing.assert_allclose(slopes, differences, rtol=1e-5, atol=1e-8)


def test_correlated_deviations_are_scaled_by_a_matrix(target: Target) -> None:
    weights = np.ones(EVENTS)
    matrix = np.array([[1.0, 1.0, 0.0], [0.0, 2.0, -1.0]])
    plain = target.residuals(weights) / target.scales
    mixed = Target(target.name, target.numerators, target.denominator, target.values, matrix)
    np.testing.assert_allclose(mixed.residuals(weights), matrix @ plain)


def test_fit_finds_weights_that_meet_the_targets(rows: np.ndarray, target: Target) -> None:
    functions = choose_functions(unselected(rows), np.ones(EVENTS))
    design = design_matrix(functions, unselected(rows))
    assert np.abs(target.residuals(np.ones(EVENTS))).max() > 10.0
    values = fit([target], design, np.ones(EVENTS), 0.6, restrain(functions), 8)
    weights = expit(logit(0.6) + design @ values)
    assert np.abs(target.residuals(weights)).max() < 1.0
    assert weights.mean() == pytest.approx(0.6, abs=0.01)


def test_what_is_written_gives_the_fitted_probabilities(rows: np.ndarray) -> None:
    functions = choose_functions(unselected(rows), np.ones(EVENTS))
    design = design_matrix(functions, unselected(rows))
    values = 0.2 * np.random.default_rng(1).standard_normal(design.shape[1])
    entry = json.loads(json.dumps(describe(functions, values, 0.4)))
    np.testing.assert_allclose(acceptance(make_correction(entry), rows), expit(0.4 + design @ values), atol=3e-3)


def test_command_explains_itself() -> None:
    assert "--share" in start("fit-correction", "--help").stdout


def test_folder_without_official_facts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "official_moments.json").touch()
    with pytest.raises(InputError, match=r"there is no official_responses.json, facts/histograms_per_process_PRI"):
        fit_process("ztautau", tmp_path, EVENTS, 0.5, 1)
