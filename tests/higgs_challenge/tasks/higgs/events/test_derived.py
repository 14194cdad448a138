import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pytest

from higgs_challenge.tasks.higgs.events import columns
from higgs_challenge.tasks.higgs.events.columns import DERIVED, MISSING, PRIMARY
from higgs_challenge.tasks.higgs.events.derived import derive_event
from higgs_challenge.tasks.higgs.events.record import Event, find_directions
from tests.helpers.handmade import physical_rows

Row = npt.NDArray[np.float64]

NO_JETS = {name: MISSING for name in PRIMARY if "leading" in name} | {"PRI_n_jets": 0.0, "PRI_jet_all_pt": 0.0}
BACK_TO_BACK = {
    "PRI_lep_pt": 30.0,
    "PRI_lep_eta": 0.0,
    "PRI_lep_phi": 0.0,
    "PRI_had_pt": 40.0,
    "PRI_had_eta": 0.0,
    "PRI_had_phi": math.pi,
    "PRI_met": 10.0,
    "PRI_met_phi": 0.0,
    **NO_JETS,
}
TWO_JETS = {
    "PRI_lep_pt": 50.0,
    "PRI_lep_eta": 0.0,
    "PRI_lep_phi": math.pi / 2,
    "PRI_had_pt": 50.0,
    "PRI_had_eta": 0.0,
    "PRI_had_phi": 0.0,
    "PRI_met": 20.0,
    "PRI_met_phi": math.pi / 4,
    "PRI_jet_leading_pt": 100.0,
    "PRI_jet_leading_eta": 1.0,
    "PRI_jet_leading_phi": -math.pi,
    "PRI_jet_subleading_pt": 80.0,
    "PRI_jet_subleading_eta": -1.5,
    "PRI_jet_subleading_phi": -math.pi / 2,
    "PRI_n_jets": 2.0,
    "PRI_jet_all_pt": 180.0,
}


def derive_all(rows: Row) -> Row:
    events = [Event(*map(float, row)) for row in rows]
    return np.array([derive_event(event, find_directions(event)) for event in events])


def derive(event: Mapping[str, float], **changes: float) -> dict[str, float]:
    """Derive one event's features, by their names without DER_."""
    row = np.array([[{**event, **changes}[name] for name in PRIMARY]])
    return {name.removeprefix("DER_"): float(value) for name, value in zip(DERIVED, derive_all(row)[0], strict=True)}


def four_momentum(pt: float, eta: float, phi: float) -> Row:
    """(E, px, py, pz) of a massless particle."""
    return pt * np.array([math.cosh(eta), math.cos(phi), math.sin(phi), math.sinh(eta)])


def mass(momentum: Row) -> float:
    return math.sqrt(momentum[0] ** 2 - (momentum[1:] ** 2).sum())


def test_back_to_back_lepton_and_tau() -> None:
    derived = derive(BACK_TO_BACK)
    # two massless particles of 30 and 40 GeV head on: E = 70, p = 10
    assert derived["mass_vis"] == pytest.approx(math.sqrt(70**2 - 10**2))
    assert derived["deltar_had_lep"] == pytest.approx(math.pi)
    assert derived["pt_h"] == pytest.approx(0.0, abs=1e-9)  # 30 - 40 + 10
    assert derived["pt_tot"] == pytest.approx(0.0, abs=1e-9)
    assert derived["mass_transverse_met_lep"] == pytest.approx(0.0, abs=1e-6)  # parallel
    assert derived["sum_pt"] == pytest.approx(70.0)
    assert derived["pt_ratio_lep_had"] == pytest.approx(0.75)


def test_transverse_mass_is_largest_where_lepton_and_missing_momentum_are_opposite() -> None:
    derived = derive(BACK_TO_BACK, PRI_met_phi=math.pi)
    assert derived["mass_transverse_met_lep"] == pytest.approx(2 * math.sqrt(30.0 * 10.0))
    assert derived["pt_h"] == pytest.approx(20.0)  # 30 - 40 - 10


def test_features_of_two_jets() -> None:
    derived = derive(TWO_JETS)
    leading, subleading = four_momentum(100.0, 1.0, math.pi), four_momentum(80.0, -1.5, -math.pi / 2)
    assert derived["mass_jet_jet"] == pytest.approx(mass(leading + subleading))
    assert derived["deltaeta_jet_jet"] == pytest.approx(2.5)
    assert derived["prodeta_jet_jet"] == pytest.approx(-1.5)
    # the lepton is 0.25 from the jets' middle at -0.25, and the gap is 2.5
    assert derived["lep_eta_centrality"] == pytest.approx(math.exp(-4 * 0.25**2 / 2.5**2))
    missing = 20 / math.sqrt(2)
    assert derived["pt_h"] == pytest.approx(math.hypot(50 + missing, 50 + missing))
    assert derived["pt_tot"] == pytest.approx(math.hypot(50 + missing - 100, 50 + missing - 80))
    assert derived["sum_pt"] == pytest.approx(50 + 50 + 180)


def test_one_jet_counts_in_the_total_momentum_but_has_no_pair() -> None:
    no_second = {name: MISSING for name in PRIMARY if "subleading" in name}
    derived = derive(TWO_JETS, **no_second, PRI_n_jets=1.0, PRI_jet_all_pt=100.0)
    missing = 20 / math.sqrt(2)
    assert derived["pt_tot"] == pytest.approx(math.hypot(50 + missing - 100, 50 + missing))
    pairs = ("deltaeta_jet_jet", "mass_jet_jet", "prodeta_jet_jet", "lep_eta_centrality")
    assert [derived[name] for name in pairs] == [MISSING] * 4


def test_no_jet_has_no_pair_features() -> None:
    derived = derive(BACK_TO_BACK)
    pairs = ("deltaeta_jet_jet", "mass_jet_jet", "prodeta_jet_jet", "lep_eta_centrality")
    assert [derived[name] for name in pairs] == [MISSING] * 4


@pytest.mark.parametrize(
    ("met_phi", "centrality"),
    [
        (math.pi / 4, math.sqrt(2)),  # midway between lepton and tau
        (-3 * math.pi / 4, -math.sqrt(2)),  # opposite to the middle
        (math.pi / 2, 1.0),  # along the lepton
        (0.0, 1.0),  # along the tau
        (3 * math.pi / 4, 0.0),  # perpendicular to the middle
    ],
)
def test_centrality_of_the_missing_momentum(met_phi: float, centrality: float) -> None:
    assert derive(TWO_JETS, PRI_met_phi=met_phi)["met_phi_centrality"] == pytest.approx(centrality, abs=1e-6)


def test_centrality_where_everything_points_one_way_moves_the_lepton_a_little() -> None:
    # A = sin(1e-4), B = 0 once the lepton has moved by 1e-4
    aligned = {"PRI_lep_phi": 0.3, "PRI_had_phi": 0.3, "PRI_met_phi": 0.3}
    assert derive(BACK_TO_BACK, **aligned)["met_phi_centrality"] == pytest.approx(1.0)


@pytest.mark.parametrize(("lep_eta", "centrality"), [(1.0, 1.0), (1.005, math.exp(-1)), (2.5, 0.0)])
def test_lepton_centrality_between_jets_of_equal_eta(lep_eta: float, centrality: float) -> None:
    # 1e-4 stands for the squared gap: 4 * 0.005^2 / 1e-4 = 1
    derived = derive(TWO_JETS, PRI_jet_subleading_eta=1.0, PRI_lep_eta=lep_eta)
    assert derived["lep_eta_centrality"] == pytest.approx(centrality)


def test_angle_between_lepton_and_tau_is_the_short_way_round() -> None:
    derived = derive(BACK_TO_BACK, PRI_lep_phi=3.0, PRI_had_phi=-3.0, PRI_lep_eta=0.5, PRI_had_eta=-0.5)
    assert derived["deltar_had_lep"] == pytest.approx(math.hypot(1.0, 2 * math.pi - 6.0))


@pytest.mark.parametrize("eta", [0.0, 2.5, 4.5])
def test_collinear_pairs_have_no_mass(eta: float) -> None:
    together = {"PRI_had_eta": eta, "PRI_lep_eta": eta, "PRI_had_phi": 1.3, "PRI_lep_phi": 1.3}
    assert derive(BACK_TO_BACK, **together)["mass_vis"] == 0.0


def test_features_do_not_depend_on_where_phi_starts() -> None:
    rows = physical_rows(np.random.default_rng(7), 300).astype(np.float64)
    turned = rows.copy()
    phis = [columns.LEP_PHI, columns.HAD_PHI, columns.MET_PHI, columns.JET1_PHI, columns.JET2_PHI]
    exists = rows[:, phis] != MISSING
    turned[:, phis] = np.where(exists, (rows[:, phis] + 2.0 + np.pi) % (2 * np.pi) - np.pi, MISSING)
    np.testing.assert_allclose(derive_all(turned), derive_all(rows), rtol=1e-7, atol=1e-4)


def test_a_mirror_image_keeps_every_feature() -> None:
    rows = physical_rows(np.random.default_rng(8), 300).astype(np.float64)
    mirrored = rows.copy()
    signed = [position for position, name in enumerate(PRIMARY) if name.endswith(("_eta", "_phi"))]
    mirrored[:, signed] = np.where(rows[:, signed] != MISSING, -rows[:, signed], MISSING)
    np.testing.assert_allclose(derive_all(mirrored), derive_all(rows), rtol=1e-12, atol=1e-9)
