"""Bosons that decay to two taus, one to a lepton and one to hadrons."""

import math

import numpy as np
from numba import njit
from numpy.random import Generator

from higgs_challenge.tasks.higgs.simulation.detector import LEPTON_FLOOR, TAU_FLOOR, reconstruct
from higgs_challenge.tasks.higgs.simulation.hard_jets import take_fake
from higgs_challenge.tasks.higgs.simulation.kinematics import Direction, boosted, cylindrical, moving, two_body
from higgs_challenge.tasks.higgs.simulation.line_shape import pair_mass
from higgs_challenge.tasks.higgs.simulation.radiation import emit, follow, limited_normal, push
from higgs_challenge.tasks.higgs.simulation.tau_decays import (
    A1,
    THREE_PRONG_IN_A1,
    hadronic_group,
    hadronic_share,
    leptonic_share,
)
from higgs_challenge.tasks.higgs.simulation.tuning import Tuning

Z_TAU_POLARISATION = -0.15
FROM_TAU = -1
"""In place of a workspace row: the lepton comes from the tau."""


@njit(nogil=True)
def tau_pair(
    rng: Generator,
    mass: float,
    px: float,
    py: float,
    spin_one: bool,
    leptonic: bool,
    lepton_floor: float,
    tau_floor: float,
) -> tuple[bool, Direction, Direction, int]:
    """Decay a boson of rapidity zero to two taus, one of them to hadrons.

    Args:
        rng: random stream.
        mass: of the boson, GeV.
        px: of the boson, GeV.
        py: of the boson, GeV.
        spin_one: whether it is a Z boson; otherwise a Higgs boson.
        leptonic: whether the other tau decays to a lepton; otherwise to hadrons, too.
        lepton_floor: least transverse momentum in GeV of what is seen of the other tau.
        tau_floor: least transverse momentum in GeV of the hadrons.

    Returns:
        Whether both momenta reach their floors; what is seen of the other tau, and the hadrons (transverse momentum in
        GeV, pseudorapidity, azimuth in rad); the group of the hadronic decay. The boson's rapidity is to be added to
        both pseudorapidities.
    """
    lepton_helicity = 1.0 if rng.random() < 0.5 * (1.0 + (Z_TAU_POLARISATION if spin_one else 0.0)) else -1.0
    tau_helicity = lepton_helicity if spin_one else -lepton_helicity
    group = hadronic_group(rng)
    if leptonic:
        lepton_share = leptonic_share(rng, lepton_helicity)
    else:
        lepton_share = hadronic_share(rng, lepton_helicity, hadronic_group(rng))
    tau_share = hadronic_share(rng, tau_helicity, group)
    nothing = (0.0, 0.0, 0.0)
    # No tau of this boson has a larger transverse momentum.
    largest = 0.5 * (math.sqrt(mass * mass + px * px + py * py) + math.hypot(px, py))
    if lepton_share * largest < lepton_floor or tau_share * largest < tau_floor:
        return False, nothing, nothing, group
    cosine = rng.uniform(-1.0, 1.0)
    while spin_one and 2.0 * rng.random() > 1.0 + cosine * cosine:
        cosine = rng.uniform(-1.0, 1.0)
    to_lepton, to_hadrons = two_body(rng, mass, 0.0, 0.0, cosine)
    boson = moving(mass, px, py, 0.0)
    lepton_pt, lepton_eta, lepton_phi = cylindrical(boosted(to_lepton, boson))
    tau_pt, tau_eta, tau_phi = cylindrical(boosted(to_hadrons, boson))
    lepton_pt *= lepton_share
    tau_pt *= tau_share
    return (
        lepton_pt >= lepton_floor and tau_pt >= tau_floor,
        (lepton_pt, lepton_eta, lepton_phi),
        (tau_pt, tau_eta, tau_phi),
        group,
    )


@njit(nogil=True)
def try_tau_pair(
    rng: Generator,
    tuning: Tuning,
    mass: float,
    momentum: tuple[float, float],
    rapidity: float,
    spin_one: bool,
    lepton_row: int,
    fake: bool,
    emissions: int,
    jets: np.ndarray,
    n: int,
    row: np.ndarray,
) -> bool:
    """Decay a boson, complete its radiation and reconstruct the event.

    Args:
        rng: random stream.
        tuning: of the detector.
        mass: of the boson, GeV.
        momentum: both components of its transverse momentum, GeV.
        rapidity: of the boson.
        spin_one: whether it is a Z boson.
        lepton_row: the workspace row of a lepton that does not come from a tau, which then decays to hadrons and is
            seen as a jet; or FROM_TAU.
        fake: whether the hadronic tau is seen as a jet and another jet is taken for a tau.
        emissions: jets at the workspace's start that `emit` wrote.
        jets: workspace.
        n: jets in it.
        row: record to write.

    Returns:
        Whether the event is reconstructed.
    """
    leptonic = lepton_row == FROM_TAU
    possible, lepton, tau, group = tau_pair(
        rng,
        mass,
        momentum[0],
        momentum[1],
        spin_one,
        leptonic,
        LEPTON_FLOOR if leptonic else 0.0,
        0.0 if fake else TAU_FLOOR,
    )
    if not possible:
        return False
    follow(rapidity, jets, emissions)
    lepton = (lepton[0], lepton[1] + rapidity, lepton[2])
    tau = (tau[0], tau[1] + rapidity, tau[2])
    three_prong = group == A1 and rng.random() < THREE_PRONG_IN_A1
    if not leptonic:
        n = push(jets, n, lepton[0], lepton[1], lepton[2])
        lepton = (jets[lepton_row, 0], jets[lepton_row, 1], jets[lepton_row, 2])
        jets[lepton_row, 0] = 0.0
    if fake:
        n = push(jets, n, tau[0], tau[1], tau[2])
        tau, group, three_prong = take_fake(rng, tuning.detector.fake_softness, jets, n - 1), A1, True
    if lepton[0] < LEPTON_FLOOR or tau[0] < TAU_FLOOR:
        return False
    return reconstruct(rng, tuning, lepton, tau, group, three_prong, jets, n, row)


@njit(nogil=True)
def z_event(rng: Generator, tuning: Tuning, jets: np.ndarray, row: np.ndarray) -> None:
    """Make one reconstructed Z -> tau tau event, the photon included.

    Args:
        rng: random stream.
        tuning: all fitted numbers.
        jets: workspace.
        row: record to write.
    """
    z = tuning.z
    done = False
    while not done:
        mass = pair_mass(rng)
        fake = rng.random() < z.fakes
        n, px, py = emit(rng, z.radiation, jets)
        rapidity = limited_normal(rng, z.rapidity[0], z.rapidity[1])
        done = try_tau_pair(rng, tuning, mass, (px, py), rapidity, True, FROM_TAU, fake, n, jets, n, row)
