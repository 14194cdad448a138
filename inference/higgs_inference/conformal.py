"""Conformal calibration: errors are stretched until a share of held-out cases lies within, whatever predicted them."""

import math

import numpy as np

from higgs_inference.templates import Floats


def conformal_factor(distances: Floats, errors: Floats, share: float) -> float:
    """Return the factor on predicted errors that makes them at least as large as the distances in a share of the cases.

    It is the k-th smallest of the n ratios of distance to error, with k = (n + 1) share rounded up. Then one more case,
    drawn as the others were, lies within with a probability of at least `share`, and of less than share + 1 / (n + 1)
    where no two ratios are equal (Y. Romano, E. Patterson and E. J. Candès, Conformalized quantile regression,
    arXiv:1905.03222, there with a summand in place of a factor).

    Args:
        distances: of the true values from what was predicted, of either sign, shape (n,).
        errors: predicted ones, above 0, shape (n,).
        share: of the cases, between 0 and 1.

    Raises:
        ValueError: a distance or an error is not finite, an error is not above 0, the share is not between 0 and 1, or
            there are too few cases for it.

    Example:
        >>> conformal_factor(np.array([3.0, -1.0, 1.0, 2.0]), np.ones(4), 0.6)
        2.0
    """
    if not (np.all(errors > 0) and np.all(np.isfinite(errors)) and np.all(np.isfinite(distances))):
        raise ValueError("expected finite distances, and finite predicted errors above 0")
    if not 0 < share < 1:
        raise ValueError(f"expected a share between 0 and 1; got {share}")
    place = math.ceil((len(errors) + 1) * share)
    if place > len(errors):
        raise ValueError(f"a share of {share} needs more than {len(errors)} held-out cases")
    return float(np.sort(distances / errors)[place - 1])
