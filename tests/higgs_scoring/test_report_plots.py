"""What the axes of a report's plots show."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from higgs_scoring import report_plots
from higgs_scoring.calibration import calibrate
from tests.helpers.made_runs import made_intervals


@pytest.mark.parametrize(("num_sets", "n"), [(2, 4), (10, 100)])
def test_the_scores_as_sent_and_for_exact_coverage_are_in_the_picture_of_scaling(
    monkeypatch: pytest.MonkeyPatch, num_sets: int, n: int
) -> None:
    """With few intervals the score is highest at width 0, far above what the axis is for."""
    made = made_intervals(num_sets, n, np.random.default_rng(1))
    found = calibrate(made.mus, made.p16, made.p84)
    figures: list[Figure] = []
    monkeypatch.setattr(report_plots, "as_svg", lambda figure, title: figures.append(figure))
    report_plots.draw_scaling(found)
    lowest, highest = figures[0].axes[1].get_ylim()
    assert found.exact is not None
    for score in (float(found.curve.score_at(1.0)), found.exact.quantile_score):
        assert lowest < score < highest
