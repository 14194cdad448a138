"""The look that all pictures share, in the colours of the scoring report."""

from collections.abc import Callable
from typing import Literal

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from higgs_scoring.colours import COLOURS

Colour = Callable[[str], str]
"""Gives the colour to draw with for a name of colours.COLOURS."""

INK, QUIET, RULE, ZONE, SYNTHETIC, OTHER = "ink", "quiet", "rule", "zone", "covers", "misses"
"""Names of colours.COLOURS, the last two by what they mean here."""

FONT_SIZE = 11


def light(name: str) -> str:
    """Return the colour of that name on a light page, for pictures outside a page."""
    return COLOURS[name][1]


def blank(width: float, height: float, layout: Literal["constrained"] | None = None) -> Figure:
    """Open a transparent figure.

    Args:
        width, height: in points, which are the units of its SVG.
        layout: matplotlib's layout engine, None for none.

    Returns:
        The figure, without axes.
    """
    figure = Figure(figsize=(width / 72, height / 72), layout=layout)
    FigureCanvasAgg(figure)
    figure.patch.set_visible(False)
    return figure


def canvas(width: float, height: float, colour: Colour, panels: int = 1) -> tuple[Figure, list[Axes]]:
    """Open a transparent figure with calm panels side by side that share their y axis.

    Args:
        width, height: in points, which are the units of its SVG.
        colour: gives the colour for a name of colours.COLOURS.
        panels: how many.

    Returns:
        The figure and its panels.
    """
    with matplotlib.rc_context({"font.size": FONT_SIZE}):
        figure = blank(width, height, "constrained")
        axes = list(figure.subplots(1, panels, sharey=True, squeeze=False)[0])
    for panel in axes:
        calm(panel, colour)
    return figure, axes


def calm(axes: Axes, colour: Colour) -> None:
    """Give axes the report's muted lines and labels."""
    axes.patch.set_visible(False)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(colour(RULE))
    axes.tick_params(color=colour(RULE), labelcolor=colour(QUIET), labelsize=FONT_SIZE - 1)
    axes.xaxis.label.set_color(colour(INK))
