import threading
from collections.abc import Mapping
from itertools import islice

import numpy as np
import pytest

from higgs_challenge.tasks.higgs.events import columns
from higgs_challenge.tasks.higgs.simulation import BLOCK, NOMINAL_YIELDS, simulate, simulate_blocks

EVENTS = 20_000
SELECTED_YIELDS = {"htautau": 965.97, "ztautau": 901137.52, "diboson": 3433.57, "ttbar": 41283.42}


@pytest.fixture(scope="module")
def events() -> Mapping[str, np.ndarray]:
    return {process: simulate(process, EVENTS, 1) for process in columns.PROCESSES}


def selected(rows: np.ndarray) -> np.ndarray:
    return rows[(rows[:, columns.HAD_PT] >= 26.0) & (rows[:, columns.LEP_PT] >= 20.0)]


def test_yields_name_every_process() -> None:
    assert set(NOMINAL_YIELDS) == set(columns.PROCESSES)


@pytest.mark.parametrize("n", [0, 1, 7])
def test_shape_and_layout(n: int) -> None:
    rows = simulate("ttbar", n, 3)
    assert rows.shape == (n, len(columns.PRIMARY))
    assert rows.dtype == np.float32
    assert rows.flags.c_contiguous


@pytest.mark.parametrize("process", columns.PROCESSES)
def test_every_row_is_a_possible_event(events: Mapping[str, np.ndarray], process: str) -> None:
    rows = events[process]
    assert np.isfinite(rows).all()
    assert (rows == np.round(rows.astype(np.float64), 3).astype(np.float32)).all()
    assert (rows[:, columns.LEP_PT] >= 20.0).all()
    assert (rows[:, columns.HAD_PT] > 22.3).all()  # 20 GeV times the smallest jet energy scale
    assert (np.abs(rows[:, columns.LEP_ETA]) <= 2.5).all()
    assert (np.abs(rows[:, columns.HAD_ETA]) <= 2.7).all()  # the axis of its jet; the tau itself is within 2.5
    assert (rows[:, columns.MET] >= 0.0).all()
    angles = rows[:, [columns.LEP_PHI, columns.HAD_PHI, columns.MET_PHI]]
    assert (np.abs(angles) <= np.float32(3.142)).all()  # pi, rounded as in the official file
    d_phi = (rows[:, columns.LEP_PHI] - rows[:, columns.HAD_PHI] + np.pi) % (2.0 * np.pi) - np.pi
    assert (np.hypot(rows[:, columns.LEP_ETA] - rows[:, columns.HAD_ETA], d_phi) > 0.598).all()


@pytest.mark.parametrize("process", columns.PROCESSES)
def test_jets_agree_with_their_number(events: Mapping[str, np.ndarray], process: str) -> None:
    rows = events[process]
    for needed, first in ((1, columns.JET1_PT), (2, columns.JET2_PT)):
        exists = rows[:, columns.N_JETS] >= needed
        pt, eta, phi = rows[:, first : first + 3].T
        assert exists.any()
        assert (~exists).any()
        assert (rows[~exists, first : first + 3] == columns.MISSING).all()
        assert (pt[exists] > 21.5).all()
        assert (np.abs(eta[exists]) < 4.901).all()
        assert (np.abs(phi[exists]) <= np.float32(3.142)).all()
    assert (rows[:, columns.JET1_PT] >= rows[:, columns.JET2_PT]).all()
    named = np.where(
        rows[:, [columns.JET1_PT, columns.JET2_PT]] > 0.0, rows[:, [columns.JET1_PT, columns.JET2_PT]], 0.0
    )
    others = rows[:, columns.JET_ALL_PT] - named.sum(axis=1)
    up_to_two = rows[:, columns.N_JETS] <= 2
    np.testing.assert_allclose(others[up_to_two], 0.0, atol=1e-3)
    assert (others[~up_to_two] > 21.5).all()


def distances(rows: np.ndarray, first: int, second: int) -> np.ndarray:
    d_eta, d_phi = rows[:, first + 1] - rows[:, second + 1], rows[:, first + 2] - rows[:, second + 2]
    return np.hypot(d_eta, (d_phi + np.pi) % (2.0 * np.pi) - np.pi)


@pytest.mark.parametrize("process", columns.PROCESSES)
def test_jets_are_apart_from_each_other_and_from_lepton_and_tau(events: Mapping[str, np.ndarray], process: str) -> None:
    rows = events[process].astype(np.float64)
    one, two = rows[rows[:, columns.N_JETS] >= 1], rows[rows[:, columns.N_JETS] >= 2]
    for particle in (columns.LEP_PT, columns.HAD_PT):
        assert distances(one, particle, columns.JET1_PT).min() > 0.598
    assert distances(two, columns.JET1_PT, columns.JET2_PT).min() > 0.598


@pytest.mark.parametrize("process", columns.PROCESSES)
def test_no_event_needs_more_than_the_beams_energy(events: Mapping[str, np.ndarray], process: str) -> None:
    rows = events[process].astype(np.float64)
    for sign in (1.0, -1.0):
        along = sum(
            np.where(rows[:, pt] > 0, rows[:, pt] * np.exp(sign * np.clip(rows[:, pt + 1], -5.0, 5.0)), 0.0)
            for pt in (columns.LEP_PT, columns.HAD_PT, columns.JET1_PT, columns.JET2_PT)
        )
        assert along.max() < 1.5 * 13_000.0  # measured momenta are up to half larger than true ones


@pytest.mark.parametrize("process", columns.PROCESSES)
def test_events_do_not_depend_on_threads_or_number(process: str) -> None:
    n = BLOCK + 5_000
    whole = np.concatenate(list(simulate_blocks(process, n, 5, threads=1)))
    np.testing.assert_array_equal(np.concatenate(list(simulate_blocks(process, n, 5, threads=3))), whole)
    np.testing.assert_array_equal(simulate(process, 1_000, 5), whole[:1_000])
    np.testing.assert_array_equal(simulate(process, BLOCK + 10, 5), whole[: BLOCK + 10])


def test_streams_differ(events: Mapping[str, np.ndarray]) -> None:
    first = {process: rows[:100] for process, rows in events.items()}
    streams = [*first.values(), simulate("htautau", 100, 2), simulate("ztautau", 100, 1 + 2**32)]
    streams += [block[:100] for block in islice(simulate_blocks("ztautau", 3 * BLOCK, 1), 1, 3)]
    rows = np.concatenate(streams)
    assert len(np.unique(rows, axis=0)) == len(rows)


def test_stream_makes_few_blocks_ahead() -> None:
    before = threading.active_count()
    blocks = simulate_blocks("htautau", 10**15, 1, threads=2)
    assert len(next(blocks)) == BLOCK
    blocks.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


@pytest.mark.parametrize("process", columns.PROCESSES)
def test_fraction_passing_the_selection(events: Mapping[str, np.ndarray], process: str) -> None:
    expected = SELECTED_YIELDS[process] / NOMINAL_YIELDS[process]
    assert len(selected(events[process])) / EVENTS == pytest.approx(expected, rel=0.02)


# 10, 50 and 90 % quantiles of the official 1 000-row sample; 15 % covers its own fluctuations and the model's.
@pytest.mark.parametrize(
    ("process", "column", "quantiles"),
    [
        ("htautau", columns.LEP_PT, (21.7, 34.2, 60.8)),
        ("htautau", columns.HAD_PT, (29.0, 46.7, 75.0)),
        ("ztautau", columns.LEP_PT, (21.2, 27.7, 40.4)),
        ("ztautau", columns.HAD_PT, (26.0, 36.6, 53.0)),
    ],
)
def test_spectra(
    events: Mapping[str, np.ndarray], process: str, column: int, quantiles: tuple[float, float, float]
) -> None:
    found = np.quantile(events[process][:, column], (0.1, 0.5, 0.9))
    np.testing.assert_allclose(found, quantiles, rtol=0.15)


# Shares with 0, 1, 2, 3 jets in the official 1 000-row sample.
@pytest.mark.parametrize(
    ("process", "shares", "tolerance"),
    [
        ("htautau", (0.30, 0.32, 0.20, 0.11), 0.06),
        ("ztautau", (0.65, 0.23, 0.08, 0.03), 0.05),
        ("ttbar", (0.0, 0.08, 0.19, 0.35), 0.15),
    ],
)
def test_jet_multiplicity(
    events: Mapping[str, np.ndarray], process: str, shares: tuple[float, ...], tolerance: float
) -> None:
    found = [(events[process][:, columns.N_JETS] == n).mean() for n in range(4)]
    np.testing.assert_allclose(found, shares, atol=tolerance)


def test_higgs_bosons_have_a_tail_of_taus_that_are_jets(events: Mapping[str, np.ndarray]) -> None:
    rows = selected(events["htautau"]).astype(np.float64)
    d_eta, d_phi = (rows[:, columns.LEP_PT + k] - rows[:, columns.HAD_PT + k] for k in (1, 2))
    mass = np.sqrt(2.0 * rows[:, columns.LEP_PT] * rows[:, columns.HAD_PT] * (np.cosh(d_eta) - np.cos(d_phi)))
    assert 0.009 < (mass > 130.4).mean() < 0.018  # 0.013 of the official events, above the boson's own mass


def test_missing_momentum_balances_the_event_on_average(events: Mapping[str, np.ndarray]) -> None:
    # Missing and visible momentum point away from each other where the boson recoils against nothing that is a jet.
    rows = events["ztautau"][events["ztautau"][:, columns.N_JETS] == 0].astype(np.float64)
    x = sum(rows[:, pt] * np.cos(rows[:, pt + 2]) for pt in (columns.LEP_PT, columns.HAD_PT))
    x += rows[:, columns.MET] * np.cos(rows[:, columns.MET_PHI])
    assert abs(x.mean()) < 0.5
    assert x.std() < 20.0


@pytest.mark.parametrize(
    ("process", "n", "seed", "threads", "word"),
    [
        ("wjets", 1, 1, 1, "process"),
        ("ttbar", -1, 1, 1, "n must"),
        ("ttbar", 1.5, 1, 1, "n must"),
        ("ttbar", 1, 0.5, 1, "seed"),
        ("ttbar", 1, "1", 1, "seed"),
        ("ttbar", 1, -1, 1, "seed"),
        ("ttbar", 1, 1, 0, "threads"),
    ],
)
def test_bad_arguments_are_named(process: str, n: int, seed: int, threads: int, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        simulate_blocks(process, n, seed, threads)


def test_simulate_checks_its_arguments() -> None:
    with pytest.raises(ValueError, match="n must be a whole number"):
        simulate("ttbar", -1, 1)
    with pytest.raises(ValueError, match="wjets"):
        simulate("wjets", 1, 1)
