"""Intervals: known answers, several ways to the same ends, and a Neyman construction that covers."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm, truncnorm

from higgs_inference.fitting import FitError
from higgs_inference.intervals import (
    CONFIDENCE,
    Interval,
    answer,
    build_belt,
    find_end,
    posterior_interval,
    profile_interval,
    scan,
)
from higgs_inference.likelihood import BinnedLikelihood
from higgs_inference.templates import Floats, Templates
from tests.helpers.handmade import z_limit
from tests.helpers.made_templates import make_templates

MUS = np.linspace(0.0, 3.0, 7)


def counting(count: float, signal: float = 1.0, background: float = 0.0) -> BinnedLikelihood:
    """One bin, without nuisance parameters."""
    nominal = np.array([[signal], [background]])
    templates = Templates(("signal", "rest"), "signal", (), nominal, np.zeros((2, 1)), np.zeros((2, 1, 0)))
    return BinnedLikelihood(templates, np.array([count]))


@pytest.mark.parametrize("count", [5.0, 100.0])
def test_a_poisson_count_has_the_interval_of_a_root_finder(count: float) -> None:
    def rise(mu: float) -> float:
        return float(2 * (mu - count - count * np.log(mu / count)) - 1)

    low, high = brentq(rise, 1e-3, count), brentq(rise, count, 3 * count)

    interval, at_minimum = profile_interval(counting(count))

    assert (interval.mu, interval.low, interval.high) == pytest.approx((count, low, high), rel=2e-3)
    assert interval.high - interval.mu > interval.mu - interval.low
    assert at_minimum.mu == interval.mu


def test_background_shifts_a_count() -> None:
    alone, above = profile_interval(counting(130.0))[0], profile_interval(counting(130.0, background=100.0))[0]
    assert (above.mu, above.low, above.high) == pytest.approx(
        (alone.mu - 100, alone.low - 100, alone.high - 100), abs=0.1
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_minos_search_and_scan_find_the_same_ends(seed: int) -> None:
    templates = make_templates()
    rng = np.random.default_rng(seed)
    counts = rng.poisson(templates.by_process(np.array([0.8, *rng.standard_normal(4)])).sum(axis=0))
    likelihood = BinnedLikelihood(templates, counts)

    interval, at_minimum = profile_interval(likelihood)

    ends = [find_end(likelihood, at_minimum, side, {}) for side in (-1, 1)]
    mus = at_minimum.mu + interval.width * np.linspace(-1, 1, 21)
    rises = scan(likelihood, mus)
    middle = len(mus) // 2
    by_scan = np.interp(1.0, rises[middle::-1], mus[middle::-1]), np.interp(1.0, rises[middle:], mus[middle:])
    assert ends == pytest.approx([interval.low, interval.high], abs=0.01 * interval.width)
    assert by_scan == pytest.approx(ends, abs=0.01 * interval.width)
    assert rises.min() == 0.0


def test_known_parameters_are_not_fitted_by_minos_nor_by_the_search() -> None:
    templates = make_templates(depth=10.0)
    parameters = np.array([1.3, 0.1, -0.2, 0.3, 0.4])
    likelihood = BinnedLikelihood(templates, templates.by_process(parameters).sum(axis=0))
    known = dict(zip(templates.names[2:], parameters[2:].tolist(), strict=True))

    interval, at_minimum = profile_interval(likelihood, fixed=known)

    assert at_minimum.values[2:].tolist() == list(known.values())
    ends = [find_end(likelihood, at_minimum, side, known) for side in (-1, 1)]
    assert ends == pytest.approx([interval.low, interval.high], abs=0.01 * interval.width)
    assert interval.width < 0.95 * profile_interval(likelihood)[0].width


@pytest.mark.parametrize(("name", "message"), [("mu", "only nuisance parameters"), ("nothing", "no parameter nothing")])
def test_only_nuisance_parameters_can_be_known(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        profile_interval(counting(130.0), fixed={name: 1.0})


class Flat:
    """Rises by less than 1 however far one goes."""

    names = ("mu",)

    def value(self, parameters: Floats) -> float:
        return float(0.9 - 0.9 * np.exp(-((parameters[0] - 1.5) ** 2)))

    def gradient(self, parameters: Floats) -> Floats:
        away = parameters[0] - 1.5
        return np.array([1.8 * away * np.exp(-(away**2))])


def test_where_the_likelihood_does_not_rise_the_interval_is_from_its_curvature(
    capsys: pytest.CaptureFixture[str],
) -> None:
    interval, at_minimum = profile_interval(Flat())

    assert interval.width / 2 == pytest.approx(1 / np.sqrt(0.9), rel=0.01)
    assert "does not rise by 1 within 30 standard deviations of mu" in capsys.readouterr().out
    with pytest.raises(FitError, match="does not rise"):
        find_end(Flat(), at_minimum, 1, {})


def test_a_posterior_ends_at_the_range_of_the_scan() -> None:
    mu, width, low, high = 0.2, 0.5, 0.1, 3.0
    mus = np.linspace(low, high, 30)
    known = truncnorm((low - mu) / width, (high - mu) / width, mu, width)

    interval = posterior_interval(mus, ((mus - mu) / width) ** 2 + 7.0)

    expected = known.ppf([0.5, 0.5 - CONFIDENCE / 2, 0.5 + CONFIDENCE / 2])
    assert (interval.mu, interval.low, interval.high) == pytest.approx(tuple(expected), abs=1e-3)
    assert interval.low > low


def estimates(rng: np.random.Generator, mus: Floats) -> Floats:
    """Biased, and wider at large mu."""
    return np.asarray(rng.normal(0.6 + 0.9 * mus, 0.3 + 0.1 * mus))


def test_a_belt_covers_where_the_estimate_itself_does_not() -> None:
    """False-alarm rate 1e-6 for 20 000 pseudo-experiments; 40 000 for each mu of the belt move coverage by 0.001."""
    rng = np.random.default_rng(1)
    belt = build_belt(MUS, [estimates(rng, np.full(40_000, mu)) for mu in MUS])
    mus = rng.uniform(0.1, 2.9, 20_000)
    found = estimates(rng, mus)
    intervals = [belt.interval(one) for one in found.tolist()]
    ends = np.array([(one.low, one.high) for one in intervals])
    reach = z_limit(1) * np.sqrt(CONFIDENCE * (1 - CONFIDENCE) / len(mus)) + 0.002

    def coverage(low: Floats, high: Floats) -> float:
        return float(np.mean((low <= mus) & (mus <= high)))

    assert abs(coverage(*ends.T) - CONFIDENCE) < reach
    plain = 0.3 + 0.1 * found
    assert abs(coverage(found - plain, found + plain) - CONFIDENCE) > reach  # what a belt is for


def test_a_belt_turns_estimates_into_the_mu_that_they_stand_for() -> None:
    quantiles = norm.ppf((np.arange(2000) + 0.5) / 2000)
    belt = build_belt(MUS, [0.2 + 0.9 * mu + 0.3 * quantiles for mu in MUS])
    for estimate in (-2.0, 1.1, 5.0):  # below, inside and above the belt
        interval = belt.interval(estimate)
        mu, half = (estimate - 0.2) / 0.9, 0.3 / 0.9
        assert (interval.mu, interval.low, interval.high) == pytest.approx((mu, mu - half, mu + half), abs=2e-3)


def test_a_belt_that_cannot_be_inverted_is_refused() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match="must rise with mu everywhere"):
        build_belt(MUS, [rng.normal(-mu, 0.1, 100) for mu in MUS])
    with pytest.raises(ValueError, match="expected mu that increase"):
        build_belt(np.array([2.0, 1.0, 0.0]), [np.array([0.9, 1.1])] * 3)
    with pytest.raises(ValueError, match="at least 3 mu; got 2 at 2"):
        build_belt(MUS[:2], [rng.normal(mu, 0.1, 100) for mu in MUS[:2]])


@pytest.mark.parametrize(
    ("interval", "ends"),
    [
        (Interval(1.0, 0.7, 1.4), (0.7, 1.4)),
        (Interval(0.2, -0.2, 0.6), (0.1, 0.6)),
        (Interval(2.9, 2.5, 3.4), (2.5, 3.0)),
        (Interval(-0.5, -0.9, -0.2), (0.1, 0.1)),
        (Interval(4.0, 3.5, 4.5), (3.0, 3.0)),
    ],
)
def test_the_cut_moves_ends_to_the_range_and_keeps_the_width_before(
    interval: Interval, ends: tuple[float, float]
) -> None:
    whole, cut = answer(interval), answer(interval, (0.1, 3.0))
    assert (whole["p16"], whole["p84"]) == (interval.low, interval.high)
    assert (cut["p16"], cut["p84"]) == ends
    assert whole["mu_hat"] == cut["mu_hat"] == interval.mu
    assert whole["delta_mu_hat"] == cut["delta_mu_hat"] == interval.width / 2


class Kinked:
    """A parabola in mu and a pull that want to be 1 and 3, as a value does that is clipped where the pull is 1.6."""

    names = ("mu", "pull")

    def value(self, parameters: Floats) -> float:
        mu, pull = parameters
        clipped = min(pull, 1.6)
        return float(((mu - 1 - 0.5 * clipped) / 0.2) ** 2 + ((clipped - 3) / 0.1) ** 2 + pull**2)

    def gradient(self, parameters: Floats) -> Floats:
        mu, pull = parameters
        clipped, slope = min(pull, 1.6), float(pull < 1.6)
        by_mu = 2 * (mu - 1 - 0.5 * clipped) / 0.2**2
        return np.array([by_mu, slope * (-0.5 * by_mu + 2 * (clipped - 3) / 0.1**2) + 2 * pull])


def test_a_range_that_falls_cuts_nothing() -> None:
    with pytest.raises(ValueError, match="from low to high"):
        answer(Interval(1.0, 0.5, 1.5), cut=(3.0, 0.1))


def test_a_minimum_where_a_value_is_clipped_has_an_interval() -> None:
    interval, at_minimum = profile_interval(Kinked())

    assert at_minimum.values == pytest.approx([1.8, 1.6], abs=0.01)
    assert (interval.low, interval.high) == pytest.approx((1.6, 2.0), abs=0.01)
