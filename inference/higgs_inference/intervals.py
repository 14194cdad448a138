"""Intervals for mu: from the profile likelihood, by MINOS or a scan, and from a posterior; and the cut at a range."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq
from scipy.stats import norm

from higgs_inference.fitting import Fit, FitError, as_fit, minimise
from higgs_inference.likelihood import Likelihood
from higgs_inference.templates import Floats

CONFIDENCE = 0.6827
MU_RANGE = (0.1, 3.0)
"""From which the challenge draws mu; it is public."""

MAX_STEPS = 60
"""By which a search for an interval's end moves away from the estimate, half a standard deviation each."""


@dataclass(frozen=True)
class Interval:
    """An estimate of mu with the ends of its 68.27 % interval."""

    mu: float
    low: float
    high: float

    @property
    def width(self) -> float:
        """The interval's length."""
        return self.high - self.low


def answer(interval: Interval, cut: tuple[float, float] | None = None) -> dict[str, float]:
    """Return what a submission's predict returns.

    Args:
        interval: before any cut; half its width is `delta_mu_hat`.
        cut: range of mu beyond which nobody needs to look; the ends that lie outside move to its edge. An interval
            that lies outside as a whole becomes the edge itself.

    Raises:
        ValueError: the range does not rise.

    Example:
        >>> answer(Interval(0.2, -0.1, 0.5), cut=(0.1, 3.0))
        {'mu_hat': 0.2, 'delta_mu_hat': 0.3, 'p16': 0.1, 'p84': 0.5}
    """
    low, high = interval.low, interval.high
    if cut is not None:
        if not cut[0] < cut[1]:
            raise ValueError(f"expected a range of mu from low to high; got {cut}")
        low, high = float(np.clip(low, *cut)), float(np.clip(high, *cut))
    return {"mu_hat": interval.mu, "delta_mu_hat": interval.width / 2, "p16": low, "p84": high}


def profile_interval(
    likelihood: Likelihood, start: Floats | None = None, fixed: Mapping[str, float] | None = None
) -> tuple[Interval, Fit]:
    """Return where the profile likelihood ratio has risen by 1.

    MINOS finds it; where it gives up, a search does. Where -2 ln L is so flat that it does not rise by 1 at all, the
    interval is one standard deviation, from the second derivative, to each side.

    Args:
        likelihood: with its gradient.
        start: first values of the fit, shape (parameters,).
        fixed: values of nuisance parameters that are known, by name.

    Returns:
        The interval, and the fit.

    Raises:
        FitError: the likelihood has no minimum.
        ValueError: mu itself is fixed, or there is no such parameter.
    """
    fixed, name = fixed or {}, likelihood.names[0]
    if name in fixed:
        raise ValueError(f"{name} is what the interval is for; only nuisance parameters can be fixed")
    minuit = minimise(likelihood, start, fixed)
    at_minimum = as_fit(likelihood, minuit)
    if minuit.valid:
        minuit.minos(name)
    ends = minuit.merrors.get(name)
    if ends is not None and ends.is_valid:
        return Interval(at_minimum.mu, at_minimum.mu + ends.lower, at_minimum.mu + ends.upper), at_minimum
    try:
        low, high = (find_end(likelihood, at_minimum, side, fixed) for side in (-1, 1))
    except FitError as error:
        error_of_mu = float(at_minimum.errors[0])
        print(f"{error}; the interval is one standard deviation to each side")
        low, high = at_minimum.mu - error_of_mu, at_minimum.mu + error_of_mu
    return Interval(at_minimum.mu, low, high), at_minimum


def find_end(likelihood: Likelihood, at_minimum: Fit, side: int, fixed: Mapping[str, float]) -> float:
    """Search for the mu on one side of the minimum at which the profile of -2 ln L has risen by 1.

    Args:
        likelihood: with its gradient.
        at_minimum: its fit.
        side: -1 for below, 1 for above.
        fixed: values of nuisance parameters that are known, by name.

    Raises:
        FitError: it does not rise so far within 30 standard deviations.
    """
    name, step = likelihood.names[0], max(float(at_minimum.errors[0]) / 2, 1e-6)

    def above(mu: float) -> float:
        return float(minimise(likelihood, at_minimum.values, {**fixed, name: mu}).fval) - at_minimum.minimum - 1.0

    inside = at_minimum.mu
    for _ in range(MAX_STEPS):
        outside = inside + side * step
        if above(outside) > 0:
            return float(brentq(above, inside, outside, xtol=1e-3 * step))
        inside = outside
    raise FitError(f"-2 ln L does not rise by 1 within {MAX_STEPS / 2:.0f} standard deviations of mu")


def scan(likelihood: Likelihood, mus: Sequence[float] | Floats) -> Floats:
    """Return the profile of -2 ln L: minimised over the nuisance parameters at each mu.

    Args:
        likelihood: with its gradient.
        mus: increasing, shape (n,).

    Returns:
        Above the smallest of them, shape (n,).
    """
    values, start = [], None
    for mu in mus:
        at = minimise(likelihood, start, {likelihood.names[0]: float(mu)})
        start = np.array(at.values)
        values.append(float(at.fval))
    return np.array(values, dtype=np.float64) - min(values)


def posterior_interval(mus: Floats, deviance: Floats, confidence: float = CONFIDENCE) -> Interval:
    """Return the median and the central interval of a posterior, with a flat prior on the range of the scan.

    Args:
        mus: increasing, equally spaced or not, shape (n,); the prior is flat between the first and the last.
        deviance: -2 ln L there, profiled or integrated over the nuisance parameters, shape (n,); a cubic spline in
            between.
        confidence: share of the posterior inside.

    Example:
        >>> mus = np.linspace(-2.0, 4.0, 25)
        >>> interval = posterior_interval(mus, ((mus - 1.0) / 0.5) ** 2)
        >>> round(interval.low, 3), round(interval.mu, 3), round(interval.high, 3)
        (0.5, 1.0, 1.5)
    """
    fine = np.linspace(mus[0], mus[-1], 20 * len(mus) + 1)
    density = np.exp(-0.5 * (CubicSpline(mus, deviance)(fine) - np.min(deviance)))
    steps = (density[1:] + density[:-1]) / 2 * np.diff(fine)
    below = np.concatenate([[0.0], np.cumsum(steps)])
    tail = (1 - confidence) / 2
    low, middle, high = np.interp(np.array([tail, 0.5, 1 - tail]) * below[-1], below, fine)
    return Interval(float(middle), float(low), float(high))


@dataclass(frozen=True, eq=False)
class Belt:
    """A Neyman construction: where an estimate lies, for every mu.

    Attributes:
        mus: increasing, shape (n,).
        low, high: quantiles of the estimate at each mu, which increase with mu, shape (n,).
    """

    mus: Floats
    low: Floats
    high: Floats

    def interval(self, estimate: float) -> Interval:
        """Return the mu whose belt holds the estimate; beyond the belt's ends it continues straight."""
        middle = (self.low + self.high) / 2
        mu, low, high = (_invert(self.mus, edge, estimate) for edge in (middle, self.high, self.low))
        return Interval(mu, low, high)


def build_belt(mus: Floats, estimates: Sequence[Floats], confidence: float = CONFIDENCE) -> Belt:
    """Build a Neyman construction from pseudo-experiments whose nuisance parameters follow their priors.

    The quantiles come from mean and standard deviation of a normal distribution, and vary along mu as a quadratic:
    a few hundred pseudo-experiments are enough.

    Args:
        mus: increasing, at least 3, shape (n,).
        estimates: of the pseudo-experiments at each mu.
        confidence: share of the estimates inside.

    Raises:
        ValueError: there are fewer than three mu, or they or the belt do not rise.
    """
    if len(mus) < 3 or len(mus) != len(estimates):
        raise ValueError(f"expected estimates at each of at least 3 mu; got {len(estimates)} at {len(mus)}")
    if not np.all(np.diff(mus) > 0):
        raise ValueError(f"expected mu that increase; got {list(mus)}")
    reach = float(norm.ppf(0.5 + confidence / 2))
    centre = np.polyval(np.polyfit(mus, [np.mean(one) for one in estimates], 2), mus)
    spread = np.polyval(np.polyfit(mus, [np.std(one, ddof=1) for one in estimates], 2), mus)
    belt = Belt(np.asarray(mus), centre - reach * spread, centre + reach * spread)
    if not (np.all(np.diff(belt.low) > 0) and np.all(np.diff(belt.high) > 0)):
        raise ValueError("the belt must rise with mu everywhere; the estimates depend too little on mu, or are too few")
    return belt


def _invert(mus: Floats, edge: Floats, estimate: float) -> float:
    """Return the mu at which an increasing edge of the belt equals the estimate."""
    if estimate < edge[0]:
        pair = slice(0, 2)
    elif estimate > edge[-1]:
        pair = slice(-2, None)
    else:
        return float(np.interp(estimate, edge, mus))
    (first, second), (one, other) = mus[pair], edge[pair]
    return float(first + (estimate - one) / (other - one) * (second - first))
