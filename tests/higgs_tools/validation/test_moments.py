import json
from pathlib import Path

import numpy as np
import pytest

from higgs_challenge.errors import InputError
from higgs_challenge.tasks.higgs.events import columns
from higgs_challenge.tasks.higgs.events.columns import FEATURES
from higgs_tools.validation.moments import (
    FILE,
    Moments,
    compare_moments,
    measure_moments,
    read_moments,
    vbf_masks,
)
from higgs_tools.validation.regions import OFFICIAL_NAMES, column, region_masks, selected, unselected
from higgs_tools.validation.targets import REGION_YIELDS
from tests.helpers.handmade import physical_rows

RNG = np.random.default_rng(1)
EXPERIMENTS = 400


def gamma_events(n: int) -> np.ndarray:
    return RNG.gamma(4.0, 10.0, (len(FEATURES), n)).astype(np.float32)


GAMMA = Moments(1e12, np.full(28, 40.0), np.full(28, 400.0))


def test_moments_are_numpys() -> None:
    events = gamma_events(50)
    found = measure_moments(events)
    assert found.rows == pytest.approx(50)
    np.testing.assert_allclose(found.mean, events.mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(found.variance, events.var(axis=1), rtol=1e-5)


def test_a_weight_of_two_is_two_events() -> None:
    events, weights = gamma_events(30), RNG.integers(1, 4, 30)
    found, doubled = measure_moments(events, weights.astype(float)), measure_moments(np.repeat(events, weights, axis=1))
    np.testing.assert_allclose(found.mean, doubled.mean)
    np.testing.assert_allclose(found.variance, doubled.variance)
    assert found.rows < doubled.rows


def test_errors_are_the_spread_of_experiments() -> None:
    shifts = [compare_moments(GAMMA, gamma_events(2_000)) for _ in range(EXPERIMENTS // 28 + 1)]
    pulls = np.concatenate([one.shift / one.shift_error for one in shifts])
    widths = np.concatenate([(one.width - 1) / one.width_error for one in shifts])
    # 420 standard normal numbers: the standard errors of mean and spread are 0.05 and 0.035.
    for deviates in (pulls, widths):
        assert abs(deviates.mean()) < 0.25
        assert 0.82 < deviates.std() < 1.18


def test_shift_and_width_by_hand() -> None:
    events = np.tile(np.float32([38.0, 58.0]), (28, 1))
    found = compare_moments(GAMMA._replace(rows=2.0), events)
    np.testing.assert_allclose(found.shift, 8 / 20)
    np.testing.assert_allclose(found.width, 10 / 20)
    np.testing.assert_allclose(found.shift_error, 0.5)
    np.testing.assert_allclose(found.width_error, 0.0, atol=1e-7)
    assert found.rms == pytest.approx(0.4)


def test_vbf_events_are_the_selected_ones_and_keep_all_their_jets() -> None:
    rows = physical_rows(np.random.default_rng(2), 20_000, edges=0.1)
    features, kept = unselected(rows), selected(rows)
    masks, expected = vbf_masks(features), region_masks(kept)
    assert list(masks) == ["mT < 70, VBF", "mT >= 70, VBF"]
    for region, mask in masks.items():
        ours, theirs = features[:, mask], kept[:, expected[region]]
        same = [name for name in FEATURES if name not in ("PRI_n_jets", "PRI_jet_all_pt", "DER_sum_pt")]
        for name in same:
            np.testing.assert_array_equal(column(ours, name), column(theirs, name))
        # Third and later jets below 26 GeV, which the official code does not remove.
        assert (ours[columns.N_JETS] >= theirs[columns.N_JETS]).all()
        assert (ours[columns.N_JETS] > theirs[columns.N_JETS]).any()


def entry(**changes: object) -> dict[str, object]:
    numbers = {name: float(place) for place, name in enumerate(FEATURES)}
    whole = {"region": "lowMT_VBFJet", "process": "ztautau+diboson", "rows": 7, "mean": numbers, "variance": numbers}
    return whole | changes


def write_entries(folder: Path, *entries: object) -> Path:
    (folder / FILE).write_text(json.dumps({"entries": entries}))
    return folder


def test_official_moments_are_in_the_order_of_the_features(tmp_path: Path) -> None:
    assert read_moments(tmp_path) == []
    [found] = read_moments(write_entries(tmp_path, entry()))
    assert found[:2] == ("mT < 70, VBF", ("ztautau", "diboson"))
    assert found.moments.rows == 7
    np.testing.assert_array_equal(found.moments.mean, np.arange(28.0))


@pytest.mark.parametrize("broken", [entry(mean={"PRI_met": 1.0}), entry(region="elsewhere"), 3])
def test_a_broken_file_is_named(tmp_path: Path, broken: object) -> None:
    with pytest.raises(InputError, match=f"{FILE} does not hold means and variances"):
        read_moments(write_entries(tmp_path, broken))


def test_official_moments_are_of_the_published_regions(official_sample: Path) -> None:
    found = read_moments(official_sample)
    if not found:
        pytest.skip(f"no {FILE} beside the official rows")
    assert {one.region for one in found} <= set(OFFICIAL_NAMES.values())
    for region, processes, moments in found:
        # The official file has 100 rows for an expected event of a background; htautau has more.
        if processes != ("htautau",):
            assert moments.rows == pytest.approx(100 * sum(REGION_YIELDS[region][one] for one in processes), rel=0.01)
        assert (moments.variance > 0).all()
