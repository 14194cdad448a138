"""Bosons that decay to two taus, one to a lepton and one to hadrons."""

import math
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from higgs_challenge.compiled import inlined, subroutine
from higgs_challenge.tasks.higgs.simulation.detector import (
    CENTRAL,
    LEPTON_FLOOR,
    TAU_AXIS,
    TAU_FLOOR,
    complete,
    floors,
    reconstruct,
    see_pair,
)
from higgs_challenge.tasks.higgs.simulation.hard_jets import take_fake
from higgs_challenge.tasks.higgs.simulation.kinematics import Direction, cylindrical, two_body
from higgs_challenge.tasks.higgs.simulation.line_shape import Z_MASS, pair_mass
from higgs_challenge.tasks.higgs.simulation.radiation import draw_momenta, follow, limited_normal, push, send
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


def cosine_table(size: int = 1025) -> np.ndarray:
    """Tabulate the cosines below which equal numbers of a Z boson's taus lie.

    Args:
        size: number of entries, >= 2.

    Returns:
        float64, shape (size,), ascending from -1 to 1: cosines c of the angle to the beam, density 3 (1 + c^2) / 8.
    """
    cosine = np.linspace(-1.0, 1.0, 20_001)
    return np.interp(np.linspace(0.0, 1.0, size), 0.5 + (3.0 * cosine + cosine**3) / 8.0, cosine)


COSINES = cosine_table()


class PairDecay(NamedTuple):
    """How two taus decay, in the rest frame of their boson."""

    cosine: float
    """Of the angle between beam and first tau."""
    lepton_share: float
    """Of the first tau's momentum that is seen."""
    tau_share: float
    """Of the second tau's, which decays to hadrons."""
    group: int
    """Of these hadrons."""


@subroutine
def draw_decay(rng: Generator, spin_one: bool, leptonic: bool) -> PairDecay:
    """Draw how a boson decays to two taus, one of them to hadrons.

    Args:
        rng: random stream.
        spin_one: whether it is a Z boson; otherwise a Higgs boson.
        leptonic: whether the other tau decays to a lepton; otherwise to hadrons, too.

    Returns:
        Angle, shares and group.
    """
    lepton_helicity = 1.0 if rng.random() < 0.5 * (1.0 + (Z_TAU_POLARISATION if spin_one else 0.0)) else -1.0
    tau_helicity = lepton_helicity if spin_one else -lepton_helicity
    if leptonic:
        lepton_share = leptonic_share(rng, lepton_helicity)
    else:
        lepton_share = hadronic_share(rng, lepton_helicity, hadronic_group(rng))
    group = hadronic_group(rng)
    tau_share = hadronic_share(rng, tau_helicity, group)
    position = rng.random() * (len(COSINES) - 1)
    k = int(position)
    cosine = COSINES[k] + (position - k) * (COSINES[k + 1] - COSINES[k]) if spin_one else 2.0 * rng.random() - 1.0
    return PairDecay(cosine, lepton_share, tau_share, group)


@subroutine
def reaches(decay: PairDecay, mass: float, highest: float, lepton_floor: float, tau_floor: float) -> bool:
    """Check whether what is seen of both taus can be hard enough, whatever the azimuths.

    Args:
        decay: of the boson.
        mass: of the boson, GeV.
        highest: GeV, no less than its transverse momentum.
        lepton_floor: least transverse momentum in GeV of what is seen of the first tau.
        tau_floor: least transverse momentum in GeV of the hadrons.

    Returns:
        False where they cannot.
    """
    sine = math.sqrt(1.0 - decay.cosine * decay.cosine)
    # Of a tau that flies along the boson.
    largest = 0.5 * (math.sqrt(mass * mass + highest * highest) * sine + highest)
    return decay.lepton_share * largest >= lepton_floor and decay.tau_share * largest >= tau_floor


@subroutine
def decay_pair(
    rng: Generator, decay: PairDecay, mass: float, px: float, py: float, lepton_floor: float, tau_floor: float
) -> tuple[bool, Direction, Direction]:
    """Find the momenta of what is seen of two taus.

    Args:
        rng: random stream.
        decay: of the boson.
        mass: of the boson, GeV.
        px: of the boson, GeV.
        py: of the boson, GeV.
        lepton_floor: least transverse momentum in GeV of what is seen of the first tau.
        tau_floor: least transverse momentum in GeV of the hadrons.

    Returns:
        Whether both momenta reach their floors, without which the rest is not computed; what is seen of the first tau,
        and the hadrons: transverse momentum in GeV, pseudorapidity, azimuth in rad. The boson's rapidity is to be added
        to both pseudorapidities.
    """
    first, _ = two_body(rng, mass, 0.0, 0.0, decay.cosine)
    x, y, z = first[1], first[2], first[3]
    # A boost across the beam leaves the momenta along it as they are.
    gain = ((x * px + y * py) / (1.0 + math.sqrt(1.0 + (px * px + py * py) / (mass * mass))) / mass + 0.5 * mass) / mass
    x, y = x + gain * px, y + gain * py
    other_x, other_y = px - x, py - y
    nothing = (0.0, 0.0, 0.0)
    if decay.lepton_share * math.sqrt(x * x + y * y) < lepton_floor:
        return False, nothing, nothing
    if decay.tau_share * math.sqrt(other_x * other_x + other_y * other_y) < tau_floor:
        return False, nothing, nothing
    lepton_pt, lepton_eta, lepton_phi = cylindrical((0.0, x, y, z))
    tau_pt, tau_eta, tau_phi = cylindrical((0.0, other_x, other_y, -z))
    return (
        True,
        (decay.lepton_share * lepton_pt, lepton_eta, lepton_phi),
        (decay.tau_share * tau_pt, tau_eta, tau_phi),
    )


@subroutine
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
    decay = draw_decay(rng, spin_one, leptonic)
    px, py = momentum
    lepton_floor, tau_floor = LEPTON_FLOOR if leptonic else 0.0, 0.0 if fake else TAU_FLOOR
    if not reaches(decay, mass, math.sqrt(px * px + py * py), lepton_floor, tau_floor):
        return False
    possible, lepton, tau = decay_pair(rng, decay, mass, px, py, lepton_floor, tau_floor)
    if not possible:
        return False
    group = decay.group
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


@subroutine
def hardness(mass: float) -> float:
    """Return by what factor a pair's radiation is harder than that of pairs at the Z boson's mass.

    Heavier pairs have more transverse momentum (CMS, arXiv:2205.04897); the root gives the official widths of visible
    mass and momenta at high transverse mass.

    Args:
        mass: of the pair, GeV.

    Returns:
        The factor.
    """
    return math.sqrt(mass / Z_MASS)


@inlined
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
        if rng.random() < z.fakes:
            n, soft, _ = draw_momenta(rng, z.radiation, hardness(mass), jets)
            n, px, py = send(rng, z.radiation, soft, jets, n)
            rapidity = limited_normal(rng, z.rapidity[0], z.rapidity[1])
            done = try_tau_pair(rng, tuning, mass, (px, py), rapidity, True, FROM_TAU, True, n, jets, n, row)
        else:
            done = try_z(rng, tuning, mass, jets, row)


@inlined
def try_z(rng: Generator, tuning: Tuning, mass: float, jets: np.ndarray, row: np.ndarray) -> bool:
    """Make a Z boson and reconstruct lepton and tau, what is most likely to fail first.

    Args:
        rng: random stream.
        tuning: all fitted numbers.
        mass: of the Z boson, GeV.
        jets: workspace.
        row: record to write.

    Returns:
        Whether the event is reconstructed.
    """
    z = tuning.z
    decay = draw_decay(rng, True, True)
    emissions, soft, highest = draw_momenta(rng, z.radiation, hardness(mass), jets)
    if not reaches(decay, mass, highest, LEPTON_FLOOR, TAU_FLOOR):
        return False
    deviates = (rng.standard_normal(), rng.standard_normal())
    lepton_floor, tau_floor = floors(tuning.detector, deviates)
    if not reaches(decay, mass, highest, lepton_floor, tau_floor):
        return False
    rapidity = limited_normal(rng, z.rapidity[0], z.rapidity[1])
    if abs(rapidity) > CENTRAL + 3.0 * TAU_AXIS:  # one of lepton and tau is no more central
        return False
    n, px, py = send(rng, z.radiation, soft, jets, emissions)
    possible, lepton, tau = decay_pair(rng, decay, mass, px, py, lepton_floor, tau_floor)
    if not possible:
        return False
    lepton = (lepton[0], lepton[1] + rapidity, lepton[2])
    tau = (tau[0], tau[1] + rapidity, tau[2])
    three_prong = decay.group == A1 and rng.random() < THREE_PRONG_IN_A1
    seen, lepton_pt, tau_raw = see_pair(rng, tuning.detector, deviates, lepton, tau, decay.group, three_prong)
    if not seen:
        return False
    follow(rapidity, jets, n)
    return complete(rng, tuning, lepton, tau, lepton_pt, tau_raw, jets, n, row)
