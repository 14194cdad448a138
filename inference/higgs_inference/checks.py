"""Checks of what a pseudo-experiment is made of, before a fit gives an answer to nonsense."""

import numpy as np
import numpy.typing as npt

from higgs_inference.templates import Floats


def require_weights(weights: npt.ArrayLike | None, number: int) -> Floats:
    """Return the weights of a pseudo-experiment's events, shape (n,).

    Args:
        weights: as predict is given them, shape (n,); None where each event counts as one.
        number: of events, n.

    Raises:
        ValueError: there is not one for each event, one is negative or not finite, or all are 0, as without events.

    Example:
        >>> require_weights(None, 2)
        array([1., 1.])
    """
    known = np.ones(number) if weights is None else np.asarray(weights, dtype=np.float64)
    if known.shape != (number,):
        raise ValueError(f"expected a weight for each of {number} events; got weights of shape {known.shape}")
    if not np.all(np.isfinite(known) & (known >= 0)):
        raise ValueError("expected weights that are finite and not negative; some are not")
    if not known.any():
        raise ValueError(f"the pseudo-experiment is empty: {number} events whose weights add up to 0")
    return known
