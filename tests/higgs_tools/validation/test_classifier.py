import numpy as np
import pytest

from higgs_challenge.tasks.higgs.events.columns import FEATURES, HAD_PT
from higgs_tools.validation import classifier
from higgs_tools.validation.classifier import separate

ROWS = 200


def normal_features(seed: int, n: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(len(FEATURES), n)).astype(np.float32)


def test_the_same_distribution_is_not_told_apart_and_another_is() -> None:
    # False-alarm rate of each: 3 in 1 000, with fixed seeds.
    real, synthetic = normal_features(1, ROWS), normal_features(2, 2 * classifier.SYNTHETIC_PER_REAL * ROWS)
    same = separate(real, np.ones(ROWS), synthetic, draws=2, seed=1)
    assert abs(same.pull) < 3
    assert max(same.losses) < 0.1
    real[HAD_PT] += 1
    other = separate(real, np.ones(ROWS), synthetic, draws=2, seed=1)
    assert other.pull > 5
    assert np.argmax(other.losses) == HAD_PT
    assert other.losses[HAD_PT] > 0.1


def test_a_result_repeats() -> None:
    real, synthetic = normal_features(3, 60), normal_features(4, 240)
    first = separate(real, np.ones(60), synthetic, draws=1, seed=5)
    assert separate(real, np.ones(60), synthetic, draws=1, seed=5) == first


def test_error_is_that_of_the_effective_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier, "_cross_validated", lambda *_: np.array([0.5, 0.0]))
    features = normal_features(5, 800)
    equal = separate(features[:, :100], np.ones(100), features, draws=2, seed=1)
    assert equal.error == pytest.approx(classifier.TRAINING_NOISE * 0.289 / 10, rel=1e-2)
    unequal = separate(features[:, :100], np.repeat([1.0, 1e-6], 50), features, draws=2, seed=1)
    assert unequal.error == pytest.approx(equal.error * 2**0.5, rel=1e-3)


def test_too_few_synthetic_events_are_refused() -> None:
    with pytest.raises(ValueError, match="480 synthetic events are needed, not 100"):
        separate(normal_features(1, 60), np.ones(60), normal_features(2, 100), draws=2, seed=1)
