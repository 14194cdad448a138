"""Expected widths are those of the intervals of expected counts."""

import numpy as np
import pytest

from higgs_inference.asimov import expected_width, information, mean_expected_width
from higgs_inference.intervals import MU_RANGE, profile_interval
from higgs_inference.likelihood import BinnedLikelihood
from higgs_inference.nuisances import Nuisance
from tests.helpers.made_templates import NUISANCES, SHIFT, make_templates

SCALE = Nuisance("scale", centre=1.0, width=0.05, nominal=1.0, scales=("main", "rare"))
GAUSSIAN = (SHIFT, SCALE)
"""Without the lognormal prior and the clips, the likelihood is close to a parabola."""


@pytest.mark.parametrize("mu", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("depth", [1.0, np.inf])
def test_expected_width_is_that_of_the_interval_of_expected_counts(mu: float, depth: float) -> None:
    templates = make_templates(nuisances=GAUSSIAN, depth=depth)
    counts = templates.by_process(np.array([mu, 0.0, 0.0])).sum(axis=0)
    interval = profile_interval(BinnedLikelihood(templates, counts))[0]
    assert interval.width == pytest.approx(expected_width(templates, mu), rel=0.02)


def test_a_counting_experiment_has_the_width_of_the_formula() -> None:
    """The variance of mu S is that of the counts, of the template, and of the scale: S mu + B + v + (0.05 B)^2."""
    templates = make_templates(bins=1, nuisances=(SCALE,), depth=2.0)
    signal, background = templates.nominal[0, 0], templates.nominal[1:, 0].sum()
    variance = signal + background + background / 2 + (0.05 * background) ** 2
    assert expected_width(templates, 1.0) == pytest.approx(2 * np.sqrt(variance) / signal)


def test_information_counts_the_priors() -> None:
    blind = make_templates(nuisances=(SHIFT,), depth=np.inf)
    blind.response[:] = 0.0
    assert information(blind, np.array([1.0, 0.0]))[1].tolist() == [0.0, 1.0]


def test_what_is_known_exactly_costs_no_width() -> None:
    templates = make_templates()
    names = [one.name for one in NUISANCES]
    widths = [expected_width(templates, 1.0, fixed=names[:number]) for number in range(len(names) + 1)]
    assert np.all(np.diff(widths) < 0)
    alone = make_templates(nuisances=())
    alone.nominal[:] = templates.by_process(np.array([1.0, 0.0, 0.0, 0.0, 0.0]))
    alone.variance[:] = templates.variance * (alone.nominal / templates.nominal) ** 2
    assert widths[-1] == pytest.approx(expected_width(alone, 1.0), rel=0.01)


@pytest.mark.parametrize("name", ["tes", "mu"])
def test_fixing_what_is_no_nuisance_parameter_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"names of nuisance parameters, shift, noise, rare_scale, scale; got {name}"):
        expected_width(make_templates(), 1.0, fixed=[name])


def test_what_fits_are_given_costs_no_width_on_average_either() -> None:
    """SHIFT is known, but follows the scale's pull; the noise of 500 points is the same in both."""
    templates = make_templates(nuisances=GAUSSIAN)
    widths = [mean_expected_width(templates, known) for known in ({}, {"shift": "scale"}, {"shift": "shift"})]
    assert widths[0] > widths[1]
    assert widths[1] != widths[2]


def test_mean_expected_width_is_between_those_at_the_ends() -> None:
    templates = make_templates(nuisances=GAUSSIAN)
    low, high = (expected_width(templates, mu) for mu in MU_RANGE)
    grid = np.mean([expected_width(templates, mu) for mu in np.linspace(*MU_RANGE, 50)])
    mean = mean_expected_width(templates)
    assert low < mean < high
    assert mean == pytest.approx(grid, rel=0.02)
