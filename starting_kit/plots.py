"""The notebook's plots: one style, one colour per process, one axis per variable."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import hist
import matplotlib.pyplot as plt
import mplhep
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import MaxNLocator

Floats = npt.NDArray[Any]
Histograms = Mapping[str, hist.Hist]
"""A histogram for each process."""

LABELS = {"diboson": "Diboson", "ttbar": r"$t\bar{t}$", "ztautau": r"$Z\to\tau\tau$", "htautau": r"$H\to\tau\tau$"}
"""The processes in the order in which they are stacked."""

COLOURS = {"diboson": "#f89c20", "ttbar": "#964a8b", "ztautau": "#5790fc", "htautau": "#e42536"}
COVERS, MISSES = "#0072b2", "#d55e00"
SIGNAL = "htautau"

PANEL_INCHES = 10.0
"""The style's letters are made for panels of this size."""

SCREEN_DPI = 48
LUMINOSITY = r"10 fb$^{-1}$ (13 TeV)"
LEGEND_ENTRIES, LEGEND_INCHES = 7, 0.45
"""How many the legend above the panels has, and the height of one."""


@dataclass(frozen=True)
class Variable:
    """What a histogram's axis shows: a column's name, title, unit, range and number of bins."""

    name: str
    title: str
    unit: str
    low: float
    high: float
    bins: int

    @property
    def label(self) -> str:
        """The title with the unit, as an axis wants it."""
        return f"{self.title} [{self.unit}]" if self.unit else self.title

    @property
    def counts_label(self) -> str:
        """Label of the vertical axis."""
        width = (self.high - self.low) / self.bins
        return "Events" if width == 1 else f"Events / {width:g} {self.unit}".rstrip()


VARIABLES = {
    one.name: one
    for one in (
        Variable("DER_mass_vis", "Visible mass", "GeV", 20, 200, 36),
        Variable("DER_mass_transverse_met_lep", r"Transverse mass of lepton and MET", "GeV", 0, 160, 32),
        Variable("PRI_had_pt", r"Hadronic tau $p_T$", "GeV", 20, 140, 30),
        Variable("DER_pt_h", r"Higgs candidate $p_T$", "GeV", 0, 300, 30),
        Variable("PRI_met", r"Missing transverse momentum", "GeV", 0, 150, 30),
        Variable("PRI_jet_leading_pt", r"Leading jet $p_T$", "GeV", 20, 220, 25),
        Variable("PRI_n_jets", "Number of jets", "", -0.5, 5.5, 6),
        Variable("score", "Classifier score", "", 0, 1, 40),
    )
}


DASHED: dict[str, Any] = {"linestyle": "--", "linewidth": 3, "flow": "none"}
SOLID: dict[str, Any] = {**DASHED, "linestyle": "-"}
LOOKS = (
    {**SOLID, "edges": False, "color": "black"},
    {**SOLID, "edges": False, "color": MISSES},
    {**DASHED, "edges": False, "color": COVERS},
)
"""Of a nominal distribution, and of two changed ones."""


def use_style() -> None:
    """Draw as experiments at the LHC do, on a screen."""
    mplhep.style.use("CMS")
    plt.rcParams.update({"figure.dpi": SCREEN_DPI, "axes.titlepad": 14, "axes.titlesize": "medium"})


def fill(events: pd.DataFrame, variable: Variable) -> hist.Hist:
    """Fill one histogram, with weights where the events have some.

    Args:
        events: DataFrame with the variable's column.
        variable: decides the bins; what lies outside is not shown.

    Returns:
        A histogram that knows the sum of squared weights of each bin.
    """
    axis = hist.axis.Regular(variable.bins, variable.low, variable.high, label=variable.label)
    filled = hist.Hist(axis, storage=hist.storage.Weight())
    return filled.fill(events[variable.name], weight=events.get("weights"))


def fill_processes(by_process: Mapping[str, pd.DataFrame], variable: Variable) -> dict[str, hist.Hist]:
    """Fill a histogram for each process, in the order of LABELS."""
    return {name: fill(by_process[name], variable) for name in LABELS}


def draw_stacks(
    panels: Sequence[tuple[Variable, Histograms, hist.Hist]],
    signal_times: float = 100.0,
    columns: int = 2,
    remark: str = "",
) -> Figure:
    """Draw stacked expectations with data points, the signal enlarged, and the ratio of data to expectation.

    Args:
        panels: for each the variable, the expectation of each process, and the data.
        signal_times: factor by which the signal is drawn once more, as a line.
        columns: panels side by side.
        remark: what the data are, in the upper left corner.

    Returns:
        The figure, vertical axes logarithmic.
    """
    beside = 4 if min(len(panels), columns) > 1 else 2
    figure, places = _open_panels(len(panels), columns, above=LEGEND_INCHES * (1.6 + LEGEND_ENTRIES // beside))
    for place, (variable, expected, data) in zip(places, panels, strict=True):
        main, ratio = place.subplots(2, 1, height_ratios=(3, 1))
        total = sum(expected.values(), start=0 * data)
        mplhep.comp.data_model(
            data,
            stacked_components=list(expected.values()),
            stacked_labels=[LABELS[name] for name in expected],
            stacked_colors=[COLOURS[name] for name in expected],
            xlabel=variable.label,
            ylabel=variable.counts_label,
            data_label="One pseudo-experiment",
            model_uncertainty_label="Uncertainty of expectation",
            h1_label="Data",
            h2_label="Exp.",
            comparison_ylim=_around_one(data.values(), total.values()),
            fig=place,
            ax_main=main,
            ax_comparison=ratio,
            flow="none",
        )
        enlarged = expected[SIGNAL] * signal_times
        label = f"{LABELS[SIGNAL]} × {signal_times:g}"
        mplhep.histplot(enlarged, ax=main, label=label, color=COLOURS[SIGNAL], yerr=False, **DASHED)
        handles, labels = main.get_legend_handles_labels()
        main.legend().remove()
        main.set_xlabel("")
        main.set_yscale("log")
        highest = max(data.values().max(), enlarged.values().max())
        main.set_ylim(max(0.5, 0.3 * total.values()[total.values() > 0].min()), 3 * highest)
        _finish((main, ratio), variable)
        main.text(0, 1.015, remark, transform=main.transAxes, fontstyle="italic", fontsize="small", va="bottom")
        main.text(1, 1.015, LUMINOSITY, transform=main.transAxes, fontsize="small", va="bottom", ha="right")
    figure.legend(handles, labels, loc="upper center", ncols=beside, fontsize="small", columnspacing=1.2)
    return figure


def draw_variations(panels: Sequence[tuple[Variable, Mapping[str, hist.Hist]]], columns: int = 3) -> Figure:
    """Draw expectations before and after a change, and their ratio to the first one.

    Args:
        panels: for each the variable and the histograms by their label, the nominal one first.
        columns: panels side by side.

    Returns:
        The figure; the ratios have no error bars, because the events in both are the same.
    """
    figure, places = _open_panels(len(panels), columns)
    for place, (variable, versions) in zip(places, panels, strict=True):
        main, ratio = place.subplots(2, 1, height_ratios=(3, 1))
        nominal, *changed = (version.values() for version in versions.values())
        for (label, version), look in zip(versions.items(), LOOKS, strict=False):
            relative = np.divide(version.values(), nominal, out=np.ones_like(nominal), where=nominal > 0)
            mplhep.histplot(version, ax=main, yerr=False, label=label, **look)
            mplhep.histplot(relative, version.axes[0].edges, ax=ratio, **look)
        main.set(xlabel="", ylabel=variable.counts_label, yscale="log")
        main.set_ylim(0.5 * nominal[nominal > 0].min(), 20 * nominal.max())
        main.legend(loc="upper right", fontsize="small")
        ratio.set(xlabel=variable.label, ylabel="Ratio", ylim=_around_one(np.stack(changed), nominal))
        _finish((main, ratio), variable)
        place.align_ylabels()
    return figure


def draw_intervals(axes: Axes, true: Floats, low: Floats, high: Floats) -> None:
    """Draw intervals as bars, side by side, in one colour where they cover the truth and another where they do not.

    Args:
        axes: to draw on.
        true, low, high: true value and both ends of each interval, all of shape (n,).
    """
    places = np.arange(1, len(true) + 1)
    covers = (low <= true) & (true <= high)
    for chosen, colour, label in ((covers, COVERS, "covers the truth"), (~covers, MISSES, "misses it")):
        axes.vlines(places[chosen], low[chosen], high[chosen], colors=colour, linewidth=4, label=label)
    axes.hlines(true, places - 0.4, places + 0.4, colors="black", linewidth=3, label=r"true $\mu$")
    axes.set_xlabel("Pseudo-experiment")
    axes.set_ylabel(r"Signal strength $\mu$")
    bottom, top = min(low.min(), true.min()), max(high.max(), true.max())
    axes.set_ylim(bottom - 0.08 * (top - bottom), top + 0.3 * (top - bottom))
    axes.set_xlim(0, len(true) + 1)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(loc="upper center", ncols=3, fontsize="small", columnspacing=1, handlelength=1.2)


def wide_figure(panels: int = 2) -> tuple[Figure, Sequence[Axes]]:
    """Open a figure of panels side by side without ratios."""
    figure, axes = plt.subplots(1, panels, figsize=(panels * PANEL_INCHES, 0.85 * PANEL_INCHES), squeeze=False)
    figure.subplots_adjust(wspace=0.25)
    return figure, list(axes[0])


def _open_panels(number: int, columns: int, above: float = 0.0) -> tuple[Figure, list[SubFigure]]:
    """Open a figure with a place for each panel, and some inches of space above them."""
    columns = min(columns, number)
    rows = -(-number // columns)
    figure = plt.figure(figsize=(columns * PANEL_INCHES, rows * PANEL_INCHES + above))
    grid = figure.add_gridspec(1 + rows, columns, height_ratios=(max(above, 0.01), *[PANEL_INCHES] * rows))
    places = [figure.add_subfigure(grid[1 + place // columns, place % columns]) for place in range(number)]
    for place in places:
        place.subplots_adjust(left=0.15, right=0.96, bottom=0.11, top=0.94, hspace=0.06)
    return figure, places


def _finish(pair: tuple[Axes, Axes], variable: Variable) -> None:
    """Give a panel and its ratio the same horizontal axis, labelled below the ratio only."""
    for axes in pair:
        axes.set_xlim(variable.low, variable.high)
    pair[0].tick_params(labelbottom=False)


def _around_one(values: Floats, reference: Floats) -> tuple[float, float]:
    """Choose the range of a ratio so that the well-filled bins fit."""
    filled = reference > reference.max() / 300
    reach = 1.4 * float(np.quantile(np.abs(values[..., filled] / reference[filled] - 1), 0.97))
    return 1 - reach, 1 + reach
