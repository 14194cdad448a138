"""How a tau's momentum is shared between what is seen and its neutrinos, in the collinear limit."""

import math

from numba import njit
from numpy.random import Generator

# Squared mass of the visible system over the tau's, and how well it remembers the polarisation (textbook values).
PION, RHO, A1 = 0, 1, 2
MASS_RATIO = (0.006, 0.188, 0.503)
ANALYSING_POWER = (1.0, 0.457, 0.0)
# Shares of the three groups among hadronic decays (world-average branching ratios, grouped).
PION_SHARE = 0.18
RHO_SHARE = 0.41
THREE_PRONG_IN_A1 = 0.62
# Share of the momentum carried by charged and neutral hadrons that the hadron calorimeter measures, per group.
HADRONIC_SHARE = (1.0, 0.5, 0.75)


@njit(nogil=True)
def leptonic_share(rng: Generator, polarisation: float) -> float:
    """Draw the share of the tau's momentum that the electron or muon carries.

    Args:
        rng: random stream.
        polarisation: -1 .. 1, sign as for the negative tau.

    Returns:
        A share in 0 .. 1, with density ((5 - 9x^2 + 4x^3) + P (1 - 9x^2 + 8x^3)) / 3.
    """
    highest = (5.0 + polarisation) / 3.0  # the density falls from x = 0
    while True:
        x = rng.random()
        square = x * x
        density = (5.0 + polarisation - 9.0 * (1.0 + polarisation) * square) / 3.0
        density += (4.0 + 8.0 * polarisation) / 3.0 * square * x
        if rng.random() * highest < density:
            return x


@njit(nogil=True)
def hadronic_group(rng: Generator) -> int:
    """Draw the group of a hadronic decay.

    Args:
        rng: random stream.

    Returns:
        PION, RHO or A1.
    """
    draw = rng.random()
    if draw < PION_SHARE:
        return PION
    return RHO if draw < PION_SHARE + RHO_SHARE else A1


@njit(nogil=True)
def hadronic_share(rng: Generator, polarisation: float, group: int) -> float:
    """Draw the share of the tau's momentum that the visible hadrons carry.

    Args:
        rng: random stream.
        polarisation: -1 .. 1, sign as for the negative tau.
        group: PION, RHO or A1.

    Returns:
        A share in 0 .. 1: ((1 + r) + (1 - r) c) / 2, where c has the density (1 + a P c) / 2.
    """
    slope = ANALYSING_POWER[group] * polarisation
    draw = rng.random()
    if abs(slope) < 1e-6:
        cosine = 2.0 * draw - 1.0
    else:
        cosine = (math.sqrt(max((1.0 - slope) ** 2 + 4.0 * slope * draw, 0.0)) - 1.0) / slope
    ratio = MASS_RATIO[group]
    return 0.5 * ((1.0 + ratio) + (1.0 - ratio) * cosine)
