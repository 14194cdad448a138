import json
from pathlib import Path

import numpy as np
import pytest

from higgs_challenge.tasks.higgs.events.columns import FEATURES
from higgs_challenge.tasks.higgs.simulation import NOMINAL_YIELDS
from higgs_tools.validation import official_checks
from higgs_tools.validation.moments import Moments, OfficialMoments, Shifts
from higgs_tools.validation.responses import OfficialResponse, Point, Response
from higgs_tools.validation.targets import INCLUSIVE, JET_SHARES, REGION_YIELDS

VBF = "mT < 70, VBF"
ONE, TWO = Point(tes=1.01), Point(jes=1.03)


@pytest.mark.parametrize(("factor", "passed"), [(1.0, True), (1.0039, True), (1.0041, False), (0.9959, False)])
def test_acceptance_is_held_against_the_published_yields(factor: float, passed: bool) -> None:
    official = REGION_YIELDS[INCLUSIVE]["ttbar"] / NOMINAL_YIELDS["ttbar"]
    [check] = official_checks.check_acceptance("ttbar", factor * official * 1e6, 1e6)
    assert check.passed == passed
    assert check.deviation == pytest.approx(100 * (factor - 1))
    assert check.comparison.error == pytest.approx(0.00025, rel=0.1)


def test_jets_of_ttbar_are_held_against_the_histogram_up_to_five() -> None:
    features = np.zeros((len(FEATURES), 100_000), np.float32)
    numbers = np.repeat(np.arange(7), np.round(1e5 * np.array(JET_SHARES["ttbar"])).astype(int))
    features[FEATURES.index("PRI_n_jets")] = np.resize(numbers, 100_000)
    found = list(official_checks.check_jet_shares("ttbar", features))
    assert [check.name for check in found] == [f"share with {jets} jets" for jets in (1, 2, 3, 4, 5)]
    assert all(check.passed for check in found)
    features[FEATURES.index("PRI_n_jets"), :1_000] = 1  # a twelfth more than there are
    assert not next(official_checks.check_jet_shares("ttbar", features)).passed
    assert list(official_checks.check_jet_shares("htautau", features)) == []


def test_events_beyond_the_histogram_do_not_count() -> None:
    assert official_checks.jet_shares(np.array([0, 1, 1, 2, 5, 9]), 3) == ([0.25, 0.5, 0.25], 4)


def shifts(**changes: tuple[float, float]) -> Shifts:
    """No shifts but those of some columns: of the mean in standard deviations, and the ratio of widths."""
    found = Shifts(np.zeros(28), np.full(28, 0.01), np.ones(28), np.full(28, 0.02))
    for name, (shift, width) in changes.items():
        found.shift[FEATURES.index(name)], found.width[FEATURES.index(name)] = shift, width
    return found


def failed(process: str, found: Shifts) -> list[str]:
    official = OfficialMoments(VBF, tuple(process.split("+")), Moments(1e6, np.full(28, 5.0), np.full(28, 4.0)))
    found_checks = official_checks.check_moments(official, found)
    return [check.name.removeprefix(f"{VBF}: ") for check in found_checks if not check.passed]


def test_means_and_widths_are_held_against_their_limits() -> None:
    assert failed("ttbar", shifts()) == []
    assert failed("ttbar", shifts(PRI_met=(0.11, 1.0))) == ["PRI_met"]
    assert failed("ttbar", shifts(PRI_met=(-0.11, 1.0))) == ["PRI_met"]
    assert failed("ttbar", shifts(DER_sum_pt=(0.0, 0.89), PRI_met=(0.0, 0.5))) == ["DER_sum_pt"]
    everywhere = shifts()._replace(shift=np.full(28, 0.04))
    assert failed("ttbar", everywhere) == []
    assert failed("ztautau+diboson", everywhere) == []
    assert failed("ztautau", everywhere) == ["r.m.s. of all shifts"]


def test_a_mean_is_shown_in_its_unit() -> None:
    official = OfficialMoments(VBF, ("ttbar",), Moments(1e6, np.full(28, 5.0), np.full(28, 4.0)))
    found = {check.name: check for check in official_checks.check_moments(official, shifts(PRI_met=(0.05, 1.1)))}
    assert found[f"{VBF}: PRI_met"].comparison == pytest.approx((5.0, 0.02, 5.1, -5.0))
    assert found[f"{VBF}: PRI_met"].deviation == pytest.approx(0.05)


def changed(events: float, official: float, synthetic: float) -> official_checks.Check:
    response = Response(synthetic, 0.0003, 0.02, 1e4)
    one = OfficialResponse(VBF, "ttbar", events, {ONE: official})
    [check] = official_checks.check_official_responses(one, {ONE: {VBF: response}, TWO: {}})
    return check


@pytest.mark.parametrize(
    ("events", "official", "synthetic", "passed"),
    [
        (1_001.0, 0.005, 0.0064, True),
        (1_001.0, 0.005, 0.0066, False),
        (1_001.0, -0.05, -0.0549, True),
        (1_001.0, -0.05, -0.0551, False),
        (999.0, 0.005, 0.0105, True),
        (999.0, 0.005, 0.0106, False),
    ],
)
def test_changes_are_held_against_points_or_a_share(
    events: float, official: float, synthetic: float, passed: bool
) -> None:
    assert changed(events, official, synthetic).passed == passed


def test_error_of_a_change_is_that_of_both_samples() -> None:
    # 2 % of 100 rows for each of 2 000 events move: 0.02 / 200 000 is 0.0003 squared.
    check = changed(2_000.0, 0.01, 0.012)
    assert check.comparison.error == pytest.approx(np.hypot(0.0003, np.sqrt(0.02 / 2e5)))
    assert check.comparison.pull == pytest.approx(-0.002 / check.comparison.error)


def test_rows_per_event_are_those_of_the_official_file(official_sample: Path) -> None:
    counted = official_sample / "facts" / "region_yields_and_rows.json"
    if not counted.is_file():
        pytest.skip("no facts/region_yields_and_rows.json beside the official rows")
    inclusive = json.loads(counted.read_text())["regions"]["inclusive"]
    for process, rows in official_checks.ROWS_PER_EVENT.items():
        assert inclusive["rows"][process] / inclusive["weighted_yield"][process] == pytest.approx(rows, rel=1e-3)
