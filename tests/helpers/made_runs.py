"""Runs made up for tests of what is written about them."""

from dataclasses import replace
from typing import Any

import numpy as np

from higgs_scoring import report
from higgs_scoring.analysis import analyse
from higgs_scoring.dependence import Averages, Dependence
from higgs_scoring.metrics import FloatArray, Intervals
from higgs_scoring.predictions import Predictions, Summary
from higgs_scoring.truth import Reveal, Truth

NUISANCES = ("tes", "jes", "soft_met", "ttbar_scale", "diboson_scale", "bkg_scale")


NO_BREAK = str.maketrans("\xa0\u202f", "  ")


def made_intervals(num_sets: int, n: int, rng: np.random.Generator, stretch: float = 1.0) -> Intervals:
    """Intervals of n pseudo-experiments in each set, `stretch` standard deviations of mu_hat to either side."""
    mus = rng.uniform(0.1, 3, num_sets)
    sigma = rng.uniform(0.2, 0.4, (num_sets, n))
    mu_hats = rng.normal(mus[:, np.newaxis], sigma)
    return Intervals(mus, mu_hats, sigma, mu_hats - stretch * sigma, mu_hats + stretch * sigma)


def made_run(
    num_sets: int,
    n: int,
    *,
    reveal: Reveal = "all",
    stretch: float = 1.0,
    warnings: tuple[str, ...] = (),
    replaced: int = 0,
) -> tuple[Truth, Predictions]:
    rng = np.random.default_rng(3)
    intervals = made_intervals(num_sets, n, rng, stretch)
    predictions = Predictions(
        intervals=intervals,
        num_cut=0,
        predict_seconds=None,
        minutes=3.0,
        summary=Summary(result_files=(), processes_replaced=replaced, warnings=warnings),
    )
    nuisances = {name: rng.normal(1, 0.01, (num_sets, n)) for name in NUISANCES}
    return Truth("5eed", n, intervals.mus, nuisances, reveal), predictions


def with_answers(predictions: Predictions, **arrays: FloatArray) -> Predictions:
    """Other arrays of `Intervals` in their places; mus moves the truth."""
    return replace(predictions, intervals=replace(predictions.intervals, **arrays))


def render(truth: Truth, predictions: Predictions) -> str:
    return report.render_report(truth, predictions, analyse(truth, predictions))


def page_of(num_sets: int, n: int, **options: Any) -> str:
    return render(*made_run(num_sets, n, **options))


def depending(
    parameter: str, coverage_p: float | None, bias_p: float | None = 0.5, sizes: tuple[int, ...] = (50, 50)
) -> Dependence:
    values = np.arange(1.0, len(sizes) + 1, dtype=np.float64)
    coverage, bias, width, pull = (Averages(n + values, n + values - 0.1, n + values + 0.1) for n in range(4))
    return Dependence(parameter, values, np.array(sizes), coverage, bias, width, pull, values, coverage_p, bias_p)
