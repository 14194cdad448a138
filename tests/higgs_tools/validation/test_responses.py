import json
import math
from pathlib import Path

import numpy as np
import pytest

from higgs_challenge.errors import InputError
from higgs_challenge.tasks.higgs.events.columns import PROCESSES
from higgs_tools.validation.regions import OFFICIAL_NAMES, region_masks, selected
from higgs_tools.validation.responses import (
    FILE,
    NOMINAL,
    VARIATIONS,
    Point,
    Response,
    measure_responses,
    read_responses,
    response_pull,
)
from higgs_tools.validation.targets import INCLUSIVE, REGION_YIELDS
from tests.helpers.handmade import physical_rows

ROWS = physical_rows(np.random.default_rng(1), 20_000)
WEIGHTS = np.ones(len(ROWS))
FOUND = measure_responses(ROWS, WEIGHTS)
RISE = Point(tes=1.01)


def test_all_variations_are_there() -> None:
    assert list(FOUND) == list(VARIATIONS)


def test_inclusive_yield_follows_the_tau_threshold_alone() -> None:
    assert FOUND[Point(tes=0.99)][INCLUSIVE].change < 0
    for variation in VARIATIONS[2:]:
        assert FOUND[variation][INCLUSIVE] == Response(0.0, 0.0, 0.0, pytest.approx(len(selected(ROWS)[0])))


def test_change_and_error_by_hand() -> None:
    rows = ROWS.copy()
    rows[:, 3] = 100.0
    rows[:30, 3] = 26.1  # falls below 26 GeV with tes = 0.99
    fall = Point(tes=0.99)
    response = measure_responses(rows, np.full(len(rows), 2.0), [fall])[fall][INCLUSIVE]
    assert response.change == pytest.approx(-30 / len(rows))
    assert response.error == pytest.approx(math.sqrt(30) / len(rows))
    assert response.moved == pytest.approx(30 / len(rows))
    assert response.number == pytest.approx(len(rows))


def test_noise_of_both_signs_cancels_where_it_moves_yields_up_and_down() -> None:
    noisy = Point(soft_met=3.0)
    response = measure_responses(ROWS, WEIGHTS, [noisy])[noisy]["mT < 70, VBF"]
    assert response.moved > 0.01
    assert 0 < response.error < 0.9 * math.sqrt(response.moved / response.number)
    assert abs(response.change) < 5 * response.error  # false-alarm rate 6e-7, and no large effect


def test_a_rare_region_is_known_as_well_with_a_tenth_of_the_other_events() -> None:
    vbf = "mT < 70, VBF"
    everywhere = Point(tes=0.97, jes=0.97, soft_met=2.0)
    full = measure_responses(ROWS, WEIGHTS, [everywhere])[everywhere]
    near = (ROWS[:, 6] > 48) & (ROWS[:, 9] > 29)
    kept = near | (np.arange(len(ROWS)) % 10 == 0)
    thin = measure_responses(ROWS[kept], np.where(near, 1.0, 10.0)[kept], [everywhere])[everywhere]
    assert thin[vbf].number == pytest.approx(full[vbf].number)
    assert thin[vbf].change == pytest.approx(full[vbf].change, abs=3 * full[vbf].error)  # other soft_met, same events
    difference = thin[INCLUSIVE].change - full[INCLUSIVE].change
    assert abs(difference) < 5 * thin[INCLUSIVE].error  # false-alarm rate 6e-7
    assert thin[INCLUSIVE].error > full[INCLUSIVE].error


def test_regions_without_events_have_no_response() -> None:
    few = ROWS[:2]
    present = {name for name, mask in region_masks(selected(few)).items() if mask.any()}
    assert set(measure_responses(few, np.ones(2), [RISE])[RISE]) == present


def test_pull_of_rows_that_do_not_move_is_finite() -> None:
    still = Response(change=0.0, error=0.0, moved=0.0, number=100.0)
    assert response_pull(still, Response(0.01, 0.0, 0.01, 1e6)) == pytest.approx(-0.01 / math.sqrt(0.01 / 100))
    assert response_pull(still, Response(0.0, 0.0, 0.0, 1e6)) == 0.0


def test_pulls_of_the_same_distribution_are_nearly_standard_normal() -> None:
    rng = np.random.default_rng(2)
    pulls = [
        response_pull(found[INCLUSIVE], FOUND[variation][INCLUSIVE])
        for rows in np.split(physical_rows(rng, 20_000), 20)
        for variation, found in measure_responses(rows, np.ones(len(rows)), VARIATIONS[:2]).items()
    ]
    assert abs(np.mean(pulls)) < 1
    assert np.std(pulls) < 2


@pytest.mark.parametrize(
    ("point", "name"), [(NOMINAL, "nominal"), (Point(1.01, 0.99, 2.0), "tes 1.01, jes 0.99, soft_met 2")]
)
def test_a_point_names_what_is_not_nominal(point: Point, name: str) -> None:
    assert str(point) == name


def entry(region: str, **events: float) -> dict[str, object]:
    points = {"nominal": NOMINAL, "up": RISE}
    rows = [points[name]._asdict() | {"events": value} for name, value in events.items()]
    return {"region": region, "process": "ttbar", "yields": rows}


def write_entries(folder: Path, *entries: object) -> Path:
    (folder / FILE).write_text(json.dumps({"entries": entries}))
    return folder


def test_official_responses_are_changes_of_regions_made_by_cuts(tmp_path: Path) -> None:
    assert read_responses(tmp_path) == []
    split = entry("highMT_noVBFJet_MVAHighMTnoVBFJetTtbar", nominal=1.0)
    [found] = read_responses(write_entries(tmp_path, split, entry("highMT_VBFJet", nominal=200.0, up=203.0)))
    assert found._replace(changes={}) == ("mT >= 70, VBF", "ttbar", 200.0, {})
    assert found.changes == {RISE: pytest.approx(0.015)}


@pytest.mark.parametrize("broken", [entry("highMT_VBFJet", up=203.0), entry("elsewhere", nominal=1.0), 3])
def test_a_broken_file_is_named(tmp_path: Path, broken: object) -> None:
    with pytest.raises(InputError, match=f"{FILE} does not hold yields by region"):
        read_responses(write_entries(tmp_path, broken))


def test_official_responses_start_from_the_published_yields(official_sample: Path) -> None:
    found = read_responses(official_sample)
    if not found:
        pytest.skip(f"no {FILE} beside the official rows")
    assert {one.region for one in found} == set(OFFICIAL_NAMES.values())
    assert {one.process for one in found} == set(PROCESSES)
    for one in found:
        assert len(one.changes) == 34
        assert one.events == pytest.approx(REGION_YIELDS[one.region][one.process], abs=0.01)
