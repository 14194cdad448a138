"""The unbinned likelihood: exact on a case whose densities are known, and its gradient."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import expon, norm

from higgs_inference.nuisances import Nuisance
from higgs_inference.templates import Floats, Templates, num_terms
from higgs_inference.unbinned import Norms, NormSums, Places, UnbinnedLikelihood

NUISANCES = (
    Nuisance("tes", centre=1.0, width=0.01, nominal=1.0),
    Nuisance("soft_met", prior="lognormal", high=5.0),
    Nuisance("scale", centre=1.0, width=0.1, nominal=1.0, scales=("background",)),
)


def any_case(rng: np.random.Generator, events: int = 300) -> tuple[Templates, Norms, Places]:
    shape, number = (2, 3), num_terms(NUISANCES)
    nominal = rng.uniform(20.0, 200.0, shape)
    response = 0.1 * rng.normal(size=(*shape, number))
    templates = Templates(("signal", "background"), "signal", NUISANCES, nominal, nominal / 30, response)
    roots = 0.05 * rng.normal(size=(*shape, number, number))
    covariances = roots @ np.swapaxes(roots, -1, -2)
    norms = Norms(rng.uniform(0.5, 2.0, shape), 0.1 * rng.normal(size=(*shape, number)), covariances)
    responses = (0.1 * rng.normal(size=(events, 2, number))).astype(np.float32)
    ratios = rng.uniform(0.2, 2.0, (events, 2)).astype(np.float32)
    return templates, norms, Places(rng.integers(0, 3, events), ratios, responses, rng.uniform(0.5, 1.5, events))


@pytest.mark.parametrize("mu", [1.3, 0.0, -0.05, -0.5])
def test_the_gradient_is_that_of_the_value(mu: float) -> None:
    """To steps as small as MINUIT takes, which in single precision would find noise, and search without end."""
    rng = np.random.default_rng(3)
    templates, norms, places = any_case(rng)
    counts = np.bincount(places.bins, places.weights, 3) + 10.0
    likelihood = UnbinnedLikelihood(templates, norms, counts, places)
    parameters = np.array([mu, 0.4, -0.3, 0.8])
    gradient = likelihood.gradient(parameters)
    step = 1e-4
    for number, move in enumerate(np.eye(4) * step):
        expected = (likelihood.value(parameters + move) - likelihood.value(parameters - move)) / (2 * step)
        assert gradient[number] == pytest.approx(expected, rel=1e-6, abs=1e-4)


def test_norms_are_the_integrals_of_events() -> None:
    """After division by them a process's nominal events, reweighted by its response, keep the sum of their weights."""
    rng = np.random.default_rng(4)
    templates, _, places = any_case(rng, events=4000)
    processes = rng.integers(0, 2, 4000)
    sums = NormSums((2, 3, num_terms(NUISANCES)))
    for part in np.array_split(np.arange(4000), 3):
        sums.add(
            Places(places.bins[part], places.ratios[part], places.responses[part], places.weights[part]),
            processes[part],
        )
    norms = sums.norms()
    of_terms = templates.terms_at(np.array([1.0, 0.7, 0.2, 0.0]))
    for process in range(2):
        for one in range(3):
            own = (processes == process) & (places.bins == one)
            response = places.responses[own, process] - norms.means[process, one]
            moved = np.exp(response @ of_terms - of_terms @ norms.covariances[process, one] @ of_terms / 2)
            assert np.average(moved, weights=places.weights[own]) == pytest.approx(1.0, abs=0.01)
            everything = places.bins == one
            mean = np.average(places.ratios[everything, process], weights=places.weights[everything])
            assert norms.ratios[process, one] == pytest.approx(mean)


def test_places_are_of_the_same_events_with_weights_that_data_have() -> None:
    _, _, places = any_case(np.random.default_rng(5))
    with pytest.raises(ValueError, match=r"of the same events; got \[299, 300\]"):
        replace(places, bins=places.bins[1:])
    for wrong in (-1.0, np.nan):
        with pytest.raises(ValueError, match="finite and not negative"):
            replace(places, weights=np.where(places.bins == 0, wrong, places.weights))


def test_norms_of_other_bins_are_refused() -> None:
    templates, norms, places = any_case(np.random.default_rng(6))
    with pytest.raises(ValueError, match=r"2 processes in 3 bins; got norms of shape \(2, 2\)"):
        UnbinnedLikelihood(templates, replace(norms, ratios=norms.ratios[:, 1:]), np.ones(3), places)


def test_without_norms_events_say_nothing_that_their_counts_do_not() -> None:
    """Where all ratios are the same and nothing responds, the likelihood is the binned one."""
    rng = np.random.default_rng(5)
    templates, _, places = any_case(rng)
    number = num_terms(NUISANCES)
    flat = Places(places.bins, np.ones_like(places.ratios), np.zeros_like(places.responses), places.weights)
    norms = Norms(np.ones((2, 3)), np.zeros((2, 3, number)), np.zeros((2, 3, number, number)))
    likelihood = UnbinnedLikelihood(templates, norms, np.array([150.0, 90.0, 200.0]), flat)
    for parameters in rng.normal(size=(5, 4)) + np.array([1.5, 0, 0, 0]):
        assert likelihood.value(parameters) == pytest.approx(likelihood.binned.value(parameters), rel=1e-6)
        assert likelihood.gradient(parameters) == pytest.approx(
            likelihood.binned.gradient(parameters), rel=1e-4, abs=1e-3
        )


SIGNAL, BACKGROUND, WIDTH, SLOPE = 100.0, 1000.0, 0.1, 0.05
EDGES = np.array([1.5, 2.5])


def signal_density(x: Floats) -> Floats:
    return np.asarray(norm.pdf(x, 2.0, WIDTH))


def background_density(x: Floats, pull: float) -> Floats:
    return np.asarray(expon.pdf(x, scale=1 / (1 + SLOPE * pull)))


def exact(parameters: Floats, x: Floats) -> float:
    """Return -2 ln L of a normal signal on an exponential background whose rate has a nuisance parameter."""
    mu, pull = parameters
    density = mu * SIGNAL * signal_density(x) + BACKGROUND * background_density(x, pull)
    return float(2 * (mu * SIGNAL + BACKGROUND) - 2 * np.log(density).sum() + pull**2)


def exact_case(x: Floats) -> UnbinnedLikelihood:
    """Make the same likelihood of three bins, exact ratios, and responses to second order."""
    rate = (Nuisance("rate"),)

    def places(at: Floats, weights: Floats) -> Places:
        mixture = SIGNAL * signal_density(at) + BACKGROUND * background_density(at, 0)
        ratios = np.stack([signal_density(at), background_density(at, 0)], axis=1) / mixture[:, np.newaxis]
        responses = np.zeros((len(at), 2, 2), dtype=np.float32)
        responses[:, 1] = np.stack([SLOPE * (1 - at), np.full(len(at), -(SLOPE**2) / 2)], axis=1)
        return Places(np.searchsorted(EDGES, at), ratios.astype(np.float32), responses, weights)

    def share(pull: float) -> Floats:
        return np.diff(expon.cdf([0, *EDGES, np.inf], scale=1 / (1 + SLOPE * pull)))

    grid = np.arange(0.0005, 20.0, 0.001)
    sums = NormSums((2, 3, 2))
    for process, density in ((0, SIGNAL * signal_density(grid)), (1, BACKGROUND * background_density(grid, 0))):
        sums.add(places(grid, density * 0.001), np.full(len(grid), process))
    pulls = np.array([-1.0, -0.5, 0.5, 1.0])
    terms = np.stack([pulls, pulls**2], axis=1)
    response = np.zeros((2, 3, 2))
    response[1] = np.linalg.lstsq(terms, np.log([share(pull) / share(0) for pull in pulls]), rcond=None)[0].T
    nominal = np.stack([SIGNAL * np.diff(norm.cdf([-np.inf, *EDGES, np.inf], 2.0, WIDTH)), BACKGROUND * share(0)])
    templates = Templates(("signal", "background"), "signal", rate, nominal, np.zeros((2, 3)), response)
    observed = places(x, np.ones(len(x)))
    return UnbinnedLikelihood(templates, sums.norms(), np.bincount(observed.bins, minlength=3).astype(float), observed)


def test_it_is_the_exact_likelihood_where_densities_are_known() -> None:
    rng = np.random.default_rng(6)
    x = np.concatenate([rng.normal(2.0, WIDTH, 100), rng.exponential(1.0, 1000)])
    likelihood = exact_case(x)
    points = [np.array(point) for point in ((1.0, 0.0), (0.5, 0.0), (1.5, 0.0), (1.0, 1.0), (1.0, -1.0), (1.3, 0.5))]
    found, expected, binned = (
        np.array([value(point) for point in points[1:]]) - value(points[0])
        for value in (likelihood.value, lambda point: exact(point, x), likelihood.binned.value)
    )
    np.testing.assert_allclose(found, expected, atol=0.02)
    assert np.abs(binned - expected).max() > 1, "three bins alone know less"
