"""Jets that come with a hard process: initial-state radiation and further parton collisions."""

import math
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from higgs_challenge.compiled import subroutine
from higgs_challenge.tasks.higgs.events.derived import wrap
from higgs_challenge.tasks.higgs.events.vector_maths import cosine_sine

# A workspace row is one jet: transverse momentum in GeV, pseudorapidity, azimuth in rad.
WORKSPACE_SHAPE = (40, 3)

# The shape of the model; what was fitted for each process is in tuning.py.
SOFTEST = 3.0  # GeV; softer radiation is part of INTRINSIC
HARDEST = 900.0  # GeV
INTRINSIC = 2.7  # GeV, width of each component of the recoil against what is not generated as an emission
ENERGY_LIMIT = 2400.0  # GeV, twice the energy that an emission may have
ETA_NARROWING = 0.155  # relative, for each factor e in momentum above SPLITTING_START
SPLITTING_START = 25.0  # GeV
WIDEST = math.log(ENERGY_LIMIT / SPLITTING_START)  # largest pseudorapidity of an emission of that momentum
MAX_SPLITTING = 0.68
CLOSEST, FARTHEST = 1.2, 4.5  # of two jets that one emission makes, in the plane of pseudorapidity and azimuth
COLLISION_SOFTEST = 10.0  # GeV
COLLISION_HARDEST = 120.0  # GeV


class Radiation(NamedTuple):
    """Initial-state radiation of one kind of hard process: emissions of a momentum p have the density
    strength / p * ln(1 + (scale / p)^2) * exp(-p / falloff)."""

    strength: float
    scale: float
    """GeV, where the logarithm dies out."""
    falloff: float
    """GeV, of the exponential tail."""
    splitting: float
    """Probability that an emission makes two jets, for each factor e in momentum above SPLITTING_START."""
    eta_width: float
    """Width in pseudorapidity of emissions with a momentum of SPLITTING_START."""
    rate: float
    """Mean number of emissions harder than SOFTEST."""
    momenta: np.ndarray
    """Momentum in GeV above which rate * (k / (len - 1))^4 emissions are expected, for every k."""


class Collisions(NamedTuple):
    """Further parton collisions in the same pair of protons."""

    rate: float
    """Mean number of dijets above COLLISION_SOFTEST."""
    power: float
    """Of the fall of their number above a momentum."""


def radiation(strength: float, scale: float, falloff: float, splitting: float, eta_width: float) -> Radiation:
    """Tabulate the emissions of one kind of hard process.

    Args:
        strength: > 0; this and the others as in Radiation.
        scale: GeV.
        falloff: GeV.
        splitting: >= 0.
        eta_width: > 0.

    Returns:
        The table that `emit` reads.
    """
    p = np.geomspace(HARDEST, SOFTEST, 4000)
    density = strength / p * np.log1p((scale / p) ** 2) * np.exp(-p / falloff)
    harder = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * -np.diff(p))])
    # The fourth power puts most of the table where emissions are rare and hard.
    expected = harder[-1] * np.linspace(0.0, 1.0, 513) ** 4
    momenta = np.interp(expected, harder, p)
    return Radiation(strength, scale, falloff, splitting, eta_width, float(harder[-1]), momenta)


@subroutine
def limited_normal(rng: Generator, width: float, limit: float) -> float:
    """Draw from a normal distribution around zero, cut at a largest magnitude.

    Args:
        rng: random stream.
        width: of the distribution before the cut.
        limit: > 0.

    Returns:
        A value in -limit .. limit.
    """
    while True:
        value = width * rng.standard_normal()
        if abs(value) < limit:
            return value


@subroutine
def emit(rng: Generator, source: Radiation, jets: np.ndarray) -> tuple[int, float, float]:
    """Draw the emissions, hardest first, some of the hard ones split into two or more jets.

    Args:
        rng: random stream.
        source: what radiates.
        jets: workspace, written from row 0, as seen from a hard process of rapidity zero.

    Returns:
        Number of jets, and the two components in GeV of the recoil that the hard process takes.
    """
    n, soft, _ = draw_momenta(rng, source, 1.0, jets)
    return send(rng, source, soft, jets, n)


@subroutine
def draw_momenta(rng: Generator, source: Radiation, hardness: float, jets: np.ndarray) -> tuple[int, float, float]:
    """Draw only the transverse momenta of the emissions, hardest first.

    Args:
        rng: random stream.
        source: what radiates.
        hardness: > 0, what all momenta are multiplied by.
        jets: workspace, of which the first column is written from row 0.

    Returns:
        Number of emissions; the momentum in GeV of all softer radiation together; a sum in GeV that the momentum of
        the hard process cannot exceed.
    """
    n = 0
    soft = INTRINSIC * math.sqrt(2.0 * rng.standard_exponential())  # the length of two normal components
    total = soft
    # A Poisson process in the expected number of harder emissions: its gaps are exponential.
    expected = rng.standard_exponential()
    while expected < source.rate:
        position = math.sqrt(math.sqrt(expected / source.rate)) * (len(source.momenta) - 1)
        k = int(position)
        p = hardness * (source.momenta[k] + (position - k) * (source.momenta[k + 1] - source.momenta[k]))
        n = push(jets, n, p, 0.0, 0.0)
        total += p
        expected += rng.standard_exponential()
    return n, soft, total


@subroutine
def send(rng: Generator, source: Radiation, soft: float, jets: np.ndarray, emissions: int) -> tuple[int, float, float]:
    """Give emissions their directions, and split some of the hard ones.

    Args:
        rng: random stream.
        source: what radiates.
        soft: momentum in GeV of the radiation that is not generated as an emission.
        jets: workspace, with the emissions' momenta from row 0.
        emissions: their number.

    Returns:
        As `emit`.
    """
    n = emissions
    for i in range(emissions):
        p = jets[i, 0]
        hardness = math.log(p / SPLITTING_START)
        width = source.eta_width * (1.0 - ETA_NARROWING * hardness)
        eta = limited_normal(rng, width, WIDEST - hardness)
        phi = rng.uniform(-math.pi, math.pi)
        probability = min(source.splitting * hardness, MAX_SPLITTING)
        while rng.random() < probability:
            probability *= 0.5
            share = rng.uniform(0.12, 0.5)
            separation = rng.uniform(CLOSEST, FARTHEST)
            angle = rng.uniform(-math.pi, math.pi)
            d_eta, d_phi = separation * math.cos(angle), separation * math.sin(angle)
            together = math.sqrt(1.0 - 2.0 * share * (1.0 - share) * (1.0 - math.cos(d_phi)))
            p /= math.sqrt(max(together, 0.5))
            n = push(jets, n, share * p, eta + (1.0 - share) * d_eta, phi + (1.0 - share) * d_phi)
            p, eta, phi = (1.0 - share) * p, eta - share * d_eta, phi - share * d_phi
        jets[i, 0] = p
        jets[i, 1] = eta
        jets[i, 2] = phi
    px, py = recoil(jets, 0, n)
    x, y = cosine_sine(rng.uniform(-math.pi, math.pi))
    return n, px + soft * x, py + soft * y


@subroutine
def recoil(jets: np.ndarray, start: int, stop: int) -> tuple[float, float]:
    """Sum what balances some jets.

    Args:
        jets: workspace.
        start: first row.
        stop: row after the last.

    Returns:
        Both components in GeV of minus the jets' transverse momentum.
    """
    px = py = 0.0
    for i in range(start, stop):
        x, y = cosine_sine(jets[i, 2])
        px -= jets[i, 0] * x
        py -= jets[i, 0] * y
    return px, py


@subroutine
def follow(rapidity: float, jets: np.ndarray, emissions: int) -> None:
    """Move emissions along with the hard process, half as far.

    Args:
        rapidity: of the hard process.
        jets: workspace, changed.
        emissions: number of its first rows that are emissions.
    """
    for i in range(emissions):
        jets[i, 1] += 0.5 * rapidity


@subroutine
def add_collisions(rng: Generator, collisions: Collisions, jets: np.ndarray, n: int) -> int:
    """Add the dijets of further parton collisions in the same pair of protons.

    Args:
        rng: random stream.
        collisions: how many and how hard.
        jets: workspace.
        n: jets in the workspace; the new ones follow them.

    Returns:
        Number of jets in the workspace.
    """
    expected = rng.standard_exponential()
    while expected < collisions.rate:
        p = min(COLLISION_SOFTEST * (1.0 - rng.random()) ** (-1.0 / collisions.power), COLLISION_HARDEST)
        eta = 2.0 * rng.standard_normal()
        phi = rng.uniform(-math.pi, math.pi)
        n = push(jets, n, p, eta, phi)
        phi = wrap(phi + math.pi + 0.25 * rng.standard_normal())
        n = push(jets, n, p * rng.uniform(0.4, 1.0), eta + 2.0 * rng.standard_normal(), phi)
        expected += rng.standard_exponential()
    return n


@subroutine
def push(jets: np.ndarray, n: int, pt: float, eta: float, phi: float) -> int:
    """Append a jet to the workspace, or drop it where the workspace is full.

    Args:
        jets: workspace.
        n: jets in it.
        pt: GeV.
        eta: pseudorapidity.
        phi: rad.

    Returns:
        Number of jets in the workspace.
    """
    if n == len(jets):
        return n
    jets[n, 0] = pt
    jets[n, 1] = eta
    jets[n, 2] = phi
    return n + 1
