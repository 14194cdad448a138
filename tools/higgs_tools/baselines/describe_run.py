"""What a results file says of a finished run, read from what the run left and scored anew."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from higgs_challenge.execution.file_names import LOG_FILE, SUMMARY_FILE
from higgs_scoring.analysis import Analysis, analyse
from higgs_scoring.metrics import FloatArray, Intervals
from higgs_scoring.predictions import read_predictions
from higgs_scoring.truth import Truth
from higgs_tools.baselines.result_file import (
    ANSWER_DECIMALS,
    Answers,
    Cost,
    Estimate,
    Flatness,
    OrderCheck,
    Pulls,
    ScoreEstimates,
)

EXPECTED_WIDTH = re.compile(r"^expected width: (\d+(?:\.\d+)?)\s*$", re.MULTILINE)
"""The line that a method prints in fit."""


def describe_run(folder: Path, truth: Truth) -> dict[str, Any]:
    """Return what is measured of a run: entries of `ResultFile`.

    Args:
        folder: the run's output.
        truth: of its plan.
    """
    predictions = read_predictions(folder, truth)
    intervals = rounded(predictions.intervals)
    analysis = analyse(truth, replace(predictions, intervals=intervals))
    assert analysis.range_cut is not None  # our own truth has the range of mu
    summary = json.loads((folder / SUMMARY_FILE).read_text())
    return {
        "cost": Cost(
            fit_seconds=summary["fit_seconds"],
            predict_seconds=summary["predict_seconds"]["median"],
            peak_memory_bytes=summary["peak_memory_bytes"],
        ),
        "failed_predictions": predictions.summary.failed_predictions,
        "scores": _scores(analysis),
        "pulls": _pulls(analysis),
        "flatness": {
            one.parameter: Flatness(coverage=one.coverage_p_value, bias=one.bias_p_value)
            for one in analysis.dependences
        },
        "width_before": analysis.range_cut.interval_before,
        "cut_share": analysis.range_cut.share,
        "expected_width": find_expected_width((folder / LOG_FILE).read_text(encoding="utf-8", errors="replace")),
        "order_check": _order_check(summary["order_check"]),
        "answers": Answers(
            mus=intervals.mus.tolist(),
            mu_hats=intervals.mu_hats.tolist(),
            delta_mu_hats=intervals.delta_mu_hats.tolist(),
            p16=intervals.p16.tolist(),
            p84=intervals.p84.tolist(),
        ),
    }


def rounded(intervals: Intervals) -> Intervals:
    """Round the answers to as many decimals as a results file keeps."""

    def short(values: FloatArray) -> FloatArray:
        return np.round(values, ANSWER_DECIMALS)

    answers = (intervals.mu_hats, intervals.delta_mu_hats, intervals.p16, intervals.p84)
    return Intervals(intervals.mus, *map(short, answers))


def find_expected_width(log: str) -> float | None:
    r"""Return the width that a method says it expects: that of its last such line; None if there is none.

    Example:
        >>> find_expected_width("expected width: 0.5\nbetter\nexpected width: 0.479\n"), find_expected_width("width: 1")
        (0.479, None)
    """
    found = EXPECTED_WIDTH.findall(log)
    return float(found[-1]) if found else None


def _scores(analysis: Analysis) -> ScoreEstimates:
    errors = None if analysis.bootstrap is None else analysis.bootstrap.standard_errors
    return ScoreEstimates(
        **{
            name: Estimate(
                value=getattr(analysis.scores, name), error=None if errors is None else getattr(errors, name)
            )
            for name in ScoreEstimates.model_fields
        }
    )


def _pulls(analysis: Analysis) -> Pulls | None:
    pulls = analysis.pull_summary
    if pulls is None:
        return None
    return Pulls(mean=pulls.mean, error=None if math.isnan(pulls.error) else pulls.error, width=pulls.width)


def _order_check(recorded: Mapping[str, Any] | None) -> OrderCheck | None:
    if recorded is None:
        return None
    numbers = {name: len(recorded[name]) for name in ("different", "by_chance")}
    return OrderCheck(repeated=recorded["repeated"], largest_difference=recorded["largest_difference"], **numbers)
