"""Where most of the information about the signal strength is: the region that a dense data set has more events of.

Wide cuts on nominal values, so that events which the nuisance parameters move across an analysis's cuts are inside.
"""

import numpy as np
import numpy.typing as npt

from higgs_challenge.tasks.higgs.events.columns import FEATURES, N_JETS
from higgs_challenge.tasks.higgs.events.transform import transform

MIN_MASS_VIS = 85.0
MIN_PT_H = 60.0
MIN_JETS = 2
"""An event with as many jets is inside, whatever its mass and momentum in GeV are."""

SHARES = {"htautau": 0.73, "ztautau": 0.23, "diboson": 0.74, "ttbar": 0.99}
"""Of each process's events that are inside, rounded up."""

MASS_VIS, PT_H = FEATURES.index("DER_mass_vis"), FEATURES.index("DER_pt_h")


def is_informative(events: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Check which events are in the region.

    Args:
        events: nominal primary columns, float32, shape (n, 16).

    Returns:
        shape (n,).
    """
    features, _ = transform(events, select=False)
    inside: npt.NDArray[np.bool_] = (features[MASS_VIS] > MIN_MASS_VIS) | (features[PT_H] > MIN_PT_H)
    return inside | (events[:, N_JETS] >= MIN_JETS)
