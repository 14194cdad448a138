"""The pictures of a report, and what they may show of the truth."""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from higgs_scoring.analysis import Analysis
from higgs_scoring.dependence import MAX_PULL, PullSummary
from higgs_scoring.metrics import is_covered
from higgs_scoring.number_formats import decimal
from higgs_scoring.predictions import Predictions
from higgs_scoring.report_plots import (
    MAX_BARS,
    SetIntervals,
    common_half_range,
    draw_dependence,
    draw_intervals,
    draw_penalty,
    draw_pulls,
    draw_scaling,
)
from higgs_scoring.truth import MU, Truth
from higgs_scoring.verdict import symbol

MAX_SETS_DRAWN = 12
"""Sets whose intervals are drawn."""

HIDDEN = {
    "none": "The truth of this phase is hidden: nothing is plotted against it or for single sets, and numbers that "
    "depend on it are rounded.",
    "mu": "The true nuisance parameters of this phase are hidden, so the plots are against μ only.",
}


@dataclass(frozen=True)
class Picture:
    """A plot with what stands around it."""

    title: str
    svg: Markup
    caption: str = ""


def may_show(truth: Truth, parameter: str) -> bool:
    """Return whether a report may show what depends on single true values of a parameter.

    That is every plot of them, and every number that is determined by one or a few pseudo-experiments.

    >>> hidden = Truth("", 1, np.ones(1), {}, reveal="mu")
    >>> may_show(hidden, "mu"), may_show(hidden, "tes")
    (True, False)
    """
    return truth.reveal == "all" or (truth.reveal == "mu" and parameter == MU)


def draw_overview(truth: Truth, analysis: Analysis) -> list[Picture]:
    """Draw what coverage costs and, where mu may be shown, what scaling does, and the pulls."""
    scores, n = analysis.scores, analysis.calibration.curve.needed.size
    pictures = [
        Picture(
            "What coverage costs",
            Markup(draw_penalty(scores.coverage, scores.penalty, n)),
            "Within the shaded band, two standard deviations around 0.6827, the coverage costs nothing.",
        )
    ]
    # Every step of the scaling curve, and every pull, is the distance of one answer from the truth.
    if may_show(truth, MU):
        pictures.append(
            Picture(
                "Scaling all intervals",
                Markup(draw_scaling(analysis.calibration)),
                "All intervals scaled about their middles by a common factor. Dotted: as submitted. Solid: exact "
                "coverage. Shaded: no penalty.",
            )
        )
        if analysis.pull_summary is not None:
            pictures.append(Picture("Pulls", Markup(draw_pulls(analysis.pulls)), _pull_caption(analysis.pull_summary)))
    return pictures


def _pull_caption(summary: PullSummary) -> str:
    return (
        f"Mean {decimal(summary.mean, 2)}, width {summary.width:.2f}. The line is the ideal, a normal distribution "
        f"of mean 0 and width 1. Pulls beyond {MAX_PULL:g} count as {MAX_PULL:g}."
    )


def draw_dependences(truth: Truth, analysis: Analysis) -> list[Picture]:
    """Draw how the answers depend on mu and on each nuisance parameter, as far as the truth may be shown."""
    return [
        Picture(f"Against {symbol(one.parameter)}", Markup(draw_dependence(one, symbol(one.parameter))))
        for one in analysis.dependences
        if may_show(truth, one.parameter)
    ]


def draw_sets(truth: Truth, predictions: Predictions) -> list[Picture]:
    """Draw the intervals of all sets when they are few, or of a dozen; of none where mu is hidden.

    The answers of a set together reveal its mu ten times better than a single one, so that even their widths, which may
    be made for that purpose, must not be shown set by set.
    """
    if not may_show(truth, MU):
        return []
    intervals = predictions.intervals
    num_sets = intervals.mus.size
    order = np.argsort(intervals.mus, kind="stable")
    chosen = order[np.unique(np.linspace(0, num_sets - 1, min(num_sets, MAX_SETS_DRAWN)).round().astype(int))]
    sets = [SetIntervals(int(k), intervals.p16[k], intervals.p84[k], float(intervals.mus[k])) for k in chosen]
    half_range = common_half_range(sets)
    return [Picture(f"Set {one.number}", Markup(draw_intervals(one, half_range)), _set_caption(one)) for one in sets]


def sets_legend(num_sets: int, num_experiments: int) -> str:
    """Return which sets and pseudo-experiments are drawn, and in what order."""
    which = f"{MAX_SETS_DRAWN} of {num_sets} sets, evenly spaced" if num_sets > MAX_SETS_DRAWN else "All sets"
    bars = f"the first {MAX_BARS} pseudo-experiments" if num_experiments > MAX_BARS else "the pseudo-experiments"
    return (
        f"{which}, ordered by true μ. Each bar is the interval of one pseudo-experiment; {bars} of a set are sorted by "
        "the middle of their interval."
    )


def _set_caption(one: SetIntervals) -> str:
    covered = int(is_covered(one.true_mu, one.p16, one.p84).sum())
    return f"μ = {one.true_mu:.3f}, {covered} of {one.p16.size} cover, mean width {np.mean(one.p84 - one.p16):.3f}"
