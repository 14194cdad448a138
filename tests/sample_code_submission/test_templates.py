"""The sample submission's bins and templates."""

import numpy as np

import templates
from templates import DESIGN, PROCESSES, _respond, choose_edges, terms


def test_bins_hold_the_same_signal_and_background_share() -> None:
    rng = np.random.default_rng(1)
    is_signal = np.arange(200_000) < 50_000
    scores = np.where(is_signal, rng.normal(0.3, 1, is_signal.size), rng.normal(-0.3, 1, is_signal.size))

    edges = choose_edges(scores, np.ones(is_signal.size), is_signal)

    bins = np.digitize(scores, edges)
    shares = [np.bincount(bins[own], minlength=len(edges) + 1) / own.sum() for own in (is_signal, ~is_signal)]
    assert len(edges) == templates.BINS - 1
    np.testing.assert_allclose(shares[0] + shares[1], 2 / templates.BINS, rtol=0.02)


def test_thin_bins_are_joined() -> None:
    rng = np.random.default_rng(2)
    is_signal = np.arange(3_000) < 1_500
    scores = np.where(is_signal, rng.normal(2, 1, is_signal.size), rng.normal(-2, 1, is_signal.size))

    edges = choose_edges(scores, np.ones(is_signal.size), is_signal)

    background = np.bincount(np.digitize(scores[~is_signal], edges), minlength=len(edges) + 1)
    assert background.min() >= templates.MIN_BACKGROUND_ROWS
    assert 1 < len(background) <= 15


def test_too_little_background_leaves_one_bin() -> None:
    assert len(choose_edges(np.arange(50.0), np.ones(50), np.arange(50) < 25)) == 0


def test_a_smooth_response_is_found_again() -> None:
    bins = 30
    position = np.linspace(-1, 1, bins)
    truth = np.array([[0.01 * k + 0.02 * position * (k - 4) for k in range(9)] for _ in PROCESSES]).transpose(0, 2, 1)
    ratios = np.array([truth @ terms(*point) for point in DESIGN])

    response = _respond(ratios, np.full((len(PROCESSES), bins), 100.0))

    np.testing.assert_allclose(response, truth, atol=1e-9)
