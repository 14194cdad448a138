"""Four-vectors (energy, px, py, pz) in GeV as plain tuples, and the few operations that the generator needs."""

import math

from numpy.random import Generator

from higgs_challenge.compiled import subroutine
from higgs_challenge.tasks.higgs.events.derived import wrap
from higgs_challenge.tasks.higgs.events.vector_maths import angle_of, cosine_sine

FourVector = tuple[float, float, float, float]
Direction = tuple[float, float, float]


@subroutine
def distance_squared(eta_a: float, phi_a: float, eta_b: float, phi_b: float) -> float:
    """Return the squared distance in the plane of pseudorapidity and azimuth.

    Args:
        eta_a: pseudorapidity of the first direction.
        phi_a: its azimuth in rad.
        eta_b: pseudorapidity of the second direction.
        phi_b: its azimuth in rad.

    Returns:
        delta eta squared plus delta phi squared.
    """
    d_phi = wrap(phi_a - phi_b)
    squared: float = (eta_a - eta_b) ** 2 + d_phi**2
    return squared


@subroutine
def cylindrical(vector: FourVector) -> Direction:
    """Turn a momentum into what a detector reports.

    Args:
        vector: four-vector in GeV.

    Returns:
        Transverse momentum in GeV, pseudorapidity, azimuth in rad.
    """
    _, px, py, pz = vector
    pt = max(math.sqrt(px * px + py * py), 1e-9)
    eta = math.log((abs(pz) + math.sqrt(pt * pt + pz * pz)) / pt)
    return pt, math.copysign(eta, pz), angle_of(px, py)


@subroutine
def moving(mass: float, px: float, py: float, rapidity: float) -> FourVector:
    """Build the four-vector of a particle.

    Args:
        mass: GeV, >= 0.
        px: GeV.
        py: GeV.
        rapidity: along the beam.

    Returns:
        Its four-vector in GeV.
    """
    transverse_mass = math.sqrt(mass * mass + px * px + py * py)
    return transverse_mass * math.cosh(rapidity), px, py, transverse_mass * math.sinh(rapidity)


@subroutine
def boosted(vector: FourVector, frame: FourVector) -> FourVector:
    """Take a vector from the rest frame of a particle to the frame in which that particle moves.

    Args:
        vector: four-vector in the rest frame, GeV.
        frame: the moving particle's four-vector, GeV, mass > 0.

    Returns:
        The vector in the frame of `frame`, GeV.
    """
    energy, px, py, pz = vector
    frame_energy, frame_x, frame_y, frame_z = frame
    mass = math.sqrt(max(frame_energy**2 - frame_x**2 - frame_y**2 - frame_z**2, 1e-6))
    along = (frame_x * px + frame_y * py + frame_z * pz) / mass
    gain = (along / (1.0 + frame_energy / mass) + energy) / mass
    return (frame_energy * energy / mass + along, px + gain * frame_x, py + gain * frame_y, pz + gain * frame_z)


@subroutine
def two_body(
    rng: Generator, mass: float, mass_a: float, mass_b: float, cos_theta: float
) -> tuple[FourVector, FourVector]:
    """Decay a particle at rest into two, with a uniform azimuth.

    Args:
        rng: random stream.
        mass: GeV, at least mass_a + mass_b.
        mass_a: mass of the first daughter in GeV.
        mass_b: mass of the second daughter in GeV.
        cos_theta: cosine of the first daughter's angle to the beam, -1 .. 1.

    Returns:
        The two daughters' four-vectors in the rest frame, GeV.
    """
    energy = (mass * mass + mass_a * mass_a - mass_b * mass_b) / (2.0 * mass)
    momentum = math.sqrt(max(energy * energy - mass_a * mass_a, 0.0))
    transverse = momentum * math.sqrt(1.0 - cos_theta * cos_theta)
    x, y = cosine_sine(rng.uniform(-math.pi, math.pi))
    px, py, pz = transverse * x, transverse * y, momentum * cos_theta
    return (energy, px, py, pz), (mass - energy, -px, -py, -pz)
