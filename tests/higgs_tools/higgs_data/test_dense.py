"""Data sets with more events where the information is."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from higgs_challenge import Experiment, Nuisances, TrainingSet, draw_pseudo_experiment, open_store
from higgs_challenge.tasks.higgs.data.layout import PARQUET
from higgs_challenge.tasks.higgs.data.store import Store, read_part
from higgs_challenge.tasks.higgs.events.columns import FEATURES, N_JETS, PROCESSES
from higgs_challenge.tasks.higgs.events.transform import transform
from higgs_challenge.tasks.higgs.simulation import NOMINAL_YIELDS, simulate
from higgs_tools.higgs_data import synthetic
from higgs_tools.higgs_data.informative_region import SHARES, is_informative
from higgs_tools.higgs_data.sizes import Size
from higgs_tools.higgs_data.synthetic import make_synthetic_data, make_synthetic_store
from tests.helpers.handmade import ONE_IN_A_MILLION, z_limit

DENSE = Size(
    hidden={"htautau": 500, "ztautau": 4000, "diboson": 300, "ttbar": 1000},
    training={"htautau": 600, "ztautau": 3000, "diboson": 200, "ttbar": 800},
    dense=5,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dense") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(synthetic, "ROWS_AT_ONCE", 700)  # many batches
        make_synthetic_data(folder, DENSE, seed=5)
    return folder


@pytest.fixture(scope="module")
def store(folder: Path) -> Store:
    return open_store(folder / "store")


@pytest.mark.parametrize("process", PROCESSES)
def test_all_informative_events_are_kept_and_a_share_of_the_others(store: Store, process: str) -> None:
    hidden, n = store.hidden[process], DENSE.hidden[process]
    others, informative = hidden.strata
    inside = is_informative(hidden.events)
    assert not inside[: others.rows].any()
    assert inside[others.rows :].all()
    assert others.rows == math.ceil((5 * n - informative.rows) / 5)
    assert informative.smallest == informative.largest == pytest.approx(others.smallest / 5)
    assert others.smallest == others.largest
    assert (hidden.weights[: others.rows] == others.smallest).all()
    assert (hidden.weights[others.rows :] == informative.smallest).all()


def test_the_informative_stratum_is_so_many_times_deeper(store: Store) -> None:
    scarce, dense = store.multiples(), store.dense_multiples()
    for name in PROCESSES:
        assert scarce[name] == pytest.approx(DENSE.hidden[name] / NOMINAL_YIELDS[name], rel=0.01)
        assert dense[name] == pytest.approx(5 * scarce[name], rel=0.01)


def test_training_weights_add_up_and_signal_in_training_stays_as_it_is(store: Store) -> None:
    part, events = read_part(store.training_folder), TrainingSet(store.training_folder)()
    for name in PROCESSES:
        own = events[events["detailed_labels"] == name]
        assert own["weights"].astype(float).sum() == pytest.approx(NOMINAL_YIELDS[name], rel=1e-6)
        assert own["weights"].nunique() == (1 if name == "htautau" else 2)
    assert part.rows["htautau"] == DENSE.training["htautau"]
    assert part.rows["ztautau"] > 1.5 * DENSE.training["ztautau"]


def test_the_files_have_the_same_rows_and_weights(folder: Path, store: Store) -> None:
    read = pd.read_parquet(folder / PARQUET)
    hidden = {name: len(process.events) for name, process in store.hidden.items()}
    for name, rows in hidden.items():
        own = read.iloc[: sum(hidden.values())].query(f"detailed_labels == '{name}'")
        assert len(own) == rows
        assert np.sort(own["weights"]) == pytest.approx(np.sort(store.hidden[name].weights))


def test_the_region_holds_the_share_that_the_disk_space_is_reckoned_with() -> None:
    for name in PROCESSES:
        share = is_informative(simulate(name, 4000, 3)).mean()
        assert SHARES[name] - 0.08 < share < SHARES[name] + 0.01 + 5 * 0.008


def test_pseudo_experiments_have_as_many_informative_events_as_there_should_be(store: Store) -> None:
    """Of 6, against the store's weights and against other events of the generator; weights left out would show."""
    nominal = Experiment(set_index=0, index=0, mu=1.0, nuisances=Nuisances(), seed=1)
    drawn = [draw_pseudo_experiment(store, replace(nominal, index=index))["data"] for index in range(6)]
    found = np.mean([(data["DER_pt_h"] > 70).mean() for data in drawn])
    pulls = {}
    for kind in ("weighted", "unweighted"):
        expected = total = 0.0
        for process in store.hidden.values():
            kept = selected(process.events)
            weights = process.weights if kind == "weighted" else np.ones(len(process.weights))
            scale = process.expected / weights.sum()
            total += scale * weights[kept[0]].sum()
            expected += scale * weights[kept[0]][kept[1] > 70].sum()
        share = expected / total
        pulls[kind] = (found - share) / math.sqrt(share * (1 - share) / sum(map(len, drawn)))
    assert abs(pulls["weighted"]) < z_limit(1) < abs(pulls["unweighted"])


def selected(events: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows that the selection keeps, and their pt_h."""
    features, kept = transform(events)
    return kept, features[FEATURES.index("DER_pt_h")]


def test_the_shift_that_pseudo_experiments_share_shrinks_as_promised(tmp_path: Path) -> None:
    """A count of ztautau events with two jets, expected from each of 50 stores: its variance falls by the factor.

    Its ratio to the promised one is F-distributed; the store without a factor would be noticed.
    """
    only = {"htautau": 0, "ztautau": 200, "diboson": 0, "ttbar": 0}
    variances = {}
    for dense in (1, 10):
        counts = []
        for seed in range(50):
            make_synthetic_store(tmp_path / "store", Size(only, only, dense), seed)
            hidden = open_store(tmp_path / "store").hidden["ztautau"]
            counts.append(hidden.weights[hidden.events[:, N_JETS] >= 2].sum() / hidden.weights.sum(dtype=float))
        variances[dense] = np.var(counts, ddof=1)
    ratio, rate = variances[1] / variances[10], ONE_IN_A_MILLION / 2
    lowest, highest = stats.f.ppf([rate, 1 - rate], 49, 49)
    assert lowest < ratio / 10 < highest
    assert not lowest < 1 / 10 < highest
