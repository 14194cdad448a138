"""Means and variances of all columns in the VBF regions: official at full statistics, and synthetic.

The official code counts third and later jets below 26 GeV. In the VBF regions both stored jets are above it, so there
the official features of a kept event are those before the selection.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from higgs_challenge.errors import InputError
from higgs_challenge.tasks.higgs.events.columns import FEATURES
from higgs_challenge.tasks.higgs.events.selection import LEPTON_THRESHOLD, TAU_THRESHOLD
from higgs_tools.validation.regions import OFFICIAL_NAMES, Floats, Mask, column, region_masks

Values = npt.NDArray[np.float64]

FILE = "official_moments.json"


class Moments(NamedTuple):
    """Moments of the 28 columns over some events; missing jets count as -25.

    Attributes:
        rows: effective number of events.
        mean, variance: shape (28,), in the columns' units.
    """

    rows: float
    mean: Values
    variance: Values


class OfficialMoments(NamedTuple):
    """Official moments of a region.

    Attributes:
        region: as in targets.REGION_YIELDS.
        processes: whose rows they are, together.
        moments: of those rows.
    """

    region: str
    processes: tuple[str, ...]
    moments: Moments


class Shifts(NamedTuple):
    """How far synthetic events are from official moments; shape (28,) each, dimensionless.

    Attributes:
        shift: of the mean, synthetic minus official, in official standard deviations.
        shift_error: standard error, of both samples.
        width: ratio of the standard deviations, synthetic over official.
        width_error: standard error, with the synthetic events' kurtosis for both.
    """

    shift: Values
    shift_error: Values
    width: Values
    width_error: Values

    @property
    def rms(self) -> float:
        """Root mean square of the shifts."""
        return float(np.sqrt((self.shift**2).mean()))


def read_moments(folder: Path) -> list[OfficialMoments]:
    """Read the official moments of a folder.

    Args:
        folder: with official_moments.json or without.

    Returns:
        The moments of each region and process; none where there is no such file.

    Raises:
        InputError: the file is not what it should be.
    """
    path = folder / FILE
    if not path.is_file():
        return []
    try:
        return [_entry(entry) for entry in json.loads(path.read_bytes())["entries"]]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} does not hold means and variances of the 28 columns by region: {error!r}.") from error


def _entry(entry: Any) -> OfficialMoments:
    mean, variance = (np.array([entry[kind][name] for name in FEATURES], float) for kind in ("mean", "variance"))
    processes = tuple(entry["process"].split("+"))
    return OfficialMoments(OFFICIAL_NAMES[entry["region"]], processes, Moments(entry["rows"], mean, variance))


def vbf_masks(features: Floats) -> dict[str, Mask]:
    """Find the events that the official moments are of.

    Args:
        features: of events before the selection, shape (28, n), as regions.unselected gives them.

    Returns:
        For each of the two VBF regions a mask of shape (n,).
    """
    kept = (column(features, "PRI_had_pt") >= TAU_THRESHOLD) & (column(features, "PRI_lep_pt") >= LEPTON_THRESHOLD)
    return {region: mask & kept for region, mask in region_masks(features).items() if region.endswith(", VBF")}


def measure_moments(features: Floats, weights: Values | None = None) -> Moments:
    """Compute the moments of some events.

    Args:
        features: shape (28, n), n >= 2.
        weights: shape (n,), > 0; None for equal ones.

    Returns:
        Their moments.
    """
    shares = _shares(features, weights)
    mean = features @ shares
    return Moments(float(1 / (shares**2).sum()), mean, (features - mean[:, None]) ** 2 @ shares)


def compare_moments(official: Moments, features: Floats, weights: Values | None = None) -> Shifts:
    """Measure how far synthetic events of a region are from its official moments.

    Args:
        official: the moments.
        features: of the synthetic events, shape (28, n), n >= 2.
        weights: shape (n,), > 0; None for equal ones.

    Returns:
        Shifts of means and ratios of widths, with their errors.
    """
    found = measure_moments(features, weights)
    deviation = np.sqrt(official.variance)
    fourth = (features - found.mean[:, None]) ** 4 @ _shares(features, weights)
    independent = 1 / found.rows + 1 / official.rows
    width = np.sqrt(found.variance) / deviation
    return Shifts(
        shift=(found.mean - official.mean) / deviation,
        shift_error=width * np.sqrt(independent),
        width=width,
        width_error=width * np.sqrt((fourth / found.variance**2 - 1) * independent) / 2,
    )


def _shares(features: Floats, weights: Values | None) -> Values:
    weights = np.ones(features.shape[1]) if weights is None else weights
    shares: Values = weights / weights.sum()
    return shares
