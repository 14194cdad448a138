"""From true particles to an event record: resolutions, efficiencies, jets and missing transverse momentum."""

import math

import numpy as np
from numpy.random import Generator

from higgs_challenge.compiled import subroutine
from higgs_challenge.tasks.higgs.events import columns
from higgs_challenge.tasks.higgs.events.derived import wrap
from higgs_challenge.tasks.higgs.events.vector_maths import angle_of, cosine_sine, round3
from higgs_challenge.tasks.higgs.simulation.kinematics import Direction, distance_squared
from higgs_challenge.tasks.higgs.simulation.radiation import add_collisions
from higgs_challenge.tasks.higgs.simulation.tau_decays import HADRONIC_SHARE
from higgs_challenge.tasks.higgs.simulation.tuning import Detector, Tuning

Deviates = tuple[float, float]
"""Fluctuations of the lepton's and the tau's momentum in standard deviations."""

# Thresholds of the official reconstruction.
LEPTON_PT = 20.0  # GeV
RAW_PT = 20.0  # GeV, of jets and taus before the jet energy scale
CENTRAL = 2.5  # |eta| of leptons and taus
COVERAGE = 4.9  # |eta| of the calorimeters
CONE = 0.6  # anti-kT radius: no two jets, and no jet and lepton or tau, are closer
BEAM_ENERGY = 6500.0  # GeV
TAU_SPREAD = 3.1  # GeV, no less than the resolution of a tau with RAW_PT
TAU_AXIS = 0.06  # width of the distance in pseudorapidity between a tau and the axis of its jet, which is stored

# True momenta below these never pass the thresholds above: more than four standard deviations away.
LEPTON_FLOOR = 18.0  # GeV
TAU_FLOOR = 9.0  # GeV

# Efficiencies relative to the best case; a common factor would only cost time.
ELECTRON_BARREL, ELECTRON_ENDCAP = 0.95, 0.75
MUON_BARREL, MUON_ENDCAP = 1.0, 0.88
BARREL = 1.5  # |eta|
THREE_PRONG_EFFICIENCY = 0.60 / 0.70
TAU_ENDCAP = 0.93


@subroutine
def jet_energy_scale(raw_pt: float, eta: float) -> float:
    """Return the factor of the official jet energy scale.

    Args:
        raw_pt: GeV, > 0.
        eta: pseudorapidity.

    Returns:
        A factor above 1.
    """
    return math.sqrt((3.0 - 0.2 * abs(eta)) ** 2 / raw_pt + 1.0)


@subroutine
def expected_raw(pt: float, eta: float) -> float:
    """Invert the jet energy scale.

    Args:
        pt: GeV, >= 0.
        eta: pseudorapidity.

    Returns:
        The raw transverse momentum in GeV that the jet energy scale brings to `pt`.
    """
    half = 0.5 * (3.0 - 0.2 * abs(eta)) ** 2
    return math.sqrt(half * half + pt * pt) - half


@subroutine
def floors(detector: Detector, deviates: Deviates) -> tuple[float, float]:
    """Return the true momenta below which given fluctuations cannot bring lepton and tau over their thresholds.

    Args:
        detector: resolutions.
        deviates: of the lepton's and the tau's momentum.

    Returns:
        Transverse momenta of the lepton and of the hadrons in GeV.
    """
    lepton = LEPTON_PT / (1.0 + detector.lepton_resolution * deviates[0])
    return lepton, RAW_PT - detector.tau_underlying - TAU_SPREAD * max(deviates[1], 0.0)


@subroutine
def measured_tau(detector: Detector, pt: float, eta: float, group: int, deviate: float) -> float:
    """Measure a hadronic tau as a jet.

    Args:
        detector: resolutions.
        pt: true visible transverse momentum in GeV, > 0.
        eta: pseudorapidity.
        group: of the decay, as in tau_decays.
        deviate: fluctuation in standard deviations.

    Returns:
        Raw transverse momentum in GeV.
    """
    energy = pt * math.cosh(eta)
    hadronic = HADRONIC_SHARE[group] * energy
    # Calorimeter resolutions of the official detector card; 1 GeV for the rest.
    variance = (0.03 * hadronic) ** 2 + 0.52**2 * hadronic + 1.59**2 + 0.101**2 * (energy - hadronic) + 1.0
    return max(pt * (1.0 + math.sqrt(variance) / energy * deviate), 0.0) + detector.tau_underlying


@subroutine
def identified(rng: Generator, lepton_eta: float, tau_eta: float, three_prong: bool) -> bool:
    """Draw whether lepton and tau are both identified.

    Args:
        rng: random stream.
        lepton_eta: pseudorapidity.
        tau_eta: pseudorapidity.
        three_prong: whether the tau has three charged hadrons.

    Returns:
        True with the probability of the two efficiencies, relative to the best case.
    """
    barrel = abs(lepton_eta) < BARREL
    if rng.random() < 0.5:
        efficiency = ELECTRON_BARREL if barrel else ELECTRON_ENDCAP
    else:
        efficiency = MUON_BARREL if barrel else MUON_ENDCAP
    if three_prong:
        efficiency *= THREE_PRONG_EFFICIENCY
    if abs(tau_eta) >= BARREL:
        efficiency *= TAU_ENDCAP
    return rng.random() < efficiency


@subroutine
def stored_angle(phi: float) -> float:
    """Bring an azimuth to (-pi, pi] and round it to three decimals; as in the official file, pi becomes 3.142."""
    rounded: float = round3(wrap(phi))
    return rounded


@subroutine
def reconstruct(
    rng: Generator,
    tuning: Tuning,
    lepton: Direction,
    tau: Direction,
    group: int,
    three_prong: bool,
    jets: np.ndarray,
    n: int,
    row: np.ndarray,
) -> bool:
    """Pass an event through the detector and, where it is reconstructed, write its record.

    Args:
        rng: random stream.
        tuning: resolutions, and the further parton collisions to add.
        lepton: true transverse momentum in GeV, pseudorapidity, azimuth in rad.
        tau: the same of the visible hadronic tau.
        group: of the tau's decay, as in tau_decays.
        three_prong: whether the tau has three charged hadrons.
        jets: workspace of true jets, changed here.
        n: jets in the workspace.
        row: float32 of shape (16,), columns as in events.columns.PRIMARY; written where the answer is True.

    Returns:
        Whether the event is reconstructed.
    """
    deviates = (rng.standard_normal(), rng.standard_normal())
    seen, lepton_pt, tau_raw = see_pair(rng, tuning.detector, deviates, lepton, tau, group, three_prong)
    return seen and complete(rng, tuning, lepton, tau, lepton_pt, tau_raw, jets, n, row)


@subroutine
def see_pair(
    rng: Generator,
    detector: Detector,
    deviates: Deviates,
    lepton: Direction,
    tau: Direction,
    group: int,
    three_prong: bool,
) -> tuple[bool, float, float]:
    """Measure and identify lepton and tau.

    Args:
        rng: random stream.
        detector: resolutions.
        deviates: of the two momenta.
        lepton: true transverse momentum in GeV, pseudorapidity, azimuth in rad.
        tau: the same of the visible hadronic tau.
        group: of the tau's decay, as in tau_decays.
        three_prong: whether the tau has three charged hadrons.

    Returns:
        Whether both are seen; the lepton's and the tau's raw transverse momentum in GeV.
    """
    axis = TAU_AXIS * min(max(rng.standard_normal(), -3.0), 3.0)
    if abs(lepton[1]) > CENTRAL or abs(tau[1] + axis) > CENTRAL:
        return False, 0.0, 0.0
    lepton_pt = lepton[0] * (1.0 + detector.lepton_resolution * deviates[0])
    tau_raw = measured_tau(detector, tau[0], tau[1], group, deviates[1])
    if lepton_pt <= LEPTON_PT or tau_raw <= RAW_PT or not identified(rng, lepton[1], tau[1], three_prong):
        return False, 0.0, 0.0
    return distance_squared(lepton[1], lepton[2], tau[1], tau[2]) >= CONE**2, lepton_pt, tau_raw


@subroutine
def complete(
    rng: Generator,
    tuning: Tuning,
    lepton: Direction,
    tau: Direction,
    lepton_pt: float,
    tau_raw: float,
    jets: np.ndarray,
    n: int,
    row: np.ndarray,
) -> bool:
    """Add jets and missing momentum to a lepton and a tau that are seen, and write the record.

    Args:
        rng: random stream.
        tuning: resolutions, and the further parton collisions to add.
        lepton: as in `reconstruct`.
        tau: as in `reconstruct`.
        lepton_pt: measured, GeV.
        tau_raw: measured, GeV.
        jets: workspace of true jets, changed here.
        n: jets in the workspace.
        row: as in `reconstruct`.

    Returns:
        Whether the event is reconstructed.
    """
    _, lepton_eta, lepton_phi = lepton
    _, tau_eta, tau_phi = tau
    row[columns.LEP_PT] = round3(lepton_pt)
    row[columns.LEP_ETA] = round3(lepton_eta)
    row[columns.LEP_PHI] = stored_angle(lepton_phi)
    row[columns.HAD_PT] = round3(tau_raw * jet_energy_scale(tau_raw, tau_eta))
    row[columns.HAD_ETA] = round3(tau_eta)
    row[columns.HAD_PHI] = stored_angle(tau_phi)

    detector = tuning.detector
    n = add_collisions(rng, tuning.collisions, jets, n)
    if not within_beams(lepton, tau, jets, n):
        return False
    separate, seen_x, seen_y, jets_pt = measure_jets(rng, detector, lepton, tau, jets, n, row)
    if not separate:
        return False
    lepton_x, lepton_y = cosine_sine(lepton_phi)
    tau_x, tau_y = cosine_sine(tau_phi)
    seen_x += lepton_pt * lepton_x + tau_raw * tau_x
    seen_y += lepton_pt * lepton_y + tau_raw * tau_y
    width = math.sqrt(detector.met_noise**2 + detector.met_stochastic**2 * (jets_pt + tau_raw))
    width *= math.exp(detector.met_spread * rng.standard_normal())
    missing_x = width * rng.standard_normal() - seen_x
    missing_y = width * rng.standard_normal() - seen_y
    row[columns.MET] = round3(math.sqrt(missing_x * missing_x + missing_y * missing_y))
    row[columns.MET_PHI] = stored_angle(angle_of(missing_x, missing_y))
    return True


@subroutine
def within_beams(lepton: Direction, tau: Direction, jets: np.ndarray, n: int) -> bool:
    """Check whether the colliding partons have less momentum than the protons.

    Args:
        lepton: transverse momentum in GeV, pseudorapidity, azimuth in rad.
        tau: the same of the hadronic tau.
        jets: workspace of true jets.
        n: jets in the workspace.

    Returns:
        False where lepton, tau and jets alone need a parton with more than the energy of a beam.
    """
    ahead = lepton[0] * math.exp(lepton[1]) + tau[0] * math.exp(tau[1])
    back = lepton[0] * math.exp(-lepton[1]) + tau[0] * math.exp(-tau[1])
    for i in range(n):
        growth = math.exp(jets[i, 1])
        ahead += jets[i, 0] * growth
        back += jets[i, 0] / growth
    return max(ahead, back) < 2.0 * BEAM_ENERGY


@subroutine
def measure_jets(
    rng: Generator,
    detector: Detector,
    lepton: Direction,
    tau: Direction,
    jets: np.ndarray,
    n: int,
    row: np.ndarray,
) -> tuple[bool, float, float, float]:
    """Measure the true jets and write the record's jet columns.

    Args:
        rng: random stream.
        detector: resolutions.
        lepton: transverse momentum in GeV, pseudorapidity, azimuth in rad.
        tau: the same of the hadronic tau.
        jets: workspace of true jets.
        n: jets in the workspace.
        row: the record.

    Returns:
        Whether lepton and jets are apart; both components in GeV of the raw momentum that the calorimeters see; the raw
        scalar sum of jets in GeV.
    """
    seen_x = seen_y = jets_raw = jets_all = 0.0
    first_pt = second_pt = 0.0
    first = second = -1
    count = 0
    separate = True
    for i in range(n):
        pt, eta, phi = jets[i, 0], jets[i, 1], jets[i, 2]
        if abs(eta) >= COVERAGE or pt <= 0.0:
            continue
        spread = math.sqrt(detector.jet_stochastic**2 / max(pt, 1.0) + detector.jet_constant**2)
        fluctuation = max(1.0 + spread * rng.standard_normal(), 0.0)
        if rng.random() < detector.neutrino_jets:
            fluctuation *= 1.0 - detector.neutrino_share * rng.random()
        raw = (pt + detector.jet_underlying) * fluctuation  # more than the truth, to avoid a root
        if raw > RAW_PT:
            raw = expected_raw(pt + detector.jet_underlying, eta) * fluctuation
        visible = pt * detector.soft_response * fluctuation
        if raw > RAW_PT and distance_squared(eta, phi, tau[1], tau[2]) > CONE**2:
            separate = separate and distance_squared(eta, phi, lepton[1], lepton[2]) > CONE**2
            visible = raw * pt / (pt + detector.jet_underlying)  # the rest is the same in all directions
            jets_raw += raw
            count += 1
            jet_pt = round3(raw * jet_energy_scale(raw, eta))
            jets_all += jet_pt
            if jet_pt > first_pt:
                second, second_pt = first, first_pt
                first, first_pt = i, jet_pt
            elif jet_pt > second_pt:
                second, second_pt = i, jet_pt
        x, y = cosine_sine(phi)
        seen_x += visible * x
        seen_y += visible * y
    if second >= 0:
        separate = (
            separate and distance_squared(jets[first, 1], jets[first, 2], jets[second, 1], jets[second, 2]) > CONE**2
        )
    write_jet(row, columns.JET1_PT, first_pt, jets, first)
    write_jet(row, columns.JET2_PT, second_pt, jets, second)
    row[columns.N_JETS] = count
    row[columns.JET_ALL_PT] = round3(jets_all)
    return separate, seen_x, seen_y, jets_raw


@subroutine
def write_jet(row: np.ndarray, column: int, pt: float, jets: np.ndarray, index: int) -> None:
    """Write one jet into the record.

    Args:
        row: the record.
        column: of the jet's momentum; pseudorapidity and azimuth follow.
        pt: measured, GeV.
        jets: workspace of true jets.
        index: the jet's row in the workspace, or -1 where there is none.
    """
    if index < 0:
        row[column : column + 3] = columns.MISSING
    else:
        row[column] = pt
        row[column + 1] = round3(jets[index, 1])
        row[column + 2] = stored_angle(jets[index, 2])
