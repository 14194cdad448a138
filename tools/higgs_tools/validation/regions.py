"""The selected events, and the regions of phase space in which their yields are compared."""

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from higgs_challenge.tasks.higgs.events.columns import FEATURES
from higgs_challenge.tasks.higgs.events.transform import transform
from higgs_tools.validation.targets import INCLUSIVE

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

MT_CUT = 70.0
VBF_LEADING, VBF_SUBLEADING = 50.0, 30.0
PT_CUTS = (100.0, 200.0)

OFFICIAL_NAMES = {
    "lowMT_VBFJet": "mT < 70, VBF",
    "highMT_VBFJet": "mT >= 70, VBF",
    "lowMT_noVBFJet_ptH0to100": "mT < 70, not VBF, pt < 100",
}
"""Regions of official_moments.json and official_responses.json, and their names here."""


def column(features: Floats, name: str) -> Floats:
    """Pick one column.

    Args:
        features: shape (28, n), as `transform` gives them.
        name: one of columns.FEATURES.

    Returns:
        Shape (n,), in the column's unit.
    """
    values: Floats = features[FEATURES.index(name)]
    return values


def selected(rows: Floats) -> Floats:
    """Apply the challenge's nominal selection.

    Args:
        rows: primary columns, float32, shape (n, 16).

    Returns:
        The features of the kept events, float32, shape (28, m).
    """
    return transform(rows)[0]


def unselected(rows: Floats) -> Floats:
    """Compute the features of all events, as the official file stores them.

    Args:
        rows: primary columns, float32, shape (n, 16).

    Returns:
        The features, float32, shape (28, n).
    """
    return transform(rows, select=False)[0]


def region_masks(features: Floats) -> dict[str, Mask]:
    """Find which events lie in which region.

    Args:
        features: of selected events, shape (28, n); GeV.

    Returns:
        For each region of targets.REGION_YIELDS a mask of shape (n,); the regions but the inclusive one are disjoint
        and exhaustive.
    """
    mt, pt = column(features, "DER_mass_transverse_met_lep"), column(features, "DER_pt_h")
    leading, subleading = column(features, "PRI_jet_leading_pt"), column(features, "PRI_jet_subleading_pt")
    vbf = (leading > VBF_LEADING) & (subleading > VBF_SUBLEADING)
    low, high = PT_CUTS
    masks = {INCLUSIVE: np.ones(features.shape[1], dtype=bool)}
    for label, part in (("mT < 70", mt < MT_CUT), ("mT >= 70", mt >= MT_CUT)):
        masks[f"{label}, VBF"] = part & vbf
        masks[f"{label}, not VBF, pt < 100"] = part & ~vbf & (pt < low)
        masks[f"{label}, not VBF, pt 100-200"] = part & ~vbf & (pt >= low) & (pt < high)
        masks[f"{label}, not VBF, pt > 200"] = part & ~vbf & (pt >= high)
    return masks


def count_regions(blocks: Iterable[Floats]) -> tuple[dict[str, int], int]:
    """Count the selected events of each region, block by block.

    Args:
        blocks: primary columns before the selection, float32, each of shape (n, 16).

    Returns:
        Events of each region; and all events, the ones not selected too.
    """
    counts: dict[str, int] = {}
    total = 0
    for rows in blocks:
        total += len(rows)
        for region, mask in region_masks(selected(rows)).items():
            counts[region] = counts.get(region, 0) + int(mask.sum())
    return counts, total


def region_yields(counts: Mapping[str, int], total: int, expected: float) -> dict[str, float]:
    """Turn counts into expected events.

    Args:
        counts: selected events of each region.
        total: all events, before the selection.
        expected: events at 10 fb^-1 that all events stand for.

    Returns:
        Events at 10 fb^-1 of each region.
    """
    return {region: expected * count / total for region, count in counts.items()}
