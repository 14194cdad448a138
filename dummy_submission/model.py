"""The smallest submission that runs: the same honest, useless interval for every pseudo-experiment."""

from typing import Any

MU_MIN, MU_MAX = 0.1, 3.0
COVERAGE = 0.6827


class Model:
    """A submission; ingestion makes one, fits it once, and asks it about every pseudo-experiment."""

    def __init__(self, get_train_set: Any = None, systematics: Any = None) -> None:
        """Keep what fit() will need: get_train_set() gives labelled events, systematics() distorts them."""

    def fit(self) -> None:
        """Train; called once, before any pseudo-experiment is seen."""

    def predict(self, test_set: dict[str, Any]) -> dict[str, float]:
        """Measure mu from test_set["data"], the events, and test_set["weights"], their weights (all one)."""
        middle, width = (MU_MIN + MU_MAX) / 2, COVERAGE * (MU_MAX - MU_MIN)
        return {
            "mu_hat": middle,  # the best estimate of the signal strength
            "delta_mu_hat": width / 2,  # its uncertainty: half the interval, before any cut at the range of mu
            "p16": middle - width / 2,  # lower end of the 68.27 % interval
            "p84": middle + width / 2,  # upper end of the 68.27 % interval
        }
