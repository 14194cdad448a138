"""Spins of two W bosons from a quark and an antiquark: how their decays depend on each other, at leading order.

Left-handed quarks only, which make nearly all W pairs. One W boson comes from the quark, the other from the antiquark.
Of each W boson's two daughters, all taken as massless, `outer` is the one whose spinor meets that of the incoming quark
(antiquark), and `inner` the one whose spinor meets the exchanged quark.
"""

import math

from numpy.random import Generator

from higgs_challenge.compiled import subroutine
from higgs_challenge.tasks.higgs.simulation.kinematics import FourVector, boosted
from higgs_challenge.tasks.higgs.simulation.line_shape import WEAK_MIXING, Z_MASS
from higgs_challenge.tasks.higgs.simulation.w_decays import W_MASS, at_angle

Daughters = tuple[FourVector, FourVector, FourVector, FourVector]
"""Outer and inner daughter of the quark's W boson, then of the antiquark's, in the rest frame of the pair; GeV."""

STEPS = 12
"""Of the Metropolis chain that draws the decays; each proposes decays without regard to spin."""


@subroutine
def boson_decay_at_random(rng: Generator, mass: float, boson: FourVector) -> tuple[FourVector, FourVector]:
    """Decay a boson without regard to its spin.

    Args:
        rng: random stream.
        mass: GeV.
        boson: four-vector, GeV.

    Returns:
        Two massless daughters in the frame in which `boson` is given, GeV.
    """
    energy, x, y, z = at_angle(rng, boson, rng.uniform(-1.0, 1.0))
    scale = mass / W_MASS
    energy, x, y, z = scale * energy, scale * x, scale * y, scale * z
    return boosted((energy, x, y, z), boson), boosted((energy, -x, -y, -z), boson)


@subroutine
def w_pair_decays(
    rng: Generator, quark: FourVector, masses: tuple[float, float], w_pair: tuple[FourVector, FourVector], charge: float
) -> Daughters:
    """Decay two W bosons with the correlations of the leading order.

    Args:
        rng: random stream.
        quark: four-vector of the incoming quark in the rest frame of the pair, GeV.
        masses: of the W bosons, GeV.
        w_pair: four-vectors of the quark's and the antiquark's W boson in that frame, GeV.
        charge: magnitude of the quark's.

    Returns:
        The daughters.
    """
    daughters = _isotropic(rng, masses, w_pair)
    rate = decay_rate(quark, daughters, charge)
    for _ in range(STEPS):
        other = _isotropic(rng, masses, w_pair)
        other_rate = decay_rate(quark, other, charge)
        if rng.random() * rate < other_rate:
            daughters, rate = other, other_rate
    return daughters


@subroutine
def _isotropic(rng: Generator, masses: tuple[float, float], w_pair: tuple[FourVector, FourVector]) -> Daughters:
    outer_a, inner_a = boson_decay_at_random(rng, masses[0], w_pair[0])
    outer_b, inner_b = boson_decay_at_random(rng, masses[1], w_pair[1])
    return outer_a, inner_a, outer_b, inner_b


@subroutine
def decay_rate(quark: FourVector, daughters: Daughters, charge: float) -> float:
    """Return the squared amplitude of a W pair and its decays: exchange of a quark, of a photon and of a Z boson.

    Args:
        quark: four-vector of the incoming quark in the rest frame of the pair, GeV.
        daughters: of the W bosons.
        charge: magnitude of the quark's.

    Returns:
        The rate on a scale that is the same for all decays of a pair.
    """
    outer_a, inner_a, outer_b, inner_b = daughters
    antiquark = (quark[0], -quark[1], -quark[2], -quark[3])
    square = 4.0 * quark[0] * quark[0]
    transfer = (quark[0] - outer_a[0] - inner_a[0]) ** 2
    for k in range(1, 4):
        transfer -= (quark[k] - outer_a[k] - inner_a[k]) ** 2
    exchange = _exchange(quark, antiquark, outer_a, inner_a, outer_b, inner_b)
    exchanged_roles = _exchange(quark, antiquark, inner_b, outer_b, inner_a, outer_a)
    photon = 2.0 * charge * WEAK_MIXING
    coupling = photon + (1.0 - photon) * square / (square - Z_MASS**2)
    amplitude = exchange / transfer + coupling * (exchange - exchanged_roles) / square
    return amplitude.real**2 + amplitude.imag**2


@subroutine
def _exchange(
    quark: FourVector,
    antiquark: FourVector,
    outer_a: FourVector,
    inner_a: FourVector,
    outer_b: FourVector,
    inner_b: FourVector,
) -> complex:
    """Return the numerator of the amplitude in which the quark emits W boson a first."""
    middle = angle_product(inner_a, quark) * square_product(quark, inner_b)
    middle -= angle_product(inner_a, outer_a) * square_product(outer_a, inner_b)
    return square_product(quark, outer_a) * angle_product(antiquark, outer_b) * middle


@subroutine
def angle_product(a: FourVector, b: FourVector) -> complex:
    """Return the spinor product <ab> of two massless momenta; its squared magnitude is twice their product.

    Args:
        a: four-vector in GeV, not along -x.
        b: the same.

    Returns:
        The product in GeV, antisymmetric.
    """
    a_plus, b_plus = max(a[0] + a[1], 1e-9), max(b[0] + b[1], 1e-9)
    product: complex = (complex(a[2], a[3]) * b_plus - complex(b[2], b[3]) * a_plus) / math.sqrt(a_plus * b_plus)
    return product


@subroutine
def square_product(a: FourVector, b: FourVector) -> complex:
    """Return the spinor product [ab], the complex conjugate of <ba>.

    Args:
        a: four-vector in GeV, not along -x.
        b: the same.

    Returns:
        The product in GeV, antisymmetric.
    """
    product: complex = angle_product(b, a).conjugate()
    return product
