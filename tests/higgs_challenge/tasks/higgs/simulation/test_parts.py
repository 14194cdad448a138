"""Single parts of the generator against textbook numbers; random checks are six standard deviations wide (2e-9)."""

import math

import numpy as np
import pytest
from numba import njit

from higgs_challenge.tasks.higgs.events import columns
from higgs_challenge.tasks.higgs.simulation import tau_decays, top_pairs, w_decays, w_spins
from higgs_challenge.tasks.higgs.simulation.detector import LEPTON_PT, RAW_PT, floors, measured_tau
from higgs_challenge.tasks.higgs.simulation.generator import simulate_blocks
from higgs_challenge.tasks.higgs.simulation.hard_jets import (
    FAKE_PT,
    MAX_CANDIDATES,
    NEAREST,
    merge_near,
    near_jet,
    push_quarks,
    radiate,
    take_fake,
)
from higgs_challenge.tasks.higgs.simulation.higgs import production_mode
from higgs_challenge.tasks.higgs.simulation.kinematics import boosted, moving, two_body
from higgs_challenge.tasks.higgs.simulation.line_shape import MASS_RANGE, Z_MASS, pair_mass, pair_rate
from higgs_challenge.tasks.higgs.simulation.radiation import SOFTEST, WORKSPACE_SHAPE, draw_momenta, emit, recoil
from higgs_challenge.tasks.higgs.simulation.tau_pairs import decay_pair, draw_decay, hardness, reaches
from higgs_challenge.tasks.higgs.simulation.tuning import TUNING

DRAWS = 100_000


def rng(seed: int = 3) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64(seed))


def assert_mean(values: np.ndarray, expected: float) -> None:
    error = values.std() / math.sqrt(len(values))
    assert abs(values.mean() - expected) < 6 * error, (values.mean(), expected, error)


def test_continuum_above_the_peak_is_about_a_hundredth_of_it() -> None:
    mass = np.linspace(*MASS_RANGE, 400_001)
    rate = pair_rate(mass)
    share = rate[mass > 116].sum() / rate[(mass > 66) & (mass < 116)].sum()
    assert 0.006 < share < 0.02


def test_line_shape_peaks_at_the_z_mass_with_its_width() -> None:
    mass = np.linspace(80, 100, 20_001)
    rate = pair_rate(mass)
    assert mass[np.argmax(rate)] == pytest.approx(Z_MASS, abs=0.1)
    above_half = mass[rate > rate.max() / 2]
    assert above_half[-1] - above_half[0] == pytest.approx(2.495, abs=0.1)


def test_masses_are_drawn_from_the_line_shape() -> None:
    @njit
    def draw(generator: np.random.Generator, masses: np.ndarray) -> None:
        for i in range(len(masses)):
            masses[i] = pair_mass(generator)

    masses = np.empty(10 * DRAWS)
    draw(rng(), masses)
    assert (masses >= MASS_RANGE[0]).all()
    assert (masses <= MASS_RANGE[1]).all()
    grid = np.linspace(*MASS_RANGE, 2_000_001)
    below = np.cumsum(pair_rate(grid))
    for edge in (60, 85, 91, 95, 120, 200, 400):
        expected = below[np.searchsorted(grid, edge)] / below[-1]
        assert_mean(masses < edge, expected)


@pytest.mark.parametrize("polarisation", [-1.0, 1.0])
def test_leptonic_share_has_its_textbook_mean(polarisation: float) -> None:
    # The integral of x times the density of tau_decays.leptonic_share.
    shares = np.array([tau_decays.leptonic_share(rng_, polarisation) for rng_ in [rng()] for _ in range(DRAWS)])
    assert_mean(shares, (5 / 2 - 9 / 4 + 4 / 5) / 3 + polarisation * (1 / 2 - 9 / 4 + 8 / 5) / 3)


@pytest.mark.parametrize("group", [tau_decays.PION, tau_decays.RHO, tau_decays.A1])
def test_hadronic_share_follows_the_polarisation(group: int) -> None:
    ratio, power = tau_decays.MASS_RATIO[group], tau_decays.ANALYSING_POWER[group]
    generator = rng()
    shares = np.array([tau_decays.hadronic_share(generator, 1.0, group) for _ in range(DRAWS)])
    assert_mean(shares, 0.5 * ((1 + ratio) + (1 - ratio) * power / 3))  # the mean of c is a P / 3


def test_taus_of_z_bosons_fly_along_the_beam_more_often() -> None:
    generator = rng()
    for spin_one, mean_square in ((True, 0.4), (False, 1 / 3)):  # of 3 (1 + c^2) / 8 and of 1 / 2
        cosines = np.array([draw_decay(generator, spin_one, True).cosine for _ in range(DRAWS)])
        assert_mean(cosines, 0.0)
        assert_mean(cosines**2, mean_square)


def test_decays_that_cannot_reach_their_floors_never_do() -> None:
    generator = rng()
    reached = 0
    for _ in range(DRAWS // 4):
        decay = draw_decay(generator, True, True)
        lepton, tau = decay_pair(generator, decay, 91.0, 20.0, -25.0, 0.0, 0.0)[1:]
        both = lepton[0] >= 30.0 and tau[0] >= 25.0
        assert reaches(decay, 91.0, math.hypot(20.0, -25.0), 30.0, 25.0) or not both
        reached += both
    assert reached > 100


def test_both_taus_carry_the_boson_momentum() -> None:
    generator = rng()
    for _ in range(100):
        decay = draw_decay(generator, True, True)._replace(lepton_share=1.0, tau_share=1.0)
        _, first, second = decay_pair(generator, decay, 91.0, 20.0, -25.0, 0.0, 0.0)
        vectors = [
            (pt * math.cosh(eta), pt * math.cos(phi), pt * math.sin(phi), pt * math.sinh(eta))
            for pt, eta, phi in (first, second)
        ]
        np.testing.assert_allclose(np.sum(vectors, axis=0), moving(91.0, 20.0, -25.0, 0.0), atol=1e-6)


def test_floors_lose_no_lepton_and_no_tau() -> None:
    generator = rng()
    detector = TUNING.detector
    for deviates in generator.standard_normal((2_000, 2)):
        lepton_floor, tau_floor = floors(detector, deviates)
        assert lepton_floor * (1.0 + detector.lepton_resolution * deviates[0]) == pytest.approx(LEPTON_PT)
        below = 0.999 * max(tau_floor, 1.0)
        for group in (tau_decays.PION, tau_decays.RHO, tau_decays.A1):
            assert measured_tau(detector, below, 0.0, group, deviates[1]) < RAW_PT


def test_w_bosons_of_top_quarks_have_the_standard_model_helicities() -> None:
    generator = rng()
    cosines = np.array([top_pairs.charged_cosine(generator) for _ in range(DRAWS)])
    # Of (1 - c^2) and (1 - c)^2 the means are 0 and -1/2, of c^2 1/5 and 2/5.
    assert_mean(cosines, -0.5 * (1 - top_pairs.LONGITUDINAL))
    assert_mean(cosines**2, 0.2 * top_pairs.LONGITUDINAL + 0.4 * (1 - top_pairs.LONGITUDINAL))


def test_daughter_flies_at_its_angle_to_the_w_boson() -> None:
    w = moving(80.4, 30.0, -40.0, 0.7)
    axis = np.array(w[1:]) / np.linalg.norm(w[1:])
    for cosine in (-1.0, -0.3, 0.8, 1.0):
        daughter = w_decays.at_angle(rng(), w, cosine)
        assert np.linalg.norm(daughter[1:]) == pytest.approx(daughter[0])
        assert np.array(daughter[1:]) @ axis == pytest.approx(cosine * daughter[0], abs=1e-9)


def test_spinor_products_are_roots_of_the_momentum_product() -> None:
    a, b = (5.0, 3.0, 0.0, 4.0), (13.0, -5.0, 12.0, 0.0)
    twice = 2 * (a[0] * b[0] - np.dot(a[1:], b[1:]))
    assert abs(w_spins.angle_product(a, b)) ** 2 == pytest.approx(twice)
    assert w_spins.angle_product(a, b) * w_spins.square_product(b, a) == pytest.approx(twice)
    assert w_spins.angle_product(a, b) == pytest.approx(-w_spins.angle_product(b, a))


def draw_w_pair(mass: float, cosine: float, draws: int) -> np.ndarray:
    momentum = math.sqrt(0.25 * mass**2 - 80.4**2)
    x, z = momentum * math.sqrt(1 - cosine**2), momentum * cosine
    quark = (0.5 * mass, 0.0, 0.0, 0.5 * mass)
    pair = ((0.5 * mass, x, 0.0, z), (0.5 * mass, -x, 0.0, -z))
    generator = rng()
    return np.array([w_spins.w_pair_decays(generator, quark, (80.4, 80.4), pair, 2 / 3) for _ in range(draws)])


def test_w_pair_decays_conserve_momentum() -> None:
    np.testing.assert_allclose(draw_w_pair(250.0, 0.6, 20).sum(axis=1), [[250.0, 0.0, 0.0, 0.0]] * 20, atol=1e-9)


def test_fast_w_bosons_near_their_quark_are_left_handed() -> None:
    # Then the outer daughter's energy in the pair's frame is (1 - v cos) times half a W boson's, with the mean of cos
    # for the density 3/8 (1 + cos)^2, which is 1/2.
    outer = draw_w_pair(1000.0, 0.99, 5_000)[:, 0, 0]
    velocity = math.sqrt(1 - (2 * 80.4 / 1000.0) ** 2)
    assert outer.mean() == pytest.approx(250.0 * (1 - 0.5 * velocity), rel=0.06)


def test_spins_send_both_leptons_of_slow_w_bosons_apart() -> None:
    # At 170 GeV W bosons hardly move, so that independent decays would give -0.05.
    daughters = draw_w_pair(170.0, 0.3, 5_000)
    first, second = daughters[:, 0, 1:3], daughters[:, 2, 1:3]
    opposite = np.sum(first * second, axis=1) / np.linalg.norm(first, axis=1) / np.linalg.norm(second, axis=1)
    assert opposite.mean() < -0.2


def test_close_quarks_make_one_jet() -> None:
    jets = np.zeros(WORKSPACE_SHAPE)
    assert push_quarks(rng(), (40.0, 0.1, 0.0), (30.0, 0.9, 0.0), 0.0, jets, 0) == 2
    np.testing.assert_allclose(jets[:2, 0], [40.0, 30.0])
    assert push_quarks(rng(), (40.0, 0.1, 3.1), (30.0, 0.1, -3.1), 0.0, jets, 0) == 1
    assert jets[0, 0] == pytest.approx(70.0, rel=1e-3)
    assert abs(jets[0, 2]) > 3.0


def test_decay_conserves_momentum_and_mass() -> None:
    frame = moving(125.0, 40.0, -10.0, 1.3)
    a, b = (boosted(daughter, frame) for daughter in two_body(rng(), 125.0, 5.0, 80.0, 0.3))
    np.testing.assert_allclose(np.add(a, b), frame, rtol=1e-9)
    assert math.sqrt(b[0] ** 2 - b[1] ** 2 - b[2] ** 2 - b[3] ** 2) == pytest.approx(80.0, rel=1e-6)


def test_emissions_have_their_rate_and_balance() -> None:
    source = TUNING.z.radiation
    jets = np.zeros(WORKSPACE_SHAPE)
    generator = rng()
    unsplit = source._replace(splitting=0.0)
    numbers = np.empty(20_000)
    for i in range(len(numbers)):
        n, px, py = emit(generator, unsplit, jets)
        numbers[i] = n
        assert (jets[:n, 0] >= SOFTEST).all()
        back_x, back_y = recoil(jets, 0, n)
        assert math.hypot(px - back_x, py - back_y) < 25.0  # what is left is the intrinsic recoil of 2.7 GeV
    assert_mean(numbers, source.rate)


def test_radiation_of_heavier_pairs_is_harder() -> None:
    assert hardness(Z_MASS) == 1.0
    assert hardness(4.0 * Z_MASS) == pytest.approx(2.0)
    jets, harder = np.zeros(WORKSPACE_SHAPE), np.zeros(WORKSPACE_SHAPE)
    n, soft, highest = draw_momenta(rng(), TUNING.z.radiation, 1.0, jets)
    assert draw_momenta(rng(), TUNING.z.radiation, 2.0, harder) == (n, soft, pytest.approx(2.0 * highest - soft))
    assert n > 0
    assert harder[:n, 0] == pytest.approx(2.0 * jets[:n, 0])


def test_production_modes_have_their_shares() -> None:
    generator = rng()
    modes = np.array([production_mode(generator, TUNING.higgs) for _ in range(DRAWS)])
    for mode, share in enumerate(TUNING.higgs.mode_shares):
        assert_mean(modes == mode, share)
    assert sum(TUNING.higgs.mode_shares) == pytest.approx(1.0)


def test_soft_central_jets_are_taken_for_a_tau() -> None:
    generator = rng()
    taken = np.zeros(4)
    softness, tries = 50.0, 20_000
    for _ in range(tries):
        jets = np.array([[40.0, 0.5, 0.1], [90.0, -1.0, 2.0], [14.0, 0.0, 1.0], [50.0, 3.0, -1.0]])
        tau = take_fake(generator, softness, jets, 4)
        if tau[0] > 0.0:
            taken += jets[:, 0] == 0.0
    assert taken[2] == taken[3] == 0  # too soft, too far forward
    for count, pt in zip(taken[:2], (40.0, 90.0), strict=True):
        expected = tries * math.exp((FAKE_PT - pt) / softness) / MAX_CANDIDATES
        assert abs(count - expected) < 6 * math.sqrt(expected)


def test_radiating_quark_keeps_its_momentum_and_direction() -> None:
    generator, shares = rng(), np.empty(1_000)
    for i in range(len(shares)):
        jets = np.zeros(WORKSPACE_SHAPE)
        assert radiate(generator, 0.12, (80.0, 0.4, 1.0), jets, 3) == 5
        soft, hard = jets[3], jets[4]
        shares[i] = soft[0] / 80.0
        assert soft[0] <= hard[0]
        assert soft[0] + hard[0] == pytest.approx(80.0)
        assert (soft[0] * soft[1:] + hard[0] * hard[1:]) / 80.0 == pytest.approx([0.4, 1.0])
        assert np.hypot(*(soft[1:] - hard[1:])) > NEAREST - 1e-9
    assert_mean(shares, 0.12)


def test_near_jets_are_merged_across_the_cut_in_azimuth_and_far_ones_are_not() -> None:
    jets = np.array([[60.0, 0.5, 3.1], [30.0, 2.0, 0.0], [20.0, 0.5, -3.1], [9.0, 2.0, 1.0]])
    merge_near(jets, 4, 0.6)
    assert sorted(jets[:, 0]) == [0.0, 9.0, 30.0, 80.0]
    eta, phi = jets[jets[:, 0] == 80.0][0, 1:]
    assert eta == pytest.approx(0.5)
    assert phi % (2 * math.pi) == pytest.approx(3.1 + 0.25 * (2 * math.pi - 6.2))


def test_jet_spoils_what_it_is_near_to_and_hard_enough_for() -> None:
    jets = np.array([[12.0, 0.5, 1.0]])
    assert near_jet(jets, 1, (40.0, 0.9, 1.0), 10.0, 0.6)
    assert not near_jet(jets, 1, (40.0, 0.9, 1.0), 13.0, 0.6)
    assert not near_jet(jets, 1, (40.0, 0.9, 1.0), 10.0, 0.3)


def test_top_quarks_have_their_mass_and_recoil() -> None:
    generator = rng()
    for _ in range(100):
        first, second, rapidity = top_pairs.produce(generator, TUNING.top, (30.0, -40.0))
        energy, px, py, pz = np.add(first, second)
        assert (px, py) == pytest.approx((30.0, -40.0))
        assert math.atanh(pz / energy) == pytest.approx(rapidity)
        for e, x, y, z in (first, second):
            assert math.sqrt(e * e - x * x - y * y - z * z) == pytest.approx(top_pairs.TOP_MASS)


def test_single_top_quarks_have_fewer_jets() -> None:
    single, pairs = (
        simulate_blocks("ttbar", 4_000, 1, tuning=TUNING._replace(top=TUNING.top._replace(single=share)))
        for share in (1.0, 0.0)
    )
    few, many = (np.concatenate(list(rows))[:, columns.N_JETS] for rows in (single, pairs))
    assert few.mean() < many.mean() - 0.5
