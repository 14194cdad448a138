"""Pseudo-experiments have the right means and the spread of Poisson numbers."""

import numpy as np
import pytest
from scipy import stats

from higgs_inference.binning import Binning
from higgs_inference.nuisances import HIGGS
from higgs_inference.pseudo_experiments import Distorted, distort_shares, draw_rows, unweighted, values_at
from higgs_inference.templates import Floats
from higgs_inference.training_events import label, read_events
from tests.helpers.handmade import ONE_IN_A_MILLION, z_limit
from tests.helpers.toy import PROCESSES, SHIFT, ToyTraining, discriminate, distort

DRAWS = 2000
PROCESS = np.array([0] * 6 + [1] * 4)
WEIGHTS = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 10.0, 20.0, 30.0, 40.0])
FACTORS = (1.0, 0.3)
EXPECTED = WEIGHTS * np.take(FACTORS, PROCESS)


def numbers_drawn(seed: int = 1) -> Floats:
    """Return how often each event was drawn, shape (DRAWS, events)."""
    rng = np.random.default_rng(seed)
    drawn = [draw_rows(rng, WEIGHTS, PROCESS, FACTORS) for _ in range(DRAWS)]
    return np.array([np.bincount(rows, minlength=len(WEIGHTS)) for rows in drawn])


def is_poisson(numbers: Floats, means: Floats) -> bool:
    """Compare the sum of (n - mean)^2 / mean, chi-squared for Poisson numbers, two-sided; false-alarm rate 1e-6."""
    dispersion = np.sum((numbers - means) ** 2 / means)
    tails = stats.chi2.cdf(dispersion, numbers.size), stats.chi2.sf(dispersion, numbers.size)
    return bool(min(tails) > ONE_IN_A_MILLION / 2)


def test_every_event_is_drawn_a_poisson_number_of_times() -> None:
    """Whose mean is its weight times the factor; ten means with the false-alarm rate 1e-6 together."""
    numbers = numbers_drawn()
    assert np.all(np.abs(numbers.mean(axis=0) - EXPECTED) < z_limit(10) * np.sqrt(EXPECTED / DRAWS))
    assert is_poisson(numbers, EXPECTED)
    assert is_poisson(numbers.sum(axis=1), EXPECTED.sum())


def test_fixed_numbers_would_be_seen() -> None:
    rng = np.random.default_rng(1)
    fixed = rng.multinomial(int(EXPECTED.sum()), EXPECTED / EXPECTED.sum(), DRAWS)
    assert not is_poisson(fixed.sum(axis=1), EXPECTED.sum())


def test_rows_are_in_random_order() -> None:
    rows = draw_rows(np.random.default_rng(1), np.full(1000, 1.0), np.arange(1000) % 2, (1.0, 1.0))
    processes = rows % 2
    runs = 1 + np.count_nonzero(np.diff(processes))
    assert abs(runs - len(rows) / 2) < 6 * np.sqrt(len(rows)) / 2  # two runs where the processes stand in order


def test_nothing_expected_draws_nothing() -> None:
    rng = np.random.default_rng(1)
    assert draw_rows(rng, WEIGHTS, PROCESS, (0.0, 0.0)).tolist() == []
    assert set(PROCESS[draw_rows(rng, WEIGHTS, PROCESS, (0.0, 1.0, 5.0))]) == {1}  # nor does a process without events


def test_ratios_are_those_of_the_same_events_distorted_and_not() -> None:
    training, edges = ToyTraining(2000), np.array([0.0, 1.0, 2.0])
    binning = Binning((edges[np.newaxis, :], np.empty((4, 0))), np.arange(4))
    slices = list(read_events(training, PROCESSES, np.arange(2000)))
    distorted = Distorted(slices, distort, discriminate, binning, len(PROCESSES))

    ratios = distorted.ratios({"shift": 0.8}, seed=1)

    u = discriminate(training.events)[:, 0].astype(np.float32)
    moved = discriminate(distort(training.events, 1, 0.8))[:, 0].astype(np.float32)
    for number, name in enumerate(PROCESSES):
        own = (training.events["detailed_labels"] == name).to_numpy()
        before, after = (np.bincount(np.searchsorted(edges, one[own]), minlength=4) for one in (u, moved))
        assert ratios[number] == pytest.approx(after / before, rel=1e-5)
    assert np.all(distorted.ratios({}, seed=2) == 1.0)


def test_a_bin_without_events_does_not_change() -> None:
    binning = Binning((np.array([[-50.0]]), np.empty((2, 0))), np.arange(2))
    piece = label(ToyTraining(100).events, PROCESSES, np.arange(100))
    distorted = Distorted([piece], distort, discriminate, binning, len(PROCESSES))
    assert distorted.ratios({"shift": 1.0}, seed=1)[:, 0].tolist() == [1.0, 1.0]


def test_heavy_events_count_as_one_each_where_no_event_was_before() -> None:
    """Three events of weight 1000 move into an empty bin; in another one, events weigh 1, and there is one more."""
    weights = np.array([[[0.0, 20.0]], [[3000.0, 21.0]]])  # nominal, distorted
    squares = np.array([[[0.0, 20.0]], [[3e6, 21.0]]])
    assert unweighted(weights, squares) == pytest.approx(np.array([[[0.0, 20.0]], [[3.0, 21.0]]]))


def test_only_what_changes_events_is_given_to_systematics() -> None:
    values = values_at(HIGGS, np.array([1.0, -2.0, 0.0, 1.0, 1.0, 1.0]))
    assert values == pytest.approx({"tes": 1.01, "jes": 0.98, "soft_met": 1.0})


def test_each_share_of_the_events_is_distorted_at_its_own_point() -> None:
    events, points = ToyTraining(100).events, np.array([[0.5], [-1.0], [2.0]])
    shares = list(distort_shares(events, distort, (SHIFT,), points))
    assert len(shares) == 3
    for number, (share, point) in enumerate(zip(shares, points[:, 0], strict=True)):
        nominal = events.iloc[number::3]
        assert share["detailed_labels"].tolist() == nominal["detailed_labels"].tolist()
        expected = distort(nominal, 0, point)[["x1", "x2"]].to_numpy()
        np.testing.assert_array_equal(share[["x1", "x2"]].to_numpy(), expected)
        assert not np.allclose(expected, nominal[["x1", "x2"]].to_numpy())
