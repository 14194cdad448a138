"""The story of a scoring run."""

import json
import os
from pathlib import Path

from higgs_scoring.bootstrap import bootstrap_scores
from higgs_scoring.errors import ScoringError
from higgs_scoring.metrics import Scores, score_sets
from higgs_scoring.report import render_report
from higgs_scoring.results import read_predictions, read_truth

REPORT_FILE = "detailed_results.html"
DECIMALS = 10
"""What a leaderboard column holds after the point."""


def score_run(prediction: Path, reference: Path, output: Path) -> dict[str, float]:
    """Score the prediction folder, write scores.json and detailed_results.html, and return the scores.

    Everything is read, checked and computed before the first byte is written.
    """
    truth = read_truth(reference)
    predictions = read_predictions(prediction, truth)
    scores = score_sets(
        truth.mus,
        mu_hats=predictions.mu_hats,
        delta_mu_hats=predictions.delta_mu_hats,
        p16=predictions.p16,
        p84=predictions.p84,
    )
    # Its errors stand in the report only: scores.json may hold no key but those of the leaderboard's columns.
    bootstrap = bootstrap_scores(
        truth.mus,
        mu_hats=predictions.mu_hats,
        delta_mu_hats=predictions.delta_mu_hats,
        p16=predictions.p16,
        p84=predictions.p84,
    )
    page = render_report(truth, predictions, scores, bootstrap, reveal_truth=truth.reveal)
    columns = leaderboard_columns(scores, predictions.minutes)
    _make_folder(output)
    _write(output / REPORT_FILE, page)
    _write(output / "scores.json", json.dumps(columns, indent=2, allow_nan=False) + "\n")
    return columns


def leaderboard_columns(scores: Scores, minutes: float) -> dict[str, float]:
    """Return the leaderboard's columns under the official keys, rounded to what the platform stores."""
    columns = {
        "quantiles_score": scores.quantile_score,
        "interval": scores.interval,
        "coverage": scores.coverage,
        "ingestion_duration": minutes,
        "rmse": scores.rmse,
        "mae": scores.mae,
    }
    return {key: round(value, DECIMALS) for key, value in columns.items()}


def _make_folder(output: Path) -> None:
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ScoringError(f"The output {output} cannot be a folder ({error}): give another --output.") from error


def _write(path: Path, text: str) -> None:
    """Write under a temporary name first, so that a file of the final name is always whole."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_text(text, encoding="utf-8")
    os.replace(unfinished, path)
