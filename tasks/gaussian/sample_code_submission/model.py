"""The optimal analysis of the toy: the exact likelihood of every event, profiled in the shift of x2."""

from typing import Any

import numpy as np
from iminuit import Minuit
from iminuit.cost import ExtendedUnbinnedNLL, NormalConstraint

PRIOR_WIDTH = 1.0
"""Of the shift, which the task draws from a normal distribution around 0."""


class Model:
    """An extended unbinned profile likelihood in mu and the shift."""

    def __init__(self, get_train_set: Any = None, systematics: Any = None) -> None:
        """Keep what gives labelled events; what the shift does to them is known."""
        self.get_train_set = get_train_set
        self.from_curvature = 0

    def fit(self) -> None:
        """Learn expected events, means and widths of both processes from the training events."""
        events = self.get_train_set()
        self.expected, self.means, self.widths = [], [], []
        for label in (0, 1):
            own = events[events["labels"] == label]
            features = own[["x1", "x2"]].to_numpy(dtype=np.float64)
            self.expected.append(float(own["weights"].sum()))
            self.means.append(features.mean(axis=0))
            self.widths.append(features.std(axis=0))

    def densities(self, x: np.ndarray, label: int, shift: float) -> np.ndarray:
        """Probability density of a process at x, shape (2, n), for a shift of x2."""
        means = self.means[label] + np.array([0.0, shift])
        pulls = (x - means[:, np.newaxis]) / self.widths[label][:, np.newaxis]
        return np.exp(-0.5 * (pulls**2).sum(axis=0)) / (2 * np.pi * self.widths[label].prod())

    def predict(self, test_set: dict[str, Any]) -> dict[str, float]:
        """Fit mu and the shift; the interval ends where twice the log likelihood ratio, profiled, is 1."""
        x = test_set["data"][["x1", "x2"]].to_numpy(dtype=np.float64).T
        background, signal = self.expected

        def rate(x: np.ndarray, mu: float, shift: float) -> tuple[float, np.ndarray]:
            density = mu * signal * self.densities(x, 1, shift) + background * self.densities(x, 0, shift)
            return mu * signal + background, density

        likelihood = ExtendedUnbinnedNLL(x, rate) + NormalConstraint("shift", 0.0, PRIOR_WIDTH)
        # The mean of x2 tells the shift well enough to start from, far from other minima.
        start = float(x[1].mean() - (background * self.means[0][1] + signal * self.means[1][1]) / (background + signal))
        fit = Minuit(likelihood, mu=1.0, shift=start)
        fit.migrad()
        if not fit.valid:  # near where a negative mu makes a density negative; a search without gradients goes on
            fit.scipy(method="Nelder-Mead").migrad()
        low, high = self.interval(fit)
        return {"mu_hat": fit.values["mu"], "delta_mu_hat": (high - low) / 2, "p16": low, "p84": high}

    def interval(self, fit: Minuit) -> tuple[float, float]:
        """Find the interval by MINOS; where it does not converge, by the curvature, which is counted and printed."""
        mu, error = fit.values["mu"], fit.errors["mu"]
        try:
            fit.minos("mu")
            ends = fit.merrors["mu"]
            if ends.is_valid:
                return mu + ends.lower, mu + ends.upper
        except RuntimeError:  # the minimum is not valid
            pass
        self.from_curvature += 1
        print(f"MINOS found no interval around mu = {mu:.3f}; taking the curvature, {self.from_curvature} times so far")
        return mu - error, mu + error
