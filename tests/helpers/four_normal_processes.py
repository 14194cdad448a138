"""Training events of the four processes, whose two features are normal, and what distorts them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from higgs_inference.measurement import PROCESSES, Sample
from higgs_inference.templates import Floats

YIELDS = dict(zip(PROCESSES, (300.0, 3000.0, 100.0, 500.0), strict=True))
CENTRES = dict(zip(PROCESSES, ((1.5, 0.0), (0.0, 0.0), (0.5, 1.0), (0.5, -1.0)), strict=True))
ROWS = 120_000


class Training:
    """Events of the four processes in turn; those of any rows have weights that add up to the yields."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        names = np.array(PROCESSES, dtype=object)[np.arange(ROWS) % 4]
        features = rng.standard_normal((ROWS, 2)) + np.array([CENTRES[name] for name in names])
        self.events = pd.DataFrame(features, columns=["u", "v"]).assign(detailed_labels=names)

    def __len__(self) -> int:
        return ROWS

    def __call__(self, train_size: None = None, selected_indices: Sequence[int] = ()) -> pd.DataFrame:
        events = self.events.iloc[np.asarray(selected_indices)].reset_index(drop=True)
        numbers = events["detailed_labels"].map(events["detailed_labels"].value_counts())
        return events.assign(weights=events["detailed_labels"].map(YIELDS) / numbers)


def distort(
    events: pd.DataFrame, seed: int = 0, tes: float = 1.0, jes: float = 1.0, soft_met: float = 0.0
) -> pd.DataFrame:
    """Move u and v by 0.1 for one standard deviation of tes and jes, smear u a little, and select."""
    noise = np.random.default_rng(seed).normal(0.0, 1.0, len(events))
    u = events["u"] + 10 * (tes - 1) + 0.1 * soft_met * noise
    moved = events.assign(u=u, v=events["v"] + 10 * (jes - 1))
    return moved[moved["u"] > -1.0]


def discriminate(events: pd.DataFrame) -> Floats:
    return events[["u", "v"]].to_numpy()


def small_sample(number: int) -> Sample:
    """Distort so many events of each process."""
    return Sample(dict.fromkeys(PROCESSES, number))
