"""Select the events and jets that a measurement keeps."""

import numpy as np

from higgs_challenge.compiled import inlined
from higgs_challenge.tasks.higgs.events.columns import MISSING
from higgs_challenge.tasks.higgs.events.record import Event
from higgs_challenge.tasks.higgs.events.vector_maths import round3

TAU_THRESHOLD = 26.0
LEPTON_THRESHOLD = 20.0
JET_THRESHOLD = 26.0


@inlined
def is_lost(had_pt, lep_pt):  # type: ignore[no-untyped-def]
    """Check whether an event is rejected: its tau, after distortion, is below 26 GeV or its lepton below 20 GeV."""
    return (round3(had_pt) < TAU_THRESHOLD) | (round3(lep_pt) < LEPTON_THRESHOLD)


@inlined
def drop_jets(event):  # type: ignore[no-untyped-def]
    """Remove an event's jets below threshold.

    Jets are ordered in pt, so when a stored jet is below 26 GeV every later one is too and goes with it. The third and
    later jets are known only through their summed pt: at most floor(sum / 26) of them reach the threshold, exact for
    three jets; where that is fewer than recorded, so many stay, with 26 GeV each. The official code removes the
    stored jets alone, so that a record can claim jets it no longer has.

    Args:
        event: a distorted Event.

    Returns:
        The Event with the jets that stay; columns of the others are -25.
    """
    summed = round3(event.jet_all_pt - event.jet1_pt - event.jet2_pt)
    passing = max(np.floor(summed / JET_THRESHOLD), 0.0)
    fewer = (event.n_jets >= 3.0) & (passing < event.n_jets - 2.0)
    n_jets = 2.0 + passing if fewer else event.n_jets
    jet_all_pt = round3(event.jet1_pt + event.jet2_pt + passing * JET_THRESHOLD) if fewer else event.jet_all_pt

    without2 = (n_jets >= 2.0) & (event.jet2_pt < JET_THRESHOLD)
    n_jets = 1.0 if without2 else n_jets
    jet_all_pt = event.jet1_pt if without2 else jet_all_pt

    without1 = (n_jets == 1.0) & (event.jet1_pt < JET_THRESHOLD)
    n_jets = 0.0 if without1 else n_jets
    jet_all_pt = 0.0 if without1 else jet_all_pt

    return Event(
        event.lep_pt,
        event.lep_eta,
        event.lep_phi,
        event.had_pt,
        event.had_eta,
        event.had_phi,
        MISSING if without1 else event.jet1_pt,
        MISSING if without1 else event.jet1_eta,
        MISSING if without1 else event.jet1_phi,
        MISSING if without2 else event.jet2_pt,
        MISSING if without2 else event.jet2_eta,
        MISSING if without2 else event.jet2_phi,
        n_jets,
        jet_all_pt,
        event.met,
        event.met_phi,
    )
