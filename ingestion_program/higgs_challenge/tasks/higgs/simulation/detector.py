"""From true particles to an event record: resolutions, efficiencies, jets and missing transverse momentum."""

import math

import numpy as np
from numba import njit
from numpy.random import Generator

from higgs_challenge.tasks.higgs.events import columns
from higgs_challenge.tasks.higgs.events.derived import wrap
from higgs_challenge.tasks.higgs.events.vector_maths import round3
from higgs_challenge.tasks.higgs.simulation.kinematics import Direction, distance_squared
from higgs_challenge.tasks.higgs.simulation.radiation import add_collisions
from higgs_challenge.tasks.higgs.simulation.tau_decays import HADRONIC_SHARE
from higgs_challenge.tasks.higgs.simulation.tuning import Detector, Tuning

# Thresholds of the official reconstruction.
LEPTON_PT = 20.0  # GeV
RAW_PT = 20.0  # GeV, of jets and taus before the jet energy scale
CENTRAL = 2.5  # |eta| of leptons and taus
COVERAGE = 4.9  # |eta| of the calorimeters
CONE = 0.6  # anti-kT radius: no two jets, and no jet and lepton or tau, are closer
BEAM_ENERGY = 6500.0  # GeV
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


@njit(nogil=True)
def jet_energy_scale(raw_pt: float, eta: float) -> float:
    """Return the factor of the official jet energy scale.

    Args:
        raw_pt: GeV, > 0.
        eta: pseudorapidity.

    Returns:
        A factor above 1.
    """
    return math.sqrt((3.0 - 0.2 * abs(eta)) ** 2 / raw_pt + 1.0)


@njit(nogil=True)
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


@njit(nogil=True)
def measured_tau(rng: Generator, detector: Detector, pt: float, eta: float, group: int) -> float:
    """Measure a hadronic tau as a jet.

    Args:
        rng: random stream.
        detector: resolutions.
        pt: true visible transverse momentum in GeV, > 0.
        eta: pseudorapidity.
        group: of the decay, as in tau_decays.

    Returns:
        Raw transverse momentum in GeV.
    """
    energy = pt * math.cosh(eta)
    hadronic = HADRONIC_SHARE[group] * energy
    # Calorimeter resolutions of the official detector card; 1 GeV for the rest.
    variance = (0.03 * hadronic) ** 2 + 0.52**2 * hadronic + 1.59**2 + 0.101**2 * (energy - hadronic) + 1.0
    return max(pt * (1.0 + math.sqrt(variance) / energy * rng.standard_normal()), 0.0) + detector.tau_underlying


@njit(nogil=True)
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


@njit(nogil=True)
def stored_angle(phi: float) -> float:
    """Bring an azimuth to (-pi, pi] and round it to three decimals; as in the official file, pi becomes 3.142."""
    rounded: float = round3(wrap(phi))
    return rounded


@njit(nogil=True)
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
    lepton_pt, lepton_eta, lepton_phi = lepton
    tau_pt, tau_eta, tau_phi = tau
    axis = TAU_AXIS * min(max(rng.standard_normal(), -3.0), 3.0)
    if abs(lepton_eta) > CENTRAL or abs(tau_eta + axis) > CENTRAL:
        return False
    lepton_pt *= 1.0 + tuning.detector.lepton_resolution * rng.standard_normal()
    tau_raw = measured_tau(rng, tuning.detector, tau_pt, tau_eta, group)
    if lepton_pt <= LEPTON_PT or tau_raw <= RAW_PT or not identified(rng, lepton_eta, tau_eta, three_prong):
        return False
    if distance_squared(lepton_eta, lepton_phi, tau_eta, tau_phi) < CONE**2:
        return False

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
    seen_x += lepton_pt * math.cos(lepton_phi) + tau_raw * math.cos(tau_phi)
    seen_y += lepton_pt * math.sin(lepton_phi) + tau_raw * math.sin(tau_phi)
    width = math.sqrt(detector.met_noise**2 + detector.met_stochastic**2 * (jets_pt + tau_raw))
    width *= math.exp(detector.met_spread * rng.standard_normal())
    missing_x = width * rng.standard_normal() - seen_x
    missing_y = width * rng.standard_normal() - seen_y
    row[columns.MET] = round3(math.hypot(missing_x, missing_y))
    row[columns.MET_PHI] = stored_angle(math.atan2(missing_y, missing_x))
    return True


@njit(nogil=True)
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


@njit(nogil=True)
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
        seen_x += visible * math.cos(phi)
        seen_y += visible * math.sin(phi)
    if second >= 0:
        separate = (
            separate and distance_squared(jets[first, 1], jets[first, 2], jets[second, 1], jets[second, 2]) > CONE**2
        )
    write_jet(row, columns.JET1_PT, first_pt, jets, first)
    write_jet(row, columns.JET2_PT, second_pt, jets, second)
    row[columns.N_JETS] = count
    row[columns.JET_ALL_PT] = round3(jets_all)
    return separate, seen_x, seen_y, jets_raw


@njit(nogil=True)
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
