"""The synthetic events are like the official ones, within tolerances that are stated and never tuned."""

from pathlib import Path

import numpy as np
import pytest

from higgs_challenge.tasks.higgs.events import columns
from higgs_challenge.tasks.higgs.events.columns import PROCESSES
from higgs_challenge.tasks.higgs.simulation import NOMINAL_YIELDS, simulate
from higgs_tools.validation.checks import (
    MAX_SIGMAS,
    Check,
    check_jet_fractions,
    check_quantiles,
    check_rank_correlations,
    check_responses,
    check_yields,
)
from higgs_tools.validation.classifier import Separation, separate
from higgs_tools.validation.findings import CORRELATED
from higgs_tools.validation.regions import region_yields, selected
from higgs_tools.validation.responses import measure_responses
from higgs_tools.validation.samples import read_real
from higgs_tools.validation.synthetic import COUNTED_EVENTS, Synthetic, make_synthetic
from higgs_tools.validation.targets import SAMPLE_ROWS
from higgs_tools.validation.unphysical import count_unphysical

pytestmark = pytest.mark.slow

SEED = 4
DRAWS = 2
LEARNT_FROM = 30_000
"""Synthetic events before the selection, enough for all draws of a classifier beside 634 real rows."""


def describe(checks: list[Check]) -> list[str]:
    return [
        f"{check.name}: {check.comparison.synthetic:.5g}, official {check.comparison.real:.5g}, off by "
        f"{check.deviation:+.1f} {check.unit} of {check.limit:g} {check.unit}"
        for check in checks
        if not check.passed
    ]


def published(process: str, synthetic: Synthetic) -> list[Check]:
    features = synthetic.sample.features
    found: list[Check] = []
    if process in SAMPLE_ROWS:
        found += [*check_jet_fractions(process, features), *check_quantiles(process, features)]
    if process in CORRELATED:
        found += check_rank_correlations(process, features)
    return found


# Yields: 3, 10 or 25 %, three times their statistical error and more, so that for a model with the official yields
# fewer than 1 in 370 of the tightest fails. The others: three standard errors of the official sample, which is one and
# the same in every run; a perfect model would fail in about 1 of 370 of them, were they independent.
@pytest.mark.parametrize("process", PROCESSES)
def test_published_numbers(process: str) -> None:
    synthetic = make_synthetic(process, SEED, COUNTED_EVENTS[process], lambda _: None)
    yields = region_yields(synthetic.counts, synthetic.total, NOMINAL_YIELDS[process])
    checks = list(check_yields(process, yields, synthetic.counts))
    failures = describe([*checks, *published(process, synthetic)])
    assert not failures, "\n".join(failures)
    assert set(count_unphysical(synthetic.sample.rows).values()) == {0}


def told_apart(process: str, real: np.ndarray, weights: np.ndarray) -> Separation:
    synthetic = selected(simulate(process, LEARNT_FROM, SEED))
    return separate(real, weights, synthetic, DRAWS, SEED)


# False-alarm rate 1 in 370 for each process.
@pytest.mark.parametrize("process", ["htautau", "ztautau"])
def test_no_classifier_tells_real_rows_from_synthetic_ones(official_sample: Path, process: str) -> None:
    separation = told_apart(process, *read_real(official_sample)[process].selected)
    assert abs(separation.pull) < MAX_SIGMAS, separation


def scaled_taus(rows: np.ndarray) -> np.ndarray:
    rows[:, columns.HAD_PT] *= 1.15
    return rows


def narrowed_jets(rows: np.ndarray) -> np.ndarray:
    for eta in (columns.JET1_ETA, columns.JET2_ETA):
        rows[:, eta] = np.where(rows[:, eta] == columns.MISSING, rows[:, eta], rows[:, eta] / 2)
    return rows


@pytest.mark.parametrize("spoil", [scaled_taus, narrowed_jets])
def test_the_same_classifier_tells_a_broken_sample_apart(spoil) -> None:
    rows = SAMPLE_ROWS["ztautau"]
    broken = selected(spoil(simulate("ztautau", rows, SEED + 1)))
    separation = told_apart("ztautau", broken, np.ones(broken.shape[1]))
    assert separation.pull > MAX_SIGMAS, separation


# False-alarm rate 1 in 370 for each nuisance parameter and region that moves, strongly correlated among themselves.
@pytest.mark.parametrize("process", ["htautau", "ztautau"])
def test_nuisance_parameters_act_as_on_real_rows(official_sample: Path, process: str) -> None:
    synthetic = measure_responses(simulate(process, 200_000, SEED), np.ones(200_000))
    real = read_real(official_sample)[process]
    checks = list(check_responses(process, synthetic, measure_responses(real.rows, real.weights)))
    assert len(checks) > 4
    failures = describe(checks)
    assert not failures, "\n".join(failures)
