"""Features for classifiers, made of the challenge's: the same for events that are rotations or mirror images.

Neither the production of the particles nor the detector prefers a direction around the beam, one of its two ends, or
one sense of rotation. A classifier that sees absolute angles has to learn that from its events; here they are taken
relative to the hadronic tau. Masses that physicists build of what was measured save a network from inventing them.
"""

from collections.abc import Sequence

import numpy as np

from higgs_inference.templates import Values

MISSING = -25.0
"""What the challenge's events have in place of a feature that does not exist, such as a second jet's."""

AS_THEY_ARE = (
    "PRI_n_jets",
    "DER_deltaeta_jet_jet",
    "DER_prodeta_jet_jet",
    "DER_deltar_had_lep",
    "DER_met_phi_centrality",
    "DER_lep_eta_centrality",
)
LONG_TAILED = (
    *("PRI_lep_pt", "PRI_had_pt", "PRI_jet_leading_pt", "PRI_jet_subleading_pt", "PRI_jet_all_pt", "PRI_met"),
    *("DER_mass_transverse_met_lep", "DER_mass_vis", "DER_pt_h", "DER_mass_jet_jet", "DER_pt_tot", "DER_sum_pt"),
    "DER_pt_ratio_lep_had",
)
"""Features that enter as log(1 + x)."""

LONGITUDINAL = ("PRI_had_eta", "PRI_lep_eta", "PRI_jet_leading_eta", "PRI_jet_subleading_eta")
AZIMUTHAL = ("PRI_met_phi", "PRI_jet_leading_phi", "PRI_jet_subleading_phi")

MAX_MOMENTUM = 1e5
"""In GeV; larger values count as this in masses, whose squares would overflow."""

MIN_SINE = 0.02
"""Of the angle between the taus: back to back, they say nothing of how they share the missing momentum."""

FRACTIONS = (-3.0, 6.0)
"""Range of the momentum of the neutrinos of a tau relative to what is visible of it; others are far from collinear."""

OF_TAUS = (
    *("angle between taus", "had neutrinos", "lep neutrinos", "collinear mass", "transverse mass of had"),
    *("transverse mass", "mass", "visible momentum", "met along had", "met across had", "met along visible"),
)
NAMES = (
    *AS_THEY_ARE,
    *LONG_TAILED,
    *LONGITUDINAL,
    *(f"{function} of {name}" for name in AZIMUTHAL for function in ("cosine", "sine")),
    *OF_TAUS,
)
"""Of the features that `describe` makes, in their order."""


def describe(values: Values, names: Sequence[str]) -> Values:
    """Make the features that classifiers see.

    Polar angles get the sign that makes the hadronic tau's pseudorapidity positive. Azimuthal angles are those to the
    hadronic tau, as cosine and sine, in the sense in which the lepton's is positive. Momenta and masses enter as
    log(1 + x). Made of the taus and of the missing momentum p are: the fractions that neutrinos add to either tau when
    they are collinear with it and add up to p; the collinear mass (R. K. Ellis et al., Nucl. Phys. B 297 (1988) 221);
    the transverse masses of the hadronic tau with p, of both taus and p (those of the three pairs, added in
    quadrature), and of the visible system, with its mass, and p; the visible momentum; p along and across the hadronic
    tau; and p along the visible momentum.

    Args:
        values: the challenge's features, those that do not exist being `MISSING`, shape (n, features).
        names: theirs, in order.

    Returns:
        float32, shape (n, len(NAMES)), in the order of NAMES; nan where a feature does not exist.
    """
    column = dict(zip(names, values.T, strict=True))
    sign = np.where(column["PRI_had_eta"] < 0, np.float32(-1), np.float32(1))
    between = _difference(column["PRI_lep_phi"], column["PRI_had_phi"])
    sense = np.where(between < 0, np.float32(-1), np.float32(1))
    between = np.abs(between)
    angle = {name: sense * _difference(column[name], column["PRI_had_phi"]) for name in AZIMUTHAL}
    made = [*(column[name] for name in AS_THEY_ARE), *(_logarithm(column[name]) for name in LONG_TAILED)]
    made += [sign * column[name] for name in LONGITUDINAL]
    made += [function(angle[name]) for name in AZIMUTHAL for function in (np.cos, np.sin)]
    used = (*AS_THEY_ARE, *LONG_TAILED, *LONGITUDINAL, *(name for name in AZIMUTHAL for _ in range(2)))
    for place, name in enumerate(used):
        made[place] = np.where(column[name] == MISSING, np.float32(np.nan), made[place])
    made += [between, *_masses(column, between, angle["PRI_met_phi"])]
    return np.stack(made, axis=1, dtype=np.float32)


def _masses(column: dict[str, Values], between: Values, met_angle: Values) -> list[Values]:
    """Return what is made of both taus and the missing momentum.

    Args:
        column: features by name.
        between: azimuthal angle from the hadronic tau to the lepton, from 0 to pi, shape (n,).
        met_angle: azimuthal angle from the hadronic tau to the missing momentum, shape (n,).
    """
    names = ("PRI_had_pt", "PRI_lep_pt", "PRI_met", "DER_mass_vis", "DER_mass_transverse_met_lep")
    had, lep, met, mass, transverse = (np.clip(column[name], 0, np.float32(MAX_MOMENTUM)) for name in names)
    along, across = met * np.cos(met_angle), met * np.sin(met_angle)
    of_lep = across / np.maximum(np.sin(between), np.float32(MIN_SINE))
    of_had = along - of_lep * np.cos(between)
    had_fraction, lep_fraction = (
        np.clip(neutrinos / np.maximum(visible, np.float32(1.0)), *FRACTIONS)
        for neutrinos, visible in ((of_had, had), (of_lep, lep))
    )
    collinear = mass * np.sqrt(np.maximum((1 + had_fraction) * (1 + lep_fraction), 0))
    had_met = 2 * had * met * (1 - np.cos(met_angle))
    had_lep = 2 * had * lep * (1 - np.cos(between))
    total = np.sqrt(transverse**2 + had_met + had_lep)
    visible_along, visible_across = had + lep * np.cos(between), lep * np.sin(between)
    visible = np.hypot(visible_along, visible_across)
    energy = np.hypot(mass, visible) + met
    of_all = energy**2 - (visible_along + along) ** 2 - (visible_across + across) ** 2
    projected = (along * visible_along + across * visible_across) / np.maximum(visible, np.float32(1.0))
    return [
        had_fraction,
        lep_fraction,
        *(_logarithm(one) for one in (collinear, np.sqrt(had_met), total, np.sqrt(np.maximum(of_all, 0)), visible)),
        *(np.sign(one) * _logarithm(np.abs(one)) for one in (along, across, projected)),
    ]


def _difference(angles: Values, others: Values) -> Values:
    """Return the difference of azimuthal angles, from -pi to pi."""
    difference = angles - others
    return np.asarray(difference - 2 * np.pi * np.round(difference / (2 * np.pi)), dtype=np.float32)


def _logarithm(values: Values) -> Values:
    # Not log1p, which takes three times as long on processors without AVX-512 and gains nothing for values in GeV.
    return np.asarray(np.log(1 + np.maximum(values, 0)), dtype=np.float32)
