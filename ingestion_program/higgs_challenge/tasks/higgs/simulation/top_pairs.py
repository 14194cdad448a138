"""Top quarks, in pairs or single: a lepton from a W boson, and a tau from the other or a jet that passes for one."""

import math

import numpy as np
from numpy.random import Generator

from higgs_challenge.compiled import inlined, subroutine
from higgs_challenge.tasks.higgs.simulation.detector import (
    BEAM_ENERGY,
    CENTRAL,
    LEPTON_FLOOR,
    LEPTON_PT,
    TAU_FLOOR,
    reconstruct,
)
from higgs_challenge.tasks.higgs.simulation.hard_jets import merge_near, near_jet, radiate, take_fake
from higgs_challenge.tasks.higgs.simulation.kinematics import (
    Direction,
    FourVector,
    boosted,
    cylindrical,
    moving,
    two_body,
)
from higgs_challenge.tasks.higgs.simulation.radiation import emit, follow, limited_normal, push
from higgs_challenge.tasks.higgs.simulation.tau_decays import (
    A1,
    THREE_PRONG_IN_A1,
    hadronic_group,
    hadronic_share,
    leptonic_share,
)
from higgs_challenge.tasks.higgs.simulation.tuning import TopTuning, Tuning
from higgs_challenge.tasks.higgs.simulation.w_decays import W_MASS, at_angle

TOP_MASS = 172.5  # GeV
BOTTOM_MASS = 4.8  # GeV
LONGITUDINAL = 0.69  # share of W bosons from top quarks; the rest is left-handed
W_LEPTON_FROM_TAU = 0.13  # share of W leptons that come through a tau
# What the other W boson decays to where a jet passes for the tau: the rest is an electron or a muon.
QUARKS, TAU = 0.676, 0.072
SPECTATOR_PT = (4.0, 100.0)  # GeV
SPECTATOR_ETA = 2.0  # width


@inlined
def top_event(rng: Generator, tuning: Tuning, jets: np.ndarray, row: np.ndarray) -> None:
    """Make one reconstructed top-pair event.

    Args:
        rng: random stream.
        tuning: all fitted numbers.
        jets: workspace.
        row: record to write.
    """
    done = False
    while not done:
        done = try_top_pair(rng, tuning, jets, row)


@inlined
def try_top_pair(rng: Generator, tuning: Tuning, jets: np.ndarray, row: np.ndarray) -> bool:
    """Make one top pair and, where it is reconstructed, write its record.

    Args:
        rng: random stream.
        tuning: all fitted numbers.
        jets: workspace.
        row: record to write.

    Returns:
        Whether it is reconstructed.
    """
    top = tuning.top
    if rng.random() < top.single:
        return try_single_top(rng, tuning, jets, row)
    n, recoil_x, recoil_y = emit(rng, top.radiation, jets)
    first, second, rapidity = produce(rng, top, (recoil_x, recoil_y))
    follow(rapidity, jets, n)
    daughter, _, n = decay_top(rng, top, first, jets, n)
    lepton = seen_lepton(rng, daughter)
    if lepton[0] < LEPTON_FLOOR or abs(lepton[1]) > CENTRAL:
        return False
    daughter, partner, n = decay_top(rng, top, second, jets, n)
    if rng.random() < top.fakes:
        n = add_other(rng, top, daughter, partner, jets, n)
        return n >= 0 and try_jet(rng, tuning, lepton, jets, n, row)
    group = hadronic_group(rng)
    tau = (daughter[0] * hadronic_share(rng, -1.0, group), daughter[1], daughter[2])
    if tau[0] < TAU_FLOOR:
        return False
    radius = rng.uniform(*top.radius)
    merge_near(jets, n, radius)
    if near_jet(jets, n, tau, top.isolation * tau[0], radius):
        return False
    three_prong = group == A1 and rng.random() < THREE_PRONG_IN_A1
    return isolated(rng, top, lepton, jets, n) and reconstruct(
        rng, tuning, lepton, tau, group, three_prong, jets, n, row
    )


@subroutine
def try_jet(rng: Generator, tuning: Tuning, lepton: Direction, jets: np.ndarray, n: int, row: np.ndarray) -> bool:
    """Reconstruct an event in which a jet passes for the tau.

    Args:
        rng: random stream.
        tuning: all fitted numbers.
        lepton: transverse momentum in GeV, pseudorapidity, azimuth in rad.
        jets: workspace.
        n: jets in it.
        row: record to write.

    Returns:
        Whether the event is reconstructed.
    """
    top = tuning.top
    merge_near(jets, n, rng.uniform(*top.radius))
    if not isolated(rng, top, lepton, jets, n):
        return False
    tau = take_fake(rng, top.fake_softness, jets, n)
    return tau[0] > TAU_FLOOR and reconstruct(rng, tuning, lepton, tau, A1, True, jets, n, row)


@subroutine
def isolated(rng: Generator, top: TopTuning, lepton: Direction, jets: np.ndarray, n: int) -> bool:
    """Draw whether neither a jet nor soft particles spoil the lepton.

    Args:
        rng: random stream.
        top: distances.
        lepton: transverse momentum in GeV, pseudorapidity, azimuth in rad.
        jets: workspace.
        n: jets in it.

    Returns:
        Whether it is isolated.
    """
    allowed = top.isolation * lepton[0]
    if top.isolation_soft * rng.standard_exponential() > allowed:
        return False
    return not near_jet(jets, n, lepton, allowed, rng.uniform(*top.isolation_radius))


@subroutine
def try_single_top(rng: Generator, tuning: Tuning, jets: np.ndarray, row: np.ndarray) -> bool:
    """Make one single top quark, by the exchange of a W boson and, where it is reconstructed, write its record.

    Args:
        rng: random stream.
        tuning: all fitted numbers.
        jets: workspace.
        row: record to write.

    Returns:
        Whether it is reconstructed.
    """
    top = tuning.top
    n, recoil_x, recoil_y = emit(rng, tuning.higgs.quark_radiation, jets)
    # The other bottom quark of the gluon that the top quark comes from.
    pt = SPECTATOR_PT[0] * (SPECTATOR_PT[1] / SPECTATOR_PT[0]) ** rng.random()
    phi = rng.uniform(-math.pi, math.pi)
    n = push(jets, n, pt, SPECTATOR_ETA * rng.standard_normal(), phi)
    recoil_x, recoil_y = recoil_x - pt * math.cos(phi), recoil_y - pt * math.sin(phi)

    rise, fall, scale = top.single_mass
    mass = TOP_MASS * (1.0 + scale * rng.gamma(rise, 1.0) / rng.gamma(fall, 1.0))
    mass = min(mass, BEAM_ENERGY)
    rapidity = limited_normal(rng, top.single_rapidity, math.log(2.0 * BEAM_ENERGY / mass))
    follow(rapidity, jets, n)
    farthest = mass * mass - TOP_MASS * TOP_MASS
    draw = rng.random()
    # The W boson's propagator, squared.
    transfer = W_MASS**2 * draw * farthest / (W_MASS**2 + farthest * (1.0 - draw))
    cosine = 1.0 - 2.0 * transfer / max(farthest, 1.0)
    ahead = rng.random() < 0.5 * (1.0 + math.tanh(rapidity))  # a quark that carries much of the proton's momentum
    one, other = two_body(rng, mass, 0.0, TOP_MASS, cosine if ahead else -cosine)
    pair = moving(mass, recoil_x, recoil_y, rapidity)
    n = radiate(rng, top.quark_radiation, cylindrical(boosted(one, pair)), jets, n)
    daughter, _, n = decay_top(rng, top, boosted(other, pair), jets, n)
    lepton = seen_lepton(rng, daughter)
    if lepton[0] < LEPTON_FLOOR or abs(lepton[1]) > CENTRAL:
        return False
    return try_jet(rng, tuning, lepton, jets, n, row)


@subroutine
def seen_lepton(rng: Generator, daughter: Direction) -> Direction:
    """Return the electron or muon of a W boson, which may come through a tau.

    Args:
        rng: random stream.
        daughter: the charged one: transverse momentum in GeV, pseudorapidity, azimuth in rad.

    Returns:
        The lepton, as `daughter`.
    """
    pt, eta, phi = daughter
    if rng.random() < W_LEPTON_FROM_TAU:
        pt *= leptonic_share(rng, -1.0)
    return pt, eta, phi


@subroutine
def produce(rng: Generator, top: TopTuning, recoil: tuple[float, float]) -> tuple[FourVector, FourVector, float]:
    """Produce two top quarks.

    Args:
        rng: random stream.
        top: distributions.
        recoil: both components of the pair's transverse momentum, GeV.

    Returns:
        Their four-vectors in GeV, and the rapidity of the pair.
    """
    rise, fall, scale = top.pair_mass
    mass = 2.0 * TOP_MASS * (1.0 + scale * rng.gamma(rise, 1.0) / rng.gamma(fall, 1.0))
    mass = min(mass, BEAM_ENERGY)
    rapidity = limited_normal(rng, top.pair_rapidity, math.log(2.0 * BEAM_ENERGY / mass))
    pair = moving(mass, recoil[0], recoil[1], rapidity)
    velocity = math.sqrt(max(1.0 - (2.0 * TOP_MASS / mass) ** 2, 1e-6))
    # Gluons that fuse, but for a factor that matters at threshold alone.
    along, square = 0.0, -1.0
    while rng.random() * 32.0 >= (7.0 + 9.0 * square) * (1.0 + square):
        along = math.tanh(rng.uniform(-1.0, 1.0) * math.atanh(velocity))
        square = along * along
    one, other = two_body(rng, mass, TOP_MASS, TOP_MASS, along / velocity)
    return boosted(one, pair), boosted(other, pair), rapidity


@subroutine
def decay_top(
    rng: Generator, top: TopTuning, vector: FourVector, jets: np.ndarray, n: int
) -> tuple[Direction, Direction, int]:
    """Decay a top quark to the jets of a bottom quark and a W boson, and that to two daughters.

    Args:
        rng: random stream.
        top: what becomes of the bottom quark.
        vector: of the top quark, GeV.
        jets: workspace.
        n: jets in it.

    Returns:
        The W boson's charged daughter (or down-like quark) and the other one (transverse momentum in GeV,
        pseudorapidity, azimuth in rad); the number of jets in the workspace.
    """
    bottom, w = two_body(rng, TOP_MASS, BOTTOM_MASS, W_MASS, rng.uniform(-1.0, 1.0))
    n = radiate(rng, top.bottom_radiation, cylindrical(boosted(bottom, vector)), jets, n)
    energy, x, y, z = at_angle(rng, w, charged_cosine(rng))
    charged = cylindrical(boosted(boosted((energy, x, y, z), w), vector))
    return charged, cylindrical(boosted(boosted((energy, -x, -y, -z), w), vector)), n


@subroutine
def add_other(rng: Generator, top: TopTuning, daughter: Direction, partner: Direction, jets: np.ndarray, n: int) -> int:
    """Add what is seen of a W boson that gives neither the lepton nor the tau.

    Args:
        rng: random stream.
        top: what becomes of its quarks.
        daughter: the charged one.
        partner: the other one.
        jets: workspace.
        n: jets in it.

    Returns:
        Number of jets in the workspace, or -1 where there is a second lepton.
    """
    kind = rng.random()
    if kind < QUARKS:
        n = radiate(rng, top.quark_radiation, daughter, jets, n)
        return radiate(rng, top.quark_radiation, partner, jets, n)
    pt, eta, phi = daughter
    if kind < QUARKS + TAU:
        return push(jets, n, pt * hadronic_share(rng, -1.0, hadronic_group(rng)), eta, phi)
    if pt > LEPTON_PT and abs(eta) < CENTRAL:
        return -1
    return push(jets, n, pt, eta, phi)


@subroutine
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
