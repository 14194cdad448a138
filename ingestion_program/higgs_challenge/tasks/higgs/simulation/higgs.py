"""H -> tau tau in its production modes."""

import math

import numpy as np
from numpy.random import Generator

from higgs_challenge.compiled import inlined, subroutine
from higgs_challenge.tasks.higgs.simulation.hard_jets import add_quarks
from higgs_challenge.tasks.higgs.simulation.kinematics import moving
from higgs_challenge.tasks.higgs.simulation.radiation import emit, limited_normal, push, recoil
from higgs_challenge.tasks.higgs.simulation.tau_pairs import FROM_TAU, try_tau_pair
from higgs_challenge.tasks.higgs.simulation.tuning import HiggsTuning, Tuning

HIGGS_MASS = 125.0  # GeV
VECTOR_MASS = 84.0  # GeV, between W and Z
MAX_HIGGS_RAPIDITY = 4.2
GLUON, VECTOR_FUSION, WITH_VECTOR, BOTTOM, WITH_TOPS = 0, 1, 2, 3, 4
TOP_JETS = 4
TOP_JET_ETA = 1.2  # width


@inlined
def higgs_event(rng: Generator, tuning: Tuning, jets: np.ndarray, row: np.ndarray) -> None:
    """Make one reconstructed H -> tau tau event of a production mode drawn from the tuning's shares.

    Args:
        rng: random stream.
        tuning: all fitted numbers.
        jets: workspace.
        row: record to write.
    """
    higgs = tuning.higgs
    mode = production_mode(rng, higgs)
    source = higgs.quark_radiation
    if mode == GLUON:
        source = higgs.gluon_radiation
    elif mode == BOTTOM:
        source = higgs.bottom_radiation
    done = False
    while not done:
        emissions, px, py = emit(rng, source, jets)
        rapidity = limited_normal(rng, higgs.mode_rapidity[mode], MAX_HIGGS_RAPIDITY)
        fake = rng.random() < higgs.fakes
        n, lepton_row = emissions, FROM_TAU
        if mode == VECTOR_FUSION:
            n = add_fusion_quarks(rng, higgs, rapidity, jets, n)
        elif mode in (WITH_VECTOR, WITH_TOPS):
            n = add_vector(rng, higgs, rapidity, jets, n)
            for _ in range(TOP_JETS if mode == WITH_TOPS else 0):
                pt = rng.gamma(higgs.top_jet_pt[0], higgs.top_jet_pt[1])
                n = push(jets, n, pt, TOP_JET_ETA * rng.standard_normal(), rng.uniform(-math.pi, math.pi))
        hard_x, hard_y = recoil(jets, emissions, n)
        if mode in (WITH_VECTOR, WITH_TOPS):
            decay = rng.random()
            if decay < higgs.vector_leptons:
                lepton_row = emissions
                jets[emissions + 1, 0] = 0.0  # its neutrino
            elif decay > higgs.vector_to_quarks:
                jets[emissions, 0] = jets[emissions + 1, 0] = 0.0  # both are neutrinos
        momentum = (px + hard_x, py + hard_y)
        done = try_tau_pair(
            rng, tuning, HIGGS_MASS, momentum, rapidity, False, lepton_row, fake, emissions, jets, n, row
        )


@subroutine
def production_mode(rng: Generator, higgs: HiggsTuning) -> int:
    """Draw the production mode.

    Args:
        rng: random stream.
        higgs: the modes' shares.

    Returns:
        GLUON, VECTOR_FUSION, WITH_VECTOR, BOTTOM or WITH_TOPS.
    """
    draw = rng.random()
    mode = GLUON
    while mode < WITH_TOPS and draw >= higgs.mode_shares[mode]:
        draw -= higgs.mode_shares[mode]
        mode += 1
    return mode


@subroutine
def add_fusion_quarks(rng: Generator, higgs: HiggsTuning, rapidity: float, jets: np.ndarray, n: int) -> int:
    """Add the two forward quarks of vector boson fusion.

    Args:
        rng: random stream.
        higgs: their distributions.
        rapidity: of the Higgs boson.
        jets: workspace.
        n: jets in it.

    Returns:
        Number of jets in the workspace.
    """
    side = 1.0 if rng.random() < 0.5 else -1.0
    phi = rng.uniform(-math.pi, math.pi)
    opposition = higgs.fusion_opposition
    angle = rng.uniform(-math.pi, math.pi)
    while rng.random() * (1.0 + opposition) > 1.0 - opposition * math.cos(angle):
        angle = rng.uniform(-math.pi, math.pi)
    for sign in (side, -side):
        eta = 0.6 * rapidity + sign * rng.gamma(higgs.fusion_eta[0], higgs.fusion_eta[1])
        n = push(jets, n, rng.gamma(higgs.fusion_pt[0], higgs.fusion_pt[1]), eta, phi)
        phi += angle
    return n


@subroutine
def add_vector(rng: Generator, higgs: HiggsTuning, rapidity: float, jets: np.ndarray, n: int) -> int:
    """Add the two daughters of a W or Z boson produced with the Higgs boson.

    Args:
        rng: random stream.
        higgs: the boson's distributions.
        rapidity: of the Higgs boson.
        jets: workspace.
        n: jets in it.

    Returns:
        Number of jets in the workspace.
    """
    pt = rng.gamma(higgs.vector_pt[0], higgs.vector_pt[1])
    phi = rng.uniform(-math.pi, math.pi)
    vector = moving(VECTOR_MASS, pt * math.cos(phi), pt * math.sin(phi), 0.6 * rapidity + rng.standard_normal())
    return add_quarks(rng, VECTOR_MASS, vector, jets, n)
