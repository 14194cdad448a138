"""Pairs of top quarks."""

import numpy as np
from numba import njit
from numpy.random import Generator

from higgs_challenge.tasks.higgs.simulation.kinematics import (
    Direction,
    FourVector,
    boosted,
    cylindrical,
    two_body,
)
from higgs_challenge.tasks.higgs.simulation.radiation import emit, follow, push
from higgs_challenge.tasks.higgs.simulation.tuning import Tuning
from higgs_challenge.tasks.higgs.simulation.w_pairs import W_MASS, at_angle, back_to_back, try_w_pair

TOP_MASS = 172.5  # GeV
BOTTOM_MASS = 4.8  # GeV
LONGITUDINAL = 0.69  # share of W bosons from top quarks; the rest is left-handed


@njit(nogil=True)
def top_event(rng: Generator, tuning: Tuning, jets: np.ndarray, row: np.ndarray) -> None:
    """Make one reconstructed top-pair event.

    Args:
        rng: random stream.
        tuning: all fitted numbers.
        jets: workspace.
        row: record to write.
    """
    top = tuning.top
    done = False
    while not done:
        fake = rng.random() < top.fakes
        emissions, recoil_x, recoil_y = emit(rng, top.radiation, jets)
        rapidity = top.pair_rapidity * rng.standard_normal()
        follow(rapidity, jets, emissions)
        n = emissions
        first, second = back_to_back(rng, TOP_MASS, TOP_MASS, top.pt, top.rapidity, (recoil_x, recoil_y), rapidity)
        _, lepton, n = decay_top(rng, top.bottom_response, first, jets, n)
        w, tau, n = decay_top(rng, top.bottom_response, second, jets, n)
        done = try_w_pair(rng, tuning, lepton, w, tau, fake, top.fakes_spread, jets, n, row)


@njit(nogil=True)
def decay_top(
    rng: Generator, bottom_response: float, top: FourVector, jets: np.ndarray, n: int
) -> tuple[FourVector, Direction, int]:
    """Decay a top quark to a bottom jet and a W boson, and that as to a lepton.

    Args:
        rng: random stream.
        bottom_response: share of the bottom quark's momentum that its jet keeps.
        top: four-vector, GeV.
        jets: workspace.
        n: jets in it.

    Returns:
        The W boson's four-vector in GeV; its charged daughter (transverse momentum in GeV, pseudorapidity, azimuth in
        rad); the number of jets in the workspace.
    """
    bottom, w = two_body(rng, TOP_MASS, BOTTOM_MASS, W_MASS, rng.uniform(-1.0, 1.0))
    pt, eta, phi = cylindrical(boosted(bottom, top))
    daughter = boosted(at_angle(rng, w, charged_cosine(rng)), w)
    return boosted(w, top), cylindrical(boosted(daughter, top)), push(jets, n, bottom_response * pt, eta, phi)


@njit(nogil=True)
def charged_cosine(rng: Generator) -> float:
    """Draw how the charged daughter of a W boson from a top quark flies.

    Args:
        rng: random stream.

    Returns:
        Cosine of its angle, in the W boson's rest frame, to the W boson's direction in the top quark's, -1 .. 1.
    """
    longitudinal = rng.random() < LONGITUDINAL
    while True:
        cosine = rng.uniform(-1.0, 1.0)
        density = 1.0 - cosine * cosine if longitudinal else 0.25 * (1.0 - cosine) ** 2
        if rng.random() < density:
            return cosine
