"""Jets of the hard process itself: the quarks of W and Z bosons, and the jet misidentified as a tau."""

import math

import numpy as np
from numpy.random import Generator

from higgs_challenge.compiled import subroutine
from higgs_challenge.tasks.higgs.simulation.detector import expected_raw
from higgs_challenge.tasks.higgs.simulation.kinematics import Direction, FourVector, boosted, cylindrical, two_body
from higgs_challenge.tasks.higgs.simulation.radiation import push

FAKE_PT = 15.0  # GeV, of a jet that can be taken for a tau
FAKE_ETA = 2.4
MAX_CANDIDATES = 8.0
PIECES = 4  # of a broken jet
PIECES_AWAY = 0.9  # from where it was, in the plane of pseudorapidity and azimuth


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
def spread_jets(rng: Generator, jets: np.ndarray, start: int, stop: int) -> int:
    """Break the workspace's last jets into pieces around them, too far apart to be one jet.

    Args:
        rng: random stream.
        jets: workspace.
        start: row of the first jet to break.
        stop: row after the last one, and after the workspace's last jet.

    Returns:
        Number of jets in the workspace.
    """
    n = stop
    for i in range(start, stop):
        pt, eta, phi = jets[i, 0] / PIECES, jets[i, 1], jets[i, 2]
        jets[i, 0] = 0.0
        angle = rng.uniform(-math.pi, math.pi)
        for _ in range(PIECES):
            n = push(jets, n, pt, eta + PIECES_AWAY * math.cos(angle), phi + PIECES_AWAY * math.sin(angle))
            angle += 2.0 * math.pi / PIECES
    return n


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
