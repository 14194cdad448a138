"""A kind of official fact as ratios of sums over synthetic events, which depend on the events' weights."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Target:
    """Facts that are ratios of sums over events: sum of w * numerator / sum of w * denominator.

    Attributes:
        name: of the kind of fact.
        numerators: shape (m, n).
        denominator: shape (n,).
        values: official, shape (m,).
        scales: by which deviations are multiplied to count them in standard deviations: shape (m,), or a matrix of
            shape (l, m) where they are correlated.
    """

    name: str
    numerators: sp.csr_matrix
    denominator: Doubles
    values: Doubles
    scales: Doubles

    def residuals(self, weights: Doubles) -> Doubles:
        """Return the deviations in standard deviations, shape (m,) or (l,)."""
        return self._scaled(self._ratios(weights) - self.values)

    def jacobian(self, weights: Doubles, weighted: sp.csr_matrix) -> Doubles:
        """Return the derivatives of the residuals with respect to the parameters that the weights depend on.

        Args:
            weights: shape (n,).
            weighted: derivatives of the weights, shape (n, k).

        Returns:
            Shape (number of residuals, k).
        """
        by_parameter = (self.numerators @ weighted).toarray()
        total = self.denominator @ weighted
        slopes = (by_parameter - np.outer(self._ratios(weights), total)) / (self.denominator @ weights)
        return self._scaled(slopes)

    def _ratios(self, weights: Doubles) -> Doubles:
        ratios: Doubles = (self.numerators @ weights) / (self.denominator @ weights)
        return ratios

    def _scaled(self, deviations: Doubles) -> Doubles:
        if self.scales.ndim == 2:
            mixed: Doubles = self.scales @ deviations
            return mixed
        return self.scales * deviations if deviations.ndim == 1 else self.scales[:, None] * deviations


def make_target(
    name: str, numerators: sp.csr_matrix, denominator: Doubles, values: Doubles, errors: Doubles, base: Doubles
) -> Target:
    """Make a target of uncorrelated facts, whose errors include those of the synthetic events.

    Args:
        name, numerators, denominator, values: see Target.
        errors: of the facts, shape (m,).
        base: weights of the synthetic events, shape (n,).

    Returns:
        The target.
    """
    total = denominator @ base
    ratios = (numerators @ base) / total
    squares = base**2
    deviations = (
        numerators.multiply(numerators) @ squares
        - 2 * ratios * (numerators @ (squares * denominator))
        + ratios**2 * (squares @ denominator**2)
    )
    scales = 1 / np.sqrt(errors**2 + np.maximum(deviations, 0.0) / total**2)
    return Target(name, numerators, denominator, values, scales)
