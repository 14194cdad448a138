"""What a correction is fitted to: facts of the official data as ratios of sums over synthetic events."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from higgs_challenge.tasks.higgs.events.columns import FEATURES, MISSING, PRIMARY
from higgs_challenge.tasks.higgs.events.transform import transform
from higgs_challenge.tasks.higgs.simulation.generator import NOMINAL_YIELDS
from higgs_tools.tuning.correction_functions import Function, design_matrix
from higgs_tools.validation.regions import Floats, column, region_masks, unselected
from higgs_tools.validation.targets import REGION_YIELDS

Doubles = npt.NDArray[np.float64]
REGIONS = {
    "lowMT_VBFJet": "mT < 70, VBF",
    "highMT_VBFJet": "mT >= 70, VBF",
    "lowMT_noVBFJet_ptH0to100": "mT < 70, not VBF, pt < 100",
}
"""Regions of the official moments and responses, by their names here."""

YIELD_ERROR = 0.003
"""Relative; also below: what counts as one standard deviation, so that one fact does not outweigh all others."""
MEAN_ERROR, WIDTH_ERROR = 0.008, 0.015
"""In official standard deviations, and relative."""
RESPONSE_ERROR, RELATIVE_RESPONSE_ERROR = 0.0003, 0.02
"""Absolute, and relative to the change."""
PICTURE_ERROR = 0.0015
"""Of a histogram read off a picture, in units of its highest bin."""
TAIL_ERROR = 0.05
"""Relative, of a logarithmic histogram."""
LEAST_VARIANCE = 1e-3
"""Of a combination of knots, relative to the largest; real rows say nothing about less."""


@dataclass(frozen=True)
class Target:
    """Facts that are ratios of sums over events: sum of w * numerator / sum of w * denominator.

    Attributes:
        name: of the kind of fact.
        numerators: shape (m, n).
        denominator: shape (n,).
        values: official, shape (m,).
        scales: by which deviations are multiplied to count them in standard deviations: shape (m,), or a matrix of
            shape (l, m) where they are correlated.
    """

    name: str
    numerators: sp.csr_matrix
    denominator: Doubles
    values: Doubles
    scales: Doubles

    def residuals(self, weights: Doubles) -> Doubles:
        """Return the deviations in standard deviations, shape (m,) or (l,)."""
        return self._scaled(self._ratios(weights) - self.values)

    def jacobian(self, weights: Doubles, weighted: sp.csr_matrix) -> Doubles:
        """Return the derivatives of the residuals with respect to the parameters that the weights depend on.

        Args:
            weights: shape (n,).
            weighted: derivatives of the weights, shape (n, k).

        Returns:
            Shape (number of residuals, k).
        """
        by_parameter = (self.numerators @ weighted).toarray()
        total = self.denominator @ weighted
        slopes = (by_parameter - np.outer(self._ratios(weights), total)) / (self.denominator @ weights)
        return self._scaled(slopes)

    def _ratios(self, weights: Doubles) -> Doubles:
        ratios: Doubles = (self.numerators @ weights) / (self.denominator @ weights)
        return ratios

    def _scaled(self, deviations: Doubles) -> Doubles:
        if self.scales.ndim == 2:
            mixed: Doubles = self.scales @ deviations
            return mixed
        return self.scales * deviations if deviations.ndim == 1 else self.scales[:, None] * deviations


def collect_targets(process: str, rows: Floats, functions: list[Function], folder: Path) -> list[Target]:
    """Collect everything that is known of a process.

    Args:
        process: one of columns.PROCESSES.
        rows: synthetic events before the selection and without correction, primary columns, shape (n, 16).
        functions: of the correction.
        folder: with the official rows, official_moments.json, official_responses.json and facts/.

    Returns:
        The targets.
    """
    features, kept = transform(rows)
    pictures = json.loads((folder / "facts" / "histograms_per_process_PRI.json").read_text())
    tails = json.loads((folder / "facts" / "histograms_per_process_log_tails.json").read_text())
    moments = json.loads((folder / "official_moments.json").read_text())
    responses = json.loads((folder / "official_responses.json").read_text())
    return [
        _yields(process, features, kept, len(rows)),
        *_moments(process, features, kept, len(rows), moments["entries"]),
        *_responses(process, rows, responses["entries"]),
        *_pictures(unselected(rows), pictures["histograms"][process], pictures["statistics"][process]),
        *_tails(process, features, kept, len(rows), tails["histograms"]),
        *_real_rows(process, rows, functions, folder),
    ]


def _spread(values: Any, kept: npt.NDArray[np.int64], n: int) -> sp.csr_matrix:
    """Turn numbers of the kept events, shape (m, k), into a matrix of all events, shape (m, n)."""
    sparse = sp.csr_matrix(np.asarray(values, dtype=np.float64))
    return sp.csr_matrix((sparse.data, kept[sparse.indices], sparse.indptr), shape=(sparse.shape[0], n))


def _yields(process: str, features: Floats, kept: npt.NDArray[np.int64], n: int) -> Target:
    masks = region_masks(features)
    official = np.array([REGION_YIELDS[name][process] / NOMINAL_YIELDS[process] for name in masks])
    rows = np.array([REGION_ROWS[process] * REGION_YIELDS[name][process] for name in masks])
    errors = np.hypot(YIELD_ERROR, 1 / np.sqrt(rows)) * official
    return Target("region yields", _spread(np.stack([*masks.values()]), kept, n), np.ones(n), official, 1 / errors)


REGION_ROWS = {"htautau": 51000.0, "ztautau": 100.0, "ttbar": 100.0, "diboson": 100.0}
"""Official rows behind one expected event."""


def _moments(
    process: str, features: Floats, kept: npt.NDArray[np.int64], n: int, entries: list[dict[str, Any]]
) -> Iterable[Target]:
    masks = region_masks(features)
    for entry in entries:
        if entry["process"] != process:
            continue
        inside = masks[REGIONS[entry["region"]]]
        mean = np.array([entry["mean"][name] for name in FEATURES])
        variance = np.array([entry["variance"][name] for name in FEATURES])
        columns = features[:, inside].astype(np.float64)
        region = np.zeros(n)
        region[kept[inside]] = 1.0
        centred = columns - mean[:, None]
        zero = np.zeros(len(mean))
        name = entry["region"]
        yield Target(
            f"means in {name}", _spread(centred, kept[inside], n), region, zero, 1 / (MEAN_ERROR * np.sqrt(variance))
        )
        yield Target(
            f"widths in {name}",
            _spread(centred**2, kept[inside], n),
            region,
            variance,
            1 / (2 * WIDTH_ERROR * variance),
        )


def _responses(process: str, rows: Floats, entries: list[dict[str, Any]]) -> Iterable[Target]:
    own = [entry for entry in entries if entry["process"] == process and entry["region"] in REGIONS]
    noise = np.random.default_rng(1).standard_normal((2, len(rows))).astype(np.float32)
    inside: dict[str, list[Doubles]] = {entry["region"]: [] for entry in own}
    for point in own[0]["yields"]:
        width = np.float32(point["soft_met"])
        features, kept = transform(rows, tes=point["tes"], jes=point["jes"], noise=width * noise if width else None)
        masks = region_masks(features)
        for region, found in inside.items():
            found.append(np.zeros(len(rows)))
            found[-1][kept[masks[REGIONS[region]]]] = 1.0
    for entry in own:
        nominal, *found = inside[entry["region"]]
        events = np.array([point["events"] for point in entry["yields"]])
        changes = events[1:] / events[0] - 1.0
        errors = np.hypot(RESPONSE_ERROR, RELATIVE_RESPONSE_ERROR * changes)
        moved = sp.csr_matrix(np.stack([shifted - nominal for shifted in found]))
        yield Target(f"responses in {entry['region']}", moved, nominal, changes, 1 / errors)


def _bins(x: Doubles, edges: Doubles) -> sp.csr_matrix:
    """Return which bin each event lies in, shape (bins, n)."""
    place = np.searchsorted(edges, x, side="right") - 1
    inside = np.flatnonzero((place >= 0) & (place < len(edges) - 1))
    return sp.csr_matrix((np.ones(len(inside)), (place[inside], inside)), shape=(len(edges) - 1, len(x)))


def _pictures(features: Floats, histograms: Mapping[str, Any], events: float) -> Iterable[Target]:
    for name, content in histograms.items():
        if name.endswith("_phi"):
            continue
        if name == "PRI_n_jets":
            content = _whole_numbers(content)
        edges = np.array(content["edges"])
        if abs(edges[0] - MISSING) < 1.0:
            edges[0] = MISSING - 1.0  # missing jets lie in the first bin, whose edge was read off the picture
        shares = [np.array(content[phase], dtype=np.float64) for phase in ("phase1", "phase2") if phase in content]
        value = np.mean(shares, axis=0)
        known = np.isfinite(value)
        x = column(features, name).astype(np.float64)
        bins = _bins(x, edges)
        inside = np.asarray(bins.sum(axis=0)).ravel()
        errors = np.hypot(PICTURE_ERROR * np.nanmax(value), np.sqrt(value[known] / events))
        yield Target(f"histogram of {name}", bins[known], inside, value[known], 0.5 / errors)


def _whole_numbers(content: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the bins of a histogram that hold a whole number, each with edges half way to the next numbers."""
    numbers = np.arange(round(content["hi"]) + 1)
    edges = np.array(content["edges"])
    bins = np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, len(edges) - 2)
    return {
        "edges": np.arange(len(numbers) + 1) - 0.5,
        **{phase: [content[phase][k] for k in bins] for phase in ("phase1", "phase2") if phase in content},
    }


TAIL_CUTS = {
    "DER_mass_transverse_met_lep": 250.0,
    "DER_mass_vis": 500.0,
    "DER_sum_pt": 1000.0,
    "DER_pt_tot": 250.0,
    "DER_deltar_had_lep": 4.5,
    "DER_pt_h": 400.0,
    "DER_pt_ratio_lep_had": 9.0,
}


def _tails(
    process: str, features: Floats, kept: npt.NDArray[np.int64], n: int, histograms: Mapping[str, Any]
) -> Iterable[Target]:
    inside = np.ones(features.shape[1], dtype=bool)
    for name, most in TAIL_CUTS.items():
        inside &= column(features, name) <= most
    total = np.zeros(n)
    total[kept[inside]] = 1.0
    for name, content in histograms.items():
        if (
            "jet" in name
            or name == "DER_lep_eta_centrality"
            or name.endswith("_phi")
            or process not in content
            or name not in FEATURES
        ):
            continue
        edges = np.array(content["edges"])
        value = np.array([np.nan if v is None else v for v in content[process]], dtype=np.float64)
        if len(value) != len(edges) - 1:
            continue
        value /= np.nansum(value)
        known = np.isfinite(value) & (value > 0)
        x = np.full(n, np.nan)
        x[kept[inside]] = column(features, name)[inside]
        bins = _bins(np.where(np.isnan(x), -np.inf, x), edges)
        errors = np.hypot(TAIL_ERROR * value[known], 2e-4)
        yield Target(f"tails of {name}", bins[known], total, value[known], 0.5 / errors)


UNKNOWN_IN_JULY = (
    "PRI_jet_subleading_pt",
    "PRI_jet_subleading_eta",
    "DER_deltaeta_jet_jet",
    "DER_mass_jet_jet",
    "DER_prodeta_jet_jet",
    "DER_lep_eta_centrality",
    "DER_pt_tot",
)


def _real_rows(process: str, rows: Floats, functions: list[Function], folder: Path) -> Iterable[Target]:
    samples: dict[str, Floats] = {}
    whole = pd.read_parquet(folder / "FAIR_Universe_HiggsML_data.parquet")
    whole = whole[np.arange(len(whole)) % 3 != 0]
    samples["final"] = whole[whole["detailed_labels"] == process][list(PRIMARY)].to_numpy(np.float32)
    path = folder / f"official_{process}.parquet"
    if path.exists():
        frame = pd.read_parquet(path)
        frame = frame[np.arange(len(frame)) % 3 != 0]
        for name, part in frame.groupby("sample"):
            samples[str(name)] = part[list(PRIMARY)].to_numpy(np.float32)
    design = design_matrix(functions, unselected(rows))
    owners = np.repeat([f.column for f in functions], [len(f.knots) for f in functions])
    for name, real in samples.items():
        if len(real) < 100:
            continue
        known = np.ones(len(owners), dtype=bool) if name != "2024-07" else ~np.isin(owners, UNKNOWN_IN_JULY)
        filled = np.where(np.isnan(real), np.float32(1.0), real)
        own = design_matrix(functions, unselected(filled))[:, known]
        part = design[:, known].tocsr()
        mean = np.asarray(part.mean(axis=0)).ravel()
        covariance = (part.T @ part).toarray() / part.shape[0] - np.outer(mean, mean)
        values, vectors = np.linalg.eigh(covariance)
        enough = values > LEAST_VARIANCE * values[-1]
        scales = (vectors[:, enough] / np.sqrt(values[enough] / len(real))).T
        yield Target(
            f"rows of {name}", part.T.tocsr(), np.ones(part.shape[0]), np.asarray(own.mean(axis=0)).ravel(), scales
        )
