"""The plot of a leaderboard: how the quantile score of each run scatters."""

import re
from collections.abc import Sequence
from html import escape

import numpy as np

from higgs_scoring.bootstrap import RANGE
from higgs_scoring.colours import stand_in
from higgs_scoring.leaderboard import ScoredRun
from higgs_scoring.metrics import FloatArray
from higgs_scoring.svg_canvas import as_svg, canvas
from higgs_scoring.untrusted_text import cut_to_width

MAX_RUNS_DRAWN = 60
"""Runs that are drawn."""

SHARES = (RANGE[0], 0.16, 0.5, 0.84, RANGE[1])
"""Fractions of the resamples below the ends of thin and thick line and below the dot: 95 %, 68 % and the median."""

MAX_LABEL_WIDTH = 16
"""Letters of a name beside its line; wide ones count twice."""

MAX_DISTANCE = 3.0
"""Scores further below the best would squeeze all others into a point: e^3 is a twentyfold width."""

WIDTH, LEFT, RIGHT = 420, 142, 10
BELOW, ABOVE = 44, 4
MIN_ROW_HEIGHT, MAX_ROW_HEIGHT, MAX_HEIGHT = 13, 24, 780
"""In the units of the SVG, like the two lines before."""


def draw_scores(runs: Sequence[ScoredRun]) -> str:
    """Draw for each run with a bootstrap the ranges that contain 95 % and 68 % of its resampled scores.

    A run far below the best is an arrow at the left edge, with its median in numbers. The baseline is grey,
    its dot full.
    """
    runs = [run for run in runs if run.bootstrap is not None]
    drawn = np.array([np.quantile(run.bootstrap.quantile_score, SHARES) for run in runs if run.bootstrap is not None])
    row = min(max(MAX_HEIGHT / len(drawn), MIN_ROW_HEIGHT), MAX_ROW_HEIGHT)
    height = round(row * len(drawn)) + BELOW + ABOVE
    box = (LEFT / WIDTH, BELOW / height, 1 - (LEFT + RIGHT) / WIDTH, 1 - (BELOW + ABOVE) / height)
    figure, axes = canvas(WIDTH, height, box=box)
    rows = np.arange(len(drawn))
    low, narrow_low, median, narrow_high, high = drawn.T
    left, right = shown_range(drawn)
    colours = [stand_in("quiet" if run.is_baseline else "covers") for run in runs]
    fillings = [stand_in("quiet" if run.is_baseline else "paper") for run in runs]
    for one_low, one_high, thickness in ((low, high, 1.5), (narrow_low, narrow_high, 5)):
        axes.hlines(rows, one_low, one_high, color=colours, linewidth=thickness)
    axes.scatter(median, rows, 36, facecolor=fillings, edgecolor=colours, linewidth=1, zorder=3)
    for place in rows[median < left]:
        axes.plot([left], [place], "<", color=stand_in("misses"), markersize=6, clip_on=False)
        label = f"{median[place]:.2f}".replace("-", "−")
        axes.annotate(
            label,
            (left, place),
            (8, 0),
            textcoords="offset points",
            va="center",
            color=stand_in("quiet"),
            fontsize=10,
            bbox={"facecolor": stand_in("paper"), "linewidth": 0, "pad": 1},
        )
    axes.set_xlim(left, right)
    axes.set_ylim(len(drawn) - 0.5, -0.5)
    axes.set_yticks(rows, [f"name{place}" for place in rows], fontsize=min(12.0, 0.8 * row))
    axes.tick_params(axis="y", length=0, pad=8, labelcolor=stand_in("ink"))  # room for an arrow
    axes.grid(axis="x", color=stand_in("rule"), linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("quantile score, larger is better")
    return _put_names(as_svg(figure, "Distributions of the quantile score"), [run.name for run in runs])


def shown_range(drawn: FloatArray) -> tuple[float, float]:
    """Return the ends of the axis for quantiles of shape (runs, SHARES): all, unless far below the best median.

    >>> quantiles = np.array([[-1.0, -0.9, -0.5, -0.2, 0.0], [-9.0, -8.0, -7.0, -6.0, -5.0]])
    >>> [round(end, 2) for end in shown_range(quantiles)]
    [-3.67, 0.18]
    """
    best = float(drawn[:, 2].max())
    left, right = max(float(drawn.min()), best - MAX_DISTANCE), float(drawn.max())
    margin = max(0.05 * (right - left), 1e-3)
    return left - margin, right + margin


def _put_names(svg: str, names: Sequence[str]) -> str:
    """Put names into the finished SVG: when drawn, a $ would start mathematics, and fonts may lack letters."""
    return re.sub(r">name(\d+)<", lambda found: f">{escape(cut_to_width(names[int(found[1])], MAX_LABEL_WIDTH))}<", svg)
