"""Counting events above a cut, with the statistical error alone: an interval that does not cover."""

from typing import Any

import numpy as np
import numpy.typing as npt

from higgs_inference.intervals import MU_RANGE, Interval, answer
from higgs_inference.measurement import SIGNAL
from higgs_inference.nuisances import BACKGROUNDS
from higgs_inference.training_events import other_rows
from higgs_inference.trees import train_trees
from training_seed import TRAINING_SEED

TRAINING_SHARE = dict.fromkeys((SIGNAL, *BACKGROUNDS), 0.1)
MAX_EVENTS = 2_000_000
"""Training rows that show how many signal and background events lie above each cut."""

MIN_BACKGROUND_EVENTS = 100
"""Training rows of background above a cut; with fewer, nobody knows how much background there is."""

ROUNDS = 30
CUTS = np.linspace(0.5, 0.999, 500)
"""Probabilities of signal that are tried, where signal and background are equally frequent."""


class Model:
    """The estimate is (n - b) / s, its error √n / s.

    Args:
        get_train_set: gives labelled events as a DataFrame.
        systematics: selects them.
    """

    def __init__(self, get_train_set: Any = None, systematics: Any = None) -> None:
        self.get_train_set, self.systematics = get_train_set, systematics

    def fit(self) -> None:
        """Train, then choose the cut with the smallest error of mu at mu = 1."""
        events = self.get_train_set(train_size=TRAINING_SHARE)
        others = other_rows(self.get_train_set, events, MAX_EVENTS)
        self.trees = train_trees(self.systematics(events), [(SIGNAL,), BACKGROUNDS], ROUNDS, TRAINING_SEED)
        events = self.systematics(self.get_train_set(selected_indices=others))
        scores, is_signal = self.trees.probabilities(events)[:, 0], (events["labels"] == 1).to_numpy()
        weights = events["weights"].to_numpy()
        signal = count_above(scores[is_signal], weights[is_signal])
        background = count_above(scores[~is_signal], weights[~is_signal])
        rows = count_above(scores[~is_signal], np.ones(np.count_nonzero(~is_signal)))
        known = (rows >= MIN_BACKGROUND_EVENTS) & (signal > 0)
        if not known.any():
            raise ValueError(f"no cut leaves signal and {MIN_BACKGROUND_EVENTS} background events: use a larger store")
        best = int(np.argmin(np.where(known, np.sqrt(signal + background) / np.maximum(signal, 1e-9), np.inf)))
        self.cut, self.signal, self.background = CUTS[best], signal[best], background[best]
        print(f"above {self.cut:.3f}: {self.signal:.0f} signal and {self.background:.0f} background events")
        print(f"expected width: {2 * np.sqrt(self.signal * np.mean(MU_RANGE) + self.background) / self.signal:.3f}")

    def predict(self, test_set: dict[str, Any]) -> dict[str, float]:
        """Count, and return the estimate with its statistical error."""
        number = float(test_set["weights"][self.trees.probabilities(test_set["data"])[:, 0] > self.cut].sum())
        mu, error = (number - self.background) / self.signal, max(number, 1.0) ** 0.5 / self.signal
        return answer(Interval(mu, mu - error, mu + error), MU_RANGE)


def count_above(scores: npt.NDArray[np.floating], weights: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Add up the weights of the events above each cut, shape (cuts,)."""
    between, _ = np.histogram(scores, [*CUTS, np.inf], weights=weights)
    return between[::-1].cumsum()[::-1]
