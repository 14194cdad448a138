"""What an event adds to the row of its pseudo-experiment: a count in a bin, and features to the sums of a region."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from higgs_inference.binning import Binning

MOST = {
    "DER_mass_vis": 200.0,
    "DER_mass_transverse_met_lep": 150.0,
    "PRI_met": 150.0,
    "PRI_had_pt": 150.0,
    "DER_pt_h": 250.0,
    "DER_sum_pt": 500.0,
    "PRI_n_jets": 3.0,
}
"""Features that are added up, none below 0, and where each is cut: a sum over a long tail has little information."""

REGIONS = 4
"""Parts of the first discriminant in each of which the features have sums of their own."""


@dataclass(frozen=True, eq=False)
class Aggregation:
    """Columns: counts in bins, then, for every region, the sums of each feature and of its square.

    Attributes:
        binning: of the first discriminants; those after them are the features.
    """

    binning: Binning

    @property
    def columns(self) -> int:
        """The number of columns."""
        return self.binning.number + REGIONS * 2 * len(MOST)

    def describe(self, discriminants: npt.NDArray[np.floating]) -> sparse.csr_array:
        """Return what events add to the columns, shape (n, columns).

        Args:
            discriminants: shape (n, discriminants).
        """
        scores = len(self.binning.edges)
        bins = self.binning.find(discriminants[:, :scores])
        region = np.minimum((self.binning.positions[:, 0] + 1) / 2 * REGIONS, REGIONS - 1).astype(np.int64)
        features = np.clip(discriminants[:, scores:] / np.array(list(MOST.values()), dtype=np.float32), 0, 1)
        values = np.concatenate([np.ones((len(bins), 1), dtype=features.dtype), features, features**2], axis=1)
        sums = 2 * len(MOST)
        first = self.binning.number + region[bins] * sums
        places = np.concatenate([bins[:, np.newaxis], first[:, np.newaxis] + np.arange(sums)], axis=1)
        ends = np.arange(len(bins) + 1) * values.shape[1]
        shape = len(bins), self.columns
        return sparse.csr_array((values.ravel().astype(np.float64), places.ravel(), ends), shape=shape)
