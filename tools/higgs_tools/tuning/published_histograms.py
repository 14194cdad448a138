"""Histograms of the official data that were read off published pictures, as targets of a correction's fit."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from higgs_challenge.tasks.higgs.events.columns import FEATURES, MISSING
from higgs_tools.tuning.target import Doubles, Target, make_target
from higgs_tools.validation.regions import Floats, column

LINEAR, LOGARITHMIC = "histograms_per_process_PRI.json", "histograms_per_process_log_tails.json"

LINEAR_ERROR = 0.0015
"""In units of the highest bin; a histogram's bins and those of other columns tell much the same, so that none of them
counts fully."""
LOGARITHMIC_ERROR, LEAST_ERROR = 0.05, 2e-4
"""Relative, and absolute."""
WEIGHT = 0.5
"""Of every bin."""

CUTS = {
    "DER_mass_transverse_met_lep": 250.0,
    "DER_mass_vis": 500.0,
    "DER_sum_pt": 1000.0,
    "DER_pt_tot": 250.0,
    "DER_deltar_had_lep": 4.5,
    "DER_pt_h": 400.0,
    "DER_pt_ratio_lep_had": 9.0,
}
"""Largest values among the events of the logarithmic histograms; GeV where they have a unit."""


def linear_histograms(process: str, features: Floats, base: Doubles, folder: Path) -> Iterator[Target]:
    """Compare the primary columns before the selection.

    Args:
        process: one of columns.PROCESSES.
        features: of synthetic events before the selection, shape (28, n).
        base: their weights before the correction, shape (n,).
        folder: with the published histograms.

    Yields:
        A target of each column but the azimuths.
    """
    published = json.loads((folder / LINEAR).read_text())
    for name, content in published["histograms"][process].items():
        if name.endswith("_phi"):
            continue
        content = _whole_numbers(content) if name == "PRI_n_jets" else content
        edges = np.array(content["edges"])
        if abs(edges[0] - MISSING) < 1.0:
            edges[0] = MISSING - 1.0  # missing jets lie in the first bin, whose edge was read off the picture
        phases = [np.array(content[phase], dtype=np.float64) for phase in ("phase1", "phase2") if phase in content]
        shares = np.mean(phases, axis=0)
        known = np.isfinite(shares)
        errors = np.hypot(LINEAR_ERROR * np.nanmax(shares), np.sqrt(shares[known] / published["statistics"][process]))
        bins = _bins(column(features, name), edges)
        inside = np.asarray(bins.sum(axis=0)).ravel()
        yield make_target(f"histogram of {name}", bins[known], inside, shares[known], errors / WEIGHT, base)


def logarithmic_histograms(
    process: str, features: Floats, selected: Doubles, base: Doubles, folder: Path
) -> Iterator[Target]:
    """Compare columns of selected events far out.

    Args:
        process: one of columns.PROCESSES.
        features: of synthetic events, shape (28, n).
        selected: 1 for events that the selection keeps and 0 for others, shape (n,).
        base: their weights before the correction, shape (n,).
        folder: with the published histograms.

    Yields:
        A target of each column that has nothing to do with jets, as missing ones are imputed there.
    """
    inside = selected.copy()
    for name, most in CUTS.items():
        inside *= column(features, name) <= most
    for name, content in json.loads((folder / LOGARITHMIC).read_text())["histograms"].items():
        imputed = "jet" in name or name == "DER_lep_eta_centrality"
        if name not in FEATURES or name.endswith("_phi") or imputed or process not in content:
            continue
        edges, heights = np.array(content["edges"]), np.array(content[process], dtype=np.float64)
        shares = heights / np.nansum(heights)
        known = np.isfinite(shares) & (shares > 0)
        errors = np.hypot(LOGARITHMIC_ERROR * shares[known], LEAST_ERROR)
        bins = _bins(column(features, name), edges).multiply(inside).tocsr()
        yield make_target(f"tails of {name}", bins[known], inside, shares[known], errors / WEIGHT, base)


def _bins(x: Floats, edges: Doubles) -> sp.csr_matrix:
    """Return which bin each event lies in, shape (bins, n)."""
    place = np.searchsorted(edges, x, side="right") - 1
    inside = np.flatnonzero((place >= 0) & (place < len(edges) - 1))
    return sp.csr_matrix((np.ones(len(inside)), (place[inside], inside)), shape=(len(edges) - 1, len(x)))


def _whole_numbers(content: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the bins that hold a whole number, each with edges half way to the next numbers."""
    numbers = np.arange(round(content["hi"]) + 1)
    edges = np.array(content["edges"])
    bins = np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, len(edges) - 2)
    return {
        "edges": np.arange(len(numbers) + 1) - 0.5,
        **{phase: [content[phase][k] for k in bins] for phase in ("phase1", "phase2") if phase in content},
    }
