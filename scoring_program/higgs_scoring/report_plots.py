"""The plots of a report, each an inline SVG that follows the colours of the page.

Nothing here knows what may be shown of the truth: a function draws what it is given.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from higgs_scoring.calibration import Calibration
from higgs_scoring.colours import stand_in
from higgs_scoring.dependence import MAX_PULL, Averages, Dependence
from higgs_scoring.metrics import (
    TARGET_COVERAGE,
    FloatArray,
    allowed_coverage,
    coverage_penalty,
    coverage_sigma,
    is_covered,
)
from higgs_scoring.svg_canvas import FONT_SIZE, as_svg, canvas, stacked_canvas

MAX_BARS = 100
"""Intervals that are drawn of a set."""

FACTOR_STEP = 0.005
"""Step between the factors at which the coverage curve is drawn."""

MAX_FACTOR = 20.0
"""No larger factors are drawn."""

DASHED, DOTTED = (0, (4, 3)), (0, (1, 1.5))


@dataclass(frozen=True)
class SetIntervals:
    """The intervals of one set, shape (pseudo-experiments,), and its true mu."""

    number: int
    p16: FloatArray
    p84: FloatArray
    true_mu: float


def draw_intervals(shown: SetIntervals, half_range: float) -> str:
    """Draw each pseudo-experiment of a set as a bar, sorted by its middle, in the colour of covering or missing."""
    low, high = shown.p16[:MAX_BARS], shown.p84[:MAX_BARS]
    order = np.argsort((low + high) / 2, kind="stable")
    low, high = low[order], high[order]
    rows = np.arange(low.size)
    thickness = min(0.45 * 200 / low.size, 3.0)  # of the 200 units of height that each row shares
    # Without labels on the left the margins are known, and finding them would take a third of the time.
    figure, axes = canvas(300, 250, box=(0.04, 0.17, 0.92, 0.82))
    covered = is_covered(shown.true_mu, low, high)
    _draw_bars(axes, low[covered], high[covered], rows[covered], colour="covers", thickness=thickness)
    # Thicker, so that the misses stand out without colour too.
    _draw_bars(axes, low[~covered], high[~covered], rows[~covered], colour="misses", thickness=1.6 * thickness)
    axes.axvline(shown.true_mu, color=stand_in("ink"), linewidth=1)
    axes.set_xlim(shown.true_mu - half_range, shown.true_mu + half_range)
    axes.set_ylim(-1.5, low.size + 0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("μ")
    return as_svg(figure, f"Intervals of set {shown.number}")


def common_half_range(sets: Sequence[SetIntervals]) -> float:
    """Return a half range for all plots, so that widths can be compared by eye, which holds all but a few ends."""
    distances = [np.abs(np.concatenate([one.p16, one.p84]) - one.true_mu) for one in sets]
    reach = 1.1 * float(np.quantile(np.concatenate(distances), 0.995))
    return reach if reach > 0 else 0.1


def draw_penalty(coverage: float, penalty: float, n: int) -> str:
    """Draw the loss of score by wrong coverage, ln f, around the dead zone, with this submission on the curve."""
    lowest, highest = allowed_coverage(n)
    margin = 4 * coverage_sigma(n)
    left, right = max(0.0, min(coverage, lowest) - margin), min(1.0, max(coverage, highest) + margin)
    grid = np.linspace(left, right, 400)
    figure, axes = canvas(330, 300)
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


def draw_scaling(calibration: Calibration) -> str:
    """Draw coverage and score against a factor on all widths, with the factors as sent and for exact coverage."""
    curve, exact = calibration.curve, 1.0 if calibration.exact is None else calibration.exact.factor
    highest = min(1.6 * max(1.0, exact), MAX_FACTOR)
    factors = np.arange(FACTOR_STEP, highest + FACTOR_STEP, FACTOR_STEP, dtype=np.float64)
    figure, stack = stacked_canvas(330, 300, 2)
    stack[0].axhspan(*_clipped(allowed_coverage(curve.needed.size)), color=stand_in("zone"), linewidth=0)
    stack[0].axhline(TARGET_COVERAGE, color=stand_in("quiet"), linewidth=1, linestyle=DASHED)
    for axes, values, label in zip(
        stack, (curve.coverage_at(factors), curve.score_at(factors)), ("coverage", "score"), strict=True
    ):
        axes.plot(factors, values, color=stand_in("ink"), linewidth=1.5)
        axes.set_ylabel(label)
        axes.axvline(1.0, color=stand_in("misses"), linewidth=1.5, linestyle=DOTTED)
        if calibration.exact is not None:
            axes.axvline(exact, color=stand_in("covers"), linewidth=1.5)
    stack[0].set_ylim(0, 1.03)
    # The score falls far to its sides and, with few intervals, is highest at width 0, which helps nobody.
    marked = [float(curve.score_at(factor)) for factor in (1.0, exact)]
    stack[1].set_ylim(min(marked) - 1.3, max(marked) + 0.2)
    stack[-1].set_xlim(0, factors[-1])
    stack[-1].set_xlabel("factor on all widths")
    return as_svg(figure, "Coverage and score against a factor on all widths")


def draw_dependence(dependence: Dependence, label: str) -> str:
    """Draw coverage, bias, width and pull against a parameter, below each other."""
    figure, (coverage, bias, width, pull) = stacked_canvas(330, 560, 4)
    low, high = _clipped(allowed_coverage(int(dependence.sizes.min())))
    coverage.axhspan(low, high, color=stand_in("zone"), linewidth=0)
    pull.axhspan(-1, 1, color=stand_in("zone"), linewidth=0)
    for axes, level in ((coverage, TARGET_COVERAGE), (bias, 0.0), (pull, 0.0)):
        axes.axhline(level, color=stand_in("quiet"), linewidth=1, linestyle=DASHED)
    mean, spread = dependence.pull.mean, dependence.pull_width
    pull.vlines(dependence.values, mean - spread, mean + spread, color=stand_in("quiet"), linewidth=1)
    _draw_averages(coverage, dependence.values, dependence.coverage, "coverage")
    _draw_averages(bias, dependence.values, dependence.bias, "bias of μ̂")
    _draw_averages(width, dependence.values, dependence.width, "width")
    _draw_averages(pull, dependence.values, dependence.pull, "pull")
    lowest, highest = float(dependence.coverage.low.min()), float(dependence.coverage.high.max())
    coverage.set_ylim(max(-0.03, min(lowest, low) - 0.05), min(1.03, max(highest, high) + 0.05))
    pull.set_xlabel(label)
    pull.locator_params(axis="x", nbins=5)
    return as_svg(figure, f"Coverage, bias, width and pull against {label}")


def draw_pulls(pulls: FloatArray) -> str:
    """Draw the distribution of the pulls that are defined, and the normal distribution that they should have."""
    defined = pulls[~np.isnan(pulls)]
    bins = int(np.clip(round(2 * np.sqrt(defined.size)), 10, 50))
    counts, edges = np.histogram(defined, bins, (-MAX_PULL, MAX_PULL))
    density = counts / (defined.size * (edges[1] - edges[0]))
    grid = np.linspace(-MAX_PULL, MAX_PULL, 200)
    figure, axes = canvas(330, 300)
    axes.stairs(density, edges, fill=True, color=stand_in("covers"), alpha=0.35, linewidth=0)
    axes.stairs(density, edges, color=stand_in("covers"), linewidth=1.2)
    axes.plot(grid, np.exp(-(grid**2) / 2) / np.sqrt(2 * np.pi), color=stand_in("ink"), linewidth=1.5)
    axes.set_xlim(-MAX_PULL, MAX_PULL)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("pull, (μ̂ − μ) / δμ̂")
    axes.set_ylabel("probability density")
    return as_svg(figure, "Distribution of the pulls")


def _draw_bars(
    axes: Axes, low: FloatArray, high: FloatArray, rows: np.ndarray, *, colour: str, thickness: float
) -> None:
    # One line with gaps is one short path in the SVG, where a collection would be one a bar. Its ends project a little,
    # so that intervals of no width are seen.
    ends = np.column_stack([low, high, np.full(low.size, np.nan)]).ravel()
    axes.plot(ends, np.repeat(rows, 3), color=stand_in(colour), linewidth=thickness, solid_capstyle="projecting")


def _draw_averages(axes: Axes, x: FloatArray, averages: Averages, label: str) -> None:
    axes.vlines(x, averages.low, averages.high, color=stand_in("covers"), linewidth=2)
    axes.plot(x, averages.mean, "o", color=stand_in("covers"), markersize=5)
    axes.set_ylabel(label)
    axes.locator_params(axis="y", nbins=4)


def _clipped(ends: tuple[float, float]) -> tuple[float, float]:
    return max(ends[0], 0.0), min(ends[1], 1.0)
