"""Apply the tau and jet energy scales and the soft missing momentum to one event."""

import math

from higgs_challenge.compiled import inlined
from higgs_challenge.tasks.higgs.events.record import Event
from higgs_challenge.tasks.higgs.events.vector_maths import angle_of, cosine_sine, round3


@inlined
def distort_event(event, to, tes, jes, soft_x, soft_y):  # type: ignore[no-untyped-def]
    """Apply the shape nuisance parameters to one event and round its momenta to 3 decimals.

    The missing momentum takes the opposite of what the tau and the two stored jets gain, and stays as recorded where
    nothing changes. Scaling the tau at its fixed mass of 0.8 GeV changes its energy but not the transverse momentum it
    passes on. Source: white paper arXiv:2410.02867; agrees with the official code.

    Args:
        event: an Event whose angles have 3 decimals.
        to: its Directions.
        tes, jes: dimensionless factors near 1.
        soft_x, soft_y: momentum in GeV added to the missing momentum's x and y.

    Returns:
        The distorted Event.
    """
    tau_loss = (1.0 - tes) * event.had_pt
    jet1_loss = (1.0 - jes) * event.jet1_pt if event.n_jets >= 1.0 else 0.0
    jet2_loss = (1.0 - jes) * event.jet2_pt if event.n_jets >= 2.0 else 0.0
    along_x, along_y = cosine_sine(event.met_phi)
    met_x = event.met * along_x + tau_loss * to.had_x + jet1_loss * to.jet1_x + jet2_loss * to.jet2_x + soft_x
    met_y = event.met * along_y + tau_loss * to.had_y + jet1_loss * to.jet1_y + jet2_loss * to.jet2_y + soft_y
    is_changed = (tau_loss != 0.0) | (jet1_loss != 0.0) | (jet2_loss != 0.0) | (soft_x != 0.0) | (soft_y != 0.0)
    met = math.sqrt(met_x * met_x + met_y * met_y) if is_changed else event.met
    met_phi = angle_of(met_x, met_y) if is_changed else event.met_phi
    return Event(
        round3(event.lep_pt),
        event.lep_eta,
        event.lep_phi,
        round3(event.had_pt * tes),
        event.had_eta,
        event.had_phi,
        round3(event.jet1_pt * jes if event.n_jets >= 1.0 else event.jet1_pt),
        event.jet1_eta,
        event.jet1_phi,
        round3(event.jet2_pt * jes if event.n_jets >= 2.0 else event.jet2_pt),
        event.jet2_eta,
        event.jet2_phi,
        event.n_jets,
        round3(event.jet_all_pt * jes if event.n_jets >= 1.0 else event.jet_all_pt),
        round3(met),
        round3(met_phi),
    )
