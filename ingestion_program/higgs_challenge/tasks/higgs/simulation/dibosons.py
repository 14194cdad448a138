"""Pairs of W and Z bosons."""

import math

import numpy as np
from numba import njit
from numpy.random import Generator

from higgs_challenge.tasks.higgs.simulation.hard_jets import add_quarks
from higgs_challenge.tasks.higgs.simulation.line_shape import Z_MASS
from higgs_challenge.tasks.higgs.simulation.radiation import emit, follow, limited_normal
from higgs_challenge.tasks.higgs.simulation.tau_pairs import FROM_TAU, try_tau_pair
from higgs_challenge.tasks.higgs.simulation.tuning import Tuning
from higgs_challenge.tasks.higgs.simulation.w_pairs import W_MASS, back_to_back, try_w_pair, w_daughter


@njit(nogil=True)
def diboson_event(rng: Generator, tuning: Tuning, jets: np.ndarray, row: np.ndarray) -> None:
    """Make one reconstructed diboson event.

    Args:
        rng: random stream.
        tuning: all fitted numbers.
        jets: workspace.
        row: record to write.
    """
    diboson = tuning.diboson
    done = False
    while not done:
        kind = rng.random()
        with_z = kind < diboson.z_share
        fake = kind > 1.0 - diboson.fakes
        emissions, recoil_x, recoil_y = emit(rng, diboson.radiation, jets)
        rapidity = limited_normal(rng, diboson.rapidity[0], diboson.rapidity[1])
        mass = Z_MASS if with_z else W_MASS
        first, second = back_to_back(
            rng, mass, W_MASS, diboson.pt, diboson.boson_rapidity, (recoil_x, recoil_y), rapidity
        )
        if with_z:
            n, lepton_row = emissions, FROM_TAU
            decay = rng.random()
            if decay < diboson.z_partner_leptons:
                lepton_row = emissions
                n = add_quarks(rng, W_MASS, second, jets, n)
                jets[emissions + 1, 0] = 0.0  # the lepton's neutrino
            elif decay < diboson.z_partner_leptons + diboson.z_partner_to_quarks:
                n = add_quarks(rng, W_MASS, second, jets, n)
            z_rapidity = math.atanh(first[3] / first[0])
            momentum = (first[1], first[2])
            done = try_tau_pair(
                rng, tuning, Z_MASS, momentum, z_rapidity, True, lepton_row, False, emissions, jets, n, row
            )
        else:
            follow(rapidity, jets, emissions)
            ahead = rng.random() < diboson.forward
            lepton, tau = w_daughter(rng, ahead, first, rapidity), w_daughter(rng, ahead, second, rapidity)
            opposition = diboson.opposition * math.cos(lepton[2] - tau[2])
            if rng.random() * (1.0 + diboson.opposition) > 1.0 - opposition:
                continue
            done = try_w_pair(rng, tuning, lepton, second, tau, fake, diboson.fakes_spread, jets, emissions, row)
