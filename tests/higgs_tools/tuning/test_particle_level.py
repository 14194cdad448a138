"""Particle-level events in the synthetic events' detector."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from higgs_challenge.tasks.higgs.events import columns
from higgs_challenge.tasks.higgs.simulation.detector import jet_energy_scale
from higgs_challenge.tasks.higgs.simulation.tuning import TUNING
from higgs_tools.tuning.particle_level import reconstruct_particles

EVENTS = 2_000


def event(**changes: float) -> dict[str, float]:
    """A lepton to the right, a tau to the left, and a hard jet upwards that a boson recoils against."""
    row = {"process_code": 902.0, "lep_pt": 40.0, "lep_eta": 0.3, "lep_phi": 0.0}
    row |= {"had_pt": 50.0, "had_eta": -0.4, "had_phi": 3.1, "had_n_charged": 1.0, "had_n_pi0": 1.0}
    row |= {f"jet{k}_{name}": 0.0 for k in range(6) for name in ("pt", "y", "phi")}
    row |= {"jet0_pt": 80.0, "jet0_y": 1.2, "jet0_phi": 1.5}
    visible = [(row["lep_pt"], row["lep_phi"]), (row["had_pt"], row["had_phi"]), (row["jet0_pt"], row["jet0_phi"])]
    row["vis_px"] = sum(pt * np.cos(phi) for pt, phi in visible)
    row["vis_py"] = sum(pt * np.sin(phi) for pt, phi in visible)
    return row | changes


def reconstructed(folder: Path, rows: list[dict[str, float]], codes: tuple[int, ...] = ()) -> np.ndarray:
    pd.DataFrame(rows).astype("float32").to_parquet(folder / "pythia_htautau.parquet")
    return reconstruct_particles(folder, "htautau", 1, codes)


def test_event_is_measured(tmp_path: Path) -> None:
    rows = reconstructed(tmp_path, [event()] * EVENTS)
    assert len(rows) > 0.5 * EVENTS
    assert np.median(rows[:, columns.LEP_PT]) == pytest.approx(40.0, rel=0.02)
    tau_raw = 50.0 + TUNING.detector.tau_underlying  # and taus get the jet energy scale, as officially
    assert np.median(rows[:, columns.HAD_PT]) == pytest.approx(tau_raw * jet_energy_scale(tau_raw, 0.4), rel=0.02)
    assert np.median(rows[:, columns.JET1_PT]) == pytest.approx(80.0, rel=0.10)
    assert (rows[:, columns.JET1_ETA] == np.float32(1.2)).all()
    assert (rows[:, columns.N_JETS] == 1).mean() > 0.95


def test_what_is_seen_beside_the_jets_counts_in_the_missing_momentum(tmp_path: Path) -> None:
    less, more = (
        reconstructed(tmp_path, [event(vis_px=px)] * EVENTS)[:, [columns.MET, columns.MET_PHI]].astype(np.float64)
        for px in (event()["vis_px"], event()["vis_px"] + 60.0)
    )
    shift = np.mean(more[:, 0] * np.cos(more[:, 1])) - np.mean(less[:, 0] * np.cos(less[:, 1]))
    assert -60.0 < shift < -35.0  # calorimeters answer less to soft particles
    assert (more[:, 0] > 0).all()


def test_soft_rest_makes_no_jet(tmp_path: Path) -> None:
    rows = reconstructed(tmp_path, [event(vis_px=event()["vis_px"] + 60.0)] * EVENTS)
    assert (rows[:, columns.N_JETS] <= 1).all()


def test_only_the_wanted_processes_are_taken(tmp_path: Path) -> None:
    rows = reconstructed(tmp_path, [event(), event(process_code=906.0, lep_pt=90.0)] * EVENTS, (906,))
    assert (rows[:, columns.LEP_PT] > 60.0).all()


def test_soft_or_forward_events_are_lost(tmp_path: Path) -> None:
    assert len(reconstructed(tmp_path, [event(lep_pt=10.0), event(had_eta=2.75), event(lep_eta=2.6)] * 50)) == 0
