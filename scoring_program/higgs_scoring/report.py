"""detailed_results.html: what a participant sees of a scored run, in one file that needs nothing else."""

from dataclasses import dataclass

import numpy as np

from higgs_scoring.analysis import Analysis
from higgs_scoring.html_pages import render_template
from higgs_scoring.number_formats import decimal, duration, grouped, number, percentage, rounded_error, score_text
from higgs_scoring.predictions import Predictions
from higgs_scoring.range_cut import RangeCut
from higgs_scoring.report_pictures import HIDDEN, draw_dependences, draw_overview, draw_sets, may_show, sets_legend
from higgs_scoring.truth import MU, Truth
from higgs_scoring.untrusted_text import printable
from higgs_scoring.verdict import (
    advice,
    cut_note,
    dependence_conclusion,
    dependence_note,
    error_note,
    is_suspicious,
    p_value_text,
    pull_note,
    scaling_advice,
    shared_note,
    symbol,
    verdict,
)

MAX_WARNINGS = 50
"""Warnings that are shown, each up to MAX_WARNING_LENGTH characters, so that no submission can bloat the page."""

MAX_WARNING_LENGTH = 1000

MEANINGS = {
    "Quantile score": "−ln((width + 0.001) × penalty); larger is better; the ranking uses it",
    "Interval": "mean width of the intervals in μ",
    "Interval before the cut": "mean of 2 δμ̂, the width before any cut at the range of μ; not ranked",
    "Cut intervals": "share that ends at an edge of the range of μ and is narrower than 2 δμ̂",
    "Coverage": "fraction of the intervals that contain the true μ; the target is 0.6827",
    "Lost to shared events": "coverage that is lost on average because all pseudo-experiments share one store",
    "Penalty": "factor for wrong coverage; 1 means no penalty",
    "Winkler score": "width plus 6.3 times the distance by which an interval misses μ; smaller is better; not ranked",
    "Width at exact coverage": "mean width with all intervals scaled to cover 68.27 %; not ranked",
    "RMSE": "error of μ̂ and of its stated uncertainty, by squares; not ranked",
    "MAE": "error of μ̂ and of its stated uncertainty, by absolute values; not ranked",
    "Duration": "of the whole ingestion",
}


@dataclass(frozen=True)
class ScoreRow:
    """A row of the table of scores; errors are by what was resampled, and empty for what has none."""

    name: str
    value: str
    errors: dict[str, str]

    @property
    def meaning(self) -> str:
        """What the number is."""
        return MEANINGS[self.name]


@dataclass(frozen=True)
class PValue:
    """A p-value as it is printed, and whether it stands out."""

    text: str
    is_suspicious: bool


@dataclass(frozen=True)
class DependenceRow:
    """A row of the table of tests: does coverage, or bias, depend on a parameter?"""

    symbol: str
    p_values: tuple[PValue, PValue]
    conclusion: str


def render_report(truth: Truth, predictions: Predictions, analysis: Analysis) -> str:
    """Return the page, which shows as much of the truth as `truth.reveal` allows.

    Args:
        truth: with reveal "none" the page has numbers about the whole run, with few digits; with "mu" also what depends
            on the true mu of single sets, and with "all" what depends on the true nuisance parameters.
        predictions: of the run.
        analysis: of the same run.

    Returns:
        HTML.
    """
    warnings = [*analysis.oddities, *map(printable, predictions.summary.warnings)]
    return render_template(
        "report.html",
        title=truth.title,
        verdict=verdict(analysis),
        advice=[*failure_notes(predictions.summary.failed_predictions), *_advice(truth, analysis)],
        units=list(_errors(analysis, None)),
        scores=_scores(analysis, predictions.minutes),
        error_note=error_note(analysis.over_sets, analysis.over_experiments),
        overview=draw_overview(truth, analysis),
        tests=_tests(analysis),
        hidden=HIDDEN.get(truth.reveal),
        dependences=draw_dependences(truth, analysis),
        sets=draw_sets(truth, predictions),
        sets_legend=sets_legend(*predictions.intervals.p16.shape),
        warnings=[_cut(warning) for warning in warnings[:MAX_WARNINGS]],
        warnings_left_out=max(len(warnings) - MAX_WARNINGS, 0),
        times=_times(predictions),
    )


def failure_notes(failed: int) -> list[str]:
    """Return what a run's failed predictions mean for its scores; nothing where none failed."""
    if not failed:
        return []
    return [f"Failed predictions: {grouped(failed)}. The scores take the whole range of μ for each."]


def _advice(truth: Truth, analysis: Analysis) -> list[str]:
    in_full = may_show(truth, MU)
    errors = None if analysis.bootstrap is None else analysis.bootstrap.standard_errors
    sentences = [
        advice(analysis.scores, analysis.calibration.curve.needed.size),
        cut_note(analysis.range_cut, analysis.scores.interval),
        shared_note(analysis.shared, None if errors is None else errors.coverage),
        scaling_advice(analysis.calibration, in_full=in_full),
        # If only a few pulls are defined, their mean would reveal where these answers are.
        pull_note(analysis.pull_summary, analysis.shared) if in_full or not np.isnan(analysis.pulls).any() else "",
        dependence_note(analysis.dependences),
    ]
    return [sentence for sentence in sentences if sentence]


def _scores(analysis: Analysis, minutes: float) -> list[ScoreRow]:
    scores = analysis.scores
    width = f"{analysis.width_at_exact_coverage:g}" if analysis.calibration.exact else "–"
    values = {
        "Quantile score": (decimal(scores.quantile_score, 4), "quantile_score"),
        "Interval": (f"{scores.interval:.4f}", "interval"),
        **_cut_values(analysis.range_cut),
        "Coverage": (f"{scores.coverage:.4f}", "coverage"),
        "Lost to shared events": (f"{analysis.shared.mean_cost:.4f}" if analysis.shared else "–", None),
        "Penalty": (number(scores.penalty), None),
        "Winkler score": (score_text("winkler", scores.winkler), "winkler"),
        "Width at exact coverage": (width, None),
        "RMSE": (score_text("rmse", scores.rmse), "rmse"),
        "MAE": (score_text("mae", scores.mae), "mae"),
        "Duration": (duration(60 * minutes), None),
    }
    return [ScoreRow(name, value, _errors(analysis, score)) for name, (value, score) in values.items()]


def _cut_values(cut: RangeCut | None) -> dict[str, tuple[str, None]]:
    """Return the rows on intervals that are cut; of a run that has none only that."""
    if cut is None:
        return {}
    before = {"Interval before the cut": (decimal(cut.interval_before, 4), None)} if cut.share else {}
    return {**before, "Cut intervals": (percentage(cut.share), None)}


def _errors(analysis: Analysis, score: str | None) -> dict[str, str]:
    """Return the standard errors of a score by what was resampled; empty texts if the score is None."""
    drawn = {"sets": analysis.over_sets, "pseudo-experiments": analysis.over_experiments}
    return {
        unit: rounded_error(getattr(bootstrap.standard_errors, score)) if score else ""
        for unit, bootstrap in drawn.items()
        if bootstrap is not None
    }


def _tests(analysis: Analysis) -> list[DependenceRow]:
    return [
        DependenceRow(
            symbol(one.parameter),
            (_p_value(one.coverage_p_value), _p_value(one.bias_p_value)),
            dependence_conclusion(one),
        )
        for one in analysis.dependences
    ]


def _p_value(p_value: float | None) -> PValue:
    return PValue(p_value_text(p_value), is_suspicious(p_value))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_WARNING_LENGTH else text[:MAX_WARNING_LENGTH] + " …"


def _times(predictions: Predictions) -> dict[str, str]:
    times = {"Whole ingestion": duration(60 * predictions.minutes)}
    if predictions.summary.fit_seconds is not None:
        times["fit()"] = duration(predictions.summary.fit_seconds)
    if predictions.predict_seconds is not None:
        median, p95, longest = np.quantile(predictions.predict_seconds, [0.5, 0.95, 1])
        times["predict(), median"] = duration(float(median))
        times["predict(), 95 % within"] = duration(float(p95))
        times["predict(), longest"] = duration(float(longest))
    return times
