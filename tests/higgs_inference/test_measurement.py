"""From training events to a measurement, of four processes whose two features are normal."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from higgs_inference import measurement
from higgs_inference.asimov import mean_expected_width
from higgs_inference.calibration import Calibration
from higgs_inference.intervals import Interval
from higgs_inference.measurement import PROCESSES, Measurement, build_measurement
from higgs_inference.nuisances import HIGGS
from higgs_inference.templates import Floats
from tests.helpers.four_normal_processes import ROWS, Training, discriminate, distort, small_sample


@pytest.fixture(scope="module")
def built() -> Measurement:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measurement, "SAMPLE", small_sample(8000))
        patch.setattr(measurement, "CALIBRATION_POINTS", 5)
        return build_measurement(Training(1), distort, np.arange(ROWS), discriminate, (4, 2))


def counts_at(built: Measurement, mu: float, **values: float) -> Floats:
    """Return the counts of other events, as many as in training, weighted to the yields."""
    training = Training(2)
    events = distort(training(selected_indices=np.arange(ROWS)), 5, **{"soft_met": 1.0, **values})
    weights = events["weights"] * np.where(events["detailed_labels"] == "htautau", mu, 1.0)
    return built.binning.count(discriminate(events), weights.to_numpy())


def test_templates_are_the_selected_yields(built: Measurement) -> None:
    assert built.binning.number == 8
    selected = distort(Training(1)(selected_indices=np.arange(ROWS)), 0)
    sums = selected.groupby("detailed_labels")["weights"].sum()
    assert built.templates.nominal.sum(axis=1) == pytest.approx([sums[name] for name in PROCESSES], rel=1e-3)


@pytest.mark.parametrize("values", [{}, {"tes": 1.02}, {"jes": 0.98}])
@pytest.mark.parametrize("mu", [0.5, 2.0])
def test_mu_is_found_whatever_the_nuisance_parameters(built: Measurement, mu: float, values: dict[str, float]) -> None:
    """To 0.35 of the width: other events have errors of their own, and the priors pull."""
    interval = built.fit_counts(counts_at(built, mu, **values))[0]
    assert interval.mu == pytest.approx(mu, abs=0.35 * interval.width)


def test_responses_count_the_events_that_a_distortion_brings_in(built: Measurement) -> None:
    """The bins next to the selection would lose a fifth of their events where it only threw some out."""
    events = distort(Training(2)(selected_indices=np.arange(ROWS)), 5, tes=1.02, soft_met=1.0)
    own = events[events["detailed_labels"] == "ztautau"]
    counts = built.binning.count(discriminate(own), own["weights"].to_numpy())
    expected = built.templates.by_process(np.array([1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0]))[1]
    assert expected[:2].sum() == pytest.approx(counts[:2].sum(), rel=0.06)


def test_without_responses_mu_is_far_off(built: Measurement) -> None:
    blind = replace(built.templates, response=np.zeros_like(built.templates.response))
    interval = replace(built, templates=blind).fit_counts(counts_at(built, 2.0, tes=1.02))[0]
    assert abs(interval.mu - 2.0) > 0.5 * interval.width


def test_expected_width_is_that_of_the_intervals(built: Measurement) -> None:
    built = replace(built, calibration=Calibration())
    widths = [built.fit_counts(counts_at(built, mu))[0].width for mu in (0.1, 1.0, 2.0, 3.0)]
    assert np.mean(widths) == pytest.approx(mean_expected_width(built.templates), rel=0.1)


def test_a_calibration_is_applied(built: Measurement) -> None:
    counts = counts_at(built, 1.0)
    plain = replace(built, calibration=Calibration())
    corrected = replace(built, calibration=Calibration(shift=0.5, scale=2.0))
    assert corrected.fit_counts(counts)[0] == Calibration(0.5, 2.0).apply(plain.fit_counts(counts)[0])


def test_events_are_measured_by_their_bins(built: Measurement) -> None:
    events = distort(Training(2)(selected_indices=np.arange(ROWS)), 5, soft_met=1.0)
    found = built.measure(discriminate(events), events["weights"].to_numpy())
    assert isinstance(found, Interval)
    assert found == built.fit_counts(counts_at(built, 1.0))[0]


def test_a_pseudo_experiment_without_events_is_not_measured(built: Measurement) -> None:
    with pytest.raises(ValueError, match="is empty"):
        built.measure(np.zeros((0, 2)))
    with pytest.raises(ValueError, match="not negative"):
        built.measure(np.zeros((2, 2)), np.array([1.0, -1.0]))


def test_what_is_known_in_calibration_is_given_to_every_fit(built: Measurement) -> None:
    counts = counts_at(built, 1.0)
    with pytest.raises(ValueError, match=r"expected the pulls of \[\], as in calibration; got \['tes'\]"):
        built.fit_counts(counts, {"tes": 0.0})
    knowing = replace(built, known=("tes",))
    with pytest.raises(ValueError, match=r"expected the pulls of \['tes'\], as in calibration; got \[\]"):
        knowing.fit_counts(counts)
    assert knowing.fit_counts(counts, {"tes": 0.5})[1].values[1] == 0.5


def test_a_fit_that_knows_only_scales_needs_no_distorted_events(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("SAMPLE", small_sample(1000)), ("CALIBRATION_POINTS", 2)):
        monkeypatch.setattr(measurement, name, value)
    scales = tuple(one for one in HIGGS if one.scales)
    built = build_measurement(Training(1), distort, np.arange(ROWS), discriminate, (3, 1), scales)
    assert built.templates.response.shape == (4, 3, 0)
    assert built.fit_counts(built.templates.nominal.sum(axis=0))[0].mu == pytest.approx(1.0, abs=0.3)


def test_a_process_that_only_the_last_rows_have_responds(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a classifier took its events of a rare process from the first rows."""
    for name, value in (("SAMPLE", small_sample(8000)), ("CALIBRATION_POINTS", 2)):
        monkeypatch.setattr(measurement, name, value)
    training = Training(1)
    is_last = training.events["detailed_labels"] == "diboson"
    training.events = pd.concat([training.events[~is_last], training.events[is_last]], ignore_index=True)

    built = build_measurement(training, distort, np.arange(ROWS), discriminate, (2, 2))

    moved = built.templates.by_process(np.array([1.0, 2.0, 0.0, -5.0, 0.0, 0.0, 0.0]))[2]
    events = distort(training(selected_indices=np.arange(ROWS)), 1, tes=1.02)
    own = events[events["detailed_labels"] == "diboson"]
    assert moved == pytest.approx(built.binning.count(discriminate(own), own["weights"].to_numpy()), rel=0.05)
    assert moved != pytest.approx(built.templates.nominal[2], rel=0.1)
