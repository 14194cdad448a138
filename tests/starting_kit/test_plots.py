from collections.abc import Iterator

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from starting_kit import plots

VARIABLE = plots.VARIABLES["DER_mass_vis"]


@pytest.fixture(autouse=True)
def closed_figures() -> Iterator[None]:
    with matplotlib.rc_context():
        matplotlib.use("Agg")
        plots.use_style()
        yield
        plt.close("all")


@pytest.fixture
def by_process() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(3)
    sizes = {"htautau": 500, "diboson": 300, "ttbar": 2000, "ztautau": 9000}
    return {
        name: pd.DataFrame({"DER_mass_vis": rng.normal(90, 25, size), "weights": np.full(size, 0.5)})
        for name, size in sizes.items()
    }


def test_histograms_hold_weights_and_leave_out_what_is_beyond_the_axis() -> None:
    events = pd.DataFrame({"DER_mass_vis": [21.0, 22.0, 60.0, 1000.0], "weights": [0.5, 0.25, 2.0, 8.0]})

    filled = plots.fill(events, VARIABLE)

    assert filled.values()[0] == 0.75
    assert filled.variances()[0] == 0.5**2 + 0.25**2
    assert filled.values().sum() == 2.75
    assert plots.fill(events[["DER_mass_vis"]], VARIABLE).values().sum() == 3


def test_a_stack_shows_data_over_the_sum_of_all_processes(by_process: dict[str, pd.DataFrame]) -> None:
    expected = plots.fill_processes(by_process, VARIABLE)
    data = plots.fill(pd.concat(by_process.values())[["DER_mass_vis"]], VARIABLE)

    figure = plots.draw_stacks([(VARIABLE, expected, data)], signal_times=10, remark="handmade")

    main, ratio = figure.get_axes()
    points = ratio.containers[0].lines[0].get_ydata()
    filled = data.values() > 0
    assert points[filled] == pytest.approx(2.0)  # every weight is one half
    assert ratio.get_xlabel() == "Visible mass [GeV]"
    assert main.get_ylabel() == "Events / 5 GeV"
    assert main.get_yscale() == "log"
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend[:4] == [plots.LABELS[name] for name in ("htautau", "ztautau", "ttbar", "diboson")]
    assert legend[4:] == ["Uncertainty of expectation", plots.LABELS["htautau"] + " × 10", "One pseudo-experiment"]
    assert len(legend) == plots.LEGEND_ENTRIES
    assert main.get_legend() is None


def test_variations_are_shown_relative_to_the_first(by_process: dict[str, pd.DataFrame]) -> None:
    nominal = plots.fill(by_process["ztautau"], VARIABLE)

    figure = plots.draw_variations([(VARIABLE, {"nominal": nominal, "more": 1.25 * nominal, "less": 0.75 * nominal})])

    main, ratio = figure.get_axes()
    levels = [step.get_data().values for step in ratio.patches]
    filled = nominal.values() > 0
    assert [set(np.round(level[filled], 12)) for level in levels] == [{1.0}, {1.25}, {0.75}]
    low, high = ratio.get_ylim()
    assert low < 0.75
    assert high > 1.25
    assert [text.get_text() for text in main.get_legend().get_texts()] == ["nominal", "more", "less"]


def test_intervals_are_coloured_by_what_they_cover() -> None:
    _, (axes,) = plots.wide_figure(1)

    plots.draw_intervals(axes, np.full(4, 1.0), np.array([0.5, 1.1, 1.0, 0.0]), np.array([1.5, 1.6, 2.0, 0.9]))

    drawn = {bars.get_label(): len(bars.get_segments()) for bars in axes.collections}
    assert drawn == {"covers the truth": 2, "misses it": 2, r"true $\mu$": 4}
