"""An optimal analysis covers exactly on fresh events, and not on a shallow store: both samplers, judged by the scores.

The made-up case: a narrow peak on a flat background, whose densities are known. At mu = 1 the linear estimate with the
weights w = signal / (signal + background) has the smallest variance possible, 1 / information; every event tells its w.
"""

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from higgs_challenge import Experiment, Nuisances
from higgs_challenge.task import Sampler
from higgs_challenge.tasks.higgs import fresh
from higgs_challenge.tasks.higgs.data.store import HiddenProcess, Store
from higgs_challenge.tasks.higgs.data.strata import Stratum
from higgs_challenge.tasks.higgs.events.columns import HAD_PHI, HAD_PT, JET1_PT, JET2_PHI, LEP_PT, MISSING, PRIMARY
from higgs_challenge.tasks.higgs.fresh import FreshSampler
from higgs_challenge.tasks.higgs.sampler import StoreSampler
from higgs_scoring.metrics import TARGET_COVERAGE, coverage, coverage_sigma
from higgs_scoring.shared_events import SharedEvents
from tests.helpers.handmade import z_limit

Floats = npt.NDArray[np.float64]

YIELDS = {"htautau": 10.0, "ztautau": 400.0, "diboson": 0.0, "ttbar": 0.0}
PEAK, WIDTH = 0.5, 0.03
NUMBER, STORES = 1600, 80
"""Pseudo-experiments, and the stores that share them in the shallow case."""

DEPTH = 1
GRID = (np.arange(20_000) + 0.5) / 20_000
"""Where the densities of the only feature, from 0 to 1, are integrated."""


def weight(feature: Floats) -> Floats:
    signal = YIELDS["htautau"] * stats.norm(PEAK, WIDTH).pdf(feature)
    return np.asarray(signal / (signal + YIELDS["ztautau"]))


SIGNAL_SHARES = stats.norm(PEAK, WIDTH).pdf(GRID) / len(GRID)
MEANS = {"htautau": SIGNAL_SHARES @ weight(GRID), "ztautau": weight(GRID).mean()}
SQUARES = {"htautau": SIGNAL_SHARES @ weight(GRID) ** 2, "ztautau": (weight(GRID) ** 2).mean()}
INFORMATION = sum(YIELDS[name] * square for name, square in SQUARES.items())
"""The variance of a pseudo-experiment's sum of weights, and the derivative of its mean by mu."""


def make_events(process: str, rows: npt.NDArray[np.float32], rng: np.random.Generator) -> None:
    """Make rows that pass every selection, whose PRI_lep_pt tells the weight."""
    feature = rng.normal(PEAK, WIDTH, len(rows)) if process == "htautau" else rng.random(len(rows))
    rows[:] = 0.0
    rows[:, JET1_PT : JET2_PHI + 1] = MISSING
    rows[:, HAD_PT], rows[:, HAD_PHI] = 50.0, 2.0
    rows[:, LEP_PT] = 100.0 + 1000.0 * weight(feature)


def make_store(seed: int) -> Store:
    """Make a store that holds the events of DEPTH pseudo-experiments."""
    rng, hidden = np.random.default_rng(seed), {}
    for name, expected in YIELDS.items():
        rows = np.empty((int(DEPTH * expected), len(PRIMARY)), dtype=np.float32)
        make_events(name, rows, rng)
        hidden[name] = HiddenProcess(rows, np.ones(len(rows)), (Stratum(len(rows), len(rows), 1.0, 1.0),), expected)
    return Store(Path("none"), "made up", hidden)


def covered_share(samplers: list[Sampler]) -> float:
    """Draw NUMBER pseudo-experiments of mu = 1 from samplers in turn, and count the intervals that contain it."""
    estimates = np.empty(NUMBER)
    for index in range(NUMBER):
        events = samplers[index % len(samplers)].draw(Experiment(0, index, 1.0, Nuisances(), seed=5))
        weights = (events[LEP_PT].astype(np.float64) - 100.0) / 1000.0
        estimates[index] = 1.0 + (weights.sum() - YIELDS["htautau"]) / INFORMATION  # the mean at mu = 1 is the signal
    half_width = 1 / math.sqrt(INFORMATION)
    return coverage(1.0, estimates - half_width, estimates + half_width)


LIMIT = z_limit(1) * coverage_sigma(NUMBER)
"""How far the coverage of exact intervals is from the target with a false-alarm rate of one in a million."""


def test_on_fresh_events_an_optimal_analysis_covers_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fresh, "simulate_into", make_events)
    assert abs(covered_share([FreshSampler(YIELDS)]) - TARGET_COVERAGE) < LIMIT


def test_on_shallow_stores_it_loses_what_the_formula_says() -> None:
    """The expected yields are exact, so of a store's fluctuations only those of the shapes count."""
    lost_with_totals = sum(YIELDS[name] * mean**2 for name, mean in MEANS.items()) / INFORMATION
    shared = SharedEvents(DEPTH / (1 - lost_with_totals), math.inf)
    found = covered_share([StoreSampler(make_store(seed)) for seed in range(STORES)])
    z, shares = np.polynomial.hermite_e.hermegauss(60)
    kept = stats.norm.cdf(1 - shared.shift * z) - stats.norm.cdf(-1 - shared.shift * z)
    of_stores = np.average((kept - np.average(kept, weights=shares)) ** 2, weights=shares) / STORES
    error = math.sqrt(of_stores + coverage_sigma(NUMBER) ** 2)
    expected = TARGET_COVERAGE - shared.mean_cost
    assert abs(found - expected) < z_limit(1) * error
    assert found < TARGET_COVERAGE - LIMIT  # which the test on fresh events would notice ...
    power = stats.norm.sf((expected - (TARGET_COVERAGE - LIMIT)) / error)
    assert power > 0.999  # ... in all but one of a thousand such cases
