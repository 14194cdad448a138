"""What a measurement is expected to know, without pseudo-experiments: from counts that equal their expectation."""

from collections.abc import Mapping, Sequence

import numpy as np

from higgs_inference.intervals import MU_RANGE
from higgs_inference.nuisances import draw_pulls
from higgs_inference.templates import Floats, Templates


def information(templates: Templates, parameters: Floats) -> Floats:
    """Return the Fisher information on mu and the pulls, priors and the templates' statistical errors included.

    Args:
        templates: expected counts.
        parameters: mu and the pulls, shape (1 + nuisances,).

    Returns:
        Shape (parameters, parameters); half the second derivatives of the expected -2 ln L.
    """
    at = templates.expect(np.asarray(parameters, dtype=np.float64))
    variance = at.total + templates.background_variance * at.background**2
    by_total = at.total_by_parameter
    fisher = (by_total / np.maximum(variance, 1e-300)) @ by_total.T
    fisher[np.arange(1, len(fisher)), np.arange(1, len(fisher))] += 1.0
    return np.asarray(fisher)


def expected_width(templates: Templates, mu: float, pulls: Floats | None = None, fixed: Sequence[str] = ()) -> float:
    """Return the expected width of the 68.27 % interval, two standard deviations of mu.

    Args:
        templates: expected counts.
        mu: true signal strength.
        pulls: true pulls, shape (nuisances,); None for 0.
        fixed: names of nuisance parameters that are known exactly.

    Raises:
        ValueError: one of the names is not that of a nuisance parameter.
    """
    unknown = sorted(set(fixed) - set(templates.names[1:]))
    if unknown:
        raise ValueError(f"expected names of nuisance parameters, {', '.join(templates.names[1:])}; got {unknown[0]}")
    pulls = np.zeros(len(templates.nuisances)) if pulls is None else pulls
    fisher = information(templates, np.array([mu, *pulls]))
    free = [number for number, name in enumerate(templates.names) if name not in fixed]
    covariance = np.linalg.inv(fisher[np.ix_(free, free)])
    return float(2 * np.sqrt(covariance[0, 0]))


def mean_expected_width(templates: Templates, known: Mapping[str, str] | None = None, number: int = 500) -> float:
    """Return the mean expected width over the range of mu and nuisance parameters from their priors.

    Args:
        templates: expected counts.
        known: nuisance parameters that are given to every fit, as in `draw_pulls`.
        number: of points.
    """
    rng, known = np.random.default_rng(1), known or {}
    mus = rng.uniform(*MU_RANGE, number)
    widths = [expected_width(templates, mu, draw_pulls(rng, templates.nuisances, known), tuple(known)) for mu in mus]
    return float(np.mean(widths))
