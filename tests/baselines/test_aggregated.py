"""The pieces of `aggregated`: rows by hand, regression of known functions, quantiles and calibration of known cases."""

from dataclasses import replace

import aggregation
import numpy as np
import pytest
from aggregation import REGIONS, Aggregation
from estimator import LEVELS, Regression, calibrate, quantiles_of_bins, train_estimator
from scipy import stats

from higgs_inference.binning import Binning
from higgs_inference.templates import Floats
from tests.helpers.handmade import ONE_IN_A_MILLION

DRAWN = 8000


def test_a_row_holds_counts_and_the_sums_of_each_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five bins in four regions; features are shares of their largest values, and cut there."""
    monkeypatch.setattr(aggregation, "MOST", {"one": 10.0, "other": 4.0})
    binning = Binning((np.array([[0.0, 1.0, 2.0, 3.0]]),), np.arange(5))
    events = np.array([[-1.0, 5.0, 1.0], [3.5, 20.0, 2.0], [3.7, 1.0, -25.0], [1.5, 2.0, 4.0]], dtype=np.float32)
    rows = Aggregation(binning).describe(events).toarray()
    assert rows.shape == (4, 5 + REGIONS * 4)
    assert rows[:, :5].tolist() == np.eye(5)[[0, 4, 4, 2]].tolist()
    sums = rows[:, 5:].reshape(4, REGIONS, 4)
    assert sums[0, 0] == pytest.approx([0.5, 0.25, 0.25, 0.0625])
    assert sums[1, 3] == pytest.approx([1.0, 0.5, 1.0, 0.25])
    assert sums[2, 3] == pytest.approx([0.1, 0.0, 0.01, 0.0])
    assert sums[3, 2] == pytest.approx([0.2, 1.0, 0.04, 1.0])
    assert np.count_nonzero(sums.any(axis=2)) == 4


def made_rows(rng: np.random.Generator, number: int, noise: float) -> tuple[Floats, Floats]:
    """Make rows of mu and a nuisance parameter that it bends with, 0.3 mu nu + nu ** 2, and these."""
    mu, nu = rng.uniform(-1, 4, number), rng.standard_normal(number)
    rows = np.stack([mu + 0.3 * mu * nu + nu**2, nu, mu - nu], axis=1)
    return 1e4 + 100 * (rows + noise * rng.standard_normal(rows.shape)), np.stack([mu, nu], axis=1)


def test_a_regression_with_products_is_exact_for_what_bends_as_a_product() -> None:
    rng = np.random.default_rng(1)
    regression = Regression(*made_rows(rng, 500, 0.0))
    rows, targets = made_rows(rng, 100, 0.0)
    assert regression.estimate(rows) == pytest.approx(targets, abs=1e-6)


def test_a_column_that_never_changes_does_no_harm() -> None:
    rows, targets = made_rows(np.random.default_rng(1), 500, 0.0)
    regression = Regression(np.pad(rows, ((0, 0), (0, 1))), targets)
    assert regression.estimate(np.pad(rows, ((0, 0), (0, 1)))) == pytest.approx(targets, abs=1e-6)


def test_quantiles_of_flat_bins() -> None:
    """Of one flat density, and of one with all probability in its last bin."""
    edges = np.array([0.0, 1.0, 3.0, 4.0])
    flat, last = quantiles_of_bins(np.array([[0.25, 0.5, 0.25], [0.0, 0.0, 2.0]]), edges)
    assert flat == pytest.approx(4 * np.array(LEVELS))
    assert last == pytest.approx(3 + np.array(LEVELS))


def test_intervals_of_drawn_rows_are_as_wide_as_their_errors_and_cover() -> None:
    """Two columns measure mu with an error of 0.2 each; each tail holds its share, with a false-alarm rate of 1e-6.

    The held-out rows for the calibration fluctuate like those for the test.
    """
    rng = np.random.default_rng(1)

    def draw(number: int) -> tuple[Floats, Floats]:
        mu = rng.uniform(-1, 4, number)
        return mu[:, np.newaxis] + 0.2 * rng.standard_normal((number, 2)), np.stack([mu, mu], axis=1)

    estimator = train_estimator(*draw(DRAWN), seed=1)
    held_out, targets = draw(DRAWN)
    factors = calibrate(estimator, held_out, targets[:, 0])
    rows, targets = draw(DRAWN)
    low, _, high = replace(estimator, factors=factors).quantiles(rows).T
    mu = targets[:, 0]
    assert np.mean(high - low) == pytest.approx(2 * 0.2 / np.sqrt(2), rel=0.03)
    limit = stats.norm.isf(ONE_IN_A_MILLION / 4) * np.sqrt(2 * LEVELS[0] * LEVELS[-1] / DRAWN)
    outside = np.array([np.mean(mu < low), np.mean(mu > high)])
    assert np.all(np.abs(outside - LEVELS[0]) < limit)
    twice = replace(estimator, factors=(2 * factors[0], 2 * factors[1])).quantiles(rows).T
    assert np.mean(mu < twice[0]) < LEVELS[0] - limit


def test_an_interval_is_that_of_its_row() -> None:
    rows, targets = made_rows(np.random.default_rng(1), 2000, 0.1)
    estimator = train_estimator(rows, targets, seed=1)
    interval = estimator.measure(rows[7])
    assert [interval.low, interval.mu, interval.high] == pytest.approx(estimator.quantiles(rows[:9])[7].tolist())
    assert interval.low < interval.mu < interval.high
