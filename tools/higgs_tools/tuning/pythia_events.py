"""Make particle-level events with Pythia 8, for checking the synthetic events against a full event generator.

Needs the package pythia8mc, which is not installed with the rest because it compiles for half an hour or more:

    .venv/bin/pip install pythia8mc
    .venv/bin/higgs-challenge pythia-events FOLDER --process ztautau --events 10000
    make validate-data PYTHIA=FOLDER

FOLDER/pythia_<process>.parquet gets one row for each event with exactly one hadronically decaying tau and one electron
or muon of opposite charge, in the columns that higgs_tools.tuning.particle_level reads. About 2 ztautau or 10 ttbar
events are kept a second; files of different seeds may be joined.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from higgs_challenge.cli import make_folder
from higgs_challenge.errors import InputError
from higgs_challenge.execution.progress import show_progress
from higgs_tools.tuning.particle_level import JETS

COMMON = ("Beams:eCM = 13000.", "Print:quiet = on", "Random:setSeed = on")
SETTINGS = {
    "ztautau": (
        "WeakSingleBoson:ffbar2gmZ = on",
        "PhaseSpace:mHatMin = 40.",
        "23:onMode = off",
        "23:onIfAny = 15",
    ),
    "htautau": ("HiggsSM:all = on", "25:m0 = 125.", "25:onMode = off", "25:onIfMatch = 15 -15"),
    "ttbar": ("Top:gg2ttbar = on", "Top:qqbar2ttbar = on", "24:onMode = off", "24:onIfAny = 11 13 15"),
    "diboson": ("WeakDoubleBoson:all = on",),
}
MIN_PT = 15.0  # GeV, of lepton, tau and jets
MAX_ETA = 2.7  # of lepton and tau
COVERAGE = 4.9
MAX_SEED = 900_000_000
RADIUS = 0.6  # of the anti-kT jets
TAU, NEUTRINOS, LEPTONS = 15, (12, 14, 16), (11, 13)


class Momentum(NamedTuple):
    """A momentum, GeV."""

    px: float
    py: float
    pz: float

    def __add__(self, other: Any) -> "Momentum":
        return Momentum(self.px + other.px, self.py + other.py, self.pz + other.pz)

    @property
    def pt(self) -> float:
        """Transverse momentum, GeV."""
        return math.hypot(self.px, self.py)

    @property
    def eta(self) -> float:
        """Pseudorapidity."""
        return math.asinh(self.pz / max(self.pt, 1e-9))

    @property
    def phi(self) -> float:
        """Azimuth, rad."""
        return math.atan2(self.py, self.px)

    @property
    def accepted(self) -> bool:
        """Whether a lepton or tau of this momentum is kept."""
        return self.pt > MIN_PT and abs(self.eta) < MAX_ETA


def write_events(folder: Path, process: str, events: int, seed: int) -> Path:
    """Generate events and write them.

    Args:
        folder: for the file; made where needed.
        process: one of SETTINGS.
        events: how many are kept.
        seed: 1 to MAX_SEED.

    Returns:
        The file.

    Raises:
        InputError: as in generate, or the folder cannot be made.
    """
    make_folder(folder)
    rows = []
    with show_progress("Pythia", events, "events") as advance:
        for row in generate(process, seed):
            rows.append(row)
            advance(len(rows))
            if len(rows) >= events:
                break
    path = folder / f"pythia_{process}.parquet"
    pd.DataFrame(rows).astype("float32").to_parquet(path)
    return path


def generate(process: str, seed: int) -> Iterator[dict[str, float]]:
    """Run Pythia without an end and describe the events that have a lepton and a tau.

    Args:
        process: one of SETTINGS.
        seed: 1 to MAX_SEED.

    Yields:
        A row of the file.

    Raises:
        InputError: pythia8mc is not installed, or does not accept the settings.
    """
    try:
        import pythia8mc
    except ImportError as error:
        raise InputError("pythia8mc is not installed; `.venv/bin/pip install pythia8mc` compiles it.") from error
    pythia = pythia8mc.Pythia("", False)
    for line in (*COMMON, f"Random:seed = {seed}", *SETTINGS[process]):
        if not pythia.readString(line):
            raise InputError(f"Pythia rejected the setting {line!r}.")
    if not pythia.init():
        raise InputError("Pythia failed to start; see its messages above.")
    jets = pythia8mc.SlowJet(-1, RADIUS, MIN_PT, COVERAGE)
    while True:
        if pythia.next():
            row = describe(pythia.event, jets)
            if row:
                yield {"process_code": pythia.infoPython().code(), **row}


def describe(event: Any, jets: Any) -> dict[str, float]:
    """Describe one event.

    Args:
        event: Pythia's event record; what belongs to lepton and tau is taken out of it.
        jets: Pythia's jet finder.

    Returns:
        The row without its process code; empty where the event has not exactly one lepton and one tau.
    """
    taus = [i for i in range(event.size()) if event[i].idAbs() == TAU and _decays_to_hadrons(event, i)]
    visible = {i: _visible_daughters(event, i) for i in taus}
    tau_momenta = {i: _summed(event, found) for i, found in visible.items()}
    taus = [i for i in taus if tau_momenta[i].accepted]
    leptons = [i for i in range(event.size()) if _is_prompt_lepton(event, i)]
    if len(taus) != 1 or len(leptons) != 1 or event[leptons[0]].charge() * event[taus[0]].charge() >= 0:
        return {}
    lepton, tau = _summed(event, leptons), tau_momenta[taus[0]]
    seen = [i for i in range(event.size()) if _is_visible(event[i])]
    everything = _summed(event, seen)
    charged = sum(event[i].isCharged() for i in visible[taus[0]])
    neutral_pions = sum(event[i].id() == 111 for i in event[taus[0]].daughterListRecursive())
    row = {
        "lep_pt": lepton.pt,
        "lep_eta": lepton.eta,
        "lep_phi": lepton.phi,
        "had_pt": tau.pt,
        "had_eta": tau.eta,
        "had_phi": tau.phi,
        "had_n_charged": charged,
        "had_n_pi0": neutral_pions,
        "vis_px": everything.px,
        "vis_py": everything.py,
    }
    for i in (*leptons, *visible[taus[0]]):
        event[i].statusNeg()  # the jet finder takes only final particles
    jets.analyze(event)
    for k in range(JETS):
        exists = k < jets.sizeJet()
        row |= {f"jet{k}_pt": jets.pT(k) if exists else 0.0, f"jet{k}_y": jets.y(k) if exists else 0.0}
        row |= {f"jet{k}_phi": jets.phi(k) if exists else 0.0}
    return row


def _decays_to_hadrons(event: Any, i: int) -> bool:
    daughters = [event[k].idAbs() for k in event[i].daughterList()]
    return bool(daughters) and TAU not in daughters and not any(lepton in daughters for lepton in LEPTONS)


def _visible_daughters(event: Any, i: int) -> list[int]:
    return [k for k in event[i].daughterListRecursive() if _is_visible(event[k])]


def _is_visible(particle: Any) -> bool:
    return particle.isFinal() and particle.idAbs() not in NEUTRINOS and abs(particle.eta()) < COVERAGE


def _is_prompt_lepton(event: Any, i: int) -> bool:
    """Return whether an electron or muon comes from a boson, a top quark or a tau, and not from a hadron or photon."""
    particle = event[i]
    if not (particle.isFinal() and particle.idAbs() in LEPTONS and _summed(event, [i]).accepted):
        return False
    mother = event[particle.mother1()]
    while mother.idAbs() in (*LEPTONS, TAU) and mother.mother1() > 0:
        mother = event[mother.mother1()]
    return mother.idAbs() in (6, 23, 24, 25) or mother.isQuark()


def _summed(event: Any, indices: list[int]) -> Momentum:
    total = Momentum(0.0, 0.0, 0.0)
    for i in indices:
        total += Momentum(event[i].px(), event[i].py(), event[i].pz())
    return total
