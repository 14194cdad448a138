"""Events with two heavy bosons: top pairs and dibosons."""

import math

import numpy as np
from numba import njit
from numpy.random import Generator

from higgs_challenge.simulation.detector import LEPTON_FLOOR, TAU_FLOOR, expected_raw, reconstruct
from higgs_challenge.simulation.kinematics import FourVector, boosted, cylindrical, moving, two_body
from higgs_challenge.simulation.radiation import emit, follow, limited_normal, push, radiation
from higgs_challenge.simulation.tau_decays import A1, THREE_PRONG_IN_A1, hadronic_group, hadronic_share, leptonic_share
from higgs_challenge.simulation.tau_pairs import Z_MASS, add_quarks, try_tau_pair

TOP_MASS = 172.5  # GeV
BOTTOM_MASS = 4.8  # GeV
W_MASS = 80.4  # GeV
W_LEPTON_FROM_TAU = 0.13  # share of W leptons that come through a tau

# From here on: tuned on the official 1 000-row sample and the published region yields.
TOP_RADIATION = radiation(strength=0.22, scale=120.0, falloff=250.0, splitting=0.30, eta_width=2.0)
DIBOSON_RADIATION = radiation(strength=0.18, scale=110.0, falloff=900.0, splitting=0.20, eta_width=2.5)
TOP_PT = (1.9, 64.0)  # shape and scale in GeV of a gamma distribution
TOP_PAIR_RAPIDITY = 1.15
TOP_RAPIDITY = 0.75  # of each top around the pair
BOTTOM_RESPONSE = 0.90  # neutrinos and muons inside bottom jets
TOP_FAKES = 0.55  # share of generated events whose tau is a jet
DIBOSON_PT = (1.05, 48.0)
DIBOSON_RAPIDITY = (1.6, 3.8)  # width and largest magnitude
BOSON_RAPIDITY = 1.1  # of each boson around the pair
WW_SHARE, Z_SHARE = 0.55, 0.25  # W W to lepton and tau; Z to two taus with another boson; the rest has a fake tau
Z_PARTNER_TO_QUARKS = 0.75
FAKE_PT = 15.0  # GeV, of a jet that can be taken for a tau
FAKE_ETA = 2.4


@njit(nogil=True)
def top_event(rng: Generator, jets: np.ndarray, row: np.ndarray) -> None:
    """Make one reconstructed top-pair event.

    Args:
        rng: random stream.
        jets: workspace.
        row: record to write.
    """
    done = False
    while not done:
        fake = rng.random() < TOP_FAKES
        emissions, recoil_x, recoil_y = emit(rng, TOP_RADIATION, jets)
        rapidity = TOP_PAIR_RAPIDITY * rng.standard_normal()
        follow(rapidity, jets, emissions)
        n = emissions
        first, second = back_to_back(rng, TOP_MASS, TOP_MASS, TOP_PT, TOP_RAPIDITY, (recoil_x, recoil_y), rapidity)
        first_w, n = decay_top(rng, first, jets, n)
        second_w, n = decay_top(rng, second, jets, n)
        done = try_w_pair(rng, first_w, second_w, fake, jets, n, row)


@njit(nogil=True)
def diboson_event(rng: Generator, jets: np.ndarray, row: np.ndarray) -> None:
    """Make one reconstructed diboson event.

    Args:
        rng: random stream.
        jets: workspace.
        row: record to write.
    """
    done = False
    while not done:
        kind = rng.random()
        with_z = WW_SHARE <= kind < WW_SHARE + Z_SHARE
        emissions, recoil_x, recoil_y = emit(rng, DIBOSON_RADIATION, jets)
        rapidity = limited_normal(rng, DIBOSON_RAPIDITY[0], DIBOSON_RAPIDITY[1])
        mass = Z_MASS if with_z else W_MASS
        first, second = back_to_back(rng, mass, W_MASS, DIBOSON_PT, BOSON_RAPIDITY, (recoil_x, recoil_y), rapidity)
        if with_z:
            n = emissions
            if rng.random() < Z_PARTNER_TO_QUARKS:
                n = add_quarks(rng, W_MASS, second, jets, n)
            z_rapidity = math.atanh(first[3] / first[0])
            done = try_tau_pair(rng, Z_MASS, (first[1], first[2]), z_rapidity, True, emissions, jets, n, row)
        else:
            follow(rapidity, jets, emissions)
            done = try_w_pair(rng, first, second, kind >= WW_SHARE + Z_SHARE, jets, emissions, row)


@njit(nogil=True)
def back_to_back(
    rng: Generator,
    mass_a: float,
    mass_b: float,
    pt_shape: tuple[float, float],
    rapidity_width: float,
    recoil: tuple[float, float],
    rapidity: float,
) -> tuple[FourVector, FourVector]:
    """Produce two heavy particles that share the recoil against the radiation.

    Args:
        rng: random stream.
        mass_a: GeV.
        mass_b: GeV.
        pt_shape: shape and scale in GeV of the gamma distribution of their common transverse momentum.
        rapidity_width: of each around the pair.
        recoil: both components of the pair's transverse momentum, GeV.
        rapidity: of the pair.

    Returns:
        Their four-vectors, GeV.
    """
    pt = rng.gamma(pt_shape[0], pt_shape[1])
    phi = rng.uniform(-math.pi, math.pi)
    px, py = pt * math.cos(phi), pt * math.sin(phi)
    half_x, half_y = 0.5 * recoil[0], 0.5 * recoil[1]
    rapidity_a = rapidity + rapidity_width * rng.standard_normal()
    rapidity_b = rapidity + rapidity_width * rng.standard_normal()
    return moving(mass_a, half_x + px, half_y + py, rapidity_a), moving(mass_b, half_x - px, half_y - py, rapidity_b)


@njit(nogil=True)
def decay_top(rng: Generator, top: FourVector, jets: np.ndarray, n: int) -> tuple[FourVector, int]:
    """Decay a top quark to a bottom jet and a W boson.

    Args:
        rng: random stream.
        top: four-vector, GeV.
        jets: workspace.
        n: jets in it.

    Returns:
        The W boson's four-vector in GeV, and the number of jets in the workspace.
    """
    bottom, w = two_body(rng, TOP_MASS, BOTTOM_MASS, W_MASS, rng.uniform(-1.0, 1.0))
    pt, eta, phi = cylindrical(boosted(bottom, top))
    return boosted(w, top), push(jets, n, BOTTOM_RESPONSE * pt, eta, phi)


@njit(nogil=True)
def try_w_pair(
    rng: Generator,
    first: FourVector,
    second: FourVector,
    fake: bool,
    jets: np.ndarray,
    n: int,
    row: np.ndarray,
) -> bool:
    """Decay one W boson to a lepton, the other to a tau or to quarks, and reconstruct the event.

    Args:
        rng: random stream.
        first: four-vector of the W boson that gives the lepton, GeV.
        second: four-vector of the other W boson, GeV.
        fake: whether the second decays to quarks and a jet is taken for the tau.
        jets: workspace.
        n: jets in it.
        row: record to write.

    Returns:
        Whether the event is reconstructed.
    """
    to_lepton, _ = two_body(rng, W_MASS, 0.0, 0.0, rng.uniform(-1.0, 1.0))
    lepton_pt, lepton_eta, lepton_phi = cylindrical(boosted(to_lepton, first))
    if rng.random() < W_LEPTON_FROM_TAU:
        lepton_pt *= leptonic_share(rng, -1.0)
    if lepton_pt < LEPTON_FLOOR:
        return False
    if fake:
        n = add_quarks(rng, W_MASS, second, jets, n)
        index = pick_fake(rng, jets, n)
        if index < 0:
            return False
        tau_eta, tau_phi = jets[index, 1], jets[index, 2]
        tau_pt = expected_raw(jets[index, 0], tau_eta)  # a quark's jet answers less than a tau of the same momentum
        jets[index, 0] = 0.0
        group, three_prong = A1, True
    else:
        group = hadronic_group(rng)
        to_tau, _ = two_body(rng, W_MASS, 0.0, 0.0, rng.uniform(-1.0, 1.0))
        tau_pt, tau_eta, tau_phi = cylindrical(boosted(to_tau, second))
        tau_pt *= hadronic_share(rng, -1.0, group)
        three_prong = group == A1 and rng.random() < THREE_PRONG_IN_A1
    if tau_pt < TAU_FLOOR:
        return False
    lepton, tau = (lepton_pt, lepton_eta, lepton_phi), (tau_pt, tau_eta, tau_phi)
    return reconstruct(rng, lepton, tau, group, three_prong, jets, n, row)


@njit(nogil=True)
def pick_fake(rng: Generator, jets: np.ndarray, n: int) -> int:
    """Choose the jet that is taken for a tau, each candidate alike.

    Args:
        rng: random stream.
        jets: workspace.
        n: jets in it.

    Returns:
        The jet's row in the workspace, or -1 where no jet can be taken for a tau.
    """
    chosen, candidates = -1, 0
    for i in range(n):
        if jets[i, 0] > FAKE_PT and abs(jets[i, 1]) < FAKE_ETA:
            candidates += 1
            if rng.random() * candidates < 1.0:
                chosen = i
    return chosen
