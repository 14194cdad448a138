"""Pairs of W and Z bosons from a quark and an antiquark, each boson decaying as it does."""

import math

import numpy as np
from numpy.random import Generator

from higgs_challenge.compiled import inlined, subroutine
from higgs_challenge.tasks.higgs.simulation.detector import CENTRAL, LEPTON_FLOOR, LEPTON_PT, TAU_FLOOR, reconstruct
from higgs_challenge.tasks.higgs.simulation.hard_jets import push_quarks, take_fake
from higgs_challenge.tasks.higgs.simulation.kinematics import Direction, boosted, cylindrical, moving
from higgs_challenge.tasks.higgs.simulation.line_shape import COLLISION_ENERGY, Z_MASS, Z_WIDTH
from higgs_challenge.tasks.higgs.simulation.radiation import emit, follow, push
from higgs_challenge.tasks.higgs.simulation.tau_decays import (
    A1,
    THREE_PRONG_IN_A1,
    hadronic_group,
    hadronic_share,
    leptonic_share,
)
from higgs_challenge.tasks.higgs.simulation.tau_pairs import Z_TAU_POLARISATION
from higgs_challenge.tasks.higgs.simulation.tuning import DibosonTuning, Tuning
from higgs_challenge.tasks.higgs.simulation.w_decays import W_MASS
from higgs_challenge.tasks.higgs.simulation.w_spins import boson_decay_at_random, w_pair_decays

W_WIDTH = 2.085  # GeV
MASSES = (20.0, 250.0)  # GeV, of a boson
UP_SHARE = 0.57  # of W pairs that are made by up-like quarks

# Kinds of pairs.
W_W, W_Z, Z_Z = 0, 1, 2

# What a daughter of a boson is. Branching ratios at leading order.
LEPTON, TAU_TO_LEPTON, TAU_TO_HADRONS, QUARK, NEUTRINO = 0, 1, 2, 3, 4
W_TO_LEPTON, W_TO_TAU = 2 / 9, 1 / 9
Z_TO_LEPTONS, Z_TO_TAUS, Z_TO_NEUTRINOS = 0.0673, 0.0337, 0.2
TAU_LEPTONIC = 0.352


@inlined
def diboson_event(rng: Generator, tuning: Tuning, jets: np.ndarray, row: np.ndarray) -> None:
    """Make one reconstructed diboson event.

    Args:
        rng: random stream.
        tuning: all fitted numbers.
        jets: workspace.
        row: record to write.
    """
    done = False
    while not done:
        kind = pair_kind(rng, tuning.diboson)
        kinds, helicities, fake = draw_decays(rng, kind, tuning.diboson.fakes)
        emissions, recoil_x, recoil_y = emit(rng, tuning.diboson.radiation, jets)
        rapidity, directions = produce(rng, tuning.diboson, kind, (recoil_x, recoil_y))
        follow(rapidity, jets, emissions)
        done = try_pair(rng, tuning, kind, kinds, helicities, directions, fake, jets, emissions, row)


@subroutine
def pair_kind(rng: Generator, diboson: DibosonTuning) -> int:
    """Draw which bosons are produced.

    Args:
        rng: random stream.
        diboson: rates.

    Returns:
        W_W, W_Z or Z_Z.
    """
    draw = rng.random() * (1.0 + diboson.w_z + diboson.z_z)
    if draw < 1.0:
        return W_W
    return W_Z if draw < 1.0 + diboson.w_z else Z_Z


@subroutine
def draw_decays(rng: Generator, kind: int, fakes: float) -> tuple[tuple[int, int, int, int], tuple[float, float], bool]:
    """Draw what two bosons decay to, until there is a lepton and what can be seen as a tau.

    Args:
        rng: random stream.
        kind: of the pair.
        fakes: rate of events without a hadronic tau relative to those with one.

    Returns:
        Both daughters of the first and of the second boson, the Z boson first; the helicity of taus from the first and
        the second, sign as for the negative tau; whether a jet must pass for the tau.
    """
    while True:
        first, second, first_helicity = boson_decay(rng, kind != W_W)
        third, fourth, second_helicity = boson_decay(rng, kind == Z_Z)
        kinds = (first, second, third, fourth)
        leptons = taus = 0
        for daughter in kinds:
            leptons += daughter in (LEPTON, TAU_TO_LEPTON)
            taus += daughter == TAU_TO_HADRONS
        if leptons > 0 and (taus > 0 or rng.random() < fakes):
            return kinds, (first_helicity, second_helicity), taus == 0


@subroutine
def boson_decay(rng: Generator, is_z: bool) -> tuple[int, int, float]:
    """Draw what a boson decays to.

    Args:
        rng: random stream.
        is_z: whether it is a Z boson.

    Returns:
        Both daughters, and the helicity of its taus.
    """
    draw = rng.random()
    if not is_z:
        if draw < W_TO_LEPTON:
            return LEPTON, NEUTRINO, -1.0
        if draw < W_TO_LEPTON + W_TO_TAU:
            return tau_decay(rng), NEUTRINO, -1.0
        return QUARK, QUARK, -1.0
    if draw < Z_TO_LEPTONS:
        return LEPTON, LEPTON, 0.0
    if draw < Z_TO_LEPTONS + Z_TO_TAUS:
        helicity = 1.0 if rng.random() < 0.5 * (1.0 + Z_TAU_POLARISATION) else -1.0
        return tau_decay(rng), tau_decay(rng), helicity
    if draw < Z_TO_LEPTONS + Z_TO_TAUS + Z_TO_NEUTRINOS:
        return NEUTRINO, NEUTRINO, 0.0
    return QUARK, QUARK, 0.0


@subroutine
def tau_decay(rng: Generator) -> int:
    """Draw TAU_TO_LEPTON or TAU_TO_HADRONS."""
    return TAU_TO_LEPTON if rng.random() < TAU_LEPTONIC else TAU_TO_HADRONS


@subroutine
def boson_mass(rng: Generator, is_z: bool) -> float:
    """Draw the mass of a boson from its line shape.

    Args:
        rng: random stream.
        is_z: whether it is a Z boson.

    Returns:
        Mass in GeV.
    """
    mass, width = (Z_MASS, Z_WIDTH) if is_z else (W_MASS, W_WIDTH)
    while True:
        drawn = mass + 0.5 * width * math.tan(math.pi * (rng.random() - 0.5))
        if MASSES[0] < drawn < MASSES[1]:
            return drawn


@subroutine
def produce(
    rng: Generator, diboson: DibosonTuning, kind: int, recoil: tuple[float, float]
) -> tuple[float, tuple[Direction, Direction, Direction, Direction]]:
    """Produce a pair of bosons by the exchange of a quark, and let them decay.

    Args:
        rng: random stream.
        diboson: distribution of the pair's mass.
        kind: of the pair.
        recoil: both components of the pair's transverse momentum, GeV.

    Returns:
        Rapidity of the pair; the daughters of the first and of the second boson (transverse momentum in GeV,
        pseudorapidity, azimuth in rad).
    """
    mass_a, mass_b = boson_mass(rng, kind != W_W), boson_mass(rng, kind == Z_Z)
    rise, fall, scale = diboson.pair_mass[kind]
    mass = (mass_a + mass_b) * (1.0 + scale * rng.gamma(rise, 1.0) / rng.gamma(fall, 1.0))
    mass = min(mass, 0.5 * COLLISION_ENERGY)
    shape, reach = diboson.rapidity
    rapidity = reach * math.log(COLLISION_ENERGY / mass) * (2.0 * rng.beta(shape, shape) - 1.0)
    pair = moving(mass, recoil[0], recoil[1], rapidity)

    energy = 0.5 * (mass * mass + mass_a * mass_a - mass_b * mass_b) / mass
    momentum = math.sqrt(max(energy * energy - mass_a * mass_a, 0.0))
    # The rate falls like the inverse of the momentum transfer t of the exchanged quark. For a fast W boson it is about
    # u / t, which vanishes against the quark's direction.
    nearest, farthest = energy - momentum - mass_a * mass_a / mass, energy + momentum - mass_a * mass_a / mass
    asymmetry = 0.0 if kind == Z_Z else (momentum / energy) ** 2
    while True:
        transfer = nearest * (farthest / nearest) ** rng.random()
        cosine = 1.0 - (transfer - nearest) / momentum
        if rng.random() * (1.0 + asymmetry) < 1.0 + asymmetry * cosine:
            break
    side = 1.0 if rng.random() < 0.5 else -1.0  # from which the quark comes
    across = momentum * math.sqrt(max(1.0 - cosine * cosine, 0.0))
    phi = rng.uniform(-math.pi, math.pi)
    x, y, z = across * math.cos(phi), across * math.sin(phi), side * momentum * cosine
    boson_a, boson_b = (energy, x, y, z), (mass - energy, -x, -y, -z)
    if kind == W_W:
        quark = (0.5 * mass, 0.0, 0.0, 0.5 * side * mass)
        up = rng.random() < UP_SHARE
        outer_a, inner_a, outer_b, inner_b = w_pair_decays(
            rng, quark, (mass_a, mass_b), (boson_a, boson_b), 2 / 3 if up else 1 / 3
        )
        # Charged leptons are the outer ones where the quark is up-like.
        first, second = (outer_a, inner_a) if up else (inner_a, outer_a)
        third, fourth = (outer_b, inner_b) if up else (inner_b, outer_b)
    else:
        first, second = boson_decay_at_random(rng, mass_a, boson_a)
        third, fourth = boson_decay_at_random(rng, mass_b, boson_b)
    return rapidity, (
        cylindrical(boosted(first, pair)),
        cylindrical(boosted(second, pair)),
        cylindrical(boosted(third, pair)),
        cylindrical(boosted(fourth, pair)),
    )


@inlined
def try_pair(
    rng: Generator,
    tuning: Tuning,
    kind: int,
    kinds: tuple[int, int, int, int],
    helicities: tuple[float, float],
    directions: tuple[Direction, Direction, Direction, Direction],
    fake: bool,
    jets: np.ndarray,
    n: int,
    row: np.ndarray,
) -> bool:
    """Reconstruct an event from the daughters of its bosons.

    Args:
        rng: random stream.
        tuning: of the detector.
        kind: of the pair.
        kinds: what the daughters are.
        helicities: of taus of the first and the second boson.
        directions: of the daughters (transverse momentum in GeV, pseudorapidity, azimuth in rad).
        fake: whether a jet must pass for the tau.
        jets: workspace.
        n: jets in it.
        row: record to write.

    Returns:
        Whether the event is reconstructed.
    """
    lepton = tau = (0.0, 0.0, 0.0)
    lepton_boson = tau_boson = -1
    group, three_prong = A1, True
    for i in range(4):
        pt, eta, phi = directions[i]
        if kinds[i] == QUARK:
            if i % 2 == 0:
                n = push_quarks(rng, directions[i], directions[i + 1], tuning.diboson.quark_loss, jets, n)
        elif kinds[i] == TAU_TO_HADRONS:
            drawn = hadronic_group(rng)
            pt *= hadronic_share(rng, helicities[i // 2], drawn)
            if tau_boson >= 0 and rng.random() < 0.5:
                n = push(jets, n, pt, eta, phi)
                continue
            n = push(jets, n, tau[0], tau[1], tau[2])
            tau, tau_boson, group = (pt, eta, phi), i // 2, drawn
            three_prong = group == A1 and rng.random() < THREE_PRONG_IN_A1
        elif kinds[i] != NEUTRINO:
            if kinds[i] == TAU_TO_LEPTON:
                pt *= leptonic_share(rng, helicities[i // 2])
            if lepton_boson < 0 and pt > LEPTON_FLOOR and abs(eta) < CENTRAL:
                lepton, lepton_boson = (pt, eta, phi), i // 2
            elif pt > LEPTON_PT and abs(eta) < CENTRAL:
                return False  # two leptons
            elif rng.random() < 0.5:
                n = push(jets, n, pt, eta, phi)  # an electron; muons leave no jet
    if lepton_boson < 0:
        return False
    if fake:
        tau = take_fake(rng, tuning.detector.fake_softness, jets, n)
    elif lepton_boson != tau_boson and kind != W_W and rng.random() < 0.5:
        return False  # charges are the same
    if tau[0] < TAU_FLOOR:
        return False
    return reconstruct(rng, tuning, lepton, tau, group, three_prong, jets, n, row)
