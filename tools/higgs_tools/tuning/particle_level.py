"""Particle-level events of a full event generator, passed through the synthetic events' own detector step.

Where the generator under simulation/ and a real one (Pythia 8) differ after the same detector, the difference is the
generator's. The files are parquet with one row an event: lep_pt, lep_eta, lep_phi (the electron or muon); had_pt,
had_eta, had_phi, had_n_charged, had_n_pi0 (the visible hadronic tau); vis_px, vis_py (all visible particles); and
jet0_pt, jet0_y, jet0_phi to jet5_* (anti-kT, R = 0.6, without the lepton and the tau; 0 if absent). GeV and
rad. `tools/higgs_tools/tuning/pythia_events.py` makes them.
"""

import math
from pathlib import Path

import numpy as np
import pandas as pd

from higgs_challenge.compiled import compiled
from higgs_challenge.tasks.higgs.events.columns import PRIMARY
from higgs_challenge.tasks.higgs.simulation.detector import reconstruct
from higgs_challenge.tasks.higgs.simulation.radiation import WORKSPACE_SHAPE, Collisions
from higgs_challenge.tasks.higgs.simulation.tau_decays import A1, PION, RHO
from higgs_challenge.tasks.higgs.simulation.tuning import TUNING, Tuning

JETS = 6
SPRAY = 4.0  # GeV, too soft for a jet or for changing one
NO_COLLISIONS = Collisions(rate=0.0, power=1.0)
"""The jets of the files contain all parton collisions already."""


def reconstruct_particles(
    path: Path, process: str, seed: int, codes: tuple[int, ...] = (), passes: int = 1, tuning: Tuning = TUNING
) -> np.ndarray:
    """Measure particle-level events with the synthetic events' detector.

    Args:
        path: folder of pythia_<process>.parquet.
        process: one of htautau, ztautau, diboson, ttbar.
        seed: of the detector's fluctuations.
        codes: values of the column process_code to keep; empty keeps all.
        passes: how often each event is measured, >= 1.
        tuning: of the detector.

    Returns:
        float32 array of shape (n, 16), columns as in events.columns.PRIMARY, only events that are reconstructed.
    """
    events = pd.read_parquet(path / f"pythia_{process}.parquet")
    if codes:
        events = events[events["process_code"].isin(codes)]
    events = events.loc[events.index.repeat(passes)]
    lepton, tau = (_directions(events, f"{name}_pt", f"{name}_eta", f"{name}_phi") for name in ("lep", "had"))
    jets = np.stack([_directions(events, f"jet{k}_pt", f"jet{k}_y", f"jet{k}_phi") for k in range(JETS)], axis=1)
    soft = events[["vis_px", "vis_py"]].to_numpy(np.float64)
    soft = soft - _transverse(lepton) - _transverse(tau) - _transverse(jets).sum(axis=1)
    three_prong = (events["had_n_charged"] > 1).to_numpy()
    group = np.where(three_prong, A1, np.where(events["had_n_pi0"] == 0, PION, RHO))
    rows = np.empty((len(events), len(PRIMARY)), np.float32)
    kept = np.zeros(len(events), dtype=bool)
    rng = np.random.Generator(np.random.SFC64(seed))
    _measure(rng, tuning._replace(collisions=NO_COLLISIONS), lepton, tau, group, three_prong, jets, soft, kept, rows)
    selected: np.ndarray = rows[kept]
    return selected


def _directions(events: pd.DataFrame, *names: str) -> np.ndarray:
    return events[list(names)].fillna(0.0).to_numpy(np.float64)


def _transverse(directions: np.ndarray) -> np.ndarray:
    pt, phi = directions[..., 0], directions[..., 2]
    return np.stack([pt * np.cos(phi), pt * np.sin(phi)], axis=-1)


@compiled
def _measure(rng, tuning, lepton, tau, group, three_prong, jets, soft, kept, rows):  # type: ignore[no-untyped-def]
    workspace = np.zeros(WORKSPACE_SHAPE)
    for i in range(len(rows)):
        n = 0
        for k in range(JETS):
            if jets[i, k, 0] > 0.0:
                workspace[n] = jets[i, k]
                # The detector step adds to every jet what lies under it, and these jets have it.
                workspace[n, 0] = max(jets[i, k, 0] - tuning.detector.jet_underlying, 0.0)
                n += 1
        # All the rest stands as sprays of particles, each too soft for a jet.
        rest = math.hypot(soft[i, 0], soft[i, 1])
        sprays = min(int(rest / SPRAY) + 1, len(workspace) - n)
        workspace[n : n + sprays, 0] = rest / sprays
        workspace[n : n + sprays, 1] = 0.0
        workspace[n : n + sprays, 2] = math.atan2(soft[i, 1], soft[i, 0])
        true_lepton = (lepton[i, 0], lepton[i, 1], lepton[i, 2])
        true_tau = (tau[i, 0], tau[i, 1], tau[i, 2])
        kept[i] = reconstruct(
            rng, tuning, true_lepton, true_tau, group[i], three_prong[i], workspace, n + sprays, rows[i]
        )
