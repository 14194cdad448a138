"""Rows are drawn as if their events had been: means, covariances, and the errors of what they are drawn from."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from scipy import sparse, stats

from higgs_inference import summed_rows
from higgs_inference.nuisances import HIGGS
from higgs_inference.pseudo_experiments import draw_rows
from higgs_inference.summed_rows import (
    FOLDS,
    DistortedRows,
    RowModel,
    add_up,
    leave_out,
    measure_responses,
    root_of,
    second_moments,
    spread_pulls,
)
from higgs_inference.templates import Floats, Templates
from higgs_inference.training_events import Events, label, read_events, score_events
from tests.helpers.handmade import ONE_IN_A_MILLION
from tests.helpers.toy import PROCESSES, SHIFT, ToyTraining, discriminate, distort

ROWS, DRAWS = 2000, 3000
SIGNAL = PROCESSES.index("signal")


def describe(discriminants: Floats) -> sparse.csr_array:
    """Return three columns: a count on either side of 0, and the sum of the square of the second discriminant."""
    above = discriminants[:, 0] > 0
    return sparse.csr_array(np.stack([~above, above, discriminants[:, 1] ** 2], axis=1).astype(np.float64))


def scored(values: dict[str, float] | None = None) -> Events:
    return score_events(read_events(ToyTraining(ROWS), PROCESSES, np.arange(ROWS)), distort, discriminate, values)


def model_of(events: Events) -> RowModel:
    """Make a model without a response, whose folds all say so."""
    covariance, of_templates = (second_moments(events, describe, 2, power) for power in (1, 2))
    nominal = add_up(events, describe, 2)[0]
    response = np.zeros((2, 3, 2))
    templates = Templates(PROCESSES, "signal", (SHIFT,), nominal, np.zeros_like(nominal), response)
    return RowModel(templates, covariance, of_templates, np.zeros((FOLDS, *response.shape)))


def is_normal(rows: Floats, mean: Floats, covariance: Floats) -> bool:
    """Whiten rows, and compare with standard normal numbers: sums, and squares of each and of the sums of each two.

    Squares are compared with chi-squared, two-sided; the false-alarm rate is 1e-6 for all together.
    """
    white = np.linalg.solve(np.linalg.cholesky(covariance), (rows - mean).T)
    pairs = [(one + other) / np.sqrt(2) for one, other in combinations(white, 2)]
    squares = [(np.sum(one**2), len(rows)) for one in (*white, *pairs)]
    squares.append((np.sum(white.sum(axis=1) ** 2) / len(rows), len(white)))
    tails = [side(*one) for one in squares for side in (stats.chi2.cdf, stats.chi2.sf)]
    return bool(min(tails) > ONE_IN_A_MILLION / len(tails))


@pytest.mark.parametrize("at_once", [100, 5000])
def test_sums_are_those_of_the_events(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(summed_rows, "EVENTS_AT_ONCE", at_once)
    events = scored()
    added = describe(events.discriminants).toarray()
    sums, moments = add_up(events, describe, 2, folds=3), second_moments(events, describe, 2, power=2)
    for process in range(2):
        own = events.processes == process
        by_hand = added[own] * events.weights[own, np.newaxis]
        assert moments[process] == pytest.approx(by_hand.T @ by_hand, rel=1e-6)
        for fold in range(3):
            assert sums[fold, process] == pytest.approx(by_hand[events.rows[own] % 3 == fold].sum(axis=0), rel=1e-6)


def drawn_from_events(events: Events, mu: float) -> Floats:
    """Return rows of pseudo-experiments whose events are drawn."""
    rng = np.random.default_rng(1)
    added = describe(events.discriminants).toarray()
    factors = [mu if number == SIGNAL else 1.0 for number in range(2)]
    return np.array([added[draw_rows(rng, events.weights, events.processes, factors)].sum(0) for _ in range(DRAWS)])


def test_rows_of_drawn_events_have_the_mean_and_covariance() -> None:
    """Without the covariance of counts and sum, the chance of this test would be below one in a million."""
    events, mu = scored(), 3.0
    model, factors = model_of(events), np.array([mu if number == SIGNAL else 1.0 for number in range(2)])
    mean, covariance = factors @ model.templates.nominal, np.tensordot(factors, model.covariance, 1)
    rows = drawn_from_events(events, mu)
    assert is_normal(rows, mean, covariance)
    assert not is_normal(rows, mean, np.diag(np.diag(covariance)))


def test_drawn_rows_have_the_mean_and_covariance() -> None:
    """Those of the events, and the error of the templates, which grows with the square of mu."""
    model, mu = model_of(scored()), 3.0
    factors = np.array([mu if number == SIGNAL else 1.0 for number in range(2)])
    mean, of_events = factors @ model.templates.nominal, np.tensordot(factors, model.covariance, 1)
    covariance = of_events + np.tensordot(factors**2, model.of_templates, 1)
    rows = model.draw(np.random.default_rng(1), np.tile([mu, 0.0], (DRAWS, 1)))
    assert is_normal(rows, mean, covariance)
    assert not is_normal(rows, mean, of_events)
    assert not is_normal(rows, mean * (1 + 0.2 / np.sqrt(mean)), covariance)


def test_rows_scatter_as_far_as_the_responses_are_known() -> None:
    """The jackknife's variance: nine tenths of the sum of squares of what leaving out each fold changes."""
    model = model_of(scored())
    deviations = np.random.default_rng(2).normal(0.0, 0.002, (FOLDS, 2, 3, 2))
    deviations -= deviations.mean(axis=0)
    nothing = np.zeros_like(model.covariance)
    model = replace(model, covariance=nothing, of_templates=nothing, without_fold=0.1 + deviations)
    rows = model.draw(np.random.default_rng(1), np.tile([0.0, 2.0], (DRAWS, 1)))  # background alone, shifted by 2
    of_logarithm = np.log(rows / model.templates.nominal[1 - SIGNAL])
    at_shift = deviations[:, 1 - SIGNAL] @ np.array([2.0, 4.0])
    expected = 0.9 * np.sum(at_shift**2, axis=0)
    ratio = of_logarithm.var(axis=0) / expected
    limit = stats.norm.isf(ONE_IN_A_MILLION / 6) * np.sqrt(2 / DRAWS)
    assert np.all(np.abs(ratio - 1) < limit)
    assert 1 / 0.9 - 1 < limit < 1 / 0.09 - 1  # the variance of one fold, not of their mean, would be seen


def test_a_negative_mu_lowers_the_sums_and_adds_no_fluctuation() -> None:
    model = model_of(scored())
    nothing = np.zeros_like(model.covariance)
    rows = replace(model, covariance=nothing, of_templates=nothing).draw(np.random.default_rng(1), np.array([[-1, 0]]))
    assert rows[0] == pytest.approx(model.templates.nominal[1 - SIGNAL] - model.templates.nominal[SIGNAL])
    quiet = replace(model, of_templates=nothing)
    parameters = np.array([[-1.0, 0.0], [0.0, 0.0]])
    below, at_zero = (quiet.draw(np.random.default_rng(1), parameters[[one, one]]) for one in (0, 1))
    assert below - at_zero == pytest.approx(np.tile(-model.templates.nominal[SIGNAL], (2, 1)))


def test_ratios_replace_the_response() -> None:
    model = model_of(scored())
    nothing = np.zeros_like(model.covariance)
    ratios = np.full((2, 3), 1.5)
    rows = replace(model, covariance=nothing, of_templates=nothing).draw(
        np.random.default_rng(1), np.array([[1.0, 0.7]]), ratios
    )
    assert rows[0] == pytest.approx(1.5 * model.templates.nominal.sum(axis=0))


def test_responses_are_those_of_the_same_events_distorted_and_not() -> None:
    """At small shifts, where the toy responds as a quadratic does."""
    slices = list(read_events(ToyTraining(ROWS), PROCESSES, np.arange(ROWS)))
    distorted = DistortedRows(slices, distort, discriminate, describe, 2)
    model = model_of(scored())

    response, *without_fold = measure_responses(distorted, model.templates, np.array([[-0.4], [-0.2], [0.2], [0.4]]))

    whole, *by_fold = distorted.ratios([{"shift": 0.3}], first_seed=1)[0]
    before, after = (leave_out(add_up(scored(values), describe, 2, FOLDS)) for values in ({}, {"shift": 0.3}))
    assert [whole, *by_fold] == pytest.approx(after / before)
    moved = replace(model.templates, response=response).by_process(np.array([1.0, 0.3]))
    assert moved[:, 1:] == pytest.approx(after[0][:, 1:], rel=0.01)  # the first column has too few events
    assert moved[:, 1:] != pytest.approx(before[0][:, 1:], rel=0.01)
    found = np.log(by_fold), np.array(without_fold) @ np.array([0.3, 0.09])
    spread = [one.std(axis=0)[1, 1:] for one in found]  # of the columns with most events
    assert spread[1] == pytest.approx(spread[0], rel=0.3)


def test_a_column_without_events_does_not_change() -> None:
    piece = label(ToyTraining(100).events, PROCESSES, np.arange(100))
    empty = DistortedRows([piece], distort, lambda events: discriminate(events) - 50.0, describe, 2)
    assert empty.ratios([{"shift": 1.0}], first_seed=1)[0, :, :, 1] == pytest.approx(1.0)


def test_the_root_of_a_singular_covariance() -> None:
    made = np.random.default_rng(1).normal(size=(5, 2))
    covariance = made @ made.T
    assert root_of(covariance) @ root_of(covariance).T == pytest.approx(covariance)


def test_pulls_are_spread_over_the_priors() -> None:
    """Each half has a point in every eighth of a prior; random ones would not."""
    pulls = spread_pulls(HIGGS, 4)
    assert pulls.shape == (16, 6)
    assert not pulls[:, 3:].any()
    eighths = np.floor(8 * stats.norm.cdf(pulls[:, :3]))
    for half in np.split(eighths, 2):
        assert np.sort(half, axis=0).T.tolist() == [list(range(8))] * 3
