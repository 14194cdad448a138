"""Our events against the published package HiggsML 0.1.5, and every place where it is wrong.

The official code is fed with float64 values that float32 can hold: in float32 its own arithmetic is inexact by more
than what is compared here.
"""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
import pytest
from HiggsML.derived_quantities import DER_data
from HiggsML.systematics import mom4_manipulate
from HiggsML.systematics import systematics as official_systematics
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from higgs_challenge import systematics
from higgs_challenge.tasks.higgs.events import columns
from higgs_challenge.tasks.higgs.events.columns import DERIVED, FEATURES, MISSING, PRIMARY, PROCESSES
from tests.helpers.handmade import EDGE_ANGLES, labelled_frame, physical_rows, primary_frame

NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""A failure names a column and a value already; to look for smaller batches would take minutes."""

ONE_STEP = 0.001 + 5e-5
"""One step of the third decimal, and what float32 loses of 500 GeV."""

NO_DIRECTION = 0.01
"""Missing momentum in GeV below which rounding decides its direction."""

angles = st.sampled_from(EDGE_ANGLES)
scales = st.one_of(st.sampled_from([1.0, 0.9, 1.1, 1.01, 0.99]), st.floats(0.9, 1.1))
soft_widths = st.one_of(st.just(0.0), st.floats(0.01, 5.0))


@st.composite
def batches(draw: st.DrawFn) -> pd.DataFrame:
    """Labelled events, float64; the first has drawn edge angles, a numpy seed decides the others."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(1, 400))
    rows = physical_rows(rng, n, edges=draw(st.sampled_from([0.0, 0.3, 0.7])))
    rows[0, [columns.LEP_PHI, columns.HAD_PHI, columns.MET_PHI]] = draw(st.tuples(angles, angles, angles))
    frame = labelled_frame(rows.astype(np.float64), rng.integers(0, len(PROCESSES), n).tolist())
    return frame.assign(weights=np.round(rng.uniform(0.5, 1.5, n), 3), event=np.arange(n))


@contextmanager
def expected_warnings() -> Iterator[None]:
    """Let the official code's two known warnings pass."""
    with warnings.catch_warnings():
        # its DER_mass_vis of a collinear pair is the square root of a rounding error, negative or not
        warnings.filterwarnings("ignore", "invalid value encountered in sqrt", RuntimeWarning)
        # it is older than pandas 3.1, which gives up this keyword
        warnings.filterwarnings("ignore", "The inplace keyword in DataFrame.reset_index", DeprecationWarning)
        yield


def official(data: Any, **options: Any) -> Any:
    with expected_warnings():
        return official_systematics(data, **options)


def official_derived(primary: pd.DataFrame) -> pd.DataFrame:
    with expected_warnings():
        return DER_data(primary.copy())


def further_jets_pass(distorted: pd.DataFrame) -> pd.Series:
    """Tell where the jets beyond the second can all be above threshold, so that removing them changes nothing."""
    others = distorted["PRI_n_jets"] - 2
    summed = distorted["PRI_jet_all_pt"] - distorted["PRI_jet_leading_pt"] - distorted["PRI_jet_subleading_pt"]
    return (others <= 0) | (np.floor(summed.round(3) / 26.0) >= others)


def at_threshold(distorted: pd.DataFrame) -> pd.Series:
    """Tell where a jet has exactly 26.000 GeV; see test_a_jet_of_exactly_26_gev_stays."""
    return (distorted[["PRI_jet_leading_pt", "PRI_jet_subleading_pt"]].round(3) == 26.0).any(axis=1)


def comparable(batch: pd.DataFrame, options: Mapping[str, Any]) -> pd.Index:
    """The numbers of the events whose official record is right."""
    nuisances = (options["tes"], options["jes"], options["soft_met"], options.get("seed", 31415))
    distorted = mom4_manipulate(batch.copy(), *nuisances)
    return pd.Index(distorted["event"][further_jets_pass(distorted) & ~at_threshold(distorted)])


def assert_same_primary(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    for name in PRIMARY[:-1]:
        difference = np.abs(ours[name].to_numpy(np.float64) - theirs[name].to_numpy(np.float64))
        assert (difference <= ONE_STEP).all(), f"{name} differs by {difference.max()}"
    turned = ours["PRI_met_phi"].to_numpy(np.float64) - theirs["PRI_met_phi"].to_numpy(np.float64)
    turned = np.abs((turned + np.pi) % (2 * np.pi) - np.pi)
    directed = theirs["PRI_met"].to_numpy() > NO_DIRECTION
    # both ends of the circle, 3.142 and -3.142, are 0.0008 short of a full turn apart
    assert (turned[directed] <= 2 * ONE_STEP).all()
    same_side = np.abs(theirs["PRI_met_phi"].to_numpy()) < 3.14
    assert (turned[directed & same_side] <= ONE_STEP).all()


def assert_same_derived(ours: pd.DataFrame) -> None:
    """Compare with what the official code derives from the same primary values."""
    theirs = official_derived(ours[list(PRIMARY)].astype(np.float64).round(3))
    for name in DERIVED:
        got, expected = ours[name].to_numpy(np.float64), theirs[name].to_numpy(np.float64)
        known = ~np.isnan(expected)
        assert known.all() or name == "DER_mass_vis"
        assert np.isfinite(got).all()
        np.testing.assert_allclose(got[known], expected[known], rtol=1e-4, atol=2e-3, err_msg=name)


@pytest.mark.slow
@settings(max_examples=30, deadline=None, phases=NO_SHRINKING)
@given(batch=batches(), tes=scales, jes=scales, soft_met=soft_widths, seed=st.integers(0, 2**32 - 1))
def test_frame_agrees_with_the_official_one(
    batch: pd.DataFrame, tes: float, jes: float, soft_met: float, seed: int
) -> None:
    options: dict[str, Any] = {"tes": tes, "jes": jes, "soft_met": soft_met, "seed": seed}
    ours, theirs = systematics(batch, **options), official(batch, **options)
    assert ours["event"].tolist() == theirs["event"].tolist()
    assert list(ours.columns) == list(theirs.columns)
    right = ours["event"].isin(comparable(batch, options)).to_numpy()
    assert_same_primary(ours[right], theirs[right])
    assert_same_derived(ours)


@settings(max_examples=12, deadline=None, phases=NO_SHRINKING)
@given(batch=batches(), tes=scales, jes=scales, soft_met=soft_widths)
def test_dict_agrees_with_the_official_one(batch: pd.DataFrame, tes: float, jes: float, soft_met: float) -> None:
    options: dict[str, Any] = {"tes": tes, "jes": jes, "soft_met": soft_met}
    sets = {"data": batch[[*PRIMARY, "event"]], **{name: batch[name] for name in ("weights", "detailed_labels")}}
    ours, theirs = systematics(sets, **options), official(sets, **options)
    assert set(ours) == set(theirs)
    assert ours["data"]["event"].tolist() == theirs["data"]["event"].tolist()
    for name in ("weights", "detailed_labels"):
        assert ours[name].tolist() == theirs[name].tolist()
    right = ours["data"]["event"].isin(comparable(batch, options)).to_numpy()
    assert_same_primary(ours["data"][right], theirs["data"][right])
    assert_same_derived(ours["data"])


@settings(max_examples=12, deadline=None, phases=NO_SHRINKING)
@given(batch=batches(), tes=scales, jes=scales, soft_met=soft_widths)
def test_without_selection_every_event_agrees(batch: pd.DataFrame, tes: float, jes: float, soft_met: float) -> None:
    options: dict[str, Any] = {"tes": tes, "jes": jes, "soft_met": soft_met, "dopostprocess": False}
    ours, theirs = systematics(batch, **options), official(batch, **options)
    assert len(ours) == len(theirs) == len(batch)
    assert_same_primary(ours, theirs)
    assert_same_derived(ours)


@settings(max_examples=100, deadline=None, phases=NO_SHRINKING)
@given(batch=batches(), tes=scales, jes=scales)
def test_a_selected_record_never_contradicts_itself(batch: pd.DataFrame, tes: float, jes: float) -> None:
    kept = systematics(batch, tes=tes, jes=jes)
    jets, leading, subleading = kept["PRI_n_jets"], kept["PRI_jet_leading_pt"], kept["PRI_jet_subleading_pt"]
    assert ((jets == 0) == (leading == MISSING)).all()
    assert ((jets < 2) == (subleading == MISSING)).all()
    assert ((jets == 0) == (kept["PRI_jet_all_pt"] == 0)).all()
    for which, pt in (("leading", leading), ("subleading", subleading)):
        assert (pt[pt != MISSING] >= 26.0).all()
        directions = kept[[f"PRI_jet_{which}_eta", f"PRI_jet_{which}_phi"]]
        assert ((directions == MISSING).all(axis=1) == (pt == MISSING)).all()
    stored = leading.where(jets >= 1, 0.0).astype(float) + subleading.where(jets >= 2, 0.0).astype(float)
    further = kept["PRI_jet_all_pt"].astype(float) - stored
    assert (further.abs()[jets <= 2] <= 2 * ONE_STEP).all()
    assert (further[jets > 2] >= 26.0 * (jets[jets > 2] - 2) - ONE_STEP).all()
    assert (kept["PRI_had_pt"] >= 26.0).all()
    assert (kept["PRI_lep_pt"] >= 20.0).all()


def one_event(**changes: float) -> pd.DataFrame:
    """An event of three jets, with changes to its columns."""
    jets = {"PRI_n_jets": 3.0, "PRI_jet_leading_pt": 60.0, "PRI_jet_subleading_pt": 40.0, "PRI_jet_all_pt": 130.0}
    angles = {"PRI_jet_leading_eta": 1.0, "PRI_jet_subleading_eta": -1.0, "PRI_jet_leading_phi": 2.0}
    others = {"PRI_lep_pt": 30.0, "PRI_had_pt": 40.0, "PRI_lep_phi": 1.0, "PRI_met": 20.0, "PRI_met_phi": 0.5}
    return pd.DataFrame([{**dict.fromkeys(PRIMARY, 0.0), **jets, **angles, **others, **changes}])


def test_jets_beyond_a_removed_one_go_with_it_but_officially_stay() -> None:
    event = one_event(PRI_jet_leading_pt=30.0, PRI_jet_subleading_pt=25.5, PRI_jet_all_pt=80.7)
    ours, theirs = systematics(event).iloc[0], official(event).iloc[0]
    assert (theirs["PRI_n_jets"], theirs["PRI_jet_subleading_pt"]) == (2.0, MISSING)
    assert (ours["PRI_n_jets"], ours["PRI_jet_subleading_pt"], ours["PRI_jet_all_pt"]) == (1.0, MISSING, 30.0)


def test_a_third_jet_below_threshold_goes_but_officially_stays() -> None:
    event = one_event(PRI_jet_all_pt=125.0)
    ours, theirs = systematics(event).iloc[0], official(event).iloc[0]
    assert (theirs["PRI_n_jets"], theirs["PRI_jet_all_pt"]) == (3.0, 125.0)
    assert (ours["PRI_n_jets"], ours["PRI_jet_all_pt"]) == (2.0, 100.0)


def test_of_many_further_jets_as_many_stay_as_their_sum_allows() -> None:
    event = one_event(PRI_n_jets=5.0, PRI_jet_all_pt=100.0 + 60.0)
    ours = systematics(event).iloc[0]
    assert (ours["PRI_n_jets"], ours["PRI_jet_all_pt"]) == (4.0, 100.0 + 2 * 26.0)


def test_a_jet_of_exactly_26_gev_stays_but_is_officially_removed() -> None:
    event = one_event(PRI_n_jets=2.0, PRI_jet_subleading_pt=26.0, PRI_jet_all_pt=86.0, PRI_had_pt=26.0)
    ours, theirs = systematics(event).iloc[0], official(event).iloc[0]
    assert (theirs["PRI_had_pt"], theirs["PRI_n_jets"]) == (26.0, 1.0)
    assert (ours["PRI_had_pt"], ours["PRI_n_jets"]) == (26.0, 2.0)


@pytest.mark.parametrize(
    ("scale", "value", "factors"),
    [
        ("ttbar_scale", 1.1, {"ttbar": 1.1}),
        ("diboson_scale", 0.5, {"diboson": 0.5}),
        ("bkg_scale", 1.01, {"ztautau": 1.01, "ttbar": 1.01, "diboson": 1.01}),
    ],
)
def test_normalisation_scales_act_but_officially_do_nothing(
    scale: str, value: float, factors: dict[str, float]
) -> None:
    batch = labelled_frame(np.repeat(one_event().to_numpy(), len(PROCESSES), axis=0), range(len(PROCESSES)))
    batch["weights"] = [1.0, 2.0, 3.0, 4.0]
    assert official(batch, **{scale: value})["weights"].tolist() == [1.0, 2.0, 3.0, 4.0]
    expected = [weight * factors.get(name, 1.0) for weight, name in zip([1.0, 2.0, 3.0, 4.0], PROCESSES, strict=True)]
    assert systematics(batch, **{scale: value})["weights"].tolist() == pytest.approx(expected, rel=1e-12)


def test_the_background_scale_multiplies_the_own_scales() -> None:
    batch = labelled_frame(np.repeat(one_event().to_numpy(), len(PROCESSES), axis=0), range(len(PROCESSES)))
    scaled = systematics(batch, ttbar_scale=1.1, diboson_scale=0.5, bkg_scale=1.01).set_index("detailed_labels")
    expected = {"htautau": 1.0, "ztautau": 1.01, "diboson": 0.5 * 1.01, "ttbar": 1.1 * 1.01}
    assert scaled["weights"].to_dict() == pytest.approx(expected, rel=1e-12)


def test_the_mass_of_a_collinear_pair_is_zero_but_officially_may_be_no_number() -> None:
    rows = physical_rows(np.random.default_rng(3), 300).astype(np.float64)
    rows[:, columns.HAD_ETA], rows[:, columns.HAD_PHI] = rows[:, columns.LEP_ETA], rows[:, columns.LEP_PHI]
    collinear = primary_frame(rows)
    assert official_derived(collinear)["DER_mass_vis"].isna().any()
    assert (systematics(collinear)["DER_mass_vis"] == 0).all()


def test_features_come_in_the_official_order() -> None:
    assert list(systematics(primary_frame(physical_rows(np.random.default_rng(4), 5))).columns) == list(FEATURES)
