"""What the tau and jet energy scales and the soft missing momentum do to one event."""

import math

import numpy as np

from higgs_challenge.compiled import compiled
from higgs_challenge.events.columns import (
    HAD_PHI,
    HAD_PT,
    JET1_PHI,
    JET1_PT,
    JET2_PHI,
    JET2_PT,
    JET_ALL_PT,
    MET,
    MET_PHI,
    N_JETS,
)


@compiled
def round3(value):  # type: ignore[no-untyped-def]
    """Round to three decimals, halves to even, as the official record is rounded."""
    return np.rint(value * 1000.0) / 1000.0


@compiled
def distort_event(p, tes, jes, soft_x, soft_y):  # type: ignore[no-untyped-def]
    """Apply the shape nuisance parameters to one event's primary columns, in place, and round them to 3 decimals.

    The missing momentum takes the opposite of what the tau and the two stored jets gain. Scaling the tau at its fixed
    mass of 0.8 GeV changes its energy but not the transverse momentum it passes on. Source: white paper
    arXiv:2410.02867; agrees with the official code.

    Args:
        p: 16 primary columns, float64; GeV and rad.
        tes, jes: dimensionless factors near 1.
        soft_x, soft_y: momentum in GeV added to the missing momentum's x and y.
    """
    met_x = p[MET] * math.cos(p[MET_PHI]) + soft_x
    met_y = p[MET] * math.sin(p[MET_PHI]) + soft_y
    met_x += (1.0 - tes) * p[HAD_PT] * math.cos(p[HAD_PHI])
    met_y += (1.0 - tes) * p[HAD_PT] * math.sin(p[HAD_PHI])
    p[HAD_PT] *= tes
    if p[N_JETS] >= 1.0:
        met_x += (1.0 - jes) * p[JET1_PT] * math.cos(p[JET1_PHI])
        met_y += (1.0 - jes) * p[JET1_PT] * math.sin(p[JET1_PHI])
        p[JET1_PT] *= jes
        p[JET_ALL_PT] *= jes
    if p[N_JETS] >= 2.0:
        met_x += (1.0 - jes) * p[JET2_PT] * math.cos(p[JET2_PHI])
        met_y += (1.0 - jes) * p[JET2_PT] * math.sin(p[JET2_PHI])
        p[JET2_PT] *= jes
    p[MET] = math.hypot(met_x, met_y)
    p[MET_PHI] = math.atan2(met_y, met_x)
    for k in range(N_JETS):
        p[k] = round3(p[k])
    for k in range(N_JETS + 1, MET_PHI + 1):
        p[k] = round3(p[k])
