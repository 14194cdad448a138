import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy import stats

from higgs_challenge import Experiment, InputError, Nuisances, draw_pseudo_experiment, open_store
from higgs_challenge.tasks.higgs import sampler as draw
from higgs_challenge.tasks.higgs.data.store import HiddenProcess, Store
from higgs_challenge.tasks.higgs.data.strata import Stratum
from higgs_challenge.tasks.higgs.drawing import expected_number
from higgs_challenge.tasks.higgs.events import columns
from higgs_challenge.tasks.higgs.events.columns import FEATURES, MISSING, PRIMARY, PROCESSES
from tests.helpers.handmade import ONE_IN_A_MILLION, z_limit

YIELDS = {"htautau": 400.0, "ztautau": 3000.0, "diboson": 500.0, "ttbar": 1500.0}
MARKERS = {"htautau": 100.0, "ztautau": 200.0, "diboson": 300.0, "ttbar": 400.0}
"""PRI_lep_pt of the first event of each process in a marked store, in GeV; the next have 0.1 more each."""

NUISANCES = Nuisances(ttbar_scale=1.1, diboson_scale=0.6, bkg_scale=1.005)
EXPERIMENT = Experiment(set_index=2, index=5, mu=1.7, nuisances=NUISANCES, seed=12)


def marked_process(name: str, weights: npt.ArrayLike, yields: float) -> HiddenProcess:
    """Hidden events that differ in PRI_lep_pt alone, with no jets and no missing momentum, and pass the selection."""
    own = np.asarray(weights, dtype=np.float32)
    rows = np.zeros((len(own), len(PRIMARY)), dtype=np.float32)
    rows[:, columns.JET1_PT : columns.JET2_PHI + 1] = MISSING
    rows[:, columns.HAD_PT] = 50.0
    rows[:, columns.HAD_PHI] = 2.0
    rows[:, columns.LEP_PT] = MARKERS[name] + 0.1 * np.arange(len(own))
    return HiddenProcess(rows, own, (stratum_of(own),), yields)


def stratum_of(weights: npt.NDArray[np.float32]) -> Stratum:
    largest = float(weights.max(initial=0))
    return Stratum(len(weights), float(weights.sum()), float(weights.min(initial=largest)), largest)


def marked_store(weights: npt.ArrayLike = (1.0, 2.0, 0.5), scale: float = 1.0) -> Store:
    hidden = {name: marked_process(name, weights, scale * YIELDS[name]) for name in PROCESSES}
    return Store(Path("none"), "marked", hidden)


def lep_pt(features: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    return features[columns.LEP_PT].astype(np.float64)


def processes_of(features: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Read the process numbers off the markers."""
    return np.searchsorted([MARKERS[name] for name in PROCESSES], lep_pt(features) + 1.0) - 1


def neighbours(n: int) -> list[Experiment]:
    return [replace(EXPERIMENT, index=index) for index in range(n)]


def test_expected_yields_take_mu_and_the_scales() -> None:
    expected = {name: expected_number(YIELDS[name], name, EXPERIMENT) for name in PROCESSES}
    assert expected == pytest.approx(
        {"htautau": 1.7 * 400, "ztautau": 1.005 * 3000, "diboson": 0.6 * 1.005 * 500, "ttbar": 1.1 * 1.005 * 1500}
    )


def poisson_deviations(numbers: npt.NDArray[np.int64], expected: float) -> tuple[float, float]:
    """How many standard deviations mean and variance of numbers are from a Poisson distribution's."""
    n = len(numbers)
    off_mean = (numbers.mean() - expected) / math.sqrt(expected / n)
    variance_of_square = expected + 2 * expected**2  # fourth central moment minus squared variance
    off_variance = (((numbers - expected) ** 2).mean() - expected) / math.sqrt(variance_of_square / n)
    return abs(off_mean), abs(off_variance)


@pytest.mark.parametrize("mu", [0.1, 3.0])
@pytest.mark.parametrize("process", PROCESSES)
def test_yields_are_poisson(process: str, mu: float) -> None:
    store = marked_store()
    experiments = [replace(experiment, mu=mu) for experiment in neighbours(2000)]
    numbers = np.array([draw.draw_number(store, process, experiment) for experiment in experiments])
    deviations = poisson_deviations(numbers, expected_number(YIELDS[process], process, experiments[0]))
    assert max(deviations) < z_limit(2 * 2 * len(PROCESSES))


def test_yields_that_are_not_poisson_would_be_noticed() -> None:
    rng, limit = np.random.default_rng(1), z_limit(2 * 2 * len(PROCESSES))
    assert max(poisson_deviations(rng.poisson(505.0, 2000), 500.0)) > limit  # a wrong mean
    assert max(poisson_deviations(rng.binomial(1000, 0.5, 2000), 500.0)) > limit  # a wrong variance
    assert max(poisson_deviations(rng.poisson(rng.normal(500.0, 12.0, 2000)), 500.0)) > limit  # an added fluctuation


def test_as_many_events_come_as_were_drawn() -> None:
    store = marked_store()
    counts = np.bincount(processes_of(draw.draw_features(store, EXPERIMENT)), minlength=len(PROCESSES))
    assert counts.tolist() == [draw.draw_number(store, name, EXPERIMENT) for name in PROCESSES]


def test_rows_are_drawn_in_proportion_to_their_weights() -> None:
    weights = np.random.default_rng(3).uniform(0.05, 1.0, 40)
    weights[7] = 0.0
    features = draw.draw_features(marked_store(weights, scale=30.0), EXPERIMENT)
    for number, name in enumerate(PROCESSES):
        own = lep_pt(features)[processes_of(features) == number]
        counts = np.bincount(np.round((own - MARKERS[name]) * 10).astype(int), minlength=len(weights))
        assert counts[7] == 0
        possible = weights > 0
        expected = counts.sum() * weights[possible] / weights.sum()
        assert expected.min() > 10
        assert stats.chisquare(counts[possible], expected).pvalue > ONE_IN_A_MILLION / len(PROCESSES)
        assert stats.chisquare(counts[possible]).pvalue < ONE_IN_A_MILLION  # equal weights would be noticed


def in_strata(process: HiddenProcess, sizes: tuple[int, ...]) -> HiddenProcess:
    """Divide a process's rows into strata of so many."""
    pieces = np.split(process.weights, np.cumsum(sizes)[:-1])
    return replace(process, strata=tuple(stratum_of(piece) for piece in pieces))


def test_rows_of_strata_are_drawn_in_proportion_to_their_weights() -> None:
    """Over the strata, and within one whose weights differ; their order is random."""
    weights = np.concatenate([np.full(10, 1.0), np.random.default_rng(3).uniform(0.02, 0.1, 30)])
    store = marked_store(weights, scale=30.0)
    divided = replace(store, hidden={name: in_strata(part, (10, 30)) for name, part in store.hidden.items()})
    features = draw.draw_features(divided, EXPERIMENT)
    for number, name in enumerate(PROCESSES):
        rows = np.round((lep_pt(features)[processes_of(features) == number] - MARKERS[name]) * 10).astype(int)
        counts = np.bincount(rows, minlength=len(weights))
        expected = counts.sum() * weights / weights.sum()
        assert stats.chisquare(counts, expected).pvalue > ONE_IN_A_MILLION / len(PROCESSES)
        assert stats.chisquare(counts).pvalue < ONE_IN_A_MILLION  # equal weights would be noticed
        halves = np.array([np.bincount(half < 10, minlength=2) for half in np.array_split(rows, 2)])
        assert stats.chi2_contingency(halves).pvalue > ONE_IN_A_MILLION / len(PROCESSES)


def test_the_numbers_in_strata_are_poisson() -> None:
    store = marked_store([1.0, 0.1, 0.1])
    divided = replace(store, hidden={name: in_strata(part, (1, 2)) for name, part in store.hidden.items()})
    numbers = np.empty(1000, dtype=np.int64)
    for index, experiment in enumerate(neighbours(len(numbers))):
        drawn = lep_pt(draw.draw_features(divided, experiment)) - MARKERS["diboson"]
        numbers[index] = ((drawn > 0.05) & (drawn < 50)).sum()
    expected = expected_number(YIELDS["diboson"], "diboson", EXPERIMENT) * 0.2 / 1.2
    assert max(poisson_deviations(numbers, expected)) < z_limit(2)


def test_a_stratum_without_rows_gives_none() -> None:
    store = marked_store([1.0, 2.0])
    divided = replace(store, hidden={name: in_strata(part, (2, 0)) for name, part in store.hidden.items()})
    counts = np.bincount(processes_of(draw.draw_features(divided, EXPERIMENT)), minlength=len(PROCESSES))
    assert counts.tolist() == [draw.draw_number(store, name, EXPERIMENT) for name in PROCESSES]


def test_drawing_costs_what_a_pseudo_experiment_holds_not_what_the_store_does() -> None:
    """A store of 40 000 million events, all one in memory, would take hours to go through, and terabytes to copy."""
    small = marked_store([1.0])
    hidden = {
        name: replace(
            process,
            events=np.broadcast_to(process.events, (10**10, len(PRIMARY))),
            weights=np.broadcast_to(process.weights, 10**10),
            strata=(replace(process.strata[0], rows=10**10),),
        )
        for name, process in small.hidden.items()
    }
    huge = draw.draw_features(Store(Path("none"), "huge", hidden), EXPERIMENT)
    assert (huge == draw.draw_features(small, EXPERIMENT)).all()


def test_a_process_without_hidden_events_gives_none() -> None:
    store = marked_store()
    empty = replace(store, hidden={**store.hidden, "htautau": marked_process("htautau", [], 400.0)})
    assert draw.draw_number(empty, "htautau", EXPERIMENT) == 0
    assert 0 not in processes_of(draw.draw_features(empty, EXPERIMENT))


def test_the_order_of_events_carries_no_information() -> None:
    """Every process is spread evenly over the set, and so are the rows that were drawn first and last."""
    store = marked_store(np.ones(50), scale=10.0)
    features = draw.draw_features(store, EXPERIMENT)
    kinds = processes_of(features)
    blocks = np.arange(len(kinds)) * 20 // len(kinds)
    table = np.zeros((20, len(PROCESSES)))
    np.add.at(table, (blocks, kinds), 1)
    assert stats.chi2_contingency(table).pvalue > ONE_IN_A_MILLION / 2
    changes = (kinds[1:] != kinds[:-1]).mean()
    shares = np.bincount(kinds) / len(kinds)
    expected = 1 - (shares**2).sum()
    # neighbouring pairs overlap, which at most doubles the variance of a single pair's
    assert abs(changes - expected) < z_limit(2) * math.sqrt(3 * expected * (1 - expected) / len(kinds))


def test_an_order_by_process_would_be_noticed() -> None:
    kinds = np.sort(processes_of(draw.draw_features(marked_store(), EXPERIMENT)))
    table = np.zeros((20, len(PROCESSES)))
    np.add.at(table, (np.arange(len(kinds)) * 20 // len(kinds), kinds), 1)
    assert stats.chi2_contingency(table).pvalue < ONE_IN_A_MILLION / 2


def test_the_same_experiment_gives_the_same_events() -> None:
    first, second = (draw.draw_features(marked_store(), EXPERIMENT) for _ in range(2))
    assert (first == second).all()


@pytest.mark.parametrize("change", [{"index": 6}, {"set_index": 3}, {"seed": 13}], ids=lambda change: str(change))
def test_another_experiment_gives_other_events(change: dict[str, int]) -> None:
    first, second = (
        draw.draw_features(marked_store(np.ones(200)), experiment)
        for experiment in (EXPERIMENT, replace(EXPERIMENT, **change))
    )
    n = min(first.shape[1], second.shape[1])
    assert first.shape != second.shape
    assert (lep_pt(first)[:n] == lep_pt(second)[:n]).mean() < 0.05


def soft_noise(experiment: Experiment, width: float = 3.0) -> npt.NDArray[np.float64]:
    """The x and y of the noise, off events that have no missing momentum of their own; shape (2, n)."""
    noisy = replace(experiment, nuisances=Nuisances(soft_met=width))
    features = draw.draw_features(marked_store(), noisy).astype(np.float64)
    met, phi = features[columns.MET], features[columns.MET_PHI]
    return np.array([met * np.cos(phi), met * np.sin(phi)])


def test_soft_noise_has_its_width_in_both_directions() -> None:
    for component in soft_noise(EXPERIMENT):
        assert stats.kstest(component, stats.norm(0, 3.0).cdf).pvalue > ONE_IN_A_MILLION / 4
        assert stats.kstest(component, stats.norm(0, 3.6).cdf).pvalue < ONE_IN_A_MILLION / 4


def test_soft_noise_is_drawn_for_every_event() -> None:
    x, y = soft_noise(EXPERIMENT)
    assert len(np.unique(np.round(x, 3) + 1j * np.round(y, 3))) > 0.99 * len(x)
    correlations = [np.corrcoef(x, y)[0, 1], np.corrcoef(x[1:], x[:-1])[0, 1], np.corrcoef(y[1:], y[:-1])[0, 1]]
    assert max(np.abs(correlations)) * math.sqrt(len(x) - 1) < z_limit(3)


def test_soft_noise_is_drawn_for_every_pseudo_experiment() -> None:
    """The official code draws the same noise, from one seed, for every pseudo-experiment."""
    others = [replace(EXPERIMENT, index=6), replace(EXPERIMENT, index=4), replace(EXPERIMENT, set_index=3)]
    first = soft_noise(EXPERIMENT)
    limit = z_limit(4 * len(others))
    for other in map(soft_noise, others):
        n = min(first.shape[1], other.shape[1])
        correlations = np.corrcoef(first[:, :n], other[:, :n])[:2, 2:]
        assert np.abs(correlations).max() * math.sqrt(n) < limit
    assert math.sqrt(first.shape[1]) > limit  # the same noise would have a correlation of 1


def test_no_soft_noise_without_its_nuisance_parameter() -> None:
    assert np.abs(soft_noise(EXPERIMENT, width=0.0)).max() == 0.0


@pytest.fixture
def drawn(small_store: Path) -> Callable[..., dict[str, pd.DataFrame | pd.Series]]:
    store = open_store(small_store)
    return lambda **values: draw_pseudo_experiment(store, replace(EXPERIMENT, nuisances=Nuisances(**values)))


def test_energy_scales_act_on_the_events(drawn: Callable[..., dict[str, pd.DataFrame]]) -> None:
    nominal, scaled = drawn()["data"], drawn(tes=1.05)["data"]
    assert scaled["PRI_had_pt"].mean() == pytest.approx(1.05 * nominal["PRI_had_pt"].mean(), rel=0.02)
    fewer, more = (drawn(jes=jes)["data"]["PRI_n_jets"].mean() for jes in (0.9, 1.1))
    assert fewer < nominal["PRI_n_jets"].mean() < more


def test_events_are_selected(drawn: Callable[..., dict[str, pd.DataFrame]]) -> None:
    data = drawn(tes=0.9)["data"]
    assert data["PRI_had_pt"].min() >= 26.0
    assert len(data) < 0.95 * len(drawn()["data"])


def test_a_pseudo_experiment_has_the_form_that_submissions_expect(
    drawn: Callable[..., dict[str, pd.DataFrame]],
) -> None:
    test_set = drawn(soft_met=1.0)
    data, weights = test_set["data"], test_set["weights"]
    assert list(test_set) == ["data", "weights"]
    assert isinstance(data, pd.DataFrame)
    assert tuple(data.columns) == FEATURES
    assert (data.dtypes == np.float32).all()
    pd.testing.assert_index_equal(data.index, pd.RangeIndex(len(data)))
    assert isinstance(weights, pd.Series)
    assert weights.dtype == np.float64
    assert (weights == 1.0).all()
    assert len(weights) == len(data)
    pd.testing.assert_index_equal(weights.index, data.index)
    assert np.isfinite(data.to_numpy()).all()


def test_a_pseudo_experiment_can_be_written_to(drawn: Callable[..., dict[str, pd.DataFrame]]) -> None:
    data = drawn()["data"]
    data["PRI_met"] *= 2.0
    data.loc[0, "PRI_lep_pt"] = 1.0
    data["mine"] = 5.0
    assert data.loc[0, "PRI_lep_pt"] == 1.0


def test_drawing_into_the_same_memory_leaves_nothing_of_the_last_one() -> None:
    store, sampler = marked_store(), draw.StoreSampler(marked_store())
    for experiment in (replace(EXPERIMENT, mu=3.0), EXPERIMENT, replace(EXPERIMENT, index=7, mu=2.0)):
        np.testing.assert_array_equal(sampler.draw(experiment), draw.draw_features(store, experiment))


@pytest.mark.parametrize("mu", [-1.0, math.nan, math.inf, "1"])
def test_a_signal_strength_that_is_none_is_refused(mu: Any) -> None:
    with pytest.raises(InputError, match="mu must be a number of at least 0"):
        replace(EXPERIMENT, mu=mu)


def test_more_events_than_fit_into_memory_are_refused() -> None:
    with pytest.raises(InputError, match="htautau do not fit into memory"):
        draw.draw_features(marked_store(), replace(EXPERIMENT, mu=1e9))
