"""Calibrated probabilities: a classifier's outputs against the frequencies that events really have."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression

from higgs_inference.templates import Floats

MIN_PROBABILITY = 1e-6

MAX_CORRECTION = 10.0
"""By which calibration may reduce the probability of a class, or of all others together, at most. A step at either end
may hold a few events of one class alone; a frequency of 1 there does not mean that the others are impossible."""


@dataclass(frozen=True, eq=False)
class Isotonic:
    """Increasing functions from a classifier's probability of each class to its frequency.

    Attributes:
        points: for each class, probabilities at which the frequency is known, increasing.
        frequencies: for each class, those of the class there.
    """

    points: tuple[Floats, ...]
    frequencies: tuple[Floats, ...]

    def apply(self, logits: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """Return corrected logits: the first class has its frequency, the others share the rest as theirs say.

        Args:
            logits: shape (n, classes).

        Returns:
            Logarithms of probabilities, shape (n, classes).
        """
        found = probabilities(logits)
        functions = zip(found.T, self.points, self.frequencies, strict=True)
        corrected = np.stack([np.interp(own, at, known) for own, at, known in functions], axis=1)
        corrected = np.maximum(corrected, np.maximum(found / MAX_CORRECTION, MIN_PROBABILITY))
        first = np.minimum(corrected[:, :1], 1 - (1 - found[:, :1]) / MAX_CORRECTION)
        others = corrected[:, 1:]
        others *= np.maximum(1 - first, MIN_PROBABILITY) / others.sum(axis=1, keepdims=True)
        return np.asarray(np.log(np.concatenate([first, others], axis=1)), dtype=logits.dtype)


def fit_isotonic(logits: npt.NDArray[np.floating], labels: npt.NDArray[np.int64], weights: Floats) -> Isotonic:
    """Fit the functions by isotonic regression, straight between the middles of its steps.

    Args:
        logits: of events that the classifier was not trained on, shape (n, classes).
        labels: the number of each event's class, shape (n,).
        weights: shape (n,).

    Returns:
        Constant beyond the first and the last step.
    """
    points, frequencies = [], []
    for number, own in enumerate(probabilities(logits).T):
        order = np.argsort(own, kind="stable")
        fitted = isotonic_regression((labels[order] == number).astype(np.float64), weights=weights[order])
        blocks, sizes = fitted.blocks[:-1], np.add.reduceat(weights[order], fitted.blocks[:-1])
        points.append(np.add.reduceat(weights[order] * own[order], blocks) / sizes)
        frequencies.append(np.asarray(fitted.x)[blocks])
    return Isotonic(tuple(points), tuple(frequencies))


def probabilities(logits: npt.NDArray[np.floating]) -> Floats:
    """Return the probabilities of classes, shape (n, classes)."""
    double = logits.astype(np.float64)
    return np.asarray(np.exp(double - np.logaddexp.reduce(double, axis=1, keepdims=True)))
