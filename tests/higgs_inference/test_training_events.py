"""Training events become the same templates however they are read; thinned ones the same on average."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from higgs_inference import training_events
from higgs_inference.binning import Binning, choose_bins
from higgs_inference.templates import Floats
from higgs_inference.training_events import (
    Events,
    choose_sizes,
    fill,
    label,
    other_rows,
    read_events,
    score_events,
    thin,
)
from tests.helpers.handmade import z_limit
from tests.helpers.toy import EXPECTED, PROCESSES, ToyTraining, discriminate, distort

ROWS = 3000


def made_events(number: int = ROWS) -> pd.DataFrame:
    return ToyTraining(number)(selected_indices=np.arange(number))


def score(training: ToyTraining, rows: Floats) -> Events:
    return score_events(read_events(training, PROCESSES, rows), distort, discriminate, {"shift": 0.3})


def bins_for(events: Events) -> Binning:
    return choose_bins(events.discriminants, events.weights, events.processes == 1, (4, 2))


@pytest.mark.parametrize("rows_at_once", [100, 1000, 1301])
def test_slices_of_any_length_give_the_templates_of_one(monkeypatch: pytest.MonkeyPatch, rows_at_once: int) -> None:
    """Here most slices have events of one process only."""
    training = ToyTraining(ROWS)
    training.events = training.events.sort_values(["labels", "x1"]).reset_index(drop=True)
    whole = score(training, np.arange(ROWS))
    binning = bins_for(whole)

    monkeypatch.setattr(training_events, "ROWS_AT_ONCE", rows_at_once)
    sliced = score(training, np.arange(ROWS))

    assert sliced.rows.tolist() == list(range(ROWS))
    for one, other in zip(fill(whole, binning, 2), fill(sliced, binning, 2), strict=True):
        assert other == pytest.approx(one, rel=1e-5)


def test_weights_add_up_to_the_expected_events() -> None:
    events = score(ToyTraining(ROWS), np.arange(1000, 2000))
    sums = np.bincount(events.processes, weights=events.weights)
    assert sums == pytest.approx([EXPECTED[name] for name in PROCESSES], rel=1e-6)
    counts, variances = fill(events, bins_for(events), 2)
    assert counts.sum(axis=1) == pytest.approx(sums)
    assert variances.sum() == pytest.approx(np.sum(events.weights.astype(np.float64) ** 2))


def test_labels_are_the_places_of_the_processes() -> None:
    events = made_events(6)
    labelled = label(events, ("signal", "other", "background"), np.arange(10, 16))
    assert labelled["process_number"].tolist() == [2, 0, 2, 0, 2, 0]
    assert labelled["row_number"].tolist() == list(range(10, 16))
    assert labelled["weights"].tolist() == pytest.approx((events["weights"] * 3).tolist())
    assert "detailed_labels" not in labelled
    assert "detailed_labels" in events


def test_processes_without_a_number_are_refused() -> None:
    with pytest.raises(ValueError, match="expected the processes background, ttbar; the training events have signal"):
        label(made_events(4), ("background", "ttbar"), np.arange(4))


def test_what_systematics_leaves_out_is_left_out_of_the_templates() -> None:
    def select(events: pd.DataFrame, seed: int, shift: float) -> pd.DataFrame:
        return distort(events, seed, shift)[events["x1"] > 0]

    slices = list(read_events(ToyTraining(ROWS), PROCESSES, np.arange(ROWS)))
    kept = score_events(slices, select, discriminate, {"shift": 0.0})
    x1 = made_events()["x1"].to_numpy()
    assert kept.rows.tolist() == np.flatnonzero(x1 > 0).tolist()
    assert np.bincount(kept.processes, kept.weights)[0] == pytest.approx(1000 * (x1[::2] > 0).mean(), rel=1e-5)


def test_each_slice_has_noise_of_its_own() -> None:
    seeds = []

    def note(events: pd.DataFrame, seed: int) -> pd.DataFrame:
        seeds.append(seed)
        return events

    piece = label(made_events(4), PROCESSES, np.arange(4))
    score_events([piece, piece], note, discriminate, seed=3)
    assert len(set(seeds)) == 2
    score_events([piece, piece], note, discriminate, seed=4)
    assert len(set(seeds)) == 4


def test_discriminants_of_the_wrong_shape_are_refused() -> None:
    piece = label(made_events(4), PROCESSES, np.arange(4))
    for wrong, shape in ((lambda events: discriminate(events)[:, 0], r"\(4,\)"), (lambda events: np.ones((3, 2)), "3")):
        with pytest.raises(ValueError, match=rf"shape \(4, discriminants\); got .*{shape}"):
            score_events([piece], distort, wrong)
    with pytest.raises(ValueError, match="no training events"):
        score_events([], distort, discriminate)


def test_factors_of_thinned_rows_make_up_for_those_left_out() -> None:
    """200 choices: mean sums in four bins of each process are those of all rows.

    Eight comparisons with the false-alarm rate 1e-6; without the factors the sums are far off.
    """
    events = score(ToyTraining(ROWS), np.arange(ROWS))
    binning = choose_bins(events.discriminants[:, :1], events.weights, events.processes == 1, (4,))
    cells = events.processes * 4 + binning.find(events.discriminants[:, :1])
    importance = np.exp(-events.discriminants[:, 0])
    truth = np.bincount(cells, minlength=8).astype(np.float64)
    sums, plain, numbers = [], [], []
    for seed in range(200):
        rows, factors = thin(events, np.arange(ROWS), importance, [300, 300], seed)
        assert np.all(np.diff(rows) > 0)
        sums.append(np.bincount(cells[rows], weights=factors, minlength=8))
        plain.append(np.bincount(cells[rows], minlength=8) * ROWS / len(rows))
        numbers.append(np.bincount(events.processes[rows]))

    def away(found: list[Floats]) -> Floats:
        return np.asarray(np.abs(np.mean(found, axis=0) - truth) / (np.std(found, axis=0) / np.sqrt(len(found)) + 1e-9))

    assert away(sums).max() < z_limit(8)
    assert away(plain).max() > z_limit(8)
    assert np.mean(numbers, axis=0) == pytest.approx([300, 300], rel=0.03)  # 6 standard errors: 200 x 300 rows


def test_thinning_to_more_rows_than_there_are_keeps_all() -> None:
    events = score(ToyTraining(100), np.arange(100))
    rows, factors = thin(events, np.arange(100), np.ones(100), [50, 50], seed=1)
    assert rows.tolist() == list(range(100))
    assert factors.tolist() == [1.0] * 100
    with pytest.raises(ValueError, match="importance of every event must be above 0"):
        thin(events, np.arange(100), np.zeros(100), [50, 50], seed=1)


def test_rows_that_pass_the_selection_only_when_distorted_are_chosen_too() -> None:
    """200 choices from events that must have x2 > 0.5: sums of those that a shift lifts above it are right on average.

    Two comparisons with the false-alarm rate 1e-6; with selected events alone a tenth is missing.
    """
    training, rows = ToyTraining(ROWS), np.arange(ROWS)
    x2, labels = (training.events[name].to_numpy() for name in ("x2", "labels"))
    nominal, lifted = x2 > 0.5, x2 + 0.3 > 0.5
    events = score(training, rows)
    selected = Events(events.discriminants[nominal], events.weights[nominal], events.processes[nominal], rows[nominal])
    truth = np.bincount(labels[lifted].astype(int))
    sums, without = [], []
    for seed in range(200):
        chosen, factors = thin(selected, rows, np.ones(nominal.sum()), [200, 200], seed)
        for found, kept in ((sums, lifted[chosen]), (without, nominal[chosen])):
            found.append(np.bincount(labels[chosen[kept]].astype(int), weights=factors[kept]))

    errors = np.std(sums, axis=0) / np.sqrt(len(sums))
    assert np.all(np.abs(np.mean(sums, axis=0) - truth) < z_limit(2) * errors)
    assert np.all(np.abs(np.mean(without, axis=0) - truth) > z_limit(2) * errors)


def test_factors_multiply_the_weights_that_are_read() -> None:
    rows, factors = np.arange(10), np.arange(1.0, 11.0)
    plain, multiplied = (pd.concat(read_events(ToyTraining(10), PROCESSES, rows, given)) for given in (None, factors))
    assert (multiplied["weights"] / plain["weights"]).tolist() == pytest.approx(factors.tolist())


def test_a_classifier_takes_at_most_a_share_of_what_there_is() -> None:
    """The toy's rows are half signal, half background."""
    training = ToyTraining(ROWS)
    many = choose_sizes(training, {"background": 10, "signal": 10**9}, {"background": 0.5, "signal": 0.2})
    assert many == {"background": 10, "signal": ROWS // 10}


def test_other_rows_are_those_that_were_not_taken() -> None:
    events = made_events().iloc[[4, 1, 7]]
    rows = other_rows(ToyTraining(10), events)
    assert rows.tolist() == [0, 2, 3, 5, 6, 8, 9]


def test_a_classifier_that_takes_all_rows_leaves_none() -> None:
    with pytest.raises(ValueError, match="none left for templates: give it fewer"):
        other_rows(ToyTraining(10), made_events().iloc[:10])


@pytest.mark.parametrize(
    "renumber",
    [
        lambda events: events.iloc[3:].reset_index(drop=True),  # as systematics does
        lambda events: events.set_index(events.index + 7),
        lambda events: events.set_index(events.index.astype(str)),
        lambda events: events.iloc[:0],
    ],
)
def test_events_without_the_numbers_of_their_rows_are_refused(renumber: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    with pytest.raises(ValueError, match="expected events as get_train_set returned them"):
        other_rows(ToyTraining(100), renumber(made_events().iloc[:50]))


def test_there_are_rows_to_read() -> None:
    with pytest.raises(ValueError, match="no training events to read"):
        next(read_events(ToyTraining(10), PROCESSES, np.arange(0)))


def test_fewer_other_rows_are_evenly_spread() -> None:
    rows = other_rows(ToyTraining(1000), made_events().iloc[:100], 300)
    assert len(rows) == 300
    assert rows[0] == 100
    assert rows[-1] > 990


def test_a_process_without_rows_is_missed() -> None:
    with pytest.raises(ValueError, match="no training events of ttbar: use a larger store"):
        choose_sizes(ToyTraining(100), {"signal": 10, "ttbar": 10}, {"signal": 0.5, "ttbar": 0.5})
