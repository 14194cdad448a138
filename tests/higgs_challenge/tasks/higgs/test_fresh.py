import math
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from higgs_challenge import Experiment, InputError, Nuisances, simulate
from higgs_challenge.tasks.higgs import fresh
from higgs_challenge.tasks.higgs.drawing import draw_number_of
from higgs_challenge.tasks.higgs.events import columns
from higgs_challenge.tasks.higgs.events.columns import FEATURES, PROCESSES
from higgs_challenge.tasks.higgs.events.transform import transform
from higgs_challenge.tasks.higgs.fresh import FreshEvents, FreshSampler, open_fresh_events
from higgs_challenge.tasks.higgs.simulation import generator_version
from tests.helpers.handmade import ONE_IN_A_MILLION, physical_rows

Floats = npt.NDArray[np.float32]

YIELDS = {"htautau": 400.0, "ztautau": 600.0, "diboson": 100.0, "ttbar": 300.0}
NUISANCES = Nuisances(tes=1.02, jes=0.98, soft_met=2.0, ttbar_scale=1.1, diboson_scale=0.6, bkg_scale=1.005)
EXPERIMENT = Experiment(set_index=2, index=5, mu=1.7, nuisances=NUISANCES, seed=12)
NOMINAL = replace(EXPERIMENT, nuisances=Nuisances())
"""The same without noise, so that equal events stay equal."""


def draw(experiment: Experiment = EXPERIMENT, yields: Mapping[str, float] = YIELDS, threads: int = 1) -> Floats:
    return FreshSampler(yields, threads).draw(experiment)


def shared(first: Floats, second: Floats) -> int:
    """How many events two pseudo-experiments have in common."""
    return len({event.tobytes() for event in first.T} & {event.tobytes() for event in second.T})


def test_events_do_not_depend_on_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fresh, "BLOCK", 50)  # so that every process has several blocks
    np.testing.assert_array_equal(draw(threads=1), draw(threads=3))


def test_blocks_share_no_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fresh, "BLOCK", 50)
    events = draw(NOMINAL)
    assert len({event.tobytes() for event in events.T}) == events.shape[1]


@pytest.mark.parametrize("change", [{"index": 6}, {"set_index": 3}, {"seed": 13}], ids=str)
def test_pseudo_experiments_share_no_events(change: dict[str, int]) -> None:
    events, others = draw(NOMINAL), draw(replace(NOMINAL, **change))
    assert shared(events, others) == 0
    assert shared(events, events[:, ::2]) == math.ceil(events.shape[1] / 2)  # common events would be found


def test_drawing_into_the_same_memory_leaves_nothing_of_the_last_one() -> None:
    sampler = FreshSampler(YIELDS)
    for experiment in (replace(EXPERIMENT, mu=3.0), EXPERIMENT, replace(EXPERIMENT, index=7, mu=2.0)):
        np.testing.assert_array_equal(sampler.draw(experiment), draw(experiment))


def test_events_are_the_generators_distorted_and_selected_as_stored_ones() -> None:
    experiment = replace(EXPERIMENT, nuisances=Nuisances(tes=1.05, jes=0.97))
    made = draw(experiment, {**dict.fromkeys(PROCESSES, 0.0), "ztautau": 20_000.0})
    rows = simulate("ztautau", 40_000, seed=3)
    expected, nominal = transform(rows, tes=1.05, jes=0.97)[0], transform(rows)[0]
    limit = ONE_IN_A_MILLION / len(FEATURES)
    assert min(stats.ks_2samp(*pair).pvalue for pair in zip(made, expected, strict=True)) > limit
    assert stats.ks_2samp(made[columns.HAD_PT], nominal[columns.HAD_PT]).pvalue < limit  # no distortion is noticed
    number = draw_number_of(20_000.0, "ztautau", experiment)
    kept, share = made.shape[1], expected.shape[1] / len(rows)
    error = math.sqrt(share * (1 - share) * (number + number**2 / len(rows)))
    assert abs(kept - share * number) < stats.norm.isf(ONE_IN_A_MILLION / 2) * error


def test_every_process_has_its_own_number_in_random_order(monkeypatch: pytest.MonkeyPatch) -> None:
    def mark(process: str, rows: Floats, rng: np.random.Generator) -> None:
        rows[:] = physical_rows(np.random.default_rng(1), len(rows))
        rows[:, columns.HAD_PT] = 100.0
        rows[:, columns.LEP_PT] = 100.0 * (1 + PROCESSES.index(process))

    monkeypatch.setattr(fresh, "simulate_into", mark)
    kinds = (draw()[columns.LEP_PT] / 100.0).astype(int) - 1
    numbers = np.bincount(kinds, minlength=len(PROCESSES))
    assert numbers.tolist() == [draw_number_of(YIELDS[name], name, EXPERIMENT) for name in PROCESSES]
    table = np.zeros((10, len(PROCESSES)))
    np.add.at(table, (np.arange(len(kinds)) * 10 // len(kinds), kinds), 1)
    assert stats.chi2_contingency(table).pvalue > ONE_IN_A_MILLION
    table[:] = 0
    np.add.at(table, (np.arange(len(kinds)) * 10 // len(kinds), np.sort(kinds)), 1)
    assert stats.chi2_contingency(table).pvalue < ONE_IN_A_MILLION  # an order by process would be noticed


@pytest.fixture
def training_only(small_store: Path, tmp_path: Path) -> Path:
    """A data folder whose store has lost its hidden part."""
    shutil.copytree(small_store / "training", tmp_path / "store" / "training")
    return tmp_path


def opened(folder: Path) -> FreshEvents:
    with open_fresh_events([folder]) as data:
        return data


def test_a_hidden_part_is_not_needed(training_only: Path, small_store: Path, small_yields: dict[str, float]) -> None:
    data, whole = opened(training_only), opened(small_store)
    assert data.folder == training_only / "store"
    assert data.identity() == whole.identity()
    np.testing.assert_array_equal(data.sampler(2).draw(EXPERIMENT), draw(yields=small_yields))
    assert data.facts() == {"hidden_depth": None, "training_depth": 5.0}
    assert data.multiple() == math.inf


def test_data_are_others_when_generator_or_training_events_are(
    small_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = opened(small_store)
    assert replace(data, training=replace(data.training, source="others")).identity() != data.identity()
    assert replace(data, made="on another kind of processor").identity() != data.identity()
    before = data.identity()
    monkeypatch.setattr(fresh, "generator_version", lambda: "12345678")
    assert data.identity() != before
    assert data.source.endswith("generator 12345678")


def test_training_events_of_another_generator_are_warned_of(small_store: Path) -> None:
    data = opened(small_store)
    (warning,) = data.warnings()
    assert warning.startswith("the training events (made by hand) are not from the generator")
    own = replace(data.training, source=f"synthetic events, seed 1, generator {generator_version()}")
    assert replace(data, training=own).warnings() == []


def test_a_folder_without_training_events_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"No training events in .*: expected an event store"):
        opened(tmp_path)
