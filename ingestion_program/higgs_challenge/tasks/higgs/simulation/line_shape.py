"""The mass of a lepton pair from quarks and antiquarks: photon, Z boson and their interference at leading order."""

import math

import numpy as np
from numpy.random import Generator

from higgs_challenge.compiled import subroutine

Z_MASS = 91.188  # GeV
Z_WIDTH = 2.495  # GeV
WEAK_MIXING = 0.2312  # squared sine of the weak mixing angle
COLLISION_ENERGY = 13_000.0  # GeV
MASS_RANGE = (40.0, 1500.0)  # GeV; lighter pairs hardly ever pass the thresholds
UP_SHARE = 0.55  # of the colliding quarks that are up-like
# Flux of colliding quark pairs against their mass: power of the fall and of the vanishing at the kinematic limit.
FLUX_FALL = 1.3
FLUX_LIMIT = 12.0


def pair_rate(mass: np.ndarray) -> np.ndarray:
    """Return the relative rate of lepton pairs against their mass (leading order, textbook couplings).

    Args:
        mass: GeV, any shape.

    Returns:
        d(rate) / d(mass) on an arbitrary scale, same shape. At the Z boson's mass it is about 700 times the rate at
        150 GeV.
    """
    square = mass * mass
    weak = square / (square - Z_MASS**2 + 1j * Z_MASS * Z_WIDTH) / (4.0 * WEAK_MIXING * (1.0 - WEAK_MIXING))
    lepton_axial, lepton_vector = -0.5, -0.5 + 2.0 * WEAK_MIXING
    rate = np.zeros_like(mass)
    for share, charge, isospin in ((UP_SHARE, 2.0 / 3.0, 0.5), (1.0 - UP_SHARE, -1.0 / 3.0, -0.5)):
        vector = isospin - 2.0 * charge * WEAK_MIXING
        both = (vector**2 + isospin**2) * (lepton_vector**2 + lepton_axial**2) * np.abs(weak) ** 2
        rate += share * (charge**2 - 2.0 * charge * vector * lepton_vector * weak.real + both)
    reach = mass / COLLISION_ENERGY
    return np.asarray(rate * mass**-3.0 * reach**-FLUX_FALL * (1.0 - reach) ** FLUX_LIMIT)


def mass_table(size: int = 4097) -> np.ndarray:
    """Tabulate the masses below which equal shares of the pairs lie.

    Args:
        size: number of entries, >= 2.

    Returns:
        float64, shape (size,): mass^-4 in GeV^-4, descending; the first and last entry are the ends of MASS_RANGE. The
        share of pairs above a high mass falls about like this power, so lines between entries are good there too.
    """
    # Even steps in the resonance's own angle are fine where it is narrow and coarse far away.
    low, high = (math.atan((end**2 - Z_MASS**2) / (Z_MASS * Z_WIDTH)) for end in MASS_RANGE)
    mass = np.sqrt(Z_MASS**2 + Z_MASS * Z_WIDTH * np.tan(np.linspace(low, high, 400_001)))
    rate = pair_rate(mass)
    below = np.concatenate([[0.0], np.cumsum(0.5 * (rate[1:] + rate[:-1]) * np.diff(mass))])
    return np.interp(np.linspace(0.0, below[-1], size), below, mass**-4.0)


MASSES = mass_table()


@subroutine
def pair_mass(rng: Generator) -> float:
    """Draw the mass of a lepton pair.

    Args:
        rng: random stream.

    Returns:
        Mass in GeV, in MASS_RANGE.
    """
    position = rng.random() * (len(MASSES) - 1)
    k = int(position)
    return 1.0 / math.sqrt(math.sqrt(MASSES[k] + (position - k) * (MASSES[k + 1] - MASSES[k])))
