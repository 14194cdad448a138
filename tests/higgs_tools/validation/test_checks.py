from collections.abc import Mapping

import numpy as np
import pytest

from higgs_challenge.tasks.higgs.events import columns
from higgs_challenge.tasks.higgs.simulation import NOMINAL_YIELDS
from higgs_tools.validation import agreement, checks
from higgs_tools.validation.agreement import ALL_ROWS, Quality, measure, measure_parts
from higgs_tools.validation.classifier import Separation
from higgs_tools.validation.regions import unselected
from higgs_tools.validation.responses import NOMINAL, Point, Response
from higgs_tools.validation.samples import SUBLEADING, Sample, is_held_out
from higgs_tools.validation.synthetic import COUNTED_EVENTS
from higgs_tools.validation.targets import QUANTILES, REGION_YIELDS, SAMPLE_ROWS
from tests.helpers.handmade import physical_rows

FEATURES = unselected(physical_rows(np.random.default_rng(1), 2_000))


@pytest.mark.parametrize(
    ("expected", "tolerance"), [(0.48, 0.25), (39.9, 0.25), (40.0, 0.1), (10_000.0, 0.1), (10_001.0, 0.03)]
)
def test_tolerance_of_a_yield(expected: float, tolerance: float) -> None:
    assert checks.yield_tolerance(expected) == tolerance


def test_tolerances_are_three_times_the_statistical_error_of_the_counted_events() -> None:
    for numbers in REGION_YIELDS.values():
        for process, expected in numbers.items():
            count = COUNTED_EVENTS[process] * expected / NOMINAL_YIELDS[process]
            assert 3 / count**0.5 < checks.yield_tolerance(expected)


def test_yields_are_held_against_their_tolerance() -> None:
    official = {region: numbers["ttbar"] for region, numbers in REGION_YIELDS.items()}
    counts = dict.fromkeys(official, 10_000)
    assert all(check.passed for check in checks.check_yields("ttbar", official, counts))
    higher = {region: 1.05 * value for region, value in official.items()}
    found = {check.name: check for check in checks.check_yields("ttbar", higher, counts)}
    assert {name for name, check in found.items() if not check.passed} == {
        name for name, value in official.items() if value > checks.LARGE_YIELD
    }
    assert found["inclusive"].deviation == pytest.approx(5.0)
    assert found["inclusive"].comparison.error == pytest.approx(0.01 * higher["inclusive"])


@pytest.mark.parametrize("process", SAMPLE_ROWS)
def test_every_published_number_has_a_check(process: str) -> None:
    names = [check.name for check in checks.check_quantiles(process, FEATURES)]
    assert names == [f"{column}, {level} %" for column in QUANTILES for level in (10, 50, 90)]
    assert len(list(checks.check_jet_fractions(process, FEATURES))) == 5
    if process != "ttbar":
        assert len(list(checks.check_rank_correlations(process, FEATURES))) == 5


def test_flat_random_events_do_not_pass_for_real_ones() -> None:
    found = [*checks.check_quantiles("ztautau", FEATURES), *checks.check_jet_fractions("ztautau", FEATURES)]
    assert sum(not check.passed for check in found) > 10


def test_separation_is_a_check_where_it_was_measured() -> None:
    separation = Separation(0.6, 0.02, (0.1,))
    qualities = [
        Quality("file", "all rows", 300, {}, {}, separation, ()),
        Quality("file", "held out", 3, {}, {}, None, ()),
    ]
    [check] = checks.check_separation("htautau", qualities)
    assert not check.passed
    assert check.deviation == pytest.approx(-5.0)


@pytest.mark.parametrize(("auc", "process", "passed"), [(0.529, "ttbar", True), (0.531, "ttbar", False)])
@pytest.mark.parametrize("error", [0.0001, 0.1])
def test_separation_of_many_rows_is_held_against_a_fixed_limit(
    auc: float, error: float, process: str, passed: bool
) -> None:
    def one(part: str, auc: float) -> checks.Check:
        [check] = checks.check_separation(process, [Quality("file", part, 9, {}, {}, Separation(auc, error, ()), ())])
        return check

    assert one(ALL_ROWS, auc).passed == passed
    assert one("held out", auc).passed == (passed or 3 * error > auc - 0.5)
    assert one(ALL_ROWS, 0.4).passed


def test_responses_are_checked_where_rows_suffice_and_something_moves() -> None:
    def regions(change: float, number: float) -> Mapping[str, Response]:
        return {"inclusive": Response(change, 0.001, abs(change), number), "other": Response(0.5, 0.1, 0.5, 19.0)}

    point = Point(tes=0.99)
    synthetic, real = {point: regions(-0.01, 1e6)}, {point: regions(-0.012, 500)}
    [check] = checks.check_responses("ztautau", synthetic, real)
    assert check.name == "tes 0.99, inclusive"
    assert check.passed
    still = {NOMINAL: regions(0.0, 1e6)}
    assert list(checks.check_responses("ztautau", still, still)) == []


def test_one_impossible_row_fails() -> None:
    [check] = checks.check_unphysical("ttbar", {"a": 0, "b": 1})
    assert not check.passed
    [check] = checks.check_unphysical("ttbar", {"a": 0})
    assert check.passed


def test_parts_of_the_real_rows_are_measured_apart() -> None:
    rng = np.random.default_rng(3)
    real = physical_rows(rng, 60)
    held_out = is_held_out(np.arange(60))
    real[held_out, 0] = 400.0 + np.arange(held_out.sum())
    sample = Sample(real, np.ones(60), held_out)
    synthetic = Sample.of_equal_weights(physical_rows(rng, 5_000))
    whole, open_rows, held = measure_parts({"sample": sample}, synthetic, seed=1)
    assert [one.part for one in (whole, held)] == [ALL_ROWS, "held out"]
    assert whole.sample == "sample"
    assert (whole.rows, open_rows.rows, held.rows) == (60, 40, 20)
    assert held.p_values["PRI_lep_pt"] < 1e-6 < open_rows.p_values["PRI_lep_pt"]
    assert held.pulls["PRI_lep_pt, 50 %"] > 4
    assert whole.separation is None
    assert whole.most_telling(3) == []


def test_the_most_telling_columns_come_first() -> None:
    separation = Separation(0.6, 0.01, (0.01, 0.05, 0.02))
    quality = Quality("file", ALL_ROWS, 300, {}, {}, separation, ("a", "b", "c"))
    assert quality.most_telling(2) == [("b", 0.05), ("c", 0.02)]


def test_a_classifier_is_shown_all_rows_where_the_subleading_jet_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "DRAWS", 1)
    rng = np.random.default_rng(5)
    rows, synthetic = physical_rows(rng, 150), Sample.of_equal_weights(physical_rows(rng, 3_000))
    rows[:, columns.HAD_PT] = np.where(np.arange(150) < 30, 24.0, rows[:, columns.HAD_PT])
    known = measure("file", ALL_ROWS, Sample.of_equal_weights(rows), synthetic, seed=1)
    rows[:, columns.JET2_PT : columns.JET2_PHI + 1] = np.nan
    unknown = measure("file", ALL_ROWS, Sample.of_equal_weights(rows), synthetic, seed=1)
    assert known.columns == columns.FEATURES
    assert unknown.columns == tuple(name for name in columns.FEATURES if name not in SUBLEADING)
    assert known.separation is not None
    assert unknown.separation is not None
    assert unknown.separation.error == pytest.approx(known.separation.error * (120 / 150) ** 0.5)
