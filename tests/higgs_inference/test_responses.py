"""Responses: a known quadratic is found again, smoothly; and the toy's from distorted training events."""

import numpy as np
import pytest
from scipy import stats

from higgs_inference import responses
from higgs_inference.binning import Binning
from higgs_inference.fitting import FitError
from higgs_inference.pseudo_experiments import Distorted, unweighted
from higgs_inference.responses import design_points, fit_response, fit_terms, polynomials
from higgs_inference.templates import Floats, terms
from higgs_inference.training_events import read_events
from tests.helpers.toy import PROCESSES, ToyTraining, counts_along_optimal, discriminate, distort

REACH = [(-2.0, -1.0, 1.0, 2.0), (0.7, 1.5, 5.0)]
POINTS = design_points(2, REACH)
ALONG = np.linspace(-1, 1, 20)[:, np.newaxis]


def ratios_of(response: Floats, points: Floats = POINTS) -> Floats:
    return np.exp([response @ terms(point.tolist()) for point in points])


def test_design_points_lie_on_the_axes_and_at_the_corners() -> None:
    assert POINTS[:4].tolist() == [[-2.0, 0.0], [-1.0, 0.0], [1.0, 0.0], [2.0, 0.0]]
    assert POINTS[4:7].tolist() == [[0.0, 0.7], [0.0, 1.5], [0.0, 5.0]]
    assert POINTS[7:].tolist() == [[-1.5, 3.75], [1.5, 3.75]]  # the second one goes one way only
    assert design_points(0, []).shape == (0, 0)
    assert len(design_points(3, [REACH[0]] * 3)) == 12 + 3 * 4


def test_a_quadratic_is_found_again() -> None:
    """Whose coefficients vary along the bins as polynomials do."""
    rng = np.random.default_rng(1)
    response = 0.03 * (rng.normal(size=(2, 1, 5, 4)) * ALONG[np.newaxis, :, np.newaxis] ** np.arange(4)).sum(axis=3)
    nominal = rng.uniform(1e6, 9e6, (2, 20))
    found = fit_response(POINTS, nominal * ratios_of(response), nominal, ALONG)
    assert found == pytest.approx(response, abs=1e-6)


def test_neighbours_lend_what_a_bin_lacks() -> None:
    """The noise of a bin that has few events is taken out; of 20 bins and 11 polynomials, some remains of others."""
    rng = np.random.default_rng(1)
    response = np.full((1, 20, 5), 0.1) * (1 + ALONG)
    nominal = np.full((1, 20), 1e4)
    nominal[0, 7] = 20.0
    counts = rng.poisson(nominal * ratios_of(response))
    alone = fit_terms(POINTS, np.log(counts / nominal))
    found = fit_response(POINTS, counts, nominal, ALONG)
    assert np.abs(found - response)[0, 7].max() < 0.1 * np.abs(alone - response)[0, 7].max()
    assert np.sum((found - response) ** 2) < 0.85 * np.sum((alone - response)[0, nominal[0] > 20.0] ** 2)


def test_fluctuations_do_not_bias_sums() -> None:
    """The logarithms of ratios that fluctuate by a fifth are 2 % too small on average; sums over bins must not be.

    The mean over 10,000 bins fluctuates by 0.2 % at a point: the limit is five standard deviations, false alarm 6e-7.
    """
    rng = np.random.default_rng(1)
    along = np.linspace(-1, 1, 10_000)[:, np.newaxis]
    counts = rng.poisson(25, (len(POINTS), 1, len(along)))
    at = terms([2.0, 0.0])
    found = fit_response(POINTS, counts, np.full((1, len(along)), 25.0), along)
    assert np.exp(found @ at).mean() == pytest.approx(1.0, abs=0.01)
    assert np.exp(fit_terms(POINTS, np.log(counts / 25)).mean(axis=1) @ at) < 1 - 0.01


def test_bins_with_an_event_or_none_agree_with_their_sum() -> None:
    """Half of the bins have no nominal event, which says nothing; distorted ones are a third more in sum.

    Sums of 3400 events fluctuate by 2.3 % together: the limit is six standard deviations, false alarm 2e-9. A fit
    without prior events gives some bins a thousand times their counts or more at a shift of four.
    """
    rng = np.random.default_rng(1)
    grid = np.stack(np.meshgrid(np.linspace(-1, 1, 60), *[np.linspace(-1, 1, 3)] * 4, indexing="ij"), axis=-1)
    along = grid.reshape(-1, 5)
    response = np.log(4 / 3) * POINTS[:, :1, np.newaxis]
    nominal = rng.poisson(0.7, (1, len(along)))
    counts = rng.poisson(0.7 * np.exp(response), (len(POINTS), 1, len(along)))

    def change(at: list[float]) -> Floats:
        return np.asarray(fit_response(POINTS, counts, nominal, along)[0] @ terms(at))

    assert np.exp(change([1.0, 0.0])).mean() == pytest.approx(4 / 3, rel=0.14)
    expected = 4 * np.log(4 / 3)
    assert np.abs(change([4.0, 0.0]) - expected).max() < 3
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(responses, "PRIOR_EVENTS", 0.1)
        assert np.abs(change([4.0, 0.0]) - expected).max() > np.log(1000)


def test_polynomials_reach_the_degrees_that_positions_determine() -> None:
    grid = np.stack(np.meshgrid(np.linspace(-1, 1, 3), np.linspace(-1, 1, 5), indexing="ij"), axis=-1).reshape(-1, 2)
    assert polynomials(ALONG, (4,)).shape == (20, 5)
    assert polynomials(np.zeros((3, 1)), (4,)).tolist() == [[1.0]] * 3
    assert polynomials(grid[:, :1], (10,)).shape == (15, 3)
    # up to degree 2 along both: there are three positions on the first
    assert polynomials(grid, (4, 2)).shape == (15, 9)
    assert np.linalg.matrix_rank(polynomials(grid, (4, 2))) == 9


def test_what_a_step_across_does_may_differ_along() -> None:
    """Responses that differ from one part of the second discriminant to the next, more so in some places."""
    grid = np.stack(np.meshgrid(np.linspace(-1, 1, 20), np.linspace(-1, 1, 4), indexing="ij"), axis=-1).reshape(-1, 2)
    across = np.where(grid[:, 1] > 0, 0.1 * np.sin(3 * grid[:, 0]), 0.0)
    response = across[np.newaxis, :, np.newaxis] * np.ones((1, 80, 5))
    found = fit_response(POINTS, 1e6 * ratios_of(response), np.full((1, 80), 1e6), grid)
    assert found == pytest.approx(response, abs=1e-4)


def test_points_that_do_not_determine_a_quadratic_are_refused() -> None:
    with pytest.raises(ValueError, match="a response has 5 terms, of which these points determine 2"):
        fit_response(POINTS[:4], np.ones((4, 1, 20)), np.ones((1, 20)), ALONG)


def test_a_search_that_ends_early_is_no_response(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "MAX_SLOPE", 1e-14)
    nominal = np.full((1, 20), 1e6)
    with pytest.raises(FitError, match="no response of templates was found"):
        fit_response(POINTS, nominal * ratios_of(np.full((1, 20, 5), 0.01)), nominal, ALONG)


def test_the_response_of_distorted_events_is_that_of_the_densities() -> None:
    """20 independent samples tell the error of their mean; Student's limit for 32 comparisons: false alarm 1e-6.

    A shift that is wrong by a tenth would be seen.
    """
    samples, rows = 20, 20_000
    edges = np.array([-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5])
    binning = Binning((edges[np.newaxis, :], np.empty((8, 0))), np.arange(8))
    points = np.array([[-1.0], [-0.5], [0.5], [1.0]])
    training, found = ToyTraining(samples * rows), []
    for sample in range(samples):
        own = np.arange(sample * rows, (sample + 1) * rows)
        slices = list(read_events(training, PROCESSES, own))
        distorted = Distorted(slices, distort, discriminate, binning, len(PROCESSES))
        sums = [distorted.count({"shift": shift}, seed=1) for shift in (0.0, *points[:, 0].tolist())]
        nominal, *moved = unweighted(*np.swapaxes(sums, 0, 1))
        found.append(fit_response(points, np.array(moved), nominal, binning.positions))

    def away(scale: float) -> Floats:
        nominal = counts_along_optimal(edges, 0.0)
        counts = np.array([counts_along_optimal(edges, scale * shift) for shift in points[:, 0].tolist()])
        exact = fit_response(points, 1e6 * counts, 1e6 * nominal, binning.positions)
        errors = np.std(found, axis=0, ddof=1) / np.sqrt(samples)
        return np.asarray(np.abs(np.mean(found, axis=0) - exact) / errors)

    limit = stats.t.isf(1e-6 / (2 * 32), df=samples - 1)
    assert away(1.0).max() < limit
    assert away(1.1).max() > limit
