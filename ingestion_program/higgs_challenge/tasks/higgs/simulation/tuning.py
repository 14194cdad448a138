"""Every number of the generator that was fitted, in one place; docs/data.md says to what and how well.

Numbers that physics gives (masses, couplings, branching ratios, thresholds of the reconstruction) are in the modules
that use them. The compiled event loop takes a `Tuning` as an argument, so that
`higgs-challenge tune-simulation` can vary it.
"""

from typing import NamedTuple

from higgs_challenge.tasks.higgs.simulation.radiation import Collisions, Radiation, radiation

Gamma = tuple[float, float]
"""Shape and scale of a gamma distribution."""

BetaPrime = tuple[float, float, float]
"""Powers of the rise and of the fall (plus one) of a beta prime distribution, and its scale."""


class Detector(NamedTuple):
    """How well things are measured."""

    lepton_resolution: float
    """Relative."""
    tau_underlying: float
    """GeV of other particles inside a tau's cone."""
    jet_underlying: float
    """GeV, the same inside a jet."""
    jet_stochastic: float
    """Of the jet resolution, relative, times the root of GeV."""
    jet_constant: float
    """Of the jet resolution, relative."""
    neutrino_jets: float
    """Share of jets in which neutrinos and muons take some of the momentum."""
    neutrino_share: float
    """Largest share that they take."""
    soft_response: float
    """Of the calorimeters to particles in no jet."""
    met_noise: float
    """GeV, of each component of the missing momentum."""
    met_stochastic: float
    """Root of GeV, growing with the root of the summed momenta of tau and jets."""
    met_spread: float
    """Of the logarithm of that resolution from event to event."""
    fake_softness: float
    """GeV by which a jet must be harder to be taken for a tau e times less often."""


class ZTuning(NamedTuple):
    """Z -> tau tau."""

    radiation: Radiation
    rapidity: tuple[float, float]
    """Width and largest magnitude."""
    fakes: float
    """Share of generated events whose tau is a jet; here and below before the reconstruction."""


class HiggsTuning(NamedTuple):
    """H -> tau tau; modes are gluon fusion, vector boson fusion, with a vector boson, with bottom quarks, with tops."""

    gluon_radiation: Radiation
    quark_radiation: Radiation
    bottom_radiation: Radiation
    mode_shares: tuple[float, float, float, float, float]
    """Among reconstructed events."""
    mode_rapidity: tuple[float, float, float, float, float]
    """Widths."""
    fusion_pt: Gamma
    """GeV, of each forward quark."""
    fusion_eta: Gamma
    """Distance of each forward quark to 0.6 of the Higgs boson's rapidity."""
    fusion_opposition: float
    """The density of the angle between the forward quarks is 1 - this * cosine."""
    vector_pt: Gamma
    """GeV."""
    vector_to_quarks: float
    """Share of vector bosons whose daughters are seen."""
    vector_leptons: float
    """Share of generated events with vector boson or tops whose lepton comes from there."""
    top_jet_pt: Gamma
    """GeV."""
    fakes: float


class TopTuning(NamedTuple):
    """Top pairs."""

    radiation: Radiation
    pair_mass: tuple[float, float, float]
    """Of the pair's mass over the two tops', less one: powers of rise and fall (plus one) and scale of a beta prime
    distribution."""
    pair_rapidity: float
    """Width."""
    bottom_radiation: float
    """Mean share of a bottom quark's momentum that it radiates out of its jet."""
    quark_radiation: float
    """The same of quarks from W bosons."""
    radius: tuple[float, float]
    """Distances, evenly distributed, below which two jets are one."""
    isolation: float
    """Momentum of a jet relative to the lepton or tau that it spoils."""
    isolation_soft: float
    """GeV, mean momentum of the soft particles near a lepton, which spoil it in the same way."""
    isolation_radius: tuple[float, float]
    """Distances, evenly distributed, below which a jet spoils a lepton."""
    fakes: float
    """Share of generated pairs in which a jet passes for the tau."""
    fake_softness: float
    """As in Detector."""
    single: float
    """Share of generated events with one top quark, made by the exchange of a W boson; a jet passes for the tau."""
    single_mass: tuple[float, float, float]
    """As `pair_mass`, of the mass of the top quark and the other quark over the top quark's."""
    single_rapidity: float
    """Width, of the two together."""


class DibosonTuning(NamedTuple):
    """Pairs of W and Z bosons."""

    radiation: Radiation
    w_z: float
    """Rate of pairs of a W and a Z boson relative to pairs of W bosons."""
    z_z: float
    """The same of pairs of Z bosons."""
    pair_mass: tuple[BetaPrime, BetaPrime, BetaPrime]
    """Of the pair's mass above threshold, in units of the threshold; W W, W Z, Z Z."""
    rapidity: tuple[float, float]
    """Of the pair, relative to the kinematic limit: shape of a symmetric beta distribution, and largest value."""
    quark_loss: float
    """Mean share of a quark's momentum that leaves its jet."""
    fakes: float
    """Rate at which events without a hadronic tau are tried with a jet in its place, relative to those with one."""


class Tuning(NamedTuple):
    """All of it."""

    detector: Detector
    collisions: Collisions
    z: ZTuning
    higgs: HiggsTuning
    top: TopTuning
    diboson: DibosonTuning


TUNING = Tuning(
    detector=Detector(
        lepton_resolution=0.015,
        tau_underlying=1.85,
        jet_underlying=1.5,
        jet_stochastic=0.764,
        jet_constant=0.092,
        neutrino_jets=0.131,
        neutrino_share=0.382,
        soft_response=0.85,
        met_noise=3.26,
        met_stochastic=0.521,
        met_spread=0.58,
        fake_softness=1000.0,
    ),
    collisions=Collisions(rate=0.8, power=4.0),
    z=ZTuning(
        radiation=radiation(strength=0.239, scale=70.2, falloff=177.5, splitting=0.357, eta_width=1.99),
        rapidity=(2.35, 4.0),
        fakes=0.09,
    ),
    higgs=HiggsTuning(
        gluon_radiation=radiation(strength=0.299, scale=122.0, falloff=1000.0, splitting=0.148, eta_width=3.0),
        quark_radiation=radiation(strength=0.255, scale=98.7, falloff=700.0, splitting=0.2, eta_width=2.31),
        bottom_radiation=radiation(strength=0.341, scale=69.6, falloff=100.0, splitting=0.3, eta_width=2.0),
        mode_shares=(0.763, 0.113, 0.074, 0.039, 0.011),
        mode_rapidity=(1.75, 1.68, 1.79, 1.6, 1.0),
        fusion_pt=(2.17, 29.6),
        fusion_eta=(3.77, 0.615),
        fusion_opposition=0.616,
        vector_pt=(2.2, 35.1),
        vector_to_quarks=0.751,
        vector_leptons=0.115,
        top_jet_pt=(2.5, 28.0),
        fakes=0.08,
    ),
    top=TopTuning(
        radiation=radiation(strength=0.163, scale=314.0, falloff=430.0, splitting=0.175, eta_width=4.5),
        pair_mass=(1.5, 4.2, 1.22),
        pair_rapidity=1.27,
        bottom_radiation=0.135,
        quark_radiation=0.08,
        radius=(0.6, 0.7),
        isolation=0.3,
        isolation_soft=3.7,
        isolation_radius=(0.6, 0.66),
        fakes=0.436,
        fake_softness=490.0,
        single=0.205,
        single_mass=(2.0, 2.2, 1.03),
        single_rapidity=1.5,
    ),
    diboson=DibosonTuning(
        radiation=radiation(strength=0.21, scale=99.0, falloff=1800.0, splitting=0.185, eta_width=1.9),
        w_z=0.34,
        z_z=0.16,
        pair_mass=((1.40, 3.24, 1.13), (2.12, 3.33, 0.99), (1.40, 2.80, 0.76)),
        rapidity=(1.59, 0.9),
        quark_loss=0.09,
        fakes=0.075,
    ),
)
