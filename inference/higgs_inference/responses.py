"""How templates respond to the nuisance parameters, learnt from the same events distorted and not."""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize

from higgs_inference.fitting import FitError
from higgs_inference.templates import Floats, terms

MAX_DEGREES = (10, 3)
"""Of the polynomials along each discriminant by which responses vary from bin to bin."""

COARSE_DEGREES = (3, 1)
"""Of the polynomials of a first fit, which a bin with few events follows."""

PRIOR_EVENTS = 20.0
"""Added to every bin, distorted as the first fit says: the response of a bin with fewer events is mostly that."""

MIN_EVENTS = 0.1
"""Added to every count in the first fit: a process without any events shows no change."""

MIN_SIZE = 1e-6
"""Of a combination of polynomials, relative to the largest; smaller ones follow from others where there are events."""

MAX_SLOPE = 0.01
"""The largest derivative accepted at a maximum: coefficients are that far off, in their standard deviations."""

MAX_CHANGE = 50.0
"""Of a logarithm that a search may try, so that its exponential exists."""


def design_points(num_shifts: int, reach: Sequence[tuple[float, ...]]) -> Floats:
    """Return the points at which responses are measured: on every axis, and where two axes are shifted at once.

    Args:
        num_shifts: number of nuisance parameters.
        reach: for each of them the shifts to use on its own axis; the corners of a pair are at three quarters of the
            first and of the last.

    Returns:
        Shape (points, num_shifts).
    """
    points = [
        [shift if axis == number else 0.0 for axis in range(num_shifts)]
        for number in range(num_shifts)
        for shift in reach[number]
    ]
    for one in range(num_shifts):
        for other in range(one + 1, num_shifts):
            for first in _corners(reach[one]):
                for second in _corners(reach[other]):
                    point = [0.0] * num_shifts
                    point[one], point[other] = first, second
                    points.append(point)
    return np.array(points, dtype=np.float64).reshape(len(points), num_shifts)


def _corners(reach: Sequence[float]) -> list[float]:
    return [0.75 * end for end in sorted({reach[0], reach[-1]}) if end == reach[-1] or reach[0] < 0]


def fit_response(points: Floats, counts: Floats, nominal: Floats, positions: Floats) -> Floats:
    """Fit the logarithmic changes of the templates.

    A template's change is a quadratic in the shifts whose coefficients are polynomials in the bin's position:
    neighbouring bins behave alike, and what one lacks in events the others lend. The coefficients maximise the
    likelihood of the distorted counts, which are taken to be Poisson numbers whose means are the nominal counts times
    the exponential of the change: a log-linear model (P. McCullagh and J. A. Nelder, Generalized Linear Models, 1989).
    Where counts are small, logarithms of their ratios are biased, and do not exist for empty bins.

    Bins with few events of a process would follow statistical fluctuations, which large shifts amplify exponentially.
    So a first fit uses few polynomials, and `PRIOR_EVENTS` that behave as it says are added to every bin.

    Args:
        points: shifts, shape (points, shifts).
        counts: distorted ones, not negative, shape (points, processes, bins).
        nominal: counts without distortion, both in numbers of events that fluctuate alike, shape (processes, bins).
        positions: of the bins along each discriminant, from -1 to 1, shape (bins, discriminants).

    Returns:
        Coefficients of `terms`, shape (processes, bins, terms).

    Raises:
        ValueError: the points do not determine all terms.
        FitError: no maximum was found.
    """
    in_shifts = np.array([terms(point.tolist()) for point in points])
    require_rank(in_shifts)
    coarse, fine = polynomials(positions, COARSE_DEGREES), polynomials(positions, MAX_DEGREES)
    response: Floats = np.empty((*nominal.shape, in_shifts.shape[1]))
    for process, own in enumerate(nominal):
        distorted = counts[:, process].T
        first = fit_process(coarse, in_shifts, distorted + MIN_EVENTS, own + MIN_EVENTS)
        prior = PRIOR_EVENTS * np.exp(first @ in_shifts.T)
        response[process] = fit_process(fine, in_shifts, distorted + prior, own + PRIOR_EVENTS)
    return response


def fit_process(along: Floats, in_shifts: Floats, counts: Floats, nominal: Floats) -> Floats:
    """Fit the response of one process.

    Args:
        along: polynomials at the bins, shape (bins, products).
        in_shifts: `terms` at the points, shape (points, terms).
        counts: distorted ones, shape (bins, points).
        nominal: above 0, shape (bins,).

    Returns:
        Coefficients of `terms`, shape (bins, terms).

    Raises:
        FitError: no maximum was found.
    """
    # Among combinations of polynomials and of terms that are orthonormal, the second derivatives are near unity.
    left, sizes, _ = np.linalg.svd(along * np.sqrt(nominal)[:, np.newaxis], full_matrices=False)
    bases = left[:, sizes > MIN_SIZE * sizes[0]] / np.sqrt(nominal)[:, np.newaxis]
    orthonormal, triangle = np.linalg.qr(in_shifts)

    def minus_log_likelihood(coefficients: Floats) -> tuple[float, Floats]:
        change = bases @ coefficients.reshape(bases.shape[1], -1) @ orthonormal.T
        rise = nominal[:, np.newaxis] * np.expm1(np.minimum(change, MAX_CHANGE))
        value = np.sum(rise - counts * change)
        slope = bases.T @ (rise + nominal[:, np.newaxis] - counts) @ orthonormal
        return float(value), slope.ravel()

    start = np.zeros(bases.shape[1] * len(triangle))
    options = {"ftol": 0.0, "gtol": MAX_SLOPE / 100, "maxiter": 1000}
    found = minimize(minus_log_likelihood, start, jac=True, method="L-BFGS-B", options=options)
    if np.abs(found.jac).max() > MAX_SLOPE:  # rounding may end a search somewhat before it is as good as asked for
        raise FitError(f"no response of templates was found: {found.message}")
    return np.asarray(bases @ found.x.reshape(bases.shape[1], -1) @ np.linalg.inv(triangle).T)


def require_rank(in_shifts: Floats) -> None:
    """Raise ValueError if points do not determine all terms.

    Args:
        in_shifts: `terms` at the points, shape (points, terms).
    """
    known = int(np.linalg.matrix_rank(in_shifts))
    if known < in_shifts.shape[1]:
        raise ValueError(f"a response has {in_shifts.shape[1]} terms, of which these points determine {known}")


def fit_terms(points: Floats, ratios: Floats) -> Floats:
    """Fit a quadratic in the shifts to the logarithmic changes of every template and bin on its own.

    Args:
        points: shifts, shape (points, shifts).
        ratios: log(distorted / nominal), shape (points, processes, bins).

    Returns:
        Coefficients of `terms`, shape (processes, bins, terms).

    Raises:
        ValueError: the points do not determine all terms.

    Example:
        >>> shifts = np.array([[-1.0], [1.0], [2.0]])
        >>> fit_terms(shifts, (0.3 * shifts + 0.1 * shifts**2).reshape(3, 1, 1)).round(3).tolist()
        [[[0.3, 0.1]]]
    """
    in_shifts = np.array([terms(point.tolist()) for point in points])
    require_rank(in_shifts)
    return np.asarray(np.einsum("tp,pkb->kbt", np.linalg.pinv(in_shifts), ratios))


def polynomials(positions: Floats, degrees: Sequence[int]) -> Floats:
    """Return products of Legendre polynomials along the discriminants, one along each, shape (bins, products).

    No axis has a higher degree than the number of different positions on it determines. Beyond the first axis, a
    product's degrees, each relative to the largest of its axis, add up to 1 at most: with several discriminants all
    products would be hundreds for each degree along the first one, which fit the noise of the events.

    Args:
        positions: from -1 to 1, shape (bins, discriminants).
        degrees: the largest along each discriminant; later discriminants have the last one.
    """
    products = [(np.ones(len(positions)), 0.0)]
    for axis, values in enumerate(positions.T):
        largest = degrees[min(axis, len(degrees) - 1)]
        basis = np.polynomial.legendre.legvander(values, min(largest, len(np.unique(values)) - 1))
        products = [
            (column * basis[:, power], share + (power / largest if axis else 0.0))
            for column, share in products
            for power in range(basis.shape[1])
        ]
        products = [one for one in products if one[1] < 1 + 1e-9]
    return np.stack([column for column, _ in products], axis=1)
