"""A workspace, fitted by pyhf, has the same best mu and the same interval."""

from dataclasses import replace
from typing import Any

import numpy as np
import pyhf
import pytest
from scipy.optimize import brentq

from higgs_inference.intervals import profile_interval
from higgs_inference.likelihood import BinnedLikelihood
from higgs_inference.nuisances import Nuisance
from higgs_inference.templates import Templates
from higgs_inference.workspace import CODES, make_workspace
from tests.helpers.made_templates import NUISANCES, SHIFT, make_templates

# pyhf's own, of the package that checks JSON
pytestmark = pytest.mark.filterwarnings("ignore:jsonschema.RefResolver is deprecated:DeprecationWarning")

RARE = Nuisance("rare_scale", centre=1.0, width=0.25, nominal=1.0, scales=("rare",))
MAIN = Nuisance("main_scale", centre=1.0, width=0.02, nominal=1.0, scales=("main",))
TILT = Nuisance("tilt", centre=0.5, width=0.1, nominal=0.5)


def linear(nuisances: tuple[Nuisance, ...], bins: int = 5) -> Templates:
    """Templates without squares and products in their responses."""
    templates = make_templates(bins, nuisances)
    templates.response[:, :, sum(not one.scales for one in nuisances) :] = 0.0
    return templates


def fit_with_pyhf(workspace: dict[str, Any]) -> tuple[float, float, float]:
    """Return the best mu and where -2 ln L has risen by 1."""
    pyhf.set_backend("numpy", pyhf.optimize.minuit_optimizer(tolerance=1e-4))
    opened = pyhf.Workspace(workspace)
    model = opened.model(modifier_settings=CODES)
    data, poi = opened.data(model), model.config.poi_index
    bounds = model.config.suggested_bounds()
    bounds[poi] = (-5.0, 10.0)
    best, minimum = pyhf.infer.mle.fit(data, model, par_bounds=bounds, return_fitted_val=True)

    def rise(mu: float) -> float:
        at = pyhf.infer.mle.fixed_poi_fit(mu, data, model, par_bounds=bounds, return_fitted_val=True)[1]
        return float(at - minimum - 1)

    mu = float(best[poi])
    return mu, brentq(rise, mu - 1, mu, xtol=1e-5), brentq(rise, mu, mu + 1, xtol=1e-5)


@pytest.mark.parametrize("nuisances", [(), (SHIFT,), (SHIFT, TILT, RARE, MAIN)])
def test_pyhf_finds_the_same_interval(nuisances: tuple[Nuisance, ...]) -> None:
    """To a thousandth of the width, statistical errors of two backgrounds included."""
    templates = linear(nuisances)
    rng = np.random.default_rng(4)
    pulls = rng.standard_normal(len(nuisances))
    counts = rng.poisson(templates.by_process(np.array([1.0, *pulls])).sum(axis=0))

    interval, _ = profile_interval(BinnedLikelihood(templates, counts))

    ends = fit_with_pyhf(make_workspace(templates, counts))
    assert ends == pytest.approx((interval.mu, interval.low, interval.high), abs=1e-3 * interval.width)


def test_the_interval_depends_on_what_the_workspace_says() -> None:
    """So that the comparison above is one."""
    templates = linear((SHIFT, RARE))
    counts = templates.by_process(np.array([1.0, 0.5, 0.5])).sum(axis=0)
    exact = replace(templates, variance=np.zeros_like(templates.variance))
    one, other = (fit_with_pyhf(make_workspace(made, counts)) for made in (templates, exact))
    assert abs((one[2] - one[1]) / (other[2] - other[1]) - 1) > 0.01


def test_two_scales_of_a_process_differ_by_their_product() -> None:
    """As the docstring of make_workspace says."""
    both = Nuisance("both", centre=1.0, width=0.1, nominal=1.0, scales=("main", "rare"))
    templates = linear((RARE, both), bins=1)
    model = pyhf.Workspace(make_workspace(templates, np.array([1.0]))).model(modifier_settings=CODES)
    parameters = np.array(model.config.suggested_init())
    for name, pull in (("rare_scale", 1.0), ("both", 1.0)):
        parameters[model.config.par_slice(name)] = pull
    ours = templates.by_process(np.array([1.0, 1.0, 1.0])).sum()
    assert ours - float(model.expected_actualdata(parameters)[0]) == pytest.approx(0.25 * 0.1 * templates.nominal[2, 0])


@pytest.mark.parametrize(
    ("templates", "message"),
    [
        (make_templates(nuisances=(SHIFT,)), "signal responds to shift x shift; HistFactory has no such term"),
        (linear(NUISANCES[:2]), "noise has a lognormal prior; HistFactory knows normal ones only"),
        (linear((replace(SHIFT, centre=0.3),)), "the prior of shift is not centred on its nominal value"),
        (linear((replace(RARE, centre=1.1),)), "the prior of rare_scale is not centred on its nominal value"),
    ],
)
def test_what_histfactory_lacks_is_refused(templates: Templates, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_workspace(templates, np.zeros(templates.bins))


def test_counts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(5,\), one for each bin; got \(4,\)"):
        make_workspace(linear(()), np.zeros(4))
