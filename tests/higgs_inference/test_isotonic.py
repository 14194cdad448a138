"""Isotonic calibration, where the frequencies are known."""

import numpy as np
import pytest

from higgs_inference.isotonic import fit_isotonic, probabilities

EVENTS = 200_000


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(8)


def test_overconfident_logits_are_corrected(rng: np.random.Generator) -> None:
    """The classifier's logits are twice the true ones; after calibration they are nearly these."""
    true = rng.normal(0.0, 1.0, (EVENTS, 3))
    labels = (rng.random((EVENTS, 1)) > np.cumsum(probabilities(true), axis=1)).sum(axis=1)
    half = EVENTS // 2
    found = fit_isotonic(2 * true[:half], labels[:half], np.ones(half)).apply(2 * true[half:])
    before, after = (
        np.abs(probabilities(logits)[:, 0] - probabilities(true[half:])[:, 0]).mean()
        for logits in (2 * true[half:], found)
    )
    assert before > 0.08
    # Not 0: three classes have probabilities that no function of one probability each gives.
    assert after < before / 2


def test_in_every_part_the_mean_probability_is_the_frequency(rng: np.random.Generator) -> None:
    """Of the first class, in five parts of 20 000 events that were not fitted: 5.5 standard deviations are 0.02."""
    true = rng.normal(0.0, 1.0, (EVENTS, 2))
    labels = (rng.random((EVENTS, 1)) > np.cumsum(probabilities(true), axis=1)).sum(axis=1)
    weights = rng.uniform(0.5, 1.5, EVENTS)
    half = EVENTS // 2
    outputs = 0.4 * true + np.array([0.5, 0.0])
    found = probabilities(fit_isotonic(outputs[:half], labels[:half], weights[:half]).apply(outputs[half:]))
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-5)
    parts = np.array_split(np.argsort(found[:, 0]), 5)
    expected = np.array([(labels[half:][part] == 0).mean() for part in parts])
    np.testing.assert_allclose([found[part, 0].mean() for part in parts], expected, atol=0.025)
    uncorrected = np.array([probabilities(outputs[half:][part])[:, 0].mean() for part in parts])
    assert np.abs(uncorrected - expected).max() > 0.1


def test_a_step_of_one_class_alone_excludes_no_other() -> None:
    """All events beyond a probability are of the first class, as happens with few; a tenth of the rest is left."""
    logits = np.array([[-2.0, 0.0], [-2.0, 0.0], [3.0, 0.0], [3.0, 0.0]])
    found = probabilities(fit_isotonic(logits, np.array([0, 1, 0, 0]), np.ones(4)).apply(logits))
    before = probabilities(logits)[2:, 1]
    np.testing.assert_allclose(found[2:, 1], before / 10, rtol=1e-6)
    np.testing.assert_allclose(found[:2], 0.5, rtol=1e-6)
