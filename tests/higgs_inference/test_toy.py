"""Two Gaussians, whose answer is known: coverage, widths at the limit, and templates as small as the data.

Draws are seeded; the rates of false alarms are those of a seed not yet tried.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from higgs_inference.asimov import expected_width
from higgs_inference.fitting import fit
from higgs_inference.intervals import CONFIDENCE, MU_RANGE, profile_interval
from higgs_inference.likelihood import BinnedLikelihood
from higgs_inference.templates import Floats, Templates
from tests.helpers.handmade import z_limit
from tests.helpers.toy import (
    EDGES,
    counts_along_optimal,
    counts_in_plane,
    draw_toy,
    exact_width,
    optimal,
    toy_templates,
)

EXPERIMENTS = 250
REACH = z_limit(1) * np.sqrt(CONFIDENCE * (1 - CONFIDENCE) / EXPERIMENTS)
"""Of coverage: 0.14. Of right intervals one run in a million is outside."""


def coverage(templates: Templates) -> float:
    """Measure pseudo-experiments of the task, whose mu is from its range and whose shift is from its prior."""
    rng = np.random.default_rng(1)
    covered = []
    for index in range(EXPERIMENTS):
        mu, shift = rng.uniform(*MU_RANGE), rng.standard_normal()
        cells = np.searchsorted(EDGES, optimal(draw_toy(index, mu, shift)))
        interval = profile_interval(BinnedLikelihood(templates, np.bincount(cells, minlength=len(EDGES) + 1)))[0]
        covered.append(interval.low <= mu <= interval.high)
    return float(np.mean(covered))


def test_intervals_cover_where_the_shift_follows_its_prior() -> None:
    assert abs(coverage(toy_templates()) - CONFIDENCE) < REACH


def test_intervals_that_ignore_the_shift_are_seen_not_to_cover() -> None:
    assert coverage(toy_templates(nuisances=())) < CONFIDENCE - REACH


@pytest.mark.parametrize("mu", [0.1, 1.0, 3.0])
@pytest.mark.parametrize(("count", "plane"), [(counts_along_optimal, False), (counts_in_plane, True)])
def test_expected_widths_approach_the_exact_one_from_above(
    mu: float, count: Callable[[Floats, float], Floats], plane: bool
) -> None:
    exact = exact_width(mu, plane)
    widths = [
        expected_width(toy_templates(np.linspace(-2.5, 3.5, edges), count, step=1e-3), mu) for edges in (4, 7, 13, 25)
    ]
    assert np.all(np.diff(widths) < 0)
    assert widths[0] > 1.05 * exact
    assert exact < widths[-1] < 1.02 * exact


def test_x1_and_x2_tell_more_than_the_optimal_discriminant_alone_only_about_the_shift() -> None:
    assert exact_width(1.0, plane=True) < 0.99 * exact_width(1.0, plane=False)
    known = [exact_width(1.0, plane, shift_known=True) for plane in (True, False)]
    assert known[0] == pytest.approx(known[1], rel=1e-6)


def pull_width(with_errors: bool) -> float:
    """Return the standard deviation of mu's pulls where each template is made of as many events as the data."""
    rng = np.random.default_rng(1)
    exact = toy_templates(np.linspace(-0.5, 2.5, 7), nuisances=())
    pulls = []
    for _ in range(EXPERIMENTS):
        drawn = np.stack([rng.poisson(exact.nominal[0]), exact.nominal[1]])
        variance = np.stack([drawn[0], np.zeros(exact.bins)]) * with_errors
        found = fit(
            BinnedLikelihood(replace(exact, nominal=drawn, variance=variance), rng.poisson(exact.nominal.sum(axis=0)))
        )
        pulls.append((found.mu - 1.0) / found.errors[0])
    return float(np.std(pulls))


def test_errors_of_the_templates_make_pulls_right() -> None:
    """The standard deviation of 250 normal pulls varies by 0.045; without the errors it is about root 2."""
    reach = z_limit(2) / np.sqrt(2 * EXPERIMENTS)
    assert abs(pull_width(with_errors=True) - 1) < reach
    assert pull_width(with_errors=False) > 1 + reach
