"""How a tau's momentum is shared between what is seen and its neutrinos, in the collinear limit."""

import math

import numpy as np
from numpy.random import Generator

from higgs_challenge.compiled import subroutine

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


def leptonic_table(polarisation: float, size: int = 2049) -> np.ndarray:
    """Tabulate the shares below which equal numbers of leptons lie.

    Args:
        polarisation: -1 or 1, sign as for the negative tau.
        size: number of entries, >= 2.

    Returns:
        float64, shape (size,), ascending from 0 to 1: shares with density
        ((5 - 9x^2 + 4x^3) + P (1 - 9x^2 + 8x^3)) / 3.
    """
    x = np.linspace(0.0, 1.0, 100_001)
    below = ((5.0 * x - 3.0 * x**3 + x**4) + polarisation * (x - 3.0 * x**3 + 2.0 * x**4)) / 3.0
    return np.interp(np.linspace(0.0, 1.0, size), below, x)


LEPTONIC_SHARES = np.array([leptonic_table(-1.0), leptonic_table(1.0)])


@subroutine
def leptonic_share(rng: Generator, polarisation: float) -> float:
    """Draw the share of the tau's momentum that the electron or muon carries.

    Args:
        rng: random stream.
        polarisation: -1 or 1, sign as for the negative tau.

    Returns:
        A share in 0 .. 1.
    """
    table = LEPTONIC_SHARES[1 if polarisation > 0.0 else 0]
    position = rng.random() * (len(table) - 1)
    k = int(position)
    share: float = table[k] + (position - k) * (table[k + 1] - table[k])
    return share


@subroutine
def hadronic_group(rng: Generator) -> int:
    """Draw the group of a hadronic decay.

    Args:
        rng: random stream.

    Returns:
        PION, RHO or A1.
    """
    draw = rng.random()
    return (RHO if draw > PION_SHARE else PION) + (A1 - RHO if draw > PION_SHARE + RHO_SHARE else 0)


@subroutine
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
    cosine = (slope - 2.0 + 4.0 * draw) / (1.0 + math.sqrt(max((1.0 - slope) ** 2 + 4.0 * slope * draw, 0.0)))
    ratio = MASS_RATIO[group]
    return 0.5 * ((1.0 + ratio) + (1.0 - ratio) * cosine)
