"""Templates for tests: small ones by hand, and random ones for property-based tests."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from higgs_inference.nuisances import Nuisance
from higgs_inference.templates import Floats, Templates, num_terms

PROCESSES = ("signal", "main", "rare")

SHIFT = Nuisance("shift")
NUISANCES = (
    SHIFT,
    Nuisance("noise", prior="lognormal", low=0.0, high=2.0),
    Nuisance("rare_scale", centre=1.0, width=0.25, low=0.0, high=2.0, nominal=1.0, scales=("rare",)),
    Nuisance("scale", centre=1.0, width=0.05, nominal=1.0, scales=("main", "rare")),
)
"""Both kinds of priors and of effects; pulls of some clip them."""


def make_templates(
    bins: int = 12, nuisances: tuple[Nuisance, ...] = NUISANCES, depth: float = 5.0, seed: int = 1
) -> Templates:
    """Make templates whose signal lies in the last bins and whose responses are a few per cent.

    Args:
        bins: how many.
        nuisances: the nuisance parameters.
        depth: template events per expected event.
        seed: of the responses.
    """
    along = np.linspace(-1, 1, bins)
    shapes = np.exp(np.outer([2.0, -1.5, 0.5], along))
    nominal = shapes / shapes.sum(axis=1, keepdims=True) * np.array([[200.0], [4000.0], [300.0]])
    slopes = np.random.default_rng(seed).normal(0.0, 0.04, (2, 3, 1, num_terms(nuisances)))
    response = slopes[0] + slopes[1] * along[:, np.newaxis]
    response[:, :, sum(not one.scales for one in nuisances) :] *= 0.2
    return Templates(PROCESSES, "signal", nuisances, nominal, nominal / depth, response)


@st.composite
def any_templates(draw: st.DrawFn, among: tuple[Nuisance, ...] = NUISANCES) -> Templates:
    """Draw templates of any bins, nuisance parameters and responses, some with empty cells or without variance."""
    nuisances = tuple(one for one in among if draw(st.booleans()))
    bins = draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    nominal = rng.exponential(10.0 ** rng.uniform(-1, 3), (len(PROCESSES), bins))
    nominal[rng.random(nominal.shape) < draw(st.sampled_from([0.0, 0.3]))] = 0.0
    depth = draw(st.sampled_from([0.5, 1.0, 10.0, np.inf]))
    response = rng.normal(0.0, 0.1, (*nominal.shape, num_terms(nuisances)))
    return Templates(PROCESSES, "signal", nuisances, nominal, nominal / depth, response)


def any_parameters(rng: np.random.Generator, templates: Templates) -> Floats:
    """Draw mu, now and then negative, and pulls, some of them where values are clipped."""
    return np.array([rng.uniform(-0.5, 4.0), *rng.uniform(-4.5, 4.5, len(templates.nuisances))])


def merge_bins(templates: Templates, groups: npt.NDArray[np.int64]) -> Templates:
    """Merge bins with the same number into one: counts and variances add up, responses are averages by counts."""
    number = int(groups.max()) + 1
    member = (groups[:, np.newaxis] == np.arange(number)).astype(np.float64)
    nominal = templates.nominal @ member
    weighted = np.einsum("pb,pbt,bg->pgt", templates.nominal, templates.response, member)
    response = weighted / np.maximum(nominal, 1e-300)[:, :, np.newaxis]
    return replace(templates, nominal=nominal, variance=templates.variance @ member, response=response)
