"""The 12 derived features of one event."""

import math

from higgs_challenge.compiled import compiled
from higgs_challenge.events.columns import (
    HAD_ETA,
    HAD_PHI,
    HAD_PT,
    JET1_ETA,
    JET1_PHI,
    JET1_PT,
    JET2_ETA,
    JET2_PHI,
    JET2_PT,
    JET_ALL_PT,
    LEP_ETA,
    LEP_PHI,
    LEP_PT,
    MET,
    MET_PHI,
    MISSING,
    N_JETS,
)

NUDGE = 1e-4
"""Moves an event off the two points where a centrality is undefined, as the official definition does."""


@compiled
def derive_event(p, d):  # type: ignore[no-untyped-def]
    """Compute the 12 derived features of one event.

    Definitions: white paper arXiv:2410.02867, appendix on features; the same as the official code's, in double
    precision, with masses of nearly collinear pairs clipped at zero instead of NaN.

    Args:
        p: 16 primary columns, float64; GeV and rad.
        d: 12 values that are overwritten, in the order of columns.DERIVED; GeV, rad or dimensionless.
    """
    lep_x, lep_y = p[LEP_PT] * math.cos(p[LEP_PHI]), p[LEP_PT] * math.sin(p[LEP_PHI])
    had_x, had_y = p[HAD_PT] * math.cos(p[HAD_PHI]), p[HAD_PT] * math.sin(p[HAD_PHI])
    met_x, met_y = p[MET] * math.cos(p[MET_PHI]), p[MET] * math.sin(p[MET_PHI])
    higgs_x, higgs_y = lep_x + had_x + met_x, lep_y + had_y + met_y
    total_x, total_y = higgs_x, higgs_y
    if p[N_JETS] >= 1.0:
        total_x += p[JET1_PT] * math.cos(p[JET1_PHI])
        total_y += p[JET1_PT] * math.sin(p[JET1_PHI])
    if p[N_JETS] >= 2.0:
        total_x += p[JET2_PT] * math.cos(p[JET2_PHI])
        total_y += p[JET2_PT] * math.sin(p[JET2_PHI])

    d[0] = math.sqrt(max((p[MET] + p[LEP_PT]) ** 2 - (met_x + lep_x) ** 2 - (met_y + lep_y) ** 2, 0.0))
    d[1] = pair_mass(p[LEP_PT], p[LEP_ETA], p[LEP_PHI], p[HAD_PT], p[HAD_ETA], p[HAD_PHI])
    d[2] = math.hypot(higgs_x, higgs_y)
    if p[N_JETS] >= 2.0:
        d[3] = abs(p[JET1_ETA] - p[JET2_ETA])
        d[4] = pair_mass(p[JET1_PT], p[JET1_ETA], p[JET1_PHI], p[JET2_PT], p[JET2_ETA], p[JET2_PHI])
        d[5] = p[JET1_ETA] * p[JET2_ETA]
        d[11] = lepton_eta_centrality(p[LEP_ETA], p[JET1_ETA], p[JET2_ETA])
    else:
        d[3] = d[4] = d[5] = d[11] = MISSING
    d[6] = math.hypot(p[LEP_ETA] - p[HAD_ETA], wrap(p[LEP_PHI] - p[HAD_PHI]))
    d[7] = math.hypot(total_x, total_y)
    d[8] = p[HAD_PT] + p[LEP_PT] + p[JET_ALL_PT]
    d[9] = p[LEP_PT] / p[HAD_PT]
    d[10] = met_phi_centrality(p[MET_PHI], p[LEP_PHI], p[HAD_PHI])


@compiled
def wrap(angle):  # type: ignore[no-untyped-def]
    """Bring a difference of two angles, in rad, to (-pi, pi]."""
    return angle - 2.0 * math.pi * math.ceil(angle / (2.0 * math.pi) - 0.5)


@compiled
def pair_mass(pt1, eta1, phi1, pt2, eta2, phi2):  # type: ignore[no-untyped-def]
    """Give the invariant mass, in GeV, of two massless particles from their pt (GeV), eta and phi (rad).

    m^2 = 2 pt1 pt2 (cosh(eta1 - eta2) - cos(phi1 - phi2)): free of the cancellation in E^2 - p^2.
    """
    return math.sqrt(max(2.0 * pt1 * pt2 * (math.cosh(eta1 - eta2) - math.cos(phi1 - phi2)), 0.0))


@compiled
def met_phi_centrality(met_phi, lep_phi, had_phi):  # type: ignore[no-untyped-def]
    """Tell where the missing momentum points: sqrt(2) midway between lepton and tau, -sqrt(2) opposite (rad)."""
    a, b = centrality_parts(met_phi, lep_phi, had_phi)
    if a == 0.0 and b == 0.0:
        a, b = centrality_parts(met_phi, lep_phi + NUDGE, had_phi)
    return (a + b) / math.sqrt(a * a + b * b)


@compiled
def centrality_parts(met_phi, lep_phi, had_phi):  # type: ignore[no-untyped-def]
    """Give the two signed sines A and B of the missing-momentum centrality; all angles in rad."""
    side = math.sin(had_phi - lep_phi)
    sign = 1.0 if side > 0.0 else (-1.0 if side < 0.0 else 0.0)
    return sign * math.sin(met_phi - lep_phi), sign * math.sin(had_phi - met_phi)


@compiled
def lepton_eta_centrality(lep_eta, eta1, eta2):  # type: ignore[no-untyped-def]
    """Tell how central the lepton is between two jets: 1 at their middle, exp(-1) at a jet, towards 0 outside."""
    gap = (eta1 - eta2) ** 2
    if gap == 0.0:
        gap = NUDGE
    return math.exp(-4.0 * (lep_eta - 0.5 * (eta1 + eta2)) ** 2 / gap)
