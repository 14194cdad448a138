"""Results files made up for tests of what is read from them."""

from dataclasses import asdict
from typing import Any

import numpy as np

from higgs_scoring.bootstrap import bootstrap_sets
from higgs_scoring.metrics import Intervals, score_sets
from higgs_tools.baselines.describe_run import rounded
from higgs_tools.baselines.result_file import ResultFile
from tests.helpers.made_runs import made_intervals

SETS, PER_SET = 6, 20


def made_answers(stretch: float = 1.0, seed: int = 3) -> Intervals:
    """Answers to the same pseudo-experiments, with intervals of so many standard deviations to either side."""
    return rounded(made_intervals(SETS, PER_SET, np.random.default_rng(seed), stretch))


def made_content(method: str, stretch: float = 1.0, training_seed: int | None = None) -> dict[str, Any]:
    """The content of a results file."""
    intervals = made_answers(stretch)
    values, drawn = asdict(score_sets(intervals)), bootstrap_sets(intervals)
    assert drawn is not None
    names = ("quantile_score", "interval", "coverage", "winkler", "rmse", "mae")
    hashes = {"submission": "5e", "library": "1b", "data": "da", "plan": "91"}
    return {
        "format": 1,
        "title": f"The method {method}",
        "identity": {"method": method, "training_seed": training_seed, **hashes},
        "source": {"commit": "0123456789abcdef", "is_changed": False},
        "plan": {"phase": "feedback", "sets": SETS, "pseudo_experiments": PER_SET, "seed": 11},
        "events": {
            "source": "made up",
            "store": "build/data/large/store",
            "fresh": False,
            "hidden_depth": 25.0,
            "training_depth": 100.0,
        },
        "machine": {"processor": "a processor", "cores": 2, "gpus": ["a GPU"], "versions": {"python": "3.11.7"}},
        "cost": {"fit_seconds": 75.0, "predict_seconds": 1.25, "peak_memory_bytes": 10**9},
        "failed_predictions": 0,
        "scores": {name: {"value": values[name], "error": getattr(drawn.standard_errors, name)} for name in names},
        "pulls": {"mean": 0.01, "error": 0.05, "width": 0.98},
        "flatness": {"mu": {"coverage": 0.3, "bias": 0.2}, "tes": {"coverage": 0.04, "bias": None}},
        "width_before": 0.65,
        "cut_share": 0.25,
        "expected_width": None,
        "order_check": {"repeated": 2, "different": 0, "by_chance": 0, "largest_difference": 0.0},
        "answers": {
            "mus": intervals.mus.tolist(),
            "mu_hats": intervals.mu_hats.tolist(),
            "delta_mu_hats": intervals.delta_mu_hats.tolist(),
            "p16": intervals.p16.tolist(),
            "p84": intervals.p84.tolist(),
        },
    }


def made_result(method: str, stretch: float = 1.0, training_seed: int | None = None, **changes: Any) -> ResultFile:
    """A results file, with changes to its entries."""
    return ResultFile.model_validate({**made_content(method, stretch, training_seed), **changes})
