"""The pictures of the report, each as one inline SVG that follows the page's colours.

Nothing here knows whether truth may be shown: a function draws a true mu only when it is given one.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from higgs_scoring.metrics import (
    TARGET_COVERAGE,
    FloatArray,
    allowed_coverage,
    coverage_penalty,
    coverage_sigma,
    is_covered,
    wilson_interval,
)
from higgs_scoring.style import follow_page, stand_in

MOST_SINGLE_POINTS = 40
"""Up to so many sets are drawn with an error bar each; more are also gathered in groups."""

NUM_GROUPS = 16
"""Groups of neighbouring sets when there are many."""

MOST_BARS = 100
"""Intervals drawn for one set."""

FONT_SIZE = 12


@dataclass(frozen=True)
class SetIntervals:
    """The intervals of one set, shape (pseudo-experiments,), and its true mu where that may be shown."""

    number: int
    p16: FloatArray
    p84: FloatArray
    true_mu: float | None


def draw_intervals(shown: SetIntervals, half_range: float) -> str:
    """Draw each pseudo-experiment of a set as a bar, sorted by its middle, in the colour of covering or missing."""
    low, high = shown.p16[:MOST_BARS], shown.p84[:MOST_BARS]
    order = np.argsort((low + high) / 2, kind="stable")
    low, high = low[order], high[order]
    rows = np.arange(low.size)
    thickness = min(0.45 * 200 / low.size, 3.0)  # of the 200 units of height that each row shares
    # Without labels on the left the margins are known, and finding them would take a third of the time.
    figure, axes = _canvas(300, 250, box=(0.04, 0.17, 0.92, 0.82))
    covered = np.ones(low.size, dtype=bool) if shown.true_mu is None else is_covered(shown.true_mu, low, high)
    _draw_bars(axes, low[covered], high[covered], rows[covered], colour="covers", thickness=thickness)
    # Thicker, so that the misses stand out without colour too.
    _draw_bars(axes, low[~covered], high[~covered], rows[~covered], colour="misses", thickness=1.6 * thickness)
    centre = middle_of(shown)
    if shown.true_mu is not None:
        axes.axvline(shown.true_mu, color=stand_in("ink"), linewidth=1)
    axes.set_xlim(centre - half_range, centre + half_range)
    axes.set_ylim(-1.5, low.size + 0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("μ")
    return as_svg(figure, f"Intervals of set {shown.number}")


def middle_of(shown: SetIntervals) -> float:
    """Return where a set's picture is centred: its true mu, or without it the median of the intervals' middles."""
    return float(np.median((shown.p16 + shown.p84) / 2)) if shown.true_mu is None else shown.true_mu


def common_half_range(sets: Sequence[SetIntervals]) -> float:
    """Return a half range for all pictures, so that widths compare by eye, in which all but a few ends lie."""
    distances = [np.abs(np.concatenate([one.p16, one.p84]) - middle_of(one)) for one in sets]
    reach = 1.1 * float(np.quantile(np.concatenate(distances), 0.995))
    return reach if reach > 0 else 0.1


def draw_penalty(coverage: float, penalty: float, n: int) -> str:
    """Draw the score that a wrong coverage costs, ln f, around the dead zone, with this submission on the curve."""
    lowest, highest = allowed_coverage(n)
    margin = 4 * coverage_sigma(n)
    left, right = max(0.0, min(coverage, lowest) - margin), min(1.0, max(coverage, highest) + margin)
    grid = np.linspace(left, right, 400)
    figure, axes = _canvas(330, 240)
    axes.axvspan(max(lowest, 0), min(highest, 1), color=stand_in("zone"), linewidth=0)
    axes.plot(grid, np.log(coverage_penalty(grid, n)), color=stand_in("ink"), linewidth=1.5)
    colour = "covers" if penalty == 1 else "misses"
    axes.plot([coverage], [np.log(penalty)], "o", color=stand_in(colour), markersize=9)
    # The label goes to the side of the point that the curve leaves free, which is the one towards the zone's middle.
    side = 1 if coverage < TARGET_COVERAGE else -1
    outside = penalty > 1
    axes.annotate(
        "this submission",
        (coverage, float(np.log(penalty))),
        xytext=(10 * side, 6) if outside else (0, 10),
        textcoords="offset points",
        ha="left" if side > 0 else "right",
        color=stand_in(colour),
        fontsize=FONT_SIZE,
    )
    axes.set_xlim(left, right)
    axes.set_ylim(bottom=-0.05 * axes.get_ylim()[1])
    axes.set_xlabel("coverage")
    axes.set_ylabel("score lost, ln f")
    return as_svg(figure, "Penalty against coverage")


def draw_coverage(mus: FloatArray, p16: FloatArray, p84: FloatArray) -> str:
    """Draw the coverage of each set against its true mu with 68 % Wilson intervals; arrays as in `score_sets`."""
    n = p16.shape[1]
    covered = is_covered(mus[:, np.newaxis], p16, p84).sum(axis=1)
    figure, axes = _canvas(330, 240)
    axes.axhspan(*_clipped(allowed_coverage(p16.size)), color=stand_in("zone"), linewidth=0)
    axes.axhline(TARGET_COVERAGE, color=stand_in("quiet"), linewidth=1, linestyle=(0, (4, 3)))
    if mus.size > MOST_SINGLE_POINTS:
        _draw_faint_points(axes, mus, covered / n)
    groups = _groups(mus)
    sums = np.array([covered[group].sum() for group in groups])
    trials = np.array([group.size * n for group in groups])
    low, high = wilson_interval(sums, trials)
    _draw_points(axes, _means(mus, groups), sums / trials, low, high)
    bottom = min(float(low.min()), TARGET_COVERAGE - 0.15)
    axes.set_ylim(max(-0.03, bottom - 0.05), 1.03)
    axes.set_xlabel("true μ")
    axes.set_ylabel("coverage")
    return as_svg(figure, "Coverage against true mu")


def draw_width(positions: FloatArray, p16: FloatArray, p84: FloatArray, *, label: str) -> str:
    """Draw the mean width of each set, with its standard error, against the positions, shape (sets,)."""
    widths = p84 - p16
    set_means = widths.mean(axis=1)
    figure, axes = _canvas(330, 240)
    if positions.size > MOST_SINGLE_POINTS:
        _draw_faint_points(axes, positions, set_means)
    groups = _groups(positions)
    means = _means(set_means, groups)
    errors = np.array([widths[group].std() / np.sqrt(widths[group].size) for group in groups])
    _draw_points(axes, _means(positions, groups), means, means - errors, means + errors)
    top = float(max((means + errors).max(), np.quantile(set_means, 0.99)))
    axes.set_ylim(0, 1.15 * top if top > 0 else 1)
    axes.set_xlabel(label)
    axes.set_ylabel("mean width")
    return as_svg(figure, f"Mean width against {label}")


def _canvas(width: int, height: int, *, box: tuple[float, float, float, float] | None = None) -> tuple[Figure, Axes]:
    """Return a figure whose SVG is so many units wide and high, and its calm axes.

    box is the left and lower edge, width and height of the axes as shares of the figure; None leaves it to the labels.
    """
    with matplotlib.rc_context({"font.size": FONT_SIZE}):
        figure = Figure(figsize=(width / 72, height / 72), layout=None if box else "constrained")
        FigureCanvasAgg(figure)
        figure.patch.set_visible(False)
        axes = figure.add_axes(box) if box else figure.add_subplot()
    axes.patch.set_visible(False)
    axes.locator_params(nbins=6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(stand_in("rule"))
    axes.tick_params(color=stand_in("rule"), labelcolor=stand_in("quiet"))
    axes.xaxis.label.set_color(stand_in("ink"))
    axes.yaxis.label.set_color(stand_in("ink"))
    return figure, axes


def as_svg(figure: Figure, description: str) -> str:
    """Write a figure drawn in stand-in colours as SVG for a page, with a description for those who cannot see it."""
    buffer = io.StringIO()
    # Text stays text, small and in the page's own font; a fixed salt gives the same run the same bytes.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "report"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    # Several pictures share a page: names of groups would be there twice, and the page sets the size.
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r'<svg ([^>]*?)height="[^"]*"', r"<svg \1", svg, count=1)
    svg = re.sub(r'<svg ([^>]*?)width="[^"]*"', rf'<svg role="img" aria-label="{description}" \1', svg, count=1)
    return follow_page(re.sub(r"\n\s*", "\n", svg))


def _draw_bars(
    axes: Axes, low: FloatArray, high: FloatArray, rows: np.ndarray, *, colour: str, thickness: float
) -> None:
    # One line with gaps is one short path in the SVG, where a collection would be one a bar.
    ends = np.column_stack([low, high, np.full(low.size, np.nan)]).ravel()
    axes.plot(ends, np.repeat(rows, 3), color=stand_in(colour), linewidth=thickness, solid_capstyle="butt")


def _draw_points(axes: Axes, x: FloatArray, y: FloatArray, low: FloatArray, high: FloatArray) -> None:
    axes.vlines(x, low, high, color=stand_in("covers"), linewidth=1.5)
    axes.plot(x, y, "o", color=stand_in("covers"), markersize=5)


def _draw_faint_points(axes: Axes, x: FloatArray, y: FloatArray) -> None:
    axes.plot(x, y, "o", color=stand_in("quiet"), markersize=2.5, markeredgewidth=0, alpha=0.35)


def _groups(positions: FloatArray) -> list[np.ndarray]:
    """Return the set numbers of each point to draw: every set alone, or neighbours together when there are many."""
    order = np.argsort(positions, kind="stable")
    return np.array_split(order, positions.size if positions.size <= MOST_SINGLE_POINTS else NUM_GROUPS)


def _means(values: FloatArray, groups: Sequence[np.ndarray]) -> FloatArray:
    return np.array([values[group].mean() for group in groups])


def _clipped(ends: tuple[float, float]) -> tuple[float, float]:
    return max(ends[0], 0.0), min(ends[1], 1.0)
