"""The decay of a W boson; what top quarks and dibosons have in common."""

import math

from numpy.random import Generator

from higgs_challenge.compiled import subroutine
from higgs_challenge.tasks.higgs.simulation.kinematics import (
    FourVector,
)

W_MASS = 80.4  # GeV


@subroutine
def at_angle(rng: Generator, w: FourVector, cosine: float) -> FourVector:
    """Return a massless daughter of a W boson in its rest frame.

    Args:
        rng: random stream.
        w: four-vector whose direction is the axis, GeV.
        cosine: of the angle to that axis, -1 .. 1.

    Returns:
        The daughter's four-vector, GeV.
    """
    _, x, y, z = w
    length, across = math.sqrt(x * x + y * y + z * z), max(math.hypot(x, y), 1e-9)
    phi = rng.uniform(-math.pi, math.pi)
    sine = math.sqrt(1.0 - cosine * cosine)
    polar, azimuthal = sine * math.cos(phi), sine * math.sin(phi)
    half = 0.5 * W_MASS
    return (
        half,
        half * (cosine * x / length + polar * x * z / (length * across) - azimuthal * y / across),
        half * (cosine * y / length + polar * y * z / (length * across) + azimuthal * x / across),
        half * (cosine * z / length - polar * across / length),
    )
