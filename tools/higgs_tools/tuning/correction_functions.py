"""The functions of a correction: which columns they depend on, where their knots are, and their design matrix."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from higgs_challenge.tasks.higgs.simulation.correction import ANY_JETS, MAX_JET_CLASS, N_JETS, is_symmetric
from higgs_tools.validation.regions import Floats, column

OF_PAIR = (
    "PRI_lep_pt",
    "PRI_lep_eta",
    "PRI_had_pt",
    "PRI_had_eta",
    "PRI_met",
    "DER_mass_transverse_met_lep",
    "DER_mass_vis",
    "DER_pt_h",
    "DER_deltar_had_lep",
    "DER_met_phi_centrality",
)
"""Columns of all events."""

OF_JET = ("PRI_jet_leading_pt", "PRI_jet_leading_eta", "DER_pt_tot")
"""Columns of events with a jet."""

OF_JETS = (
    "PRI_jet_subleading_pt",
    "PRI_jet_subleading_eta",
    "PRI_jet_all_pt",
    "DER_deltaeta_jet_jet",
    "DER_mass_jet_jet",
    "DER_prodeta_jet_jet",
    "DER_lep_eta_centrality",
)
"""Columns of events with two jets or more."""

PRODUCTS = (
    ("DER_mass_transverse_met_lep", "DER_pt_tot"),
    ("DER_mass_transverse_met_lep", "DER_mass_vis"),
    ("DER_mass_transverse_met_lep", "PRI_had_pt"),
    ("DER_mass_transverse_met_lep", "PRI_lep_pt"),
)
"""Pairs of columns of events with a jet. Few of them have a high transverse mass, so that functions of single columns
say little about how the other columns are distributed there."""

NUMBERS_OF_JETS = np.arange(8, dtype=np.float64)
QUANTILES = (0.003, 0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95, 0.985, 0.996, 0.9993)
"""Of a column, where its knots are; the tails have some of their own."""


class Function(NamedTuple):
    """One function of a correction.

    Attributes:
        column: that it depends on.
        factor: the column that it is multiplied with; None for none.
        jets: class of jets it acts on.
        knots: rising, shape (k,).
    """

    column: str
    factor: str | None
    jets: int
    knots: npt.NDArray[np.float64]


def choose_functions(features: Floats, base: npt.NDArray[np.float64]) -> list[Function]:
    """Choose the functions of a process, with knots at quantiles of synthetic events.

    Args:
        features: of events before the selection, shape (28, n).
        base: their weights, shape (n,).

    Returns:
        The functions; their knots have four digits, as they are written.
    """
    functions = [Function("PRI_n_jets", None, ANY_JETS, NUMBERS_OF_JETS)]
    for jets in range(MAX_JET_CLASS + 1):
        acts = jet_class(features) == jets
        own, weights = features[:, acts], base[acts]
        names = OF_PAIR + (OF_JET if jets else ()) + (OF_JETS if jets == MAX_JET_CLASS else ())
        pairs = PRODUCTS if jets else ()
        for name, factor in (*((name, None) for name in names), *pairs):
            x = _argument(own, name, factor)
            quantiles = np.quantile(x, QUANTILES, weights=weights, method="inverted_cdf")
            knots = sorted({float(f"{quantile:.4g}") for quantile in quantiles})
            functions.append(Function(name, factor, jets, np.array(knots, dtype=np.float64)))
    return functions


def design_matrix(functions: list[Function], features: Floats) -> sp.csr_matrix:
    """Compute how the logarithm of an event's weight depends on the functions' values at their knots.

    Args:
        functions: of a correction.
        features: of events before the selection, shape (28, n).

    Returns:
        Shape (n, all knots); the logarithm of the weights is its product with the values.
    """
    classes = jet_class(features)
    blocks = []
    for function in functions:
        acts = (classes == function.jets) | (function.jets == ANY_JETS)
        blocks.append(_hats(_argument(features, function.column, function.factor), acts, function.knots))
    return sp.hstack(blocks, format="csr")


def jet_class(features: Floats) -> npt.NDArray[np.int64]:
    """Return each event's class of jets, shape (n,)."""
    classes: npt.NDArray[np.int64] = np.minimum(features[N_JETS], MAX_JET_CLASS).astype(np.int64)
    return classes


def _argument(features: Floats, name: str, factor: str | None) -> Floats:
    values = column(features, name)
    values = np.abs(values) if is_symmetric(name) else values
    return values if factor is None else values * column(features, factor)


def _hats(x: Floats, acts: npt.NDArray[np.bool_], knots: npt.NDArray[np.float64]) -> sp.csr_matrix:
    """Return each event's weights of the two knots beside it, shape (n, k)."""
    rows = np.flatnonzero(acts)
    place = np.clip(x[rows].astype(np.float64), knots[0], knots[-1])
    left = np.clip(np.searchsorted(knots, place, side="right") - 1, 0, len(knots) - 2)
    share = (place - knots[left]) / (knots[left + 1] - knots[left])
    values = np.concatenate([1.0 - share, share])
    return sp.csr_matrix(
        (values, (np.concatenate([rows, rows]), np.concatenate([left, left + 1]))), shape=(len(x), len(knots))
    )
