"""One event as compiled code sees it: 16 numbers with names, and the directions of its objects."""

from typing import NamedTuple

from higgs_challenge.compiled import inlined
from higgs_challenge.tasks.higgs.events.vector_maths import cosine_sine


class Event(NamedTuple):
    """The primary columns of one event, in the order of columns.PRIMARY; GeV and rad, all float64."""

    lep_pt: float
    lep_eta: float
    lep_phi: float
    had_pt: float
    had_eta: float
    had_phi: float
    jet1_pt: float
    jet1_eta: float
    jet1_phi: float
    jet2_pt: float
    jet2_eta: float
    jet2_phi: float
    n_jets: float
    jet_all_pt: float
    met: float
    met_phi: float


class Directions(NamedTuple):
    """Unit vectors in the transverse plane; no nuisance parameter rotates them, so one pass computes them once."""

    lep_x: float
    lep_y: float
    had_x: float
    had_y: float
    jet1_x: float
    jet1_y: float
    jet2_x: float
    jet2_y: float


@inlined
def find_directions(event):  # type: ignore[no-untyped-def]
    """Return the Directions of an Event; those of a jet that does not exist mean nothing."""
    lep_x, lep_y = cosine_sine(event.lep_phi)
    had_x, had_y = cosine_sine(event.had_phi)
    jet1_x, jet1_y = cosine_sine(event.jet1_phi)
    jet2_x, jet2_y = cosine_sine(event.jet2_phi)
    return Directions(lep_x, lep_y, had_x, had_y, jet1_x, jet1_y, jet2_x, jet2_y)
