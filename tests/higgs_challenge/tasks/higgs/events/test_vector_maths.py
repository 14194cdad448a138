import math

import numpy as np
import numpy.typing as npt
import pytest

from higgs_challenge.compiled import compiled
from higgs_challenge.tasks.higgs.events import vector_maths

Floats = npt.NDArray[np.float64]
ANGLES = np.concatenate([np.linspace(-1000, 1000, 20_001), np.arange(-8, 9) * math.pi / 4, [-25.0, 0.0]])


@compiled
def cosines_and_sines(angles, out):  # type: ignore[no-untyped-def]
    for i in range(len(angles)):
        out[0, i], out[1, i] = vector_maths.cosine_sine(angles[i])


@compiled
def angles_of(x, y, out):  # type: ignore[no-untyped-def]
    for i in range(len(x)):
        out[i] = vector_maths.angle_of(x[i], y[i])


@compiled
def exponentials(x, out):  # type: ignore[no-untyped-def]
    for i in range(len(x)):
        out[i] = vector_maths.exponential(x[i])


@compiled
def rounded(x, out):  # type: ignore[no-untyped-def]
    for i in range(len(x)):
        out[i] = vector_maths.round3(x[i])


def test_cosine_and_sine() -> None:
    found = np.empty((2, len(ANGLES)))
    cosines_and_sines(ANGLES, found)
    np.testing.assert_allclose(found, [np.cos(ANGLES), np.sin(ANGLES)], rtol=0, atol=1e-10)


def test_the_angle_of_a_vector() -> None:
    angles = np.linspace(-np.pi, np.pi, 10_001)
    lengths = np.geomspace(1e-3, 1e4, len(angles))
    found = np.empty(len(angles))
    angles_of(lengths * np.cos(angles), lengths * np.sin(angles), found)
    np.testing.assert_allclose(found, angles, rtol=0, atol=1e-10)


@pytest.mark.parametrize("x", [-2.0, 0.0, 3.0])
@pytest.mark.parametrize("y", [-3.0, 0.0, 2.0])
def test_the_angle_of_a_vector_along_an_axis_or_a_diagonal(x: float, y: float) -> None:
    assert vector_maths.angle_of(x, y) == pytest.approx(math.atan2(y, x), abs=1e-10)
    assert vector_maths.angle_of(x, x) == pytest.approx(math.atan2(x, x), abs=1e-10)


@pytest.mark.parametrize(("reach", "error"), [(15.0, 1e-13), (100.0, 1e-6)])
def test_the_exponential(reach: float, error: float) -> None:
    x = np.linspace(-reach, reach, 10_001)
    found = np.empty(len(x))
    exponentials(x, found)
    np.testing.assert_allclose(found, np.exp(x), rtol=error, atol=0)


def test_rounding_keeps_thresholds_exact_and_agrees_with_numpy() -> None:
    thousandths = np.arange(-30_000, 600_001)
    found = np.empty(len(thousandths))
    rounded(thousandths / 1000 + 4e-4, found)
    np.testing.assert_allclose(found, thousandths / 1000, rtol=3e-16, atol=0)
    whole = thousandths % 1000 == 0
    assert (found[whole] == thousandths[whole] // 1000).all()
    np.testing.assert_array_equal(found.astype(np.float32), (thousandths / 1000).astype(np.float32))
