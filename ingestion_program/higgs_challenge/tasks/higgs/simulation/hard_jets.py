"""Jets of the hard process itself: the quarks of W and Z bosons, and the jet misidentified as a tau."""

import math

import numpy as np
from numpy.random import Generator

from higgs_challenge.compiled import subroutine
from higgs_challenge.tasks.higgs.events.derived import wrap
from higgs_challenge.tasks.higgs.simulation.detector import CONE, expected_raw
from higgs_challenge.tasks.higgs.simulation.kinematics import (
    Direction,
    FourVector,
    boosted,
    cylindrical,
    distance_squared,
    two_body,
)
from higgs_challenge.tasks.higgs.simulation.radiation import push

FAKE_PT = 15.0  # GeV, of a jet that can be taken for a tau
FAKE_ETA = 2.7
MAX_CANDIDATES = 8.0
NEAREST, FARTHEST = 0.6, 2.0  # of what a quark radiates from the quark, in that plane


@subroutine
def add_quarks(rng: Generator, mass: float, vector: FourVector, jets: np.ndarray, n: int) -> int:
    """Decay a vector boson to two quarks.

    Args:
        rng: random stream.
        mass: of the boson, GeV.
        vector: its four-vector, GeV.
        jets: workspace.
        n: jets in it.

    Returns:
        Number of jets in the workspace.
    """
    quark, antiquark = two_body(rng, mass, 0.0, 0.0, rng.uniform(-1.0, 1.0))
    for daughter in (quark, antiquark):
        pt, eta, phi = cylindrical(boosted(daughter, vector))
        n = push(jets, n, pt, eta, phi)
    return n


@subroutine
def push_quarks(rng: Generator, quark: Direction, antiquark: Direction, loss: float, jets: np.ndarray, n: int) -> int:
    """Turn the two quarks of a boson into its jets: one where they are close.

    Args:
        rng: random stream.
        quark: transverse momentum in GeV, pseudorapidity, azimuth in rad.
        antiquark: the same.
        loss: mean share of the momentum that leaves the jet, with an exponential distribution.
        jets: workspace.
        n: jets in it.

    Returns:
        Number of jets in the workspace.
    """
    first = quark[0] * max(1.0 - loss * rng.standard_exponential(), 0.0)
    second = antiquark[0] * max(1.0 - loss * rng.standard_exponential(), 0.0)
    if distance_squared(quark[1], quark[2], antiquark[1], antiquark[2]) > CONE**2:
        n = push(jets, n, first, quark[1], quark[2])
        return push(jets, n, second, antiquark[1], antiquark[2])
    x = first * math.cos(quark[2]) + second * math.cos(antiquark[2])
    y = first * math.sin(quark[2]) + second * math.sin(antiquark[2])
    eta = (first * quark[1] + second * antiquark[1]) / max(first + second, 1e-9)
    return push(jets, n, math.hypot(x, y), eta, math.atan2(y, x))


@subroutine
def radiate(rng: Generator, share: float, parton: Direction, jets: np.ndarray, n: int) -> int:
    """Turn a quark into its jet and a softer one of what it radiates out of that.

    Args:
        rng: random stream.
        share: mean share of the momentum that is radiated, 0 .. 0.5; most quarks radiate less.
        parton: transverse momentum in GeV, pseudorapidity, azimuth in rad.
        jets: workspace.
        n: jets in it.

    Returns:
        Number of jets in the workspace.
    """
    pt, eta, phi = parton
    share = 0.5 * rng.random() ** (0.5 / share - 1.0)
    separation = NEAREST * (FARTHEST / NEAREST) ** rng.random()
    angle = rng.uniform(-math.pi, math.pi)
    d_eta, d_phi = separation * math.cos(angle), separation * math.sin(angle)
    n = push(jets, n, share * pt, eta + (1.0 - share) * d_eta, phi + (1.0 - share) * d_phi)
    return push(jets, n, (1.0 - share) * pt, eta - share * d_eta, phi - share * d_phi)


@subroutine
def merge_near(jets: np.ndarray, n: int, radius: float) -> None:
    """Merge jets that are too close to be two.

    Args:
        jets: workspace; of two jets that merge, one takes the momentum of both, and the other is left with none.
        n: jets in it.
        radius: in the plane of pseudorapidity and azimuth.
    """
    for i in range(1, n):
        for k in range(i):
            if min(jets[i, 0], jets[k, 0]) <= 0.0:
                continue
            if distance_squared(jets[i, 1], jets[i, 2], jets[k, 1], jets[k, 2]) < radius * radius:
                total = jets[i, 0] + jets[k, 0]
                share = jets[k, 0] / total
                jets[i, 1] += share * (jets[k, 1] - jets[i, 1])
                jets[i, 2] += share * wrap(jets[k, 2] - jets[i, 2])
                jets[i, 0] = total
                jets[k, 0] = 0.0


@subroutine
def near_jet(jets: np.ndarray, n: int, direction: Direction, pt: float, radius: float) -> bool:
    """Tell whether there is a jet near a direction.

    Args:
        jets: workspace.
        n: jets in it.
        direction: transverse momentum, not used here, pseudorapidity, azimuth in rad.
        pt: GeV, of the jets that count.
        radius: in the plane of pseudorapidity and azimuth.

    Returns:
        Whether a jet harder than `pt` is closer than `radius`.
    """
    for i in range(n):
        near = distance_squared(jets[i, 1], jets[i, 2], direction[1], direction[2]) < radius * radius
        if near and jets[i, 0] > pt:
            return True
    return False


@subroutine
def take_fake(rng: Generator, softness: float, jets: np.ndarray, n: int) -> Direction:
    """Take a jet for a tau; only jets of one or three tracks pass for one, and those are soft.

    Args:
        rng: random stream.
        softness: GeV by which a jet must be harder to be taken e times less often.
        jets: workspace; the jet taken leaves it.
        n: jets in it.

    Returns:
        The tau that the jet passes for: transverse momentum in GeV (0 where no jet is taken), pseudorapidity, azimuth.
    """
    chosen, total = -1, 0.0
    for i in range(n):
        if jets[i, 0] > FAKE_PT and abs(jets[i, 1]) < FAKE_ETA:
            chance = math.exp((FAKE_PT - jets[i, 0]) / softness)
            total += chance
            if rng.random() * total < chance:
                chosen = i
    if rng.random() * MAX_CANDIDATES >= total:
        return 0.0, 0.0, 0.0
    pt, eta, phi = jets[chosen, 0], jets[chosen, 1], jets[chosen, 2]
    jets[chosen, 0] = 0.0
    return expected_raw(pt, eta), eta, phi  # a quark's jet answers less than a tau of the same momentum
