"""How runs are scored and ranked, from the files that are read to those that are written."""

import json
from contextlib import suppress
from pathlib import Path

import numpy as np

from higgs_scoring.analysis import Analysis, analyse
from higgs_scoring.errors import ScoringError
from higgs_scoring.files import make_directory, write_atomically
from higgs_scoring.html_pages import render_template
from higgs_scoring.leaderboard import Leaderboard, as_csv
from higgs_scoring.leaderboard_page import render_leaderboard
from higgs_scoring.metrics import significant
from higgs_scoring.number_formats import MAX_DECIMALS
from higgs_scoring.predictions import Predictions, read_predictions
from higgs_scoring.report import render_report
from higgs_scoring.truth import read_truth

SCORES_FILE = "scores.json"
REPORT_FILE = "detailed_results.html"
CSV_FILE = "leaderboard.csv"
PAGE_FILE = "leaderboard.html"


def score_run(prediction: Path, reference: Path, output: Path) -> Analysis:
    """Score a run and write scores.json and detailed_results.html.

    Older ones are removed first, so that they are not taken for those of a run that cannot be scored. Everything is
    read, checked and computed before the first byte is written. Where a run cannot be scored, detailed_results.html
    says why: it reaches the platform as a file, while logs may get lost.

    Args:
        prediction: directory that ingestion wrote.
        reference: directory of the truth.
        output: directory for the two files.

    Returns:
        What was computed.

    Raises:
        ScoringError: the input cannot be scored, or the output not written.
    """
    _remove_older(output)
    try:
        return _score(prediction, reference, output)
    except ScoringError as error:
        _write_failure(output, f"Not scored: {error}")
        raise
    except Exception as error:
        _write_failure(output, f"Not scored: scoring itself broke with {type(error).__name__}. Tell the organisers.")
        raise


def _score(prediction: Path, reference: Path, output: Path) -> Analysis:
    truth = read_truth(reference)
    predictions = read_predictions(prediction, truth)
    analysis = analyse(truth, predictions)
    page = render_report(truth, predictions, analysis)
    make_directory(output)
    write_atomically(output / REPORT_FILE, page)
    columns = leaderboard_columns(analysis, predictions)
    write_atomically(output / SCORES_FILE, json.dumps(columns, indent=2, allow_nan=False) + "\n")
    return analysis


def _write_failure(output: Path, text: str) -> None:
    """Write the page of a run that is not scored; where that is impossible, the error that led here says more."""
    with suppress(ScoringError):
        make_directory(output)
        write_atomically(output / REPORT_FILE, render_template("failure.html", text=text))


def leaderboard_columns(analysis: Analysis, predictions: Predictions) -> dict[str, float]:
    """Return the leaderboard's columns, rounded to what the platform stores; what is unknown has no key.

    Unknown are errors where there is only one pseudo-experiment, and times that the result files do not contain. The
    keys of the official scores are the official scorer's; the others have few digits, as they depend on the truth.
    """
    scores = analysis.scores
    columns = {
        "quantiles_score": scores.quantile_score,
        "interval": scores.interval,
        "coverage": scores.coverage,
        "ingestion_duration": predictions.minutes,
        "rmse": scores.rmse,
        "mae": scores.mae,
        "winkler_score": significant(scores.winkler, 4),
        "width_at_exact_coverage": analysis.width_at_exact_coverage,
        "failed_predictions": predictions.summary.failed_predictions,
    }
    if (bootstrap := analysis.bootstrap) is not None:
        errors = bootstrap.standard_errors
        columns |= {
            "quantiles_score_median": bootstrap.medians.quantile_score,
            "quantiles_score_error": significant(errors.quantile_score, 2),
            "interval_error": significant(errors.interval, 2),
            "coverage_error": significant(errors.coverage, 2),
            "rmse_error": significant(errors.rmse, 2),
            "mae_error": significant(errors.mae, 2),
            "winkler_score_error": significant(errors.winkler, 2),
        }
    if analysis.shared is not None:
        columns |= {"shared_shift": analysis.shared.shift, "coverage_shared_cost": analysis.shared.mean_cost}
    if (cut := analysis.range_cut) is not None:
        columns |= {"interval_before_cut": cut.interval_before, "cut_share": cut.share}
    if predictions.summary.fit_seconds is not None:
        columns["fit_seconds"] = predictions.summary.fit_seconds
    if predictions.predict_seconds is not None:
        columns["predict_seconds"] = float(np.median(predictions.predict_seconds))
    return {key: round(value, MAX_DECIMALS) for key, value in columns.items()}


def write_leaderboard(board: Leaderboard, output: Path) -> None:
    """Write leaderboard.csv and leaderboard.html.

    Raises:
        ScoringError: a file cannot be written.
    """
    texts = {CSV_FILE: as_csv(board), PAGE_FILE: render_leaderboard(board)}
    make_directory(output)
    for name, text in texts.items():
        write_atomically(output / name, text)


def _remove_older(output: Path) -> None:
    for name in (SCORES_FILE, REPORT_FILE):
        try:
            (output / name).unlink(missing_ok=True)
        except NotADirectoryError:
            return  # the output is a file, which make_directory refuses
        except OSError as error:
            raise ScoringError(
                f"{output / name} of an earlier run cannot be removed ({error}): choose another --output."
            ) from error
