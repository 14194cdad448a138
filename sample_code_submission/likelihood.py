"""The profile likelihood of mu, all six nuisance parameters constrained by their priors."""

import numpy as np
from iminuit import Minuit

from templates import PROCESSES, SIGNAL, Floats, Templates

TTBAR, DIBOSON = PROCESSES.index("ttbar"), PROCESSES.index("diboson")
MAX_SOFT_MET = 5.0
REACH = 4.0
"""Prior widths within which the templates' quadratic response is believed."""

TTBAR_WIDTH, DIBOSON_WIDTH, BACKGROUND_WIDTH = 0.02, 0.25, 0.001
"""Prior widths of the normalisation scales."""

START = {
    "mu": 1.0,
    "tes": 0.0,
    "jes": 0.0,
    "log_soft_met": 0.0,
    "ttbar_scale": 0.0,
    "diboson_scale": 0.0,
    "bkg_scale": 0.0,
}
"""Fit parameters: mu itself, the others in units of their prior's width."""


def measure(templates: Templates, counts: Floats) -> dict[str, float]:
    """Fit mu and the nuisance parameters to the counts of a pseudo-experiment.

    Args:
        templates: expected counts.
        counts: observed counts, shape (bins,).

    Returns:
        mu_hat, delta_mu_hat, and p16 and p84: the ends of the interval in which -2 ln L rises by less than 1 above
        its minimum, all other parameters profiled.
    """
    fit = Minuit(_Likelihood(templates, counts), *START.values(), name=list(START))
    fit.errordef = 1.0
    fit.strategy = 1
    for name in ("tes", "jes", "log_soft_met"):
        fit.limits[name] = (-REACH, REACH)
    fit.limits["diboson_scale"] = (-1 / DIBOSON_WIDTH, None)
    fit.migrad()
    low, high = _interval(fit)
    mu_hat = fit.values["mu"]
    return {"mu_hat": mu_hat, "delta_mu_hat": (high - low) / 2, "p16": low, "p84": high}


def _interval(fit: Minuit) -> tuple[float, float]:
    """Find where the profile likelihood has risen by 1: by MINOS, by the curvature where it does not converge."""
    mu_hat, error = fit.values["mu"], fit.errors["mu"]
    try:
        fit.minos("mu")
        ends = fit.merrors["mu"]
        if ends.is_valid:
            return mu_hat + ends.lower, mu_hat + ends.upper
    except RuntimeError:
        pass
    print(f"MINOS found no interval around mu = {mu_hat:.3f}; taking the curvature of the likelihood")
    return mu_hat - error, mu_hat + error


class _Likelihood:
    """-2 ln L relative to a perfect description of the counts, plus the priors.

    Every bin's summed background carries the uncertainty of its finite number of template events, as one factor whose
    best value has a closed form (after Barlow and Beeston, Comput. Phys. Commun. 77 (1993) 219).
    """

    def __init__(self, templates: Templates, counts: Floats) -> None:
        self.templates = templates
        self.counts = counts

    def __call__(self, *parameters: float) -> float:
        expected = expected_counts(self.templates, *parameters)
        spread = self.templates.variance / expected**2
        half = (expected * spread - 1) / 2
        factor = -half + np.sqrt(half**2 + self.counts * spread)
        fitted = expected * factor
        deviance = 2 * (fitted - self.counts + self.counts * np.log(np.maximum(self.counts, 1e-300) / fitted))
        pulls = np.divide((factor - 1) ** 2, spread, out=np.zeros_like(spread), where=spread > 0)
        return float(np.sum(deviance + pulls) + np.sum(np.square(parameters[1:])))


def expected_counts(
    templates: Templates,
    mu: float,
    tes: float,
    jes: float,
    log_soft_met: float,
    ttbar: float,
    diboson: float,
    background: float,
) -> Floats:
    """Give the expected counts, shape (bins,), at given mu and nuisance parameters in units of their priors."""
    soft_met = min(np.exp(log_soft_met), MAX_SOFT_MET)
    counts = templates.at(tes, jes, soft_met)
    scales = np.full(len(PROCESSES), 1 + BACKGROUND_WIDTH * background)
    scales[TTBAR] *= 1 + TTBAR_WIDTH * ttbar
    scales[DIBOSON] *= 1 + DIBOSON_WIDTH * diboson
    scales[SIGNAL] = mu
    return np.maximum(scales @ counts, 1e-9)
