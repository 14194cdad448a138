"""Rows that no detector could have written, counted rule by rule."""

import numpy as np

from higgs_challenge.tasks.higgs.events import columns
from higgs_tools.validation.compare import Array
from higgs_tools.validation.regions import Floats, Mask

LEPTON_PT, LEPTON_ETA = 20.0, 2.5
TAU_PT, TAU_ETA = 22.0, 2.7
JET_PT, JET_ETA = 21.5, 4.9
"""Acceptance in GeV and pseudorapidity. Jets and taus pass 20 GeV before their energy scale is applied, which adds 10
to 22 %, and a tau's axis lies within 2.5 but its jet's may lie a little outside."""

ROUNDING = 2e-3
"""Values have three decimals, and PRI_jet_all_pt sums several of them; GeV or rad."""


def count_unphysical(rows: Floats) -> dict[str, int]:
    """Count the rows that break a rule.

    Args:
        rows: primary columns before any selection, float32, shape (n, 16); GeV and rad.

    Returns:
        For each rule, in words, the number of rows that break it.
    """
    finite = np.isfinite(rows).all(axis=1)
    possible = rows[finite].astype(np.float64)
    broken = {"every value is finite": int((~finite).sum())}
    return broken | {rule: int((~kept).sum()) for rule, kept in (_objects(possible) | _jets(possible)).items()}


def _objects(rows: Array) -> dict[str, Mask]:
    angles = rows[:, [columns.LEP_PHI, columns.HAD_PHI, columns.MET_PHI]]
    return {
        f"lepton above {LEPTON_PT:g} GeV, within |eta| {LEPTON_ETA:g}": (rows[:, columns.LEP_PT] >= LEPTON_PT)
        & (np.abs(rows[:, columns.LEP_ETA]) <= LEPTON_ETA),
        f"tau above {TAU_PT:g} GeV, within |eta| {TAU_ETA:g}": (rows[:, columns.HAD_PT] >= TAU_PT)
        & (np.abs(rows[:, columns.HAD_ETA]) <= TAU_ETA),
        "missing momentum not negative": rows[:, columns.MET] >= 0,
        "azimuths within pi": np.abs(angles).max(axis=1, initial=0.0) <= np.pi + ROUNDING,
    }


def _jets(rows: Array) -> dict[str, Mask]:
    number, summed = rows[:, columns.N_JETS], rows[:, columns.JET_ALL_PT]
    leading, subleading = (
        rows[:, first : first + 3] for first in (columns.JET1_PT, columns.JET2_PT)
    )  # pt, eta, phi of each
    named = sum(np.where(number > rank, jet[:, 0], 0.0) for rank, jet in enumerate((leading, subleading)))
    others, rest = np.maximum(number - 2, 0), summed - named
    return {
        "as many jets as PRI_n_jets says": (number == np.round(number))
        & _recorded(leading, number >= 1)
        & _recorded(subleading, number >= 2),
        f"jets above {JET_PT:g} GeV, within |eta| {JET_ETA:g}": _accepted(leading) & _accepted(subleading),
        "leading jet not below the subleading": leading[:, 0] >= subleading[:, 0],
        "PRI_jet_all_pt at least leading plus subleading": rest >= -ROUNDING,
        "PRI_jet_all_pt can be made of PRI_n_jets ordered jets": (rest >= others * JET_PT - ROUNDING)
        & (rest <= others * subleading[:, 0].clip(min=0) + ROUNDING * (1 + others)),
    }


def _recorded(jet: Array, exists: Mask) -> Mask:
    missing = (jet == columns.MISSING).all(axis=1)
    return np.where(exists, jet[:, 0] > 0, missing)


def _accepted(jet: Array) -> Mask:
    within: Mask = (jet[:, 0] >= JET_PT) & (np.abs(jet[:, 1]) <= JET_ETA + ROUNDING)
    missing: Mask = jet[:, 0] == columns.MISSING
    return missing | within
