"""The effect of the nuisance parameters on the regions' yields, for synthetic events and for real rows."""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from higgs_challenge.tasks.higgs.events.columns import FEATURES, PRIMARY
from higgs_challenge.tasks.higgs.events.systematics import systematics
from higgs_tools.validation.regions import Mask, region_masks
from higgs_tools.validation.samples import Sample

VARIATIONS: tuple[tuple[str, float], ...] = (
    ("tes", 0.99),
    ("tes", 1.01),
    ("jes", 0.99),
    ("jes", 1.01),
    ("soft_met", 1.0),
    ("soft_met", 3.0),
)
"""Nuisance parameters and their values; soft_met in GeV."""


class Response(NamedTuple):
    """How a yield changes, relative to the nominal one.

    Attributes:
        change: dimensionless.
        error: of the paired events: only those that enter or leave the region fluctuate.
        moved: share of the nominal events that enter or leave.
        number: effective number of nominal events.
    """

    change: float
    error: float
    moved: float
    number: float


def responses(sample: Sample) -> dict[tuple[str, float], dict[str, Response]]:
    """Vary each nuisance parameter alone.

    Args:
        sample: events before the selection.

    Returns:
        For each of VARIATIONS the response of each region that has events.
    """
    nominal = _membership(sample, {})
    return {
        (name, value): {
            region: _response(nominal[region], after, sample.weights)
            for region, after in _membership(sample, {name: value}).items()
            if nominal[region].any()
        }
        for name, value in VARIATIONS
    }


def _membership(sample: Sample, nuisance: dict[str, Any]) -> dict[str, Mask]:
    """Find for each region which events of the sample, selected or not, lie in it."""
    frame = pd.DataFrame(sample.rows, columns=pd.Index(PRIMARY)).assign(position=np.arange(len(sample.rows)))
    kept = systematics(frame, **nuisance)
    masks = region_masks(kept[list(FEATURES)].to_numpy(np.float32).T)
    positions = kept["position"].to_numpy()
    membership = {region: np.zeros(len(sample.rows), dtype=bool) for region in masks}
    for region, mask in masks.items():
        membership[region][positions[mask]] = True
    return membership


def _response(before: Mask, after: Mask, weights: npt.NDArray[np.float64]) -> Response:
    total = weights[before].sum()
    moved = before != after
    change = (weights[after].sum() - total) / total
    error = math.sqrt((weights[moved] ** 2).sum()) / total
    number = total**2 / (weights[before] ** 2).sum()
    return Response(float(change), float(error), float(weights[moved].sum() / total), float(number))


def response_pull(real: Response, synthetic: Response) -> float:
    """Measure how far the real rows' response is from the synthetic events'.

    Args:
        real: of few rows.
        synthetic: of many events.

    Returns:
        The difference in standard errors of the real rows; where few rows move, the error is what as many rows with
        the synthetic events' movement have.
    """
    expected = math.sqrt(max(synthetic.moved, 1 / real.number) / real.number)
    return (real.change - synthetic.change) / max(real.error, expected)
