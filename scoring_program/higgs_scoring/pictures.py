"""The report's sections of pictures, and what of the truth they may show."""

from html import escape

import numpy as np

from higgs_scoring.analysis import Analysis
from higgs_scoring.dependence import LARGEST_PULL, Dependence, PullSummary
from higgs_scoring.figures import (
    MOST_BARS,
    SetIntervals,
    common_half_range,
    draw_dependence,
    draw_intervals,
    draw_penalty,
    draw_pulls,
    draw_scaling,
)
from higgs_scoring.formats import decimal
from higgs_scoring.metrics import is_covered
from higgs_scoring.predictions import Predictions
from higgs_scoring.truth import MU, Truth
from higgs_scoring.words import is_suspicious, p_value_words, symbol

MOST_SETS = 12
"""Sets whose intervals are drawn."""

HIDDEN = {
    "none": "The truth of this phase is hidden: there is no picture against it, none of single sets, and numbers that "
    "depend on the truth are rounded.",
    "mu": "The true nuisance parameters of this phase are hidden, so that there are pictures against μ only.",
}


def may_show(truth: Truth, parameter: str) -> bool:
    """Say whether a report may show what depends on the true values of a parameter one by one.

    That is every picture of them, and each number that only one or a few pseudo-experiments decide.

    >>> hidden = Truth("", 1, np.ones(1), {}, reveal="mu")
    >>> may_show(hidden, "mu"), may_show(hidden, "tes")
    (True, False)
    """
    return truth.reveal == "all" or (truth.reveal == "mu" and parameter == MU)


def overview_section(truth: Truth, analysis: Analysis) -> str:
    """Return the section on what coverage costs, on scaling, and on pulls."""
    scores, n = analysis.scores, analysis.calibration.curve.needed.size
    pictures = [
        _figure(
            "What coverage costs",
            draw_penalty(scores.coverage, scores.penalty, n),
            "Inside the shaded zone, two standard deviations around 0.6827, the coverage costs nothing.",
        )
    ]
    # Every step of the scaling curve, and every pull, is the distance of one answer from the truth.
    if may_show(truth, MU):
        pictures.append(
            _figure(
                "Scaling all intervals",
                draw_scaling(analysis.calibration),
                "Every interval scaled about its middle by one factor. Dotted: as they are. Solid: as wide as exact "
                "coverage needs. Shaded: what costs nothing.",
            )
        )
        if analysis.pull_summary is not None:
            pictures.append(_figure("Pulls", draw_pulls(analysis.pulls), _pull_caption(analysis.pull_summary)))
    return f'<h2>Coverage and pulls</h2>\n<div class="pictures">\n{"".join(pictures)}</div>'


def _pull_caption(summary: PullSummary) -> str:
    return (
        f"Mean {decimal(summary.mean, 2)}, width {summary.width:.2f}. The line is how right answers scatter: normal, "
        f"with mean 0 and width 1. Pulls beyond {LARGEST_PULL:g} count as {LARGEST_PULL:g}."
    )


def dependence_section(truth: Truth, analysis: Analysis) -> str:
    """Return the section on whether the answers are as good at every mu and every nuisance parameter."""
    rows = "\n".join(
        f'<tr><th scope="row">{escape(symbol(one.parameter))}</th>'
        + "".join(_p_value_cell(p) for p in (one.coverage_p_value, one.bias_p_value))
        + f'<td class="meaning">{_conclusion(one)}</td></tr>'
        for one in analysis.dependences
    )
    pictures = [
        _figure(f"Against {escape(symbol(one.parameter))}", draw_dependence(one, symbol(one.parameter)), "")
        for one in analysis.dependences
        if may_show(truth, one.parameter)
    ]
    legend = (
        "Groups of neighbouring pseudo-experiments. Coverage has 68 % Clopper-Pearson intervals, shaded is where 95 % "
        "of honest groups lie; the other bars are standard errors of the mean. Thin lines are the width of the pulls, "
        "which should fill the shaded zone."
    )
    told = [HIDDEN[truth.reveal]] if truth.reveal in HIDDEN else []
    return "\n".join(
        [
            "<h2>At every μ and nuisance parameter</h2>",
            "<p>p is the probability that a coverage, or a bias, which is the same everywhere would differ between "
            "groups as much as this one does (Pearson’s chi-squared and Fisher’s F test); below 0.001 it is hardly "
            "chance.</p>",
            '<table class="tests">\n<tr class="head"><th>Against</th><th>p of coverage</th><th>p of bias</th>'
            f"<th></th></tr>\n{rows}\n</table>",
            *(f'<p class="quiet">{sentence}</p>' for sentence in (*told, *([legend] if pictures else []))),
            f'<div class="pictures">\n{"".join(pictures)}</div>' if pictures else "",
        ]
    )


def _p_value_cell(p_value: float | None) -> str:
    strong = " found" if is_suspicious(p_value) else ""
    return f'<td class="value{strong}">{escape(p_value_words(p_value))}</td>'


def _conclusion(dependence: Dependence) -> str:
    changing = [
        what
        for what, p in (("coverage", dependence.coverage_p_value), ("bias", dependence.bias_p_value))
        if is_suspicious(p)
    ]
    if changing:
        return f"{' and '.join(changing)} change{'s' if len(changing) == 1 else ''} with it"
    if dependence.sizes.size == 1:
        return "too few different values to tell"
    if dependence.coverage_p_value is None:
        return "too few intervals that cover, or that miss, to tell"
    return "no change beyond chance"


def intervals_section(truth: Truth, predictions: Predictions) -> str:
    """Return the section with the intervals of all sets when they are few, or of a dozen; empty where mu is hidden.

    The answers of a set together tell its mu ten times better than one does, so that even their widths, if they are
    made for that, must not be shown set by set.
    """
    if not may_show(truth, MU):
        return ""
    intervals = predictions.intervals
    num_sets, num_experiments = intervals.p16.shape
    order = np.argsort(intervals.mus, kind="stable")
    chosen = order[np.unique(np.linspace(0, num_sets - 1, min(num_sets, MOST_SETS)).round().astype(int))]
    sets = [SetIntervals(int(k), intervals.p16[k], intervals.p84[k], float(intervals.mus[k])) for k in chosen]
    half_range = common_half_range(sets)
    pictures = (_figure(f"Set {one.number}", draw_intervals(one, half_range), _set_caption(one)) for one in sets)
    return (
        f"<h2>Intervals</h2>\n<p>{_intervals_legend(num_sets, num_experiments)}</p>\n"
        f'<div class="pictures">\n{"".join(pictures)}</div>'
    )


def _intervals_legend(num_sets: int, num_experiments: int) -> str:
    which = f"{MOST_SETS} of {num_sets} sets, evenly chosen" if num_sets > MOST_SETS else "All sets"
    bars = f"the first {MOST_BARS} pseudo-experiments" if num_experiments > MOST_BARS else "the pseudo-experiments"
    return (
        f"{which} in the order of their true μ. A bar is the interval of one pseudo-experiment; {bars} of a set are "
        "sorted by the middle of their interval. All pictures have one scale. "
        '<span class="covers">Blue bars</span> cover the true μ, which is the vertical line; '
        '<span class="misses">orange, thicker bars</span> miss it.'
    )


def _set_caption(one: SetIntervals) -> str:
    covered = int(is_covered(one.true_mu, one.p16, one.p84).sum())
    return f"μ = {one.true_mu:.3f}, {covered} of {one.p16.size} cover, mean width {np.mean(one.p84 - one.p16):.3f}"


def _figure(title: str, svg: str, caption: str) -> str:
    below = f"<figcaption>{caption}</figcaption>\n" if caption else ""
    return f"<figure>\n<h3>{title}</h3>\n{svg}{below}</figure>\n"
