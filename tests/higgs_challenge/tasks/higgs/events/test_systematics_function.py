import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest

from higgs_challenge import InputError, systematics
from higgs_challenge.tasks.higgs.events.columns import DERIVED, FEATURES, OFFICIAL_COLUMNS, PRIMARY, PROCESSES
from tests.helpers.handmade import labelled_frame, physical_rows

EVENTS = 400


@pytest.fixture
def frame() -> pd.DataFrame:
    """The 31 official columns, with derived values that only a new computation can replace."""
    rng = np.random.default_rng(5)
    labelled = labelled_frame(physical_rows(rng, EVENTS), rng.integers(0, len(PROCESSES), EVENTS).tolist())
    return labelled.assign(**dict.fromkeys(DERIVED, np.float32(-999.0)))[list(OFFICIAL_COLUMNS)]


def as_dict(frame: pd.DataFrame) -> dict[str, Any]:
    return {"data": frame[list(PRIMARY)], "weights": frame["weights"].to_numpy()}


@pytest.mark.parametrize(
    ("columns", "expected"),
    [(OFFICIAL_COLUMNS, OFFICIAL_COLUMNS), (FEATURES, FEATURES), (PRIMARY, FEATURES)],
    ids=["31 columns", "28 columns", "16 columns"],
)
def test_columns_keep_their_order(frame: pd.DataFrame, columns: tuple[str, ...], expected: tuple[str, ...]) -> None:
    distorted = systematics(frame[list(columns)], tes=1.01)
    assert tuple(distorted.columns) == expected
    assert (distorted[list(DERIVED)] != -999.0).all(axis=None)


def test_columns_in_any_order_and_unknown_ones_are_kept(frame: pd.DataFrame) -> None:
    shuffled = frame[list(PRIMARY[::-1])].assign(mine=np.arange(EVENTS))
    distorted = systematics(shuffled, tes=0.95)
    assert list(distorted.columns) == [*PRIMARY[::-1], "mine", *DERIVED]
    pd.testing.assert_frame_equal(distorted[list(FEATURES)], systematics(frame[list(PRIMARY)], tes=0.95))
    assert 0 < len(distorted) < EVENTS
    assert distorted["mine"].is_monotonic_increasing


def test_kept_events_are_numbered_from_zero_and_features_are_float32(frame: pd.DataFrame) -> None:
    distorted = systematics(frame.iloc[100:])
    pd.testing.assert_index_equal(distorted.index, pd.RangeIndex(len(distorted)))
    assert (distorted[list(FEATURES)].dtypes == np.float32).all()
    assert distorted["detailed_labels"].dtype == frame["detailed_labels"].dtype


def test_labels_stay_with_their_events(frame: pd.DataFrame) -> None:
    kept = (frame["PRI_had_pt"] * 0.95 >= 26.0) & (frame["PRI_lep_pt"] >= 20.0)
    distorted = systematics(frame, tes=0.95)
    assert distorted["detailed_labels"].tolist() == frame["detailed_labels"][kept].tolist()
    assert distorted["labels"].tolist() == frame["labels"][kept].tolist()


@pytest.mark.parametrize("kind", ["frame", "dict"])
def test_the_input_is_not_changed(frame: pd.DataFrame, kind: str) -> None:
    before = frame.copy(deep=True)
    given = frame if kind == "frame" else {**as_dict(frame), "detailed_labels": frame["detailed_labels"]}
    systematics(given, tes=1.05, jes=0.95, soft_met=3.0, ttbar_scale=1.1, bkg_scale=1.01)
    pd.testing.assert_frame_equal(frame, before)


def test_the_result_can_be_written_to(frame: pd.DataFrame) -> None:
    distorted = systematics(frame)
    distorted["PRI_met"] *= 2.0
    distorted.loc[0, "DER_mass_vis"] = 1.0
    assert distorted["DER_mass_vis"].iloc[0] == 1.0


def test_a_dict_gives_a_dict_of_equally_long_entries(frame: pd.DataFrame) -> None:
    numbers = np.arange(EVENTS)
    distorted = systematics({**as_dict(frame), "mine": numbers, "settings": {"mu": 1.0}}, tes=0.95)
    assert set(distorted) == {"data", "weights", "mine", "settings"}
    assert distorted["settings"] == {"mu": 1.0}
    assert len(distorted["data"]) == len(distorted["weights"]) == len(distorted["mine"]) < EVENTS
    pd.testing.assert_index_equal(distorted["weights"].index, distorted["data"].index)
    pd.testing.assert_frame_equal(distorted["data"], systematics(frame[list(PRIMARY)], tes=0.95))


def test_scales_act_on_the_weights_of_a_dict(frame: pd.DataFrame) -> None:
    labelled = {**as_dict(frame), "detailed_labels": frame["detailed_labels"]}
    scaled = systematics(labelled, ttbar_scale=1.5)
    expected = np.where(scaled["detailed_labels"] == "ttbar", 1.5, 1.0)
    assert scaled["weights"].tolist() == expected.tolist()
    assert (expected == 1.5).any()


def test_the_seed_decides_the_noise(frame: pd.DataFrame) -> None:
    first, again, other = (systematics(frame, soft_met=2.0, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert (first["PRI_met"] != other["PRI_met"]).mean() > 0.9


@pytest.mark.parametrize("kind", ["frame", "dict"])
def test_no_event_is_a_possible_set(frame: pd.DataFrame, kind: str) -> None:
    nothing = frame.iloc[:0]
    result = systematics(nothing if kind == "frame" else as_dict(nothing), soft_met=1.0)
    data = result if kind == "frame" else result["data"]
    assert len(data) == 0
    assert set(FEATURES) <= set(data.columns)


@pytest.mark.parametrize("missing", ["weights", "detailed_labels"])
def test_scales_that_cannot_act_are_reported(frame: pd.DataFrame, missing: str) -> None:
    with pytest.warns(UserWarning, match="ttbar_scale, bkg_scale had no effect: these events have no weights with det"):
        systematics(frame.drop(columns=missing), ttbar_scale=1.1, bkg_scale=1.01)


def test_scales_that_cannot_act_on_a_dict_are_reported(frame: pd.DataFrame) -> None:
    with pytest.warns(UserWarning, match="diboson_scale had no effect"):
        systematics(as_dict(frame), diboson_scale=1.1)


@pytest.mark.parametrize("wrong", [None, [1, 2], "events", np.zeros((3, 16))])
def test_neither_frame_nor_dict_is_refused(wrong: object) -> None:
    with pytest.raises(InputError, match="expects a DataFrame or a dict with 'data' and 'weights', not <class"):
        systematics(wrong)


@pytest.mark.parametrize("missing", ["data", "weights"])
def test_an_incomplete_dict_is_refused(frame: pd.DataFrame, missing: str) -> None:
    incomplete = {key: value for key, value in as_dict(frame).items() if key != missing}
    with pytest.raises(InputError, match=f"'{missing}' is missing"):
        systematics(incomplete)


def test_weights_of_another_length_are_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="'weights' has 3 entries for 400 events"):
        systematics({"data": frame, "weights": np.ones(3)})


def test_a_missing_column_is_named(frame: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="no column PRI_met, PRI_met_phi; expected all 16 primary"):
        systematics(frame.drop(columns=["PRI_met", "PRI_met_phi"]))


def test_text_in_a_column_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(InputError, match=r"primary \(PRI_\) columns must be numbers: .*many"):
        systematics(frame.assign(PRI_lep_pt="many"))


@pytest.mark.parametrize(("data", "kind"), [([1, 2], "list"), (np.zeros((2, 16)), "ndarray"), (None, "NoneType")])
def test_data_that_is_no_frame_is_refused(data: Any, kind: str) -> None:
    with pytest.raises(InputError, match=f"'data' must be a DataFrame, not a {kind}"):
        systematics({"data": data, "weights": np.ones(2)})


def test_weights_that_have_no_length_are_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(InputError, match=r"'weights' must have one entry per event, not float"):
        systematics({"data": frame, "weights": 1.0})


WRONG = ["x", [1.0], float("nan"), float("inf"), -1.0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *itertools.product(["tes", "jes", "ttbar_scale", "diboson_scale", "bkg_scale"], WRONG),
        *itertools.product(["soft_met"], [*WRONG[:-1], float("-inf")]),
    ],
)
def test_a_parameter_that_is_no_number_in_its_range_is_named(frame: pd.DataFrame, name: str, value: object) -> None:
    arguments: dict[str, Any] = {name: value}
    with pytest.raises(InputError, match=f"systematics: {name} must be "):
        systematics(frame, **arguments)


def test_a_width_below_zero_adds_no_noise_as_officially(frame: pd.DataFrame) -> None:
    with pytest.warns(UserWarning, match=r"soft_met = -0\.5 is below zero and adds no noise"):
        unchanged = systematics(frame, soft_met=-0.5)
    pd.testing.assert_frame_equal(unchanged, systematics(frame))


@pytest.mark.parametrize("name", ["PRI_met", "labels", "DER_mass_vis"])
def test_a_doubled_column_is_refused(frame: pd.DataFrame, name: str) -> None:
    """Officially too; taken silently, every column behind a doubled primary one would be another."""
    doubled = pd.concat([frame, frame[[name]]], axis=1)
    with pytest.raises(InputError, match=f"more than one column {name}; every name must be unique"):
        systematics(doubled, tes=1.01)


@pytest.mark.parametrize("label", ["foo", None])
def test_a_scale_on_events_of_no_process_is_refused(frame: pd.DataFrame, label: str | None) -> None:
    unknown = frame.assign(detailed_labels=np.where(np.arange(EVENTS) < 390, "ttbar", label))
    with pytest.raises(InputError, match=f"ttbar_scale cannot act on events of {label}; detailed_labels must be htau"):
        systematics(unknown, ttbar_scale=1.1)
    assert len(systematics(unknown))


@pytest.mark.parametrize("seed", [-1, 2**32, "a", 1.5])
def test_a_seed_that_is_none_is_refused(frame: pd.DataFrame, seed: Any) -> None:
    with pytest.raises(InputError, match="seed must be a whole number below"):
        systematics(frame, soft_met=1.0, seed=seed)


def test_weights_of_two_dimensions_are_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="'weights' must have one entry per event, not ndarray"):
        systematics({**as_dict(frame), "weights": np.ones((EVENTS, 2))})
