"""Summarise a run: a table for people, and ingestion_summary.json, which participants can read."""

import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
from rich.table import Table

from higgs_challenge.execution.engine import Engine
from higgs_challenge.execution.order_check import OrderCheck
from higgs_challenge.execution.progress import console
from higgs_challenge.execution.worker import Fit, Result
from higgs_challenge.experiments import Plan
from higgs_challenge.number_formats import count
from higgs_challenge.sandbox.isolation import Isolation
from higgs_challenge.task import Data

RECORDED_PACKAGES = ("numpy", "pandas", "numba")


@dataclass(frozen=True)
class Outcome:
    """The outcome of a run.

    Attributes:
        fit: of the submission.
        results: of the whole plan.
        isolation: the weakest that any of the submission's processes had.
        order_check: None if none was requested.
        warnings: as printed during the run.
    """

    fit: Fit
    results: Sequence[Result]
    isolation: Isolation
    order_check: OrderCheck | None
    warnings: Sequence[str]

    @property
    def failed_predictions(self) -> int:
        """How many predictions failed and count as the whole range of mu."""
        return sum(bool(result.failure) for result in self.results)

    @property
    def peak_memory(self) -> int:
        """The largest memory in bytes that one of the submission's workers used."""
        return max(self.fit.peak_memory, *(result.peak_memory for result in self.results))


def summarise(plan: Plan, data: Data, engine: Engine, outcome: Outcome, names: Sequence[str]) -> dict[str, Any]:
    """Describe a run for ingestion_summary.json, which contains neither the seed nor true values.

    Args:
        plan, data, engine: what ran where on which data.
        outcome: of the run.
        names: of the result files, which are the only ones that scoring will read.
    """
    return {
        "plan_fingerprint": plan.fingerprint,
        "task": plan.settings.task,
        "num_of_sets": plan.settings.num_of_sets,
        "num_pseudo_experiments": plan.settings.num_pseudo_experiments,
        "systematics": plan.active,
        "result_files": list(names),
        "data": data.source,
        **data.facts(),
        "warnings": list(outcome.warnings),
        "engine": engine.name,
        "workers": len(engine.devices),
        "threads_per_worker": engine.threads,
        "devices": engine.devices,
        "isolation": asdict(outcome.isolation),
        "order_check": asdict(outcome.order_check) if outcome.order_check else None,
        "processes_replaced": sum(result.repeats for result in outcome.results),
        "failed_predictions": outcome.failed_predictions,
        "fit_seconds": outcome.fit.seconds,
        "predict_seconds": quantiles([result.predict_seconds for result in outcome.results]),
        "outside_seconds": quantiles([result.outside_seconds for result in outcome.results]),
        "peak_memory_bytes": outcome.peak_memory,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in RECORDED_PACKAGES}},
    }


def show_summary(outcome: Outcome) -> None:
    """Print where the time went, and the memory, as a table without lines, which any log can hold."""
    table = Table(box=None, pad_edge=False)
    for heading in ("Seconds", "median", "95 %", "max"):
        table.add_column(heading, justify="left" if heading == "Seconds" else "right")
    table.add_row("fit", "", "", _digits(outcome.fit.seconds))
    for name, seconds in (
        ("predict", [result.predict_seconds for result in outcome.results]),
        ("outside the submission", [result.outside_seconds for result in outcome.results]),
    ):
        table.add_row(name, *map(_digits, quantiles(seconds).values()))
    console().print(table)
    if outcome.failed_predictions:
        failed = count(outcome.failed_predictions, "prediction")
        console().print(f"Failed, and counted as the whole range of mu: {failed} of {len(outcome.results)}.")
    console().print(f"Peak memory of the submission: {outcome.peak_memory / 1e9:.2f} GB in one worker.")


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """Return median, 95 % quantile and maximum of some durations in seconds."""
    median, p95, largest = np.quantile(seconds, [0.5, 0.95, 1.0])
    return {"median": float(median), "p95": float(p95), "max": float(largest)}


def _digits(seconds: float) -> str:
    return f"{seconds:.3g}" if seconds < 100 else f"{seconds:.0f}"
