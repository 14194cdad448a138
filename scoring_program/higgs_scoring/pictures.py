"""The report's sections of pictures, and what of the truth they may show."""

import numpy as np

from higgs_scoring.analysis import MU, Analysis
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
from higgs_scoring.metrics import FloatArray, is_covered
from higgs_scoring.results import Predictions, Truth
from higgs_scoring.words import decimal, p_value_words, symbol

MOST_SETS = 12
"""Sets whose intervals are drawn."""

HIDDEN = {
    "none": "The truth of this phase is hidden, so that there is no picture against it here.",
    "mu": "The true nuisance parameters of this phase are hidden, so that there are pictures against μ only.",
}


def may_show(truth: Truth, parameter: str) -> bool:
    """Say whether a report may show how answers depend on a parameter: the one place that decides.

    >>> hidden = Truth("", 1, np.ones(1), {}, reveal="mu")
    >>> may_show(hidden, "mu"), may_show(hidden, "tes")
    (True, False)
    """
    return truth.reveal == "all" or (truth.reveal == "mu" and parameter == MU)


def overview_section(truth: Truth, analysis: Analysis) -> str:
    """Return the section on what coverage costs, on scaling, and on pulls."""
    scores, n = analysis.scores, analysis.calibration.needed.size
    shown = may_show(truth, MU)
    pictures = [
        _figure(
            "What coverage costs",
            draw_penalty(scores.coverage, scores.penalty, n),
            "Inside the shaded zone, two standard deviations around 0.6827, the coverage costs nothing.",
        ),
        _figure(
            "Scaling all intervals",
            draw_scaling(analysis.calibration, blurred=not shown),
            "Every interval scaled about its middle by one factor. Dotted: as they are. Solid: as wide as exact "
            "coverage needs. Shaded: what costs nothing.",
        ),
    ]
    if shown and analysis.pull_summary is not None:
        pictures.append(
            _figure(
                "Pulls",
                draw_pulls(analysis.pulls),
                f"Mean {decimal(analysis.pull_summary.mean, 2)}, width {analysis.pull_summary.width:.2f}. The line is "
                "how right answers scatter: normal, with mean 0 and width 1. Those beyond 5 are in the last bins.",
            )
        )
    return f'<h2>Coverage and pulls</h2>\n<div class="pictures">\n{"".join(pictures)}</div>'


def dependence_section(truth: Truth, analysis: Analysis) -> str:
    """Return the section on whether the answers are as good at every mu and every nuisance parameter."""
    rows = "\n".join(
        f'<tr><th scope="row">{symbol(one.parameter)}</th><td class="value">{p}</td>'
        f'<td class="meaning">{words}</td></tr>'
        for one in analysis.dependences
        for p, words in [p_value_words(one)]
    )
    pictures = [
        _figure(f"Against {symbol(one.parameter)}", draw_dependence(one, symbol(one.parameter)), "")
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
            "<p>p is the probability that a coverage which is the same everywhere would differ between groups as much "
            "as this one does (Pearson’s chi-squared test); below 0.001 it is hardly chance.</p>",
            f'<table class="tests">\n<tr class="head"><th>Against</th><th>p</th><th></th></tr>\n{rows}\n</table>',
            *(f'<p class="quiet">{sentence}</p>' for sentence in (*told, *([legend] if pictures else []))),
            f'<div class="pictures">\n{"".join(pictures)}</div>',
        ]
    )


def intervals_section(truth: Truth, predictions: Predictions) -> str:
    """Return the section with the intervals of all sets when they are few, or of a dozen."""
    shown_mus = truth.mus if may_show(truth, MU) else None
    num_sets, num_experiments = predictions.p16.shape
    order = np.arange(num_sets) if shown_mus is None else np.argsort(shown_mus, kind="stable")
    chosen = order[np.unique(np.linspace(0, num_sets - 1, min(num_sets, MOST_SETS)).round().astype(int))]
    sets = [_intervals_of(int(number), predictions, shown_mus) for number in chosen]
    half_range = common_half_range(sets)
    pictures = (_figure(f"Set {one.number}", draw_intervals(one, half_range), _set_caption(one)) for one in sets)
    return (
        f"<h2>Intervals</h2>\n<p>{_intervals_legend(num_sets, num_experiments, shown_mus is not None)}</p>\n"
        f'<div class="pictures">\n{"".join(pictures)}</div>'
    )


def _intervals_of(number: int, predictions: Predictions, shown_mus: FloatArray | None) -> SetIntervals:
    p16, p84 = predictions.p16[number], predictions.p84[number]
    if shown_mus is not None:
        return SetIntervals(number, p16, p84, float(shown_mus[number]))
    # Where all answers of a set lie is where its mu is, to a tenth of what one tells.
    middle = np.median((p16 + p84) / 2)
    return SetIntervals(number, p16 - middle, p84 - middle, None)


def _intervals_legend(num_sets: int, num_experiments: int, revealed: bool) -> str:
    which = f"{MOST_SETS} of {num_sets} sets, evenly chosen" if num_sets > MOST_SETS else "All sets"
    bars = f"the first {MOST_BARS} pseudo-experiments" if num_experiments > MOST_BARS else "the pseudo-experiments"
    order = " in the order of their true μ" if revealed else ""
    legend = (
        f"{which}{order}. A bar is the interval of one pseudo-experiment; "
        f"{bars} of a set are sorted by the middle of their interval. All pictures have one scale."
    )
    if not revealed:
        return f"{legend} Zero is the median of the set, for all its answers together would tell the hidden μ."
    colours = (
        '<span class="covers">Blue bars</span> cover the true μ, which is the vertical line; '
        '<span class="misses">orange, thicker bars</span> miss it.'
    )
    return f"{legend} {colours}"


def _set_caption(one: SetIntervals) -> str:
    width = f"mean width {np.mean(one.p84 - one.p16):.3f}"
    if one.true_mu is None:
        return width
    covered = int(is_covered(one.true_mu, one.p16, one.p84).sum())
    return f"μ = {one.true_mu:.3f}, {covered} of {one.p16.size} cover, {width}"


def _figure(title: str, svg: str, caption: str) -> str:
    below = f"<figcaption>{caption}</figcaption>\n" if caption else ""
    return f"<figure>\n<h3>{title}</h3>\n{svg}{below}</figure>\n"
