"""The story of a scoring run."""

import json
from pathlib import Path

import numpy as np

from higgs_scoring.analysis import Analysis, analyse
from higgs_scoring.errors import ScoringError
from higgs_scoring.metrics import significant
from higgs_scoring.output import DECIMALS, make_folder, write_whole
from higgs_scoring.predictions import Predictions, read_predictions
from higgs_scoring.report import render_report
from higgs_scoring.truth import read_truth

SCORES_FILE = "scores.json"
REPORT_FILE = "detailed_results.html"


def score_run(prediction: Path, reference: Path, output: Path) -> Analysis:
    """Score the prediction folder and write scores.json and detailed_results.html.

    Older ones are removed first, lest they are taken for those of a run that cannot be scored. Everything is read,
    checked and computed before the first byte is written.
    """
    _remove_older(output)
    truth = read_truth(reference)
    predictions = read_predictions(prediction, truth)
    analysis = analyse(truth, predictions)
    page = render_report(truth, predictions, analysis)
    make_folder(output)
    write_whole(output / REPORT_FILE, page)
    columns = leaderboard_columns(analysis, predictions)
    write_whole(output / SCORES_FILE, json.dumps(columns, indent=2, allow_nan=False) + "\n")
    return analysis


def leaderboard_columns(analysis: Analysis, predictions: Predictions) -> dict[str, float]:
    """Return the leaderboard's columns, rounded to what the platform stores; what a run does not tell has no key.

    That is an error where there is one pseudo-experiment only, and times that the result files do not hold. The keys of
    the official scores are the official scorer's; of the others few digits are told, as they depend on the truth.
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
    if predictions.summary.fit_seconds is not None:
        columns["fit_seconds"] = predictions.summary.fit_seconds
    if predictions.predict_seconds is not None:
        columns["predict_seconds"] = float(np.median(predictions.predict_seconds))
    return {key: round(value, DECIMALS) for key, value in columns.items()}


def _remove_older(output: Path) -> None:
    for name in (SCORES_FILE, REPORT_FILE):
        try:
            (output / name).unlink(missing_ok=True)
        except NotADirectoryError:
            return  # the output is a file, which make_folder refuses
        except OSError as error:
            raise ScoringError(
                f"{output / name} of an earlier run cannot be removed ({error}): give another --output."
            ) from error
