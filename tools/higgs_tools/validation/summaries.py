"""Pictures of a whole process: yields by region, and correlations."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from higgs_challenge.tasks.higgs.events.columns import FEATURES, MISSING
from higgs_scoring.colours import COLOURS
from higgs_tools.validation.checks import Check
from higgs_tools.validation.compare import compare_rank_correlation, effective_number, rank_correlation
from higgs_tools.validation.figure_style import INK, OTHER, QUIET, SYNTHETIC, ZONE, Colour, canvas
from higgs_tools.validation.samples import Sample
from higgs_tools.validation.targets import Rounded

MIN_PAIRS = 10
"""Real rows where both columns of a correlation must be defined."""

ENOUGH_EVENTS = 20_000
"""Synthetic events whose correlations are known far better than those of the real rows."""

MAX_SHOWN = 4.0
"""Standard errors at which the colour of a difference is full."""


def draw_yields(checks: Sequence[Check], colour: Colour) -> Figure:
    """Draw the ratio of synthetic to official yields of every region, with what is allowed.

    Args:
        checks: of one process's region yields.
        colour: gives the colour for a name of colours.COLOURS.

    Returns:
        The figure.
    """
    figure, [axes] = canvas(460, 240, colour)
    places = np.arange(len(checks))[::-1]
    for place, check in zip(places, checks, strict=True):
        ratio = check.comparison.synthetic / check.comparison.real
        error = check.comparison.error / check.comparison.real
        axes.fill_betweenx(
            [place - 0.36, place + 0.36], 1 - check.limit / 100, 1 + check.limit / 100, color=colour(ZONE), linewidth=0
        )
        name = SYNTHETIC if check.passed else OTHER
        marker = "o" if check.passed else "D"
        axes.errorbar([ratio], [place], xerr=error, fmt=marker, color=colour(name), markersize=5, linewidth=1.5)
    axes.axvline(1, color=colour(QUIET), linewidth=1, linestyle=(0, (4, 3)))
    axes.set_yticks(places, [check.name.replace(">=", "≥") for check in checks])
    axes.tick_params(axis="y", length=0, labelcolor=colour(INK))
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("synthetic / official yield")
    return figure


def correlation_matrix(sample: Sample) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Compute the rank correlations of all pairs of columns.

    Args:
        sample: of one process, before any selection.

    Returns:
        Correlations, NaN where there is none, and the effective number of rows where both columns are defined; shape
        (28, 28) each.
    """
    features = sample.features[:, :ENOUGH_EVENTS]
    weights = sample.weights[:ENOUGH_EVENTS]
    correlations, numbers = np.full((len(FEATURES), len(FEATURES)), np.nan), np.zeros((len(FEATURES), len(FEATURES)))
    for i, x in enumerate(features):
        for j, y in enumerate(features[:i]):
            both = _exists(x) & _exists(y)
            if both.sum() >= MIN_PAIRS and np.ptp(x[both]) > 0 and np.ptp(y[both]) > 0:
                correlations[i, j] = correlations[j, i] = rank_correlation(x[both], y[both], weights[both])
                numbers[i, j] = numbers[j, i] = effective_number(weights[both])
    return correlations, numbers


def _exists(values: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    exists: npt.NDArray[np.bool_] = (values != MISSING) & ~np.isnan(values)
    return exists


def draw_correlations(synthetic: Sample, real: Sample | None, colour: Colour) -> tuple[Figure, Figure | None]:
    """Draw all rank correlations as coloured squares.

    Args:
        synthetic: many events.
        real: rows to compare, if any.
        colour: gives the colour for a name of colours.COLOURS.

    Returns:
        The correlations, synthetic below the diagonal and real above; and, where there are real rows, their differences
        in standard errors of the real rows.
    """
    expected = correlation_matrix(synthetic)[0]
    if real is None:
        return _matrix(expected, colour), None
    found, numbers = correlation_matrix(real)
    below = np.tril(np.ones_like(expected, dtype=bool))
    pulls = np.full_like(expected, np.nan)
    for i, j in np.argwhere(np.isfinite(found) & (np.abs(expected) < 0.999)):
        pulls[i, j] = compare_rank_correlation(Rounded(found[i, j], 0.0), numbers[i, j], expected[i, j]).pull
    return _matrix(np.where(below, expected, found), colour), _matrix(
        np.where(below, pulls, np.nan) / MAX_SHOWN, colour
    )


def _matrix(values: npt.NDArray[np.float64], colour: Colour) -> Figure:
    """Draw numbers from -1 to 1, blue to orange, transparent at 0 so that the page shows through."""
    figure, [axes] = canvas(430, 430, colour)
    strength = np.clip(np.nan_to_num(values), -1, 1)
    pixels = np.zeros((*values.shape, 4))
    pixels[strength > 0, :3] = to_rgb(COLOURS[OTHER][1])
    pixels[strength < 0, :3] = to_rgb(COLOURS[SYNTHETIC][1])
    pixels[..., 3] = np.abs(strength)
    axes.imshow(pixels, interpolation="nearest")
    names = [name.removeprefix("PRI_").removeprefix("DER_") for name in FEATURES]
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=7.5)
    axes.set_yticks(range(len(names)), names, fontsize=7.5)
    axes.tick_params(length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    return figure
