"""The synthetic events are like the official ones, within tolerances that are stated and never tuned."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from higgs_challenge.tasks.higgs.events import columns
from higgs_challenge.tasks.higgs.events.columns import PROCESSES
from higgs_challenge.tasks.higgs.simulation import NOMINAL_YIELDS, simulate
from higgs_tools.validation.agreement import ALL_ROWS, measure
from higgs_tools.validation.checks import (
    MAX_SIGMAS,
    Check,
    check_jet_fractions,
    check_quantiles,
    check_rank_correlations,
    check_responses,
    check_separation,
    check_yields,
)
from higgs_tools.validation.classifier import Separation, separate
from higgs_tools.validation.earlier_rows import AUGUST, JULY
from higgs_tools.validation.findings import CORRELATED, find_moments
from higgs_tools.validation.official import Official, read_official
from higgs_tools.validation.official_checks import (
    check_acceptance,
    check_jet_shares,
    check_moments,
    check_official_responses,
)
from higgs_tools.validation.regions import region_yields, selected
from higgs_tools.validation.responses import measure_responses
from higgs_tools.validation.samples import read_real
from higgs_tools.validation.synthetic import COUNTED_EVENTS, Synthetic, make_synthetic
from higgs_tools.validation.targets import INCLUSIVE, SAMPLE_ROWS
from higgs_tools.validation.unphysical import count_unphysical

pytestmark = pytest.mark.slow

SEED = 4
DRAWS = 2
LEARNT_FROM = 30_000
"""Synthetic events before the selection, enough for all draws of a classifier beside 634 real rows."""


def describe(checks: list[Check]) -> list[str]:
    return [
        f"{check.name}: {check.comparison.synthetic:.5g}, official {check.comparison.real:.5g}, off by "
        f"{check.deviation:+.3g} {check.unit} of {check.limit:.3g} {check.unit}"
        for check in checks
        if not check.passed
    ]


@pytest.fixture(scope="session")
def make() -> Callable[[str], Synthetic]:
    """Make a process's events once for all tests."""
    return cache(lambda process: make_synthetic(process, SEED, COUNTED_EVENTS[process], lambda _: None))


@pytest.fixture(scope="session")
def official(official_sample: Path) -> Official:
    found = read_official(official_sample)
    if not (found.moments and found.responses):
        pytest.skip("no official_moments.json and official_responses.json beside the official rows")
    return found


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
def test_published_numbers(make: Callable[[str], Synthetic], process: str) -> None:
    synthetic = make(process)
    yields = region_yields(synthetic.counts, synthetic.total, NOMINAL_YIELDS[process])
    checks = list(check_yields(process, yields, synthetic.counts))
    failures = describe([*checks, *published(process, synthetic)])
    assert not failures, "\n".join(failures)
    assert set(count_unphysical(synthetic.sample.rows).values()) == {0}


# In the tests below against full statistics the tolerances are absolute and the seed is fixed. Where the generator's
# true deviation is a tolerance less k of the statistical errors named here, a new seed fails with the probability
# that a normal deviate exceeds k.


# Statistical error at most 0.05 % of the accepted share and 0.6 % of a jet multiplicity (tolerances 0.4 % and 5 %); the
# histograms of the jets are read to 0.4 %.
@pytest.mark.parametrize("process", PROCESSES)
def test_acceptance_and_jets(make: Callable[[str], Synthetic], process: str) -> None:
    synthetic = make(process)
    checks = [
        *check_acceptance(process, synthetic.counts[INCLUSIVE], synthetic.total),
        *check_jet_shares(process, synthetic.sample.features),
    ]
    failures = describe(checks)
    assert not failures, "\n".join(failures)


# Statistical error of a mean at most 0.013 s.d. (ztautau + diboson, mT >= 70; 0.006 for htautau there, 0.005
# elsewhere), of 0.10; it adds to the r.m.s. in quadrature. Of a width about 4 % (mass_vis of ztautau + diboson), 2 %
# (htautau, mT >= 70) and below 2 % elsewhere, of 10 %.
@pytest.mark.parametrize("process", PROCESSES)
def test_moments_of_full_statistics(make: Callable[[str], Synthetic], official: Official, process: str) -> None:
    expected = [one for one in official.moments if one.processes[-1] == process]
    assert expected
    found = [find_moments(one, {name: make(name) for name in one.processes}) for one in expected]
    failures = describe([check for one in found for check in check_moments(*one)])
    assert not failures, "\n".join(failures)


# Statistical error of a synthetic change at most 0.36 of its tolerance for ttbar, 0.28 for diboson, 0.27 for ztautau
# and 0.45 for htautau (mT >= 70, VBF, where 26 000 events remain). The official changes of diboson and ttbar have
# errors of up to 0.42 and 0.28 of the tolerance themselves, the same in every run: with both, a perfect generator fails
# at one of the most uncertain points of diboson with a probability of 5 %.
@pytest.mark.parametrize("process", PROCESSES)
def test_responses_of_full_statistics(make: Callable[[str], Synthetic], official: Official, process: str) -> None:
    expected = [one for one in official.responses if one.process == process]
    assert expected
    events = make(process).thinned
    synthetic = measure_responses(events.rows, events.weights, list(expected[0].changes))
    failures = describe([check for one in expected for check in check_official_responses(one, synthetic)])
    assert not failures, "\n".join(failures)


# AUC at most 0.53 (ttbar) and 0.54 (diboson). Standard errors: ttbar 0.006 and 0.003, diboson 0.021 and 0.004, mostly
# those of the real rows, which are the same in every run; another seed moves the area by about half as much. A perfect
# generator fails on the 227 diboson rows of August with a probability of 3 %, on the others with less than 1 in 10 000.
@pytest.mark.parametrize("process", ["ttbar", "diboson"])
@pytest.mark.parametrize("name", [AUGUST, JULY])
def test_no_classifier_tells_rows_of_2024_from_synthetic_ones(
    make: Callable[[str], Synthetic], official: Official, process: str, name: str
) -> None:
    if name not in official.rows[process]:
        pytest.skip(f"no official_{process}.parquet with rows of {name} beside the official rows")
    quality = measure(name, ALL_ROWS, official.rows[process][name], make(process).sample, SEED)
    failures = describe(list(check_separation(process, [quality])))
    assert not failures, "\n".join(failures) + f"; most telling: {quality.most_telling(6)}"


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
def test_nuisance_parameters_act_as_on_real_rows(
    make: Callable[[str], Synthetic], official_sample: Path, process: str
) -> None:
    events = make(process).thinned
    synthetic = measure_responses(events.rows, events.weights)
    real = read_real(official_sample)[process]
    checks = list(check_responses(process, synthetic, measure_responses(real.rows, real.weights)))
    assert len(checks) > 4
    failures = describe(checks)
    assert not failures, "\n".join(failures)
