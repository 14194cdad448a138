"""detailed_results.html: what a participant sees of a scored run, in one file that needs nothing else."""

from html import escape

import numpy as np

from higgs_scoring.bootstrap import Bootstrap
from higgs_scoring.figures import (
    MOST_BARS,
    MOST_SINGLE_POINTS,
    SetIntervals,
    common_half_range,
    draw_coverage,
    draw_intervals,
    draw_penalty,
    draw_width,
)
from higgs_scoring.metrics import FloatArray, Scores, is_covered
from higgs_scoring.results import Predictions, Truth
from higgs_scoring.style import CSS, html_page
from higgs_scoring.words import advice, decimal, duration, error_note, plus_minus, verdict

MOST_SETS = 12
"""Sets whose intervals are drawn."""

MOST_WARNINGS = 50
"""Warnings that are printed, each cut after LONGEST_WARNING characters, so that no submission can swell the page."""

LONGEST_WARNING = 1000


def render_report(
    truth: Truth, predictions: Predictions, scores: Scores, bootstrap: Bootstrap | None, *, reveal_truth: bool
) -> str:
    """Return the page. Without `reveal_truth` nothing but the scores and their errors depends on the true mu."""
    # The one place that decides: whatever is drawn below gets its true mu from here or not at all.
    shown_mus = truth.mus if reveal_truth else None
    sections = [
        _opening(scores, predictions),
        _score_table(scores, bootstrap, predictions.minutes),
        _overview(scores, predictions, shown_mus),
        _intervals(predictions, shown_mus),
        _warnings(predictions.summary.warnings),
        _timing(predictions),
    ]
    return html_page("Detailed results", CSS, "\n".join(sections))


def _opening(scores: Scores, predictions: Predictions) -> str:
    return (
        "<h1>HiggsML Uncertainty Challenge: detailed results</h1>\n"
        f'<p class="verdict">{escape(verdict(scores, predictions.p16.size))}</p>\n'
        f"<p>{escape(advice(scores))}</p>"
    )


def _score_table(scores: Scores, bootstrap: Bootstrap | None, minutes: float) -> str:
    errors = None if bootstrap is None else bootstrap.standard_errors
    rows = [
        (
            "quantile_score",
            "Quantile score",
            decimal(scores.quantile_score, 4),
            "−ln((width + 0.001) × penalty); larger is better",
        ),
        ("interval", "Interval", f"{scores.interval:.4f}", "mean width of the intervals in μ"),
        (
            "coverage",
            "Coverage",
            f"{scores.coverage:.4f}",
            "share of the intervals that contain the true μ; the target is 0.6827",
        ),
        (None, "Penalty", f"{scores.penalty:.4g}", "factor for a wrong coverage; 1 is none"),
        ("rmse", "RMSE", f"{scores.rmse:.4f}", "error of μ̂ and of its stated uncertainty, root of squares; not ranked"),
        ("mae", "MAE", f"{scores.mae:.4f}", "error of μ̂ and of its stated uncertainty, absolute; not ranked"),
        (None, "Duration", duration(60 * minutes), "of the whole ingestion"),
    ]
    lines = (
        f'<tr><th scope="row">{name}</th><td class="value">{value}</td>'
        f'<td class="error">{plus_minus(getattr(errors, score), 4) if errors and score else ""}</td>'
        f'<td class="meaning">{meaning}</td></tr>'
        for score, name, value, meaning in rows
    )
    table = '<table class="scores">\n' + "\n".join(lines) + "\n</table>"
    return f'{table}\n<p class="quiet">{escape(error_note(bootstrap))}</p>'


def _overview(scores: Scores, predictions: Predictions, shown_mus: FloatArray | None) -> str:
    n = predictions.p16.size
    pictures = [
        _figure(
            "What coverage costs",
            draw_penalty(scores.coverage, scores.penalty, n),
            "Inside the shaded zone, two standard deviations around 0.6827, the coverage costs nothing.",
        )
    ]
    many = predictions.p16.shape[0] > MOST_SINGLE_POINTS
    each = "Faint points are single sets, full ones groups of neighbouring sets" if many else "Each point is a set"
    if shown_mus is not None:
        pictures.append(
            _figure(
                "Coverage against μ",
                draw_coverage(shown_mus, predictions.p16, predictions.p84),
                f"{each}; bars are 68 % Wilson intervals. Dashed: the target. Shaded: what is allowed for all sets "
                "together.",
            )
        )
    positions = predictions.mu_hats.mean(axis=1) if shown_mus is None else shown_mus
    label = "mean estimated μ" if shown_mus is None else "true μ"
    pictures.append(
        _figure(
            "Width against μ",
            draw_width(positions, predictions.p16, predictions.p84, label=label),
            f"{each}; bars are the standard error of the mean.",
        )
    )
    return f'<h2>Coverage and width</h2>\n<div class="pictures">\n{"".join(pictures)}</div>'


def _intervals(predictions: Predictions, shown_mus: FloatArray | None) -> str:
    num_sets, num_experiments = predictions.p16.shape
    order = np.argsort(predictions.mu_hats.mean(axis=1) if shown_mus is None else shown_mus, kind="stable")
    chosen = order[np.unique(np.linspace(0, num_sets - 1, min(num_sets, MOST_SETS)).round().astype(int))]
    sets = [
        SetIntervals(
            number=int(number),
            p16=predictions.p16[number],
            p84=predictions.p84[number],
            true_mu=None if shown_mus is None else float(shown_mus[number]),
        )
        for number in chosen
    ]
    half_range = common_half_range(sets)
    pictures = (_figure(f"Set {one.number}", draw_intervals(one, half_range), _set_caption(one)) for one in sets)
    return (
        f"<h2>Intervals</h2>\n<p>{_intervals_legend(num_sets, num_experiments, shown_mus is not None)}</p>\n"
        f'<div class="pictures">\n{"".join(pictures)}</div>'
    )


def _intervals_legend(num_sets: int, num_experiments: int, revealed: bool) -> str:
    ordered = "true" if revealed else "estimated"
    which = f"{MOST_SETS} of {num_sets} sets, evenly chosen" if num_sets > MOST_SETS else "All sets"
    bars = f"the first {MOST_BARS} pseudo-experiments" if num_experiments > MOST_BARS else "the pseudo-experiments"
    legend = (
        f"{which} in the order of their {ordered} μ. A bar is the interval of one pseudo-experiment; "
        f"{bars} of a set are sorted by the middle of their interval. All pictures have one scale."
    )
    if not revealed:
        return legend
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
    return f"<figure>\n<h3>{title}</h3>\n{svg}<figcaption>{caption}</figcaption>\n</figure>\n"


def _warnings(warnings: tuple[str, ...]) -> str:
    if not warnings:
        return "<h2>Warnings</h2>\n<p>The run gave none.</p>"
    items = "\n".join(f"<li>{escape(_cut(warning))}</li>" for warning in warnings[:MOST_WARNINGS])
    left_out = len(warnings) - MOST_WARNINGS
    more = f'\n<p class="quiet">{left_out} more are in ingestion_summary.json.</p>' if left_out > 0 else ""
    return f"<h2>Warnings</h2>\n<ul>\n{items}\n</ul>{more}"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_WARNING else text[:LONGEST_WARNING] + " …"


def _timing(predictions: Predictions) -> str:
    rows = [("Whole ingestion", duration(60 * predictions.minutes))]
    if predictions.summary.fit_seconds is not None:
        rows.append(("fit()", duration(predictions.summary.fit_seconds)))
    if predictions.predict_seconds is not None:
        median, p95, longest = np.quantile(predictions.predict_seconds, [0.5, 0.95, 1])
        rows.append(("predict(), median", duration(float(median))))
        rows.append(("predict(), 95 % within", duration(float(p95))))
        rows.append(("predict(), longest", duration(float(longest))))
    lines = "\n".join(f'<tr><th scope="row">{name}</th><td class="value">{value}</td></tr>' for name, value in rows)
    return f'<h2>Timing</h2>\n<table class="times">\n{lines}\n</table>'
