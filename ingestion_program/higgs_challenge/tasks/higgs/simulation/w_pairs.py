"""Two W bosons of which one decays to a lepton; what top pairs and dibosons have in common."""

import math

import numpy as np
from numpy.random import Generator

from higgs_challenge.compiled import subroutine
from higgs_challenge.tasks.higgs.simulation.detector import LEPTON_FLOOR, TAU_FLOOR, reconstruct
from higgs_challenge.tasks.higgs.simulation.hard_jets import add_quarks, spread_jets, take_fake
from higgs_challenge.tasks.higgs.simulation.kinematics import (
    Direction,
    FourVector,
    moving,
)
from higgs_challenge.tasks.higgs.simulation.tau_decays import (
    A1,
    THREE_PRONG_IN_A1,
    hadronic_group,
    hadronic_share,
    leptonic_share,
)
from higgs_challenge.tasks.higgs.simulation.tuning import Tuning

W_MASS = 80.4  # GeV
W_LEPTON_FROM_TAU = 0.13  # share of W leptons that come through a tau


@subroutine
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


@subroutine
def at_angle(rng: Generator, w: FourVector, cosine: float) -> FourVector:
    """Return a massless daughter of a W boson in its rest frame.

    Args:
        rng: random stream.
        w: four-vector whose direction is the axis, GeV.
        cosine: of the angle to that axis, -1 .. 1.

    Returns:
        The daughter's four-vector, GeV.
    """
    _, x, y, z = w
    length, across = math.sqrt(x * x + y * y + z * z), max(math.hypot(x, y), 1e-9)
    phi = rng.uniform(-math.pi, math.pi)
    sine = math.sqrt(1.0 - cosine * cosine)
    polar, azimuthal = sine * math.cos(phi), sine * math.sin(phi)
    half = 0.5 * W_MASS
    return (
        half,
        half * (cosine * x / length + polar * x * z / (length * across) - azimuthal * y / across),
        half * (cosine * y / length + polar * y * z / (length * across) + azimuthal * x / across),
        half * (cosine * z / length - polar * across / length),
    )


@subroutine
def try_w_pair(
    rng: Generator,
    tuning: Tuning,
    lepton: Direction,
    other: FourVector,
    tau: Direction,
    fake: bool,
    spread: float,
    jets: np.ndarray,
    n: int,
    row: np.ndarray,
) -> bool:
    """Reconstruct an event with two W bosons, one of which decayed to a lepton.

    Args:
        rng: random stream.
        tuning: of the detector.
        lepton: transverse momentum in GeV, pseudorapidity, azimuth in rad.
        other: four-vector of the other W boson, GeV.
        tau: its charged daughter where that is a tau, as `lepton`.
        fake: whether the other W boson decays to quarks instead, and a jet is taken for the tau.
        spread: share of these W bosons whose quarks make no narrow jets.
        jets: workspace.
        n: jets in it.
        row: record to write.

    Returns:
        Whether the event is reconstructed.
    """
    lepton_pt, lepton_eta, lepton_phi = lepton
    if rng.random() < W_LEPTON_FROM_TAU:
        lepton_pt *= leptonic_share(rng, -1.0)
    if lepton_pt < LEPTON_FLOOR:
        return False
    if fake:
        before = n
        n = add_quarks(rng, W_MASS, other, jets, n)
        if rng.random() < spread:
            n = spread_jets(rng, jets, before, n)
        tau, group, three_prong = take_fake(rng, tuning.detector.fake_softness, jets, n), A1, True
    else:
        group = hadronic_group(rng)
        tau = (tau[0] * hadronic_share(rng, -1.0, group), tau[1], tau[2])
        three_prong = group == A1 and rng.random() < THREE_PRONG_IN_A1
    if tau[0] < TAU_FLOOR:
        return False
    return reconstruct(rng, tuning, (lepton_pt, lepton_eta, lepton_phi), tau, group, three_prong, jets, n, row)
