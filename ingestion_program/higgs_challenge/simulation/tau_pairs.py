"""Events in which a Z or Higgs boson decays to two taus, one to a lepton and one to hadrons."""

import math

import numpy as np
from numba import njit
from numpy.random import Generator

from higgs_challenge.simulation.detector import LEPTON_FLOOR, TAU_FLOOR, reconstruct
from higgs_challenge.simulation.kinematics import Direction, boosted, cylindrical, moving, two_body
from higgs_challenge.simulation.radiation import emit, follow, limited_normal, push, radiation, recoil
from higgs_challenge.simulation.tau_decays import A1, THREE_PRONG_IN_A1, hadronic_group, hadronic_share, leptonic_share

Z_MASS = 91.19  # GeV
Z_WIDTH = 2.495  # GeV
Z_MASS_RANGE = (50.0, 500.0)  # GeV
Z_TAU_POLARISATION = -0.15
HIGGS_MASS = 125.0  # GeV
VECTOR_MASS = 84.0  # GeV, between W and Z

# From here on: tuned on the official 1 000-row sample and the published region yields.
Z_RADIATION = radiation(strength=0.286, scale=63.5, falloff=185.0, splitting=0.36, eta_width=1.85)
GLUON_RADIATION = radiation(strength=0.29, scale=122.0, falloff=1000.0, splitting=0.16, eta_width=3.0)
BOTTOM_RADIATION = radiation(strength=0.26, scale=50.0, falloff=100.0, splitting=0.3, eta_width=2.0)
QUARK_RADIATION = radiation(strength=0.21, scale=110.0, falloff=700.0, splitting=0.2, eta_width=2.5)
Z_MASS_FALL = 1.2  # power of the mass by which the flux of partons falls above the peak
Z_RAPIDITY = (2.35, 4.0)  # width and largest magnitude
HIGGS_RAPIDITY_MOST = 4.2
# Shares of the Higgs production modes among reconstructed events, and their widths in rapidity.
GLUON, VECTOR_FUSION, WITH_VECTOR, BOTTOM, WITH_TOPS = 0, 1, 2, 3, 4
MODE_SHARES = (0.774, 0.107, 0.074, 0.039, 0.006)
MODE_RAPIDITY = (1.75, 1.2, 1.3, 1.6, 1.0)
# Transverse momenta: shape and scale in GeV of a gamma distribution.
FUSION_QUARK_PT = (2.2, 28.5)
FUSION_OPPOSITION = 0.6  # the density of the angle between the quarks is 1 - this * cosine
FUSION_QUARK_ETA = (4.2, 0.57)  # shape and scale of the distance to 0.6 of the Higgs boson's rapidity
VECTOR_PT = (2.2, 36.0)
VECTOR_TO_QUARKS = 0.85
TOP_JET_PT = (2.5, 28.0)
TOP_JETS = 4


@njit(nogil=True)
def tau_pair(
    rng: Generator, mass: float, px: float, py: float, spin_one: bool
) -> tuple[bool, Direction, Direction, int]:
    """Decay a boson of rapidity zero to two taus, and these to a lepton and to hadrons.

    Args:
        rng: random stream.
        mass: of the boson, GeV.
        px: of the boson, GeV.
        py: of the boson, GeV.
        spin_one: whether it is a Z boson; otherwise a Higgs boson.

    Returns:
        Whether both momenta can pass the thresholds; lepton and visible tau (transverse momentum in GeV,
        pseudorapidity, azimuth in rad); the group of the hadronic decay. The boson's rapidity is to be added to both
        pseudorapidities.
    """
    lepton_helicity = 1.0 if rng.random() < 0.5 * (1.0 + (Z_TAU_POLARISATION if spin_one else 0.0)) else -1.0
    group = hadronic_group(rng)
    lepton_share = leptonic_share(rng, lepton_helicity)
    tau_share = hadronic_share(rng, lepton_helicity if spin_one else -lepton_helicity, group)
    nothing = (0.0, 0.0, 0.0)
    # No tau of this boson has a larger transverse momentum.
    largest = 0.5 * (math.sqrt(mass * mass + px * px + py * py) + math.hypot(px, py))
    if lepton_share * largest < LEPTON_FLOOR or tau_share * largest < TAU_FLOOR:
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
        lepton_pt > LEPTON_FLOOR and tau_pt > TAU_FLOOR,
        (lepton_pt, lepton_eta, lepton_phi),
        (tau_pt, tau_eta, tau_phi),
        group,
    )


@njit(nogil=True)
def try_tau_pair(
    rng: Generator,
    mass: float,
    momentum: tuple[float, float],
    rapidity: float,
    spin_one: bool,
    emissions: int,
    jets: np.ndarray,
    n: int,
    row: np.ndarray,
) -> bool:
    """Decay a boson, complete its radiation and reconstruct the event.

    Args:
        rng: random stream.
        mass: of the boson, GeV.
        momentum: both components of its transverse momentum, GeV.
        rapidity: of the boson.
        spin_one: whether it is a Z boson.
        emissions: jets at the workspace's start that `emit` wrote.
        jets: workspace.
        n: jets in it.
        row: record to write.

    Returns:
        Whether the event is reconstructed.
    """
    possible, lepton, tau, group = tau_pair(rng, mass, momentum[0], momentum[1], spin_one)
    if not possible:
        return False
    follow(rapidity, jets, emissions)
    lepton = (lepton[0], lepton[1] + rapidity, lepton[2])
    tau = (tau[0], tau[1] + rapidity, tau[2])
    three_prong = group == A1 and rng.random() < THREE_PRONG_IN_A1
    return reconstruct(rng, lepton, tau, group, three_prong, jets, n, row)


@njit(nogil=True)
def z_mass(rng: Generator) -> float:
    """Draw the mass of a Z boson from a Breit-Wigner distribution that the flux of partons bends down above the peak.

    Args:
        rng: random stream.

    Returns:
        Mass in GeV, in Z_MASS_RANGE.
    """
    low = math.atan(2.0 * (Z_MASS_RANGE[0] - Z_MASS) / Z_WIDTH)
    high = math.atan(2.0 * (Z_MASS_RANGE[1] - Z_MASS) / Z_WIDTH)
    while True:
        mass = Z_MASS + 0.5 * Z_WIDTH * math.tan(rng.uniform(low, high))
        if mass < Z_MASS or rng.random() < (Z_MASS / mass) ** Z_MASS_FALL:
            return mass


@njit(nogil=True)
def z_event(rng: Generator, jets: np.ndarray, row: np.ndarray) -> None:
    """Make one reconstructed Z -> tau tau event.

    Args:
        rng: random stream.
        jets: workspace.
        row: record to write.
    """
    done = False
    while not done:
        mass = z_mass(rng)
        n, px, py = emit(rng, Z_RADIATION, jets)
        rapidity = limited_normal(rng, Z_RAPIDITY[0], Z_RAPIDITY[1])
        done = try_tau_pair(rng, mass, (px, py), rapidity, True, n, jets, n, row)


@njit(nogil=True)
def higgs_event(rng: Generator, jets: np.ndarray, row: np.ndarray) -> None:
    """Make one reconstructed H -> tau tau event of a production mode drawn from MODE_SHARES.

    Args:
        rng: random stream.
        jets: workspace.
        row: record to write.
    """
    draw = rng.random()
    mode = GLUON
    while mode < WITH_TOPS and draw >= MODE_SHARES[mode]:
        draw -= MODE_SHARES[mode]
        mode += 1
    source = QUARK_RADIATION
    if mode == GLUON:
        source = GLUON_RADIATION
    elif mode == BOTTOM:
        source = BOTTOM_RADIATION
    done = False
    while not done:
        emissions, px, py = emit(rng, source, jets)
        rapidity = limited_normal(rng, MODE_RAPIDITY[mode], HIGGS_RAPIDITY_MOST)
        n = emissions
        if mode == VECTOR_FUSION:
            n = add_fusion_quarks(rng, rapidity, jets, n)
        elif mode in (WITH_VECTOR, WITH_TOPS):
            n = add_vector(rng, rapidity, jets, n)
            for _ in range(TOP_JETS if mode == WITH_TOPS else 0):
                n = push(jets, n, rng.gamma(*TOP_JET_PT), 1.2 * rng.standard_normal(), rng.uniform(-math.pi, math.pi))
        hard_x, hard_y = recoil(jets, emissions, n)
        if mode in (WITH_VECTOR, WITH_TOPS) and rng.random() > VECTOR_TO_QUARKS:
            jets[emissions, 0] = jets[emissions + 1, 0] = 0.0  # the vector boson decays to neutrinos
        done = try_tau_pair(rng, HIGGS_MASS, (px + hard_x, py + hard_y), rapidity, False, emissions, jets, n, row)


@njit(nogil=True)
def add_fusion_quarks(rng: Generator, rapidity: float, jets: np.ndarray, n: int) -> int:
    """Add the two forward quarks of vector boson fusion.

    Args:
        rng: random stream.
        rapidity: of the Higgs boson.
        jets: workspace.
        n: jets in it.

    Returns:
        Number of jets in the workspace.
    """
    side = 1.0 if rng.random() < 0.5 else -1.0
    phi = rng.uniform(-math.pi, math.pi)
    angle = rng.uniform(-math.pi, math.pi)
    while rng.random() * (1.0 + FUSION_OPPOSITION) > 1.0 - FUSION_OPPOSITION * math.cos(angle):
        angle = rng.uniform(-math.pi, math.pi)
    for sign in (side, -side):
        eta = 0.6 * rapidity + sign * rng.gamma(FUSION_QUARK_ETA[0], FUSION_QUARK_ETA[1])
        pt = rng.gamma(FUSION_QUARK_PT[0], FUSION_QUARK_PT[1])
        n = push(jets, n, pt, eta, phi)
        phi += angle
    return n


@njit(nogil=True)
def add_vector(rng: Generator, rapidity: float, jets: np.ndarray, n: int) -> int:
    """Add the two quarks of a W or Z boson produced with the Higgs boson.

    Args:
        rng: random stream.
        rapidity: of the Higgs boson.
        jets: workspace.
        n: jets in it.

    Returns:
        Number of jets in the workspace.
    """
    pt = rng.gamma(VECTOR_PT[0], VECTOR_PT[1])
    phi = rng.uniform(-math.pi, math.pi)
    vector = moving(VECTOR_MASS, pt * math.cos(phi), pt * math.sin(phi), 0.6 * rapidity + rng.standard_normal())
    return add_quarks(rng, VECTOR_MASS, vector, jets, n)


@njit(nogil=True)
def add_quarks(rng: Generator, mass: float, vector: tuple[float, float, float, float], jets: np.ndarray, n: int) -> int:
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
