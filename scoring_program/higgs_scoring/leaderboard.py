"""The table of any number of runs on one truth: their scores, their ranks, and those that cannot be scored."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from higgs_scoring.bootstrap import Bootstrap, bootstrap_pseudo_experiments, bootstrap_sets
from higgs_scoring.errors import ScoringError
from higgs_scoring.metrics import Scores, score_sets
from higgs_scoring.number_formats import MAX_DECIMALS
from higgs_scoring.predictions import read_predictions
from higgs_scoring.range_cut import RangeCut, find_range_cut
from higgs_scoring.ranking import Contender, Ranking, rank_all
from higgs_scoring.run_folders import RunFolder, find_results
from higgs_scoring.shared_events import SharedEvents
from higgs_scoring.truth import Truth
from higgs_scoring.untrusted_text import one_line, spreadsheet_cell

MAX_PROBLEM_LENGTH = 1000

COLUMNS = (
    *("rank", "name", "quantile_score", "quantile_score_error", "quantile_score_median"),
    *("quantile_score_low", "quantile_score_high", "interval", "interval_error", "coverage", "coverage_error"),
    *("interval_before_cut", "cut_share", "shared_shift", "coverage_shared_cost"),
    *("minutes", "fit_seconds", "predict_seconds", "failed_predictions", "baseline", "problem"),
)
"""Of the CSV file; low and high are the ends of `ScoredRun.score_range`, the times of predict() are medians.

The baseline has "yes" in its column, and no rank.
"""


@dataclass(frozen=True, eq=False)
class ScoredRun:
    """What is kept of a run: nothing that grows with its length.

    Attributes:
        name: fit to be shown.
        scores: of the whole run.
        bootstrap: of the sets, or of the pseudo-experiments of a single set; None for a single pseudo-experiment.
        minutes: of the whole ingestion.
        fit_seconds: None where the run does not report it.
        predict_seconds: median; None where the run does not report it.
        failed_predictions: how many failed and count as the whole range of mu.
        data: what the run reports about its events, see `predictions.Summary`.
        shared: how many events its pseudo-experiments share; None where the run does not report it.
        range_cut: how its intervals are cut at the range of mu; None where the truth does not have the range.
        is_baseline: takes no rank, and is marked wherever it is shown.
    """

    name: str
    scores: Scores
    bootstrap: Bootstrap | None
    minutes: float
    fit_seconds: float | None
    predict_seconds: float | None
    failed_predictions: int = 0
    data: str = ""
    shared: SharedEvents | None = None
    range_cut: RangeCut | None = None
    is_baseline: bool = False

    @property
    def label(self) -> str:
        """The name, with a remark at the baseline's."""
        return f"{self.name} (baseline)" if self.is_baseline else self.name

    def error_of(self, score: str) -> float | None:
        """Return the standard error of the score of this name, a field of `Scores`."""
        return None if self.bootstrap is None else float(getattr(self.bootstrap.standard_errors, score))

    @property
    def score_median(self) -> float | None:
        """The median of the resampled quantile scores."""
        return None if self.bootstrap is None else self.bootstrap.medians.quantile_score

    @property
    def score_range(self) -> tuple[float, float] | None:
        """The ends of the range that contains 95 % of the resampled quantile scores."""
        return None if self.bootstrap is None else self.bootstrap.score_range


@dataclass(frozen=True)
class UnrankedRun:
    """A run that cannot be scored, and why."""

    name: str
    problem: str


@dataclass(frozen=True, eq=False)
class Leaderboard:
    """Runs in the order of their ranking, at least one, and unranked ones in the order in which they were given."""

    runs: tuple[ScoredRun, ...]
    ranking: Ranking
    unranked: tuple[UnrankedRun, ...]
    num_sets: int
    num_pseudo_experiments: int
    title: str | None = None


def make_leaderboard(truth: Truth, folders: Iterable[RunFolder], baseline: str | None = None) -> Leaderboard:
    """Score and rank runs; one that cannot be scored is listed as such.

    Args:
        truth: of the plan that all runs were made from.
        folders: of the runs, read one after the other.
        baseline: name of the run that takes no rank.

    Returns:
        The leaderboard.

    Raises:
        ScoringError: not a single run can be scored.
    """
    scored, unranked = [], []
    for folder in folders:
        try:
            scored.append(replace(score_folder(truth, folder), is_baseline=folder.name == baseline))
        except ScoringError as problem:
            unranked.append(UnrankedRun(folder.name, one_line(str(problem), MAX_PROBLEM_LENGTH)))
    if not scored:
        raise ScoringError(f"No run can be ranked: {_first_problem(unranked)}")
    ranking = rank_all(
        [Contender(run.name, run.scores.quantile_score, run.bootstrap, run.is_baseline) for run in scored]
    )
    runs = tuple(scored[number] for number in ranking.order)
    return Leaderboard(runs, ranking, tuple(unranked), truth.mus.size, truth.num_pseudo_experiments, truth.title)


def _first_problem(unranked: list[UnrankedRun]) -> str:
    if not unranked:
        return "none was given; name at least one."
    which = "the only one" if len(unranked) == 1 else f"the first of {len(unranked)}"
    return f"{which} is {unranked[0].name}. {unranked[0].problem}"


def score_folder(truth: Truth, run: RunFolder) -> ScoredRun:
    """Read and score one run.

    Raises:
        ScoringError: it cannot be scored.
    """
    predictions = read_predictions(find_results(run.folder), truth)
    intervals, times = predictions.intervals, predictions.predict_seconds
    return ScoredRun(
        name=run.name,
        scores=score_sets(intervals),
        bootstrap=bootstrap_sets(intervals) or bootstrap_pseudo_experiments(intervals),
        minutes=predictions.minutes,
        fit_seconds=predictions.summary.fit_seconds,
        predict_seconds=None if times is None else float(np.median(times)),
        failed_predictions=predictions.summary.failed_predictions,
        data=predictions.summary.data,
        shared=predictions.summary.shared,
        range_cut=find_range_cut(intervals, truth.mu_range),
    )


def as_csv(board: Leaderboard) -> str:
    """Return the table as comma-separated values, one line per run, with empty cells for what is unknown."""
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    table.writeheader()
    for rank, run in zip(board.ranking.ranks, board.runs, strict=True):
        known = {key: round(value, MAX_DECIMALS) for key, value in _numbers(run).items() if value is not None}
        baseline = {"baseline": "yes"} if run.is_baseline else {}
        table.writerow({"rank": rank, "name": spreadsheet_cell(run.name), **known, **baseline})
    for missing in board.unranked:
        table.writerow({"name": spreadsheet_cell(missing.name), "problem": spreadsheet_cell(missing.problem)})
    return text.getvalue()


def _numbers(run: ScoredRun) -> dict[str, float | None]:
    low, high = run.score_range or (None, None)
    return {
        "quantile_score": run.scores.quantile_score,
        "quantile_score_error": run.error_of("quantile_score"),
        "quantile_score_median": run.score_median,
        "quantile_score_low": low,
        "quantile_score_high": high,
        "interval": run.scores.interval,
        "interval_error": run.error_of("interval"),
        "coverage": run.scores.coverage,
        "coverage_error": run.error_of("coverage"),
        "interval_before_cut": None if run.range_cut is None else run.range_cut.interval_before,
        "cut_share": None if run.range_cut is None else run.range_cut.share,
        "shared_shift": None if run.shared is None else run.shared.shift,
        "coverage_shared_cost": None if run.shared is None else run.shared.mean_cost,
        "minutes": run.minutes,
        "fit_seconds": run.fit_seconds,
        "predict_seconds": run.predict_seconds,
        "failed_predictions": run.failed_predictions,
    }
