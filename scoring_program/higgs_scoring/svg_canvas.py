"""The figures that plots are drawn on, and how they become inline SVG that follows the colours of the page."""

import io
import re
from html import escape

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from higgs_scoring.colours import follow_page, stand_in

FONT_SIZE = 12

Box = tuple[float, float, float, float]


def canvas(width: int, height: int, *, box: Box | None = None) -> tuple[Figure, Axes]:
    """Return a figure and its axes.

    Args:
        width, height: of the SVG, in its units.
        box: left and lower edge, width and height of the axes as fractions of the figure; None makes room for labels.
    """
    figure = _new_figure(width, height, constrained=box is None)
    return figure, _plain_axes(figure, box)


def stacked_canvas(width: int, height: int, number: int) -> tuple[Figure, list[Axes]]:
    """Return a figure with several axes, the first on top, that share their horizontal scale."""
    figure = _new_figure(width, height)
    # Fixed margins: computing those of several axes would take longer than drawing them.
    left, right, bottom, top = 68 / width, 18 / width, 32 / height, 6 / height
    pitch = (1 - bottom - top) / number
    stack: list[Axes] = []
    for row in range(number):
        lower = bottom + (number - 1 - row + 0.12) * pitch
        axes = _plain_axes(figure, (left, lower, 1 - left - right, 0.88 * pitch), below=stack[0] if stack else None)
        axes.xaxis.set_visible(row == number - 1)
        axes.yaxis.set_label_coords(-56 / (width * (1 - left - right)), 0.5)
        stack.append(axes)
    return figure, stack


def _new_figure(width: int, height: int, *, constrained: bool = False) -> Figure:
    figure = Figure(figsize=(width / 72, height / 72), layout="constrained" if constrained else None)
    FigureCanvasAgg(figure)
    figure.patch.set_visible(False)
    return figure


def _plain_axes(figure: Figure, box: Box | None, *, below: Axes | None = None) -> Axes:
    with matplotlib.rc_context({"font.size": FONT_SIZE}):
        axes = figure.add_axes(box, sharex=below) if box else figure.add_subplot()
    axes.patch.set_visible(False)
    axes.locator_params(nbins=6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(stand_in("rule"))
    axes.tick_params(color=stand_in("rule"), labelcolor=stand_in("quiet"))
    axes.xaxis.label.set_color(stand_in("ink"))
    axes.yaxis.label.set_color(stand_in("ink"))
    return axes


def as_svg(figure: Figure, description: str) -> str:
    """Return a figure drawn in stand-in colours as SVG for a page, with a description for screen readers."""
    buffer = io.StringIO()
    # Text stays text, in the font of the page; with a fixed salt the same run gives the same bytes.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "report"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    # Several plots share a page: names of groups would occur twice, and the page sets the size.
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r'<svg ([^>]*?)height="[^"]*"', r"<svg \1", svg, count=1)
    svg = re.sub(r'<svg ([^>]*?)width="[^"]*"', rf'<svg role="img" aria-label="{escape(description)}" \1', svg, count=1)
    return follow_page(re.sub(r"\n\s*", "\n", svg))
