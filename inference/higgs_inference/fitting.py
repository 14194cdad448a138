"""Fits of a likelihood: its minimum, and its minimum with some parameters fixed."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from iminuit import Minuit

from higgs_inference.likelihood import Likelihood
from higgs_inference.templates import Floats

MAX_PULL = 5.0
"""Responses are measured within some widths of the priors, and pulls searched no further than this."""

START_MU = 1.0

FIRST_ERROR = 0.5
"""Where a search begins, in widths of the prior, and what is taken where no error was found."""

SAME_MINIMUM = 0.01
"""Two searches that end at values of -2 ln L this close have found the same minimum."""

STEP = 0.01
"""In standard deviations, for the second derivatives."""


class FitError(RuntimeError):
    """A fit has not converged."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A minimum of -2 ln L.

    Attributes:
        names: of the parameters, mu first.
        values: at the minimum, shape (parameters,).
        covariance: from the second derivatives there, shape (parameters, parameters); 0 for fixed parameters.
        minimum: -2 ln L.
    """

    names: tuple[str, ...]
    values: Floats
    covariance: Floats
    minimum: float

    @property
    def mu(self) -> float:
        """The signal strength."""
        return float(self.values[0])

    @property
    def errors(self) -> Floats:
        """Standard deviations of the parameters, shape (parameters,)."""
        return np.sqrt(np.diag(self.covariance))


def fit(likelihood: Likelihood, start: Floats | None = None, fixed: Mapping[str, float] | None = None) -> Fit:
    """Minimise -2 ln L.

    Args:
        likelihood: with its gradient.
        start: first values, shape (parameters,); None for mu = 1 and no pulls.
        fixed: values of parameters that stay as they are, by name.

    Returns:
        The minimum.

    Raises:
        FitError: no minimum was found.
        ValueError: there is no such parameter, or the start has another shape.
    """
    return as_fit(likelihood, minimise(likelihood, start, fixed or {}))


def minimise(likelihood: Likelihood, start: Floats | None, fixed: Mapping[str, float]) -> Minuit:
    """Minimise, and return iminuit's own object at the minimum, all that a profile needs; arguments as in `fit`."""
    names = likelihood.names
    unknown = sorted(set(fixed) - set(names))
    if unknown:
        raise ValueError(f"the likelihood has no parameter {unknown[0]}; it has {', '.join(names)}")
    values = np.array([START_MU] + [0.0] * (len(names) - 1)) if start is None else np.array(start, dtype=np.float64)
    if values.shape != (len(names),):
        raise ValueError(f"expected {len(names)} values to start from, for {', '.join(names)}; got {values.shape}")
    for name, value in fixed.items():
        values[names.index(name)] = value
    minuit = Minuit(likelihood.value, values, grad=likelihood.gradient, name=names)
    minuit.errordef = Minuit.LEAST_SQUARES  # -2 ln L rises by 1 within one standard deviation
    minuit.strategy = 1
    minuit.print_level = 0
    minuit.errors[names[0]] = 0.2
    for name in names[1:]:
        minuit.errors[name] = FIRST_ERROR
        if name not in fixed:
            minuit.limits[name] = (-MAX_PULL, MAX_PULL)
    for name in fixed:
        minuit.fixed[name] = True
    minuit.migrad()
    if not minuit.valid:
        before = minuit.fval
        minuit.simplex()
        minuit.migrad()
        # Where a value is clipped, -2 ln L has a kink, and MIGRAD refuses a minimum there, even one found twice.
        if minuit.valid or abs(minuit.fval - before) < SAME_MINIMUM:
            return minuit
        last = ", ".join(f"{name} = {value:.4g}" for name, value in minuit.values.to_dict().items())
        raise FitError(f"no minimum of -2 ln L was found; the search ended at {last}, where it is {minuit.fval:.6g}")
    return minuit


def as_fit(likelihood: Likelihood, minuit: Minuit) -> Fit:
    """Return the fit whose minimum iminuit's object knows, with the covariance there.

    The second derivatives are differences of the gradient, which are more precise than HESSE's differences of values.
    Where they make no minimum, as where a value is clipped, only the errors that MIGRAD estimated are known.

    Args:
        likelihood: with its gradient.
        minuit: at the minimum, as `minimise` returns it.
    """
    values, errors = np.array(minuit.values), np.array(minuit.errors)
    errors = np.where(np.isfinite(errors) & (errors > 0), errors, FIRST_ERROR)
    free = np.flatnonzero(~np.array(minuit.fixed))
    covariance = np.zeros((len(values), len(values)))
    if len(free):
        half = curvature(likelihood, values, STEP * errors, free)
        is_minimum = np.isfinite(half).all() and np.linalg.eigvalsh(half)[0] > 0
        covariance[np.ix_(free, free)] = np.linalg.inv(half) if is_minimum else np.diag(errors[free] ** 2)
    return Fit(tuple(minuit.parameters), values, covariance, float(minuit.fval))


def curvature(likelihood: Likelihood, values: Floats, steps: Floats, free: npt.NDArray[np.int64]) -> Floats:
    """Return half the second derivatives of -2 ln L, from differences of its gradient.

    Args:
        likelihood: with its gradient.
        values: of the parameters, shape (parameters,).
        steps: to either side, shape (parameters,).
        free: numbers of the parameters by which to differentiate.

    Returns:
        Symmetric, shape (free, free).
    """
    moves = np.diag(steps)
    differences = [likelihood.gradient(values + moves[one]) - likelihood.gradient(values - moves[one]) for one in free]
    half = np.array(differences)[:, free] / (4 * steps[free, np.newaxis])
    return np.asarray((half + half.T) / 2)
