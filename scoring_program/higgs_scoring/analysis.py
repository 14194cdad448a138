"""Everything that is computed from the intervals of a run and the truth, for leaderboard and report."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from higgs_scoring.bootstrap import Bootstrap, bootstrap_pseudo_experiments, bootstrap_sets
from higgs_scoring.calibration import Calibration, calibrate
from higgs_scoring.dependence import Dependence, PullSummary, find_dependence, find_pulls, summarise_pulls
from higgs_scoring.metrics import FloatArray, Scores, score_sets, significant
from higgs_scoring.number_formats import grouped
from higgs_scoring.predictions import Predictions
from higgs_scoring.range_cut import RangeCut, find_cut, find_range_cut
from higgs_scoring.shared_events import SharedEvents
from higgs_scoring.truth import MAX_VALUE, MU, Truth


@dataclass(frozen=True, eq=False)
class Analysis:
    """What a run is worth, and what may be wrong with it.

    Attributes:
        scores: of the whole run.
        over_sets: scores with the sets resampled; None for a single set.
        over_experiments: scores with the pseudo-experiments of each set resampled; None for one in each set.
        calibration: what scaling all intervals would do.
        pulls: (mu_hat - mu) / delta_mu_hat, shape (sets, pseudo-experiments), NaN where that is not defined.
        pull_summary: their mean and width; None if none is defined.
        dependences: how the answers depend on mu, then on each nuisance parameter that was drawn.
        oddities: what is allowed in a run but hardly intended, as sentences.
        shared: how many events its pseudo-experiments share; None where that is unknown.
        range_cut: how its intervals are cut at the range of mu; None where that is unknown.
    """

    scores: Scores
    over_sets: Bootstrap | None
    over_experiments: Bootstrap | None
    calibration: Calibration
    pulls: FloatArray
    pull_summary: PullSummary | None
    dependences: tuple[Dependence, ...]
    oddities: tuple[str, ...]
    shared: SharedEvents | None = None
    range_cut: RangeCut | None = None

    @property
    def bootstrap(self) -> Bootstrap | None:
        """The resamples that give the errors: of the sets, as in the final ranking, or else of pseudo-experiments."""
        return self.over_sets or self.over_experiments

    @property
    def width_at_exact_coverage(self) -> float:
        """The mean width at a coverage of 0.6827, with three digits only, since a single interval determines it.

        If no scaling gives that coverage, this is the width of the widest interval allowed.
        """
        exact = self.calibration.exact
        return min(significant(exact.interval, 3), 2 * MAX_VALUE) if exact else 2 * MAX_VALUE


def analyse(truth: Truth, predictions: Predictions) -> Analysis:
    """Compute all of it; a pure function with fixed seeds, so that the same run gives the same numbers."""
    intervals = predictions.intervals
    parameters = {MU: np.broadcast_to(intervals.true_mus, intervals.p16.shape), **truth.nuisances}
    pulls = find_pulls(intervals.true_mus, intervals.mu_hats, intervals.delta_mu_hats)
    return Analysis(
        scores=score_sets(intervals),
        over_sets=bootstrap_sets(intervals),
        over_experiments=bootstrap_pseudo_experiments(intervals),
        calibration=calibrate(intervals.mus, intervals.p16, intervals.p84),
        pulls=pulls,
        pull_summary=summarise_pulls(pulls),
        dependences=tuple(find_dependence(name, values, intervals) for name, values in parameters.items()),
        oddities=tuple(find_oddities(predictions, pulls, find_cut(intervals, truth.mu_range))),
        shared=predictions.summary.shared,
        range_cut=find_range_cut(intervals, truth.mu_range),
    )


def find_oddities(predictions: Predictions, pulls: FloatArray, is_cut: npt.NDArray[np.bool_]) -> list[str]:
    """Return sentences on what is allowed in a run but hardly intended.

    Args:
        predictions: of the run.
        pulls: of the same run, NaN where they are not defined.
        is_cut: which intervals are cut at the range of mu: these may lose their μ̂, and all of their width.
    """
    intervals, summary = predictions.intervals, predictions.summary
    outside = (intervals.mu_hats < intervals.p16) | (intervals.mu_hats > intervals.p84)
    counts = {
        "Predictions that failed and count as the whole range of μ": summary.failed_predictions,
        "Processes of the submission that died and were replaced": summary.processes_replaced,
        f"Answers with a number beyond {grouped(int(MAX_VALUE))}, which counts as that": predictions.num_cut,
        "Intervals of zero width": int((~is_cut & (intervals.p16 == intervals.p84)).sum()),
        "Intervals that do not contain their own μ̂": int((~is_cut & outside).sum()),
        "Answers without a pull, as δμ̂ is not above 0": int(np.isnan(pulls).sum()),
    }
    return [f"{what}: {grouped(count)}." for what, count in counts.items() if count]
