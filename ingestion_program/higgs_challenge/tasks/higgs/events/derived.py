"""The 12 derived features of one event."""

import math

import numpy as np

from higgs_challenge.compiled import inlined
from higgs_challenge.tasks.higgs.events.columns import MISSING
from higgs_challenge.tasks.higgs.events.vector_maths import cosine_sine, exponential, root32

NUDGE = 1e-4
"""Moves an event off the points where a centrality is undefined, as the official definition does: the lepton's azimuth
in rad, the squared gap between two jets."""

MIN_EXPONENT = -100.0
"""Of a number that float32 still tells from 0."""


@inlined
def derive_event(event, to):  # type: ignore[no-untyped-def]
    """Compute the 12 derived features of one event.

    Definitions: white paper arXiv:2410.02867, appendix on features; the same as the official code's, in double
    precision up to the last square root, in forms that lose nothing for nearly collinear pairs.

    Args:
        event: an Event; GeV and rad.
        to: its Directions.

    Returns:
        12 values in the order of columns.DERIVED; GeV, rad or dimensionless.
    """
    has_jet1, has_jet2 = event.n_jets >= 1.0, event.n_jets >= 2.0
    met_x, met_y = cosine_sine(event.met_phi)
    higgs_x = event.lep_pt * to.lep_x + event.had_pt * to.had_x + event.met * met_x
    higgs_y = event.lep_pt * to.lep_y + event.had_pt * to.had_y + event.met * met_y
    jet1_pt = event.jet1_pt if has_jet1 else 0.0
    jet2_pt = event.jet2_pt if has_jet2 else 0.0
    total_x = higgs_x + jet1_pt * to.jet1_x + jet2_pt * to.jet2_x
    total_y = higgs_y + jet1_pt * to.jet1_y + jet2_pt * to.jet2_y
    lep_had_eta = event.lep_eta - event.had_eta
    lep_had_phi = wrap(event.lep_phi - event.had_phi)
    jet_mass = pair_mass(jet1_pt, event.jet1_eta, to.jet1_x, to.jet1_y, jet2_pt, event.jet2_eta, to.jet2_x, to.jet2_y)
    centrality = lepton_eta_centrality(event.lep_eta, event.jet1_eta, event.jet2_eta)
    return (
        root32(event.met * event.lep_pt * ((met_x - to.lep_x) ** 2 + (met_y - to.lep_y) ** 2)),
        pair_mass(event.lep_pt, event.lep_eta, to.lep_x, to.lep_y, event.had_pt, event.had_eta, to.had_x, to.had_y),
        root32(higgs_x * higgs_x + higgs_y * higgs_y),
        abs(event.jet1_eta - event.jet2_eta) if has_jet2 else MISSING,
        jet_mass if has_jet2 else MISSING,
        event.jet1_eta * event.jet2_eta if has_jet2 else MISSING,
        root32(lep_had_eta * lep_had_eta + lep_had_phi * lep_had_phi),
        root32(total_x * total_x + total_y * total_y),
        event.had_pt + event.lep_pt + event.jet_all_pt,
        event.lep_pt / event.had_pt,
        met_phi_centrality(met_x, met_y, to.lep_x, to.lep_y, to.had_x, to.had_y),
        centrality if has_jet2 else MISSING,
    )


@inlined
def wrap(angle):  # type: ignore[no-untyped-def]
    """Bring a difference of two angles, in rad, to (-pi, pi]."""
    return angle - 2.0 * math.pi * np.ceil(angle / (2.0 * math.pi) - 0.5)


@inlined
def pair_mass(pt1, eta1, x1, y1, pt2, eta2, x2, y2):  # type: ignore[no-untyped-def]
    """Return the invariant mass, in GeV, of two massless particles from their pt (GeV), eta and unit vector (x, y).

    m^2 = 2 pt1 pt2 (cosh(eta1 - eta2) - cos(phi1 - phi2)) = pt1 pt2 (4 sinh^2((eta1 - eta2) / 2) + |u1 - u2|^2):
    the second form has no cancellation and is exactly 0 for a collinear pair.
    """
    growth = exponential(0.5 * (eta1 - eta2))
    twice_sinh = growth - 1.0 / growth
    return root32(pt1 * pt2 * (twice_sinh * twice_sinh + (x1 - x2) * (x1 - x2) + (y1 - y2) * (y1 - y2)))


@inlined
def met_phi_centrality(met_x, met_y, lep_x, lep_y, had_x, had_y):  # type: ignore[no-untyped-def]
    """Compute where the missing momentum points: sqrt(2) midway between lepton and tau, -sqrt(2) opposite.

    Args:
        met_x, met_y, lep_x, lep_y, had_x, had_y: unit vectors.
    """
    collinear = lep_x * had_y == lep_y * had_x
    from_x = lep_x - NUDGE * lep_y if collinear else lep_x
    from_y = lep_y + NUDGE * lep_x if collinear else lep_y
    side = from_x * had_y - from_y * had_x
    after_lepton = from_x * met_y - from_y * met_x
    before_tau = met_x * had_y - met_y * had_x
    length = root32(after_lepton * after_lepton + before_tau * before_tau)
    centrality = (after_lepton + before_tau) / length
    return centrality if side > 0.0 else -centrality


@inlined
def lepton_eta_centrality(lep_eta, eta1, eta2):  # type: ignore[no-untyped-def]
    """Compute how central the lepton is between two jets: 1 at their middle, exp(-1) at a jet, towards 0 outside."""
    gap = (eta1 - eta2) * (eta1 - eta2)
    off = lep_eta - 0.5 * (eta1 + eta2)
    return exponential(max(-4.0 * off * off / (gap if gap > 0.0 else NUDGE), MIN_EXPONENT))
