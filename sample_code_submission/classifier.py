"""A network that tells the four processes apart, and what the bins are made of."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from higgs_inference.discriminants import expected_yields, log_ratios
from higgs_inference.networks import Network, train_network


class Classifier:
    """A trained network and the yields of the processes.

    Args:
        network: gives a logit for each process.
        yields: expected events of each process after the selection, shape (processes,).
    """

    def __init__(self, network: Network, yields: npt.NDArray[np.floating]) -> None:
        self.network, self.yields = network, yields

    def discriminants(self, events: pd.DataFrame) -> npt.NDArray[np.floating]:
        """Return the logarithms of two ratios: of signal to background, and of top to Z bosons.

        Args:
            events: DataFrame with the 28 features.

        Returns:
            Shape (n, 2).
        """
        return log_ratios(self.network.logits(events), self.yields)


def train_classifier(events: pd.DataFrame, processes: Sequence[str], seed: int) -> Classifier:
    """Train a classifier.

    Args:
        events: selected ones, with the 28 features, weights, and detailed_labels (the process).
        processes: the classes, the signal first.
        seed: of the training.
    """
    return Classifier(train_network(events, processes, seed), expected_yields(events, processes))
