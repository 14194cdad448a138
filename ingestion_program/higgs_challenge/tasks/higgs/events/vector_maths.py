"""Elementary functions without branches or library calls, so that the compiler computes several events at once.

Series are cut where their error is below 1e-10, a thousandth of what float32 can tell; every function says for which
arguments. The C library's functions are exact to the last bit, but are called for one number at a time.
"""

import math

import numpy as np

from higgs_challenge.compiled import inlined

HALF_PI_HIGH, HALF_PI_LOW = 1.5707963267948966, 6.123233995736766e-17
"""Their sum is pi / 2 in twice the precision."""

EIGHTH_TURN_TANGENT = math.sqrt(2.0) - 1.0
HALVINGS_FACTOR = 1.0 / 256.0
"""exponential() squares the result for a 256th of its argument 8 times."""

SINE = tuple((-1) ** k / math.factorial(2 * k + 1) for k in range(6))
COSINE = tuple((-1) ** k / math.factorial(2 * k) for k in range(7))
ARC_TANGENT = tuple((-1) ** k / (2 * k + 1) for k in range(12))
EXPONENTIAL = tuple(1 / math.factorial(k) for k in range(9))


@inlined
def polynomial(z, coefficients):  # type: ignore[no-untyped-def]
    """Return c0 + c1 z + c2 z^2 + ... for a tuple of coefficients."""
    total = coefficients[-1]
    for k in range(len(coefficients) - 2, -1, -1):
        total = total * z + coefficients[k]
    return total


@inlined
def round3(value):  # type: ignore[no-untyped-def]
    """Round to three decimals, halves to even, as the official record is rounded.

    Whole numbers stay exact, such as thresholds in GeV: 0.001 is nearer to its decimal value than that can disturb.
    """
    return np.rint(value * 1000.0) * 0.001


@inlined
def cosine_sine(angle):  # type: ignore[no-untyped-def]
    """Return cosine and sine of an angle in rad, to 1e-10 for angles up to a thousand."""
    quarter_turns = np.rint(angle * (2.0 / math.pi))
    x = (angle - quarter_turns * HALF_PI_HIGH) - quarter_turns * HALF_PI_LOW
    z = x * x
    sine = x * polynomial(z, SINE)
    cosine = polynomial(z, COSINE)
    quadrant = quarter_turns - 4.0 * np.floor(quarter_turns * 0.25)
    swapped = (quadrant == 1.0) | (quadrant == 3.0)
    along = sine if swapped else cosine
    across = cosine if swapped else sine
    turned = (quadrant == 1.0) | (quadrant == 2.0)
    return (-along if turned else along), (-across if quadrant >= 2.0 else across)


@inlined
def angle_of(x, y):  # type: ignore[no-untyped-def]
    """Return the azimuth of the vector (x, y) in rad, from -pi to pi, to 1e-10; 0 for the vector (0, 0)."""
    longer, shorter = max(abs(x), abs(y)), min(abs(x), abs(y))
    beyond = shorter > EIGHTH_TURN_TANGENT * longer  # then measured from the diagonal: a quicker series
    numerator = shorter - longer if beyond else shorter
    denominator = shorter + longer if beyond else longer
    t = numerator / (denominator if denominator > 0.0 else 1.0)
    z = t * t
    series = t * polynomial(z, ARC_TANGENT)
    angle = series + (math.pi / 4 if beyond else 0.0)
    angle = math.pi / 2 - angle if abs(y) > abs(x) else angle
    angle = math.pi - angle if x < 0.0 else angle
    return -angle if y < 0.0 else angle


@inlined
def exponential(x):  # type: ignore[no-untyped-def]
    """Return e to the x: to 1e-13 of itself for x from -15 to 15, to 1e-6 of itself for x from -100 to 100."""
    power = polynomial(x * HALVINGS_FACTOR, EXPONENTIAL)
    power *= power
    power *= power
    power *= power
    power *= power
    power *= power
    power *= power
    power *= power
    power *= power
    return power


@inlined
def root32(square):  # type: ignore[no-untyped-def]
    """Return a square root with float32's precision, a feature's, at a quarter of a double root's cost."""
    return np.float64(math.sqrt(np.float32(square)))
