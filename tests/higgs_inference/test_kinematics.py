"""Features for classifiers: the same whichever way an event points, and masses as physicists know them."""

import math

import numpy as np
import pandas as pd
import pytest

from higgs_challenge import simulate, systematics
from higgs_challenge.tasks.higgs.events.columns import FEATURES, PRIMARY
from higgs_inference.kinematics import MISSING, NAMES, OF_TAUS, Values, describe

ANGLES = [place for place, name in enumerate(FEATURES) if name.endswith("_phi") and name.startswith("PRI_")]
PSEUDORAPIDITIES = [place for place, name in enumerate(FEATURES) if name.endswith("_eta") and name.startswith("PRI_")]
MADE_OF_TAUS = slice(len(NAMES) - len(OF_TAUS), len(NAMES))


@pytest.fixture(scope="module")
def events() -> Values:
    """Events of ttbar, of which most have jets; some have none."""
    generated = pd.DataFrame(simulate("ttbar", 3000, seed=4), columns=pd.Index(PRIMARY))
    selected = systematics(generated.assign(weights=1.0))
    return selected[list(FEATURES)].to_numpy(dtype=np.float32)


def changed(events: Values, places: list[int], change: object) -> Values:
    """Change some features where they exist, azimuthal angles being taken between -pi and pi."""
    new = events.copy()
    for place in places:
        exists = new[:, place] != MISSING
        moved = change(new[exists, place].astype(np.float64))  # type: ignore[operator]
        new[exists, place] = np.remainder(moved + math.pi, 2 * math.pi) - math.pi if place in ANGLES else moved
    return new


def test_events_that_are_rotations_or_mirror_images_are_the_same(events: Values) -> None:
    expected = describe(events, FEATURES)
    assert expected.shape == (len(events), len(NAMES))
    assert (np.nanstd(expected, axis=0) > 0).all(), "all features differ from event to event"
    between = events[:, FEATURES.index("PRI_lep_phi")] - events[:, FEATURES.index("PRI_had_phi")]
    # Where the taus are nearly in line, rounding decides on which side the lepton is; and 0 has no sign.
    clear = (np.abs(np.sin(between)) > 0.01) & (events[:, FEATURES.index("PRI_had_eta")] != 0)
    assert clear.mean() > 0.95
    for places, change in (
        (ANGLES, lambda angles: angles + 1.2345),
        (ANGLES, lambda angles: -angles),
        (PSEUDORAPIDITIES, lambda etas: -etas),
    ):
        found = describe(changed(events, places, change), FEATURES)
        np.testing.assert_allclose(found[clear], expected[clear], atol=2e-3)


def test_other_changes_are_seen(events: Values) -> None:
    lepton = [FEATURES.index("PRI_lep_phi")]
    moved = describe(changed(events, lepton, lambda angles: angles + 0.5), FEATURES)
    assert (np.abs(moved - describe(events, FEATURES)) > 0.01).any(axis=1).all()


def test_features_that_do_not_exist_are_not_numbers(events: Values) -> None:
    made = describe(events, FEATURES)
    no_second_jet = events[:, FEATURES.index("PRI_jet_subleading_pt")] == MISSING
    assert 0 < no_second_jet.sum() < len(events)
    assert np.isnan(made[no_second_jet]).any(axis=1).all()
    assert np.isfinite(made[~no_second_jet]).all()
    assert np.isfinite(made[:, MADE_OF_TAUS]).all()


def test_the_collinear_mass_is_that_of_collinear_neutrinos() -> None:
    """Both taus decay so that neutrinos carry 0.5 and 1.0 times the visible momentum: the mass is that of the whole."""
    event = dict.fromkeys(FEATURES, MISSING)
    had, lep, angle = 40.0, 30.0, 2.0
    visible = math.sqrt(2 * had * lep * (1 - math.cos(angle)))  # both at pseudorapidity 0
    x = 0.5 * had + 1.0 * lep * math.cos(angle)
    y = 1.0 * lep * math.sin(angle)
    event |= {"PRI_had_pt": had, "PRI_had_eta": 0.0, "PRI_had_phi": 0.3, "PRI_lep_pt": lep, "PRI_lep_eta": 0.0}
    event |= {"PRI_lep_phi": 0.3 + angle, "PRI_met": math.hypot(x, y), "PRI_met_phi": 0.3 + math.atan2(y, x)}
    event |= {"DER_mass_vis": visible, "DER_mass_transverse_met_lep": 10.0, "PRI_n_jets": 0.0}
    made = describe(np.array([[event[name] for name in FEATURES]], dtype=np.float32), FEATURES)[0, MADE_OF_TAUS]
    assert made[0] == pytest.approx(2.0, rel=1e-6)
    assert made[1] == pytest.approx(0.5, rel=1e-4)
    assert made[2] == pytest.approx(1.0, rel=1e-4)
    assert made[3] == pytest.approx(math.log(1 + visible * math.sqrt(1.5 * 2.0)), rel=1e-5)


def test_huge_values_stay_numbers(events: Values) -> None:
    momenta = [place for place, name in enumerate(FEATURES) if "pt" in name or "mass" in name or name == "PRI_met"]
    huge = changed(events, momenta, lambda values: values * 1e30)
    assert not np.isinf(describe(huge, FEATURES)).any()
