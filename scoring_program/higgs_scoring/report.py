"""detailed_results.html: what a participant sees of a scored run, in one file that needs nothing else."""

from html import escape

import numpy as np

from higgs_scoring.analysis import Analysis
from higgs_scoring.formats import decimal, duration, grouped, number, printable, rounded_error, score_text
from higgs_scoring.metrics import Scores
from higgs_scoring.pictures import dependence_section, intervals_section, may_show, overview_section
from higgs_scoring.predictions import Predictions
from higgs_scoring.style import CSS, html_page
from higgs_scoring.truth import MU, Truth
from higgs_scoring.words import advice, dependence_note, error_note, pull_note, scaling_advice, verdict

MOST_WARNINGS = 50
"""Warnings that are printed, each cut after LONGEST_WARNING characters, so that no submission can swell the page."""

LONGEST_WARNING = 1000


def render_report(truth: Truth, predictions: Predictions, analysis: Analysis) -> str:
    """Return the page, which shows of the truth what `truth.reveal` allows.

    At "none" that is numbers about the whole run with few digits; at "mu" also what depends on the true mu of single
    sets, and at "all" on the true nuisance parameters.
    """
    sections = [
        _opening(truth, analysis),
        _score_table(analysis, predictions.minutes),
        overview_section(truth, analysis),
        dependence_section(truth, analysis),
        intervals_section(truth, predictions),
        _warnings(predictions, analysis),
        _timing(predictions),
    ]
    return html_page("Detailed results", CSS, "\n".join(sections))


def _opening(truth: Truth, analysis: Analysis) -> str:
    in_full = may_show(truth, MU)
    sentences = [
        advice(analysis.scores, analysis.calibration.curve.needed.size),
        scaling_advice(analysis.calibration, in_full=in_full),
        # A few pulls alone, where the others are not defined, would tell where they are.
        pull_note(analysis.pull_summary) if in_full or not np.isnan(analysis.pulls).any() else "",
        dependence_note(analysis.dependences),
    ]
    paragraphs = "\n".join(f"<li>{escape(sentence)}</li>" for sentence in sentences if sentence)
    return (
        "<h1>HiggsML Uncertainty Challenge: detailed results</h1>\n"
        f'<p class="verdict">{escape(verdict(analysis))}</p>\n'
        f'<ul class="advice">\n{paragraphs}\n</ul>'
    )


MEANINGS = {
    "Quantile score": "−ln((width + 0.001) × penalty); larger is better; ranks",
    "Interval": "mean width of the intervals in μ",
    "Coverage": "share of the intervals that contain the true μ; the target is 0.6827",
    "Penalty": "factor for a wrong coverage; 1 is none",
    "Winkler score": "width, and 6.3 times what an interval misses μ by; smaller is better; no coverage is free",
    "Width at exact coverage": "mean width, all intervals scaled to cover 68.27 %; not ranked",
    "RMSE": "error of μ̂ and of its stated uncertainty, root of squares; not ranked",
    "MAE": "error of μ̂ and of its stated uncertainty, absolute; not ranked",
    "Duration": "of the whole ingestion",
}


def _score_table(analysis: Analysis, minutes: float) -> str:
    scores = analysis.scores
    width = f"{analysis.width_at_exact_coverage:g}" if analysis.calibration.exact else "–"
    values = {
        "Quantile score": (decimal(scores.quantile_score, 4), "quantile_score"),
        "Interval": (f"{scores.interval:.4f}", "interval"),
        "Coverage": (f"{scores.coverage:.4f}", "coverage"),
        "Penalty": (number(scores.penalty), None),
        "Winkler score": (score_text("winkler", scores.winkler), "winkler"),
        "Width at exact coverage": (width, None),
        "RMSE": (score_text("rmse", scores.rmse), "rmse"),
        "MAE": (score_text("mae", scores.mae), "mae"),
        "Duration": (duration(60 * minutes), None),
    }
    drawn = {"sets": analysis.over_sets, "pseudo-experiments": analysis.over_experiments}
    errors = {unit: bootstrap.standard_errors for unit, bootstrap in drawn.items() if bootstrap is not None}
    head = "".join(f"<th>± {unit}</th>" for unit in errors)
    lines = "\n".join(
        f'<tr><th scope="row">{name}</th><td class="value">{value}</td>{_errors(score, errors)}'
        f'<td class="meaning">{MEANINGS[name]}</td></tr>'
        for name, (value, score) in values.items()
    )
    return (
        f'<table class="scores">\n<tr class="head"><th></th><th></th>{head}<th></th></tr>\n{lines}\n</table>\n'
        f'<p class="quiet">{escape(error_note(analysis.over_sets, analysis.over_experiments))}</p>'
    )


def _errors(score: str | None, errors: dict[str, Scores]) -> str:
    """Return a cell for each kind of error, with a label that shows where there is no room for the table's head."""
    return "".join(
        f'<td class="error" data-unit="{unit}">{rounded_error(getattr(of_unit, score)) if score else ""}</td>'
        for unit, of_unit in errors.items()
    )


def _warnings(predictions: Predictions, analysis: Analysis) -> str:
    told = [*_oddities(predictions, analysis), *map(printable, predictions.summary.warnings)]
    if not told:
        return "<h2>Failures and warnings</h2>\n<p>None: no process died, and every answer is in order.</p>"
    items = "\n".join(f"<li>{escape(_cut(warning))}</li>" for warning in told[:MOST_WARNINGS])
    left_out = len(told) - MOST_WARNINGS
    more = f'\n<p class="quiet">{left_out} more are in ingestion_summary.json.</p>' if left_out > 0 else ""
    return f"<h2>Failures and warnings</h2>\n<ul>\n{items}\n</ul>{more}"


def _oddities(predictions: Predictions, analysis: Analysis) -> list[str]:
    """Return what is allowed in answers but hardly meant, and how often a process died."""
    intervals = predictions.intervals
    outside = (intervals.mu_hats < intervals.p16) | (intervals.mu_hats > intervals.p84)
    counts = {
        "Processes of the submission that died and were replaced": predictions.summary.processes_replaced,
        "Intervals of no width": int((intervals.p16 == intervals.p84).sum()),
        "Intervals that do not contain their own μ̂": int(outside.sum()),
        "Answers without a δμ̂ above 0, and so without a pull": int(np.isnan(analysis.pulls).sum()),
    }
    return [f"{what}: {grouped(count)}." for what, count in counts.items() if count]


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
