"""Histograms of one column: synthetic events filled, real rows as points with Poisson errors, the ratio below."""

from dataclasses import dataclass

import matplotlib
import mplhep
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from higgs_scoring.colours import stand_in
from higgs_tools.validation.compare import Array, effective_number, poisson_interval
from higgs_tools.validation.figure_style import FONT_SIZE, INK, OTHER, SYNTHETIC, Colour, blank, calm
from higgs_tools.validation.samples import Sample

Floats = npt.NDArray[np.float64]
BINS = 20
SHOWN = (0.002, 0.985)
"""Shares of the synthetic events that lie below the first and below the last edge; the rest is in the outer bins."""

EDGES = {
    "PRI_n_jets": np.arange(-0.5, 7.0),
    "DER_met_phi_centrality": np.linspace(-np.sqrt(2), np.sqrt(2), BINS + 1),
    "DER_lep_eta_centrality": np.linspace(0, 1, BINS + 1),
}
"""Edges of columns whose range is known; azimuths have theirs too."""


@dataclass(frozen=True)
class Histogram:
    """Rows of one sample in bins, scaled to a total number of rows.

    Attributes:
        counts: rows, shape (bins,).
        low, high: ends of the 68.27 % intervals of their means, shape (bins,).
    """

    counts: Floats
    low: Floats
    high: Floats


def bin_edges(name: str, values: Array) -> Floats:
    """Choose bins that show a column, at round numbers.

    Args:
        name: of the column.
        values: synthetic, shape (n,), n >= 1, in the column's unit.

    Returns:
        Edges, ascending.
    """
    if name.endswith("_phi"):
        return np.linspace(-np.pi, np.pi, BINS + 1)
    if name in EDGES:
        return EDGES[name]
    low, high = np.quantile(values, SHOWN)
    return np.asarray(MaxNLocator(BINS, steps=[1, 2, 2.5, 4, 5, 10]).tick_values(float(low), float(high)))


def fill(values: Array, weights: Array, edges: Array, total: float, rows: float) -> Histogram:
    """Fill a histogram; what lies outside goes to the outer bins.

    Args:
        values: where the column is defined, shape (n,).
        weights: theirs, shape (n,).
        edges: of the bins.
        total: weight of all rows, those too where the column is not defined.
        rows: effective number of all rows.

    Returns:
        Effective rows in the bins, with Poisson errors.
    """
    inside = np.clip(values, edges[0], np.nextafter(edges[-1], -np.inf))
    counts = np.histogram(inside, edges, weights=weights)[0] * rows / total
    low, high = poisson_interval(counts)
    return Histogram(counts, low, high)


def draw_column(name: str, synthetic: Sample, real: Sample | None, other: Sample | None) -> Figure:
    """Draw one column of one process in the page's colours.

    Args:
        name: one of columns.FEATURES.
        synthetic: events whose statistical error is negligible.
        real: rows to be drawn as points, if any.
        other: more events to be drawn as a line, if any.

    Returns:
        The figure, with the ratio to the synthetic events below where there is something to compare.
    """
    figure = blank(300, 230)
    draw_panels(figure, (0.13, 0.16, 0.82, 0.81), name, (synthetic, real, other), stand_in)
    return figure


def draw_panels(
    figure: Figure,
    box: tuple[float, float, float, float],
    name: str,
    samples: tuple[Sample, Sample | None, Sample | None],
    colour: Colour,
) -> None:
    """Draw one column into a part of a figure.

    Args:
        figure: to draw into.
        box: left, bottom, width, height, as shares of the figure.
        name: one of columns.FEATURES.
        samples: synthetic, real and other, as in `draw_column`.
        colour: gives the colour for a name of colours.COLOURS.
    """
    synthetic, *compared = samples
    reference = next((sample for sample in compared if sample is not None), synthetic)
    rows = effective_number(reference.known(name)[1])
    edges = bin_edges(name, synthetic.defined(name)[0])
    histogram, *others = (None if sample is None else _of_sample(sample, name, edges, rows) for sample in samples)
    assert histogram is not None
    left, bottom, width, height = box
    with matplotlib.rc_context({"font.size": FONT_SIZE}):
        upper = figure.add_axes((left, bottom + 0.34 * height, width, 0.66 * height))
        lower = figure.add_axes((left, bottom, width, 0.28 * height), sharex=upper)
    for axes in (upper, lower):
        calm(axes, colour)
    _draw_counts(upper, edges, histogram, others, colour)
    _draw_ratio(lower, edges, histogram, others, colour)
    lower.xaxis.set_major_locator(MaxNLocator(6, integer=name == "PRI_n_jets"))
    lower.set_xlabel(axis_label(name), fontsize=FONT_SIZE)


def _of_sample(sample: Sample, name: str, edges: Array, rows: float) -> Histogram:
    """Fill a sample's histogram: its own rows, or scaled to the compared rows where it has far more."""
    all_weights = sample.known(name)[1]
    own = effective_number(all_weights)
    filled = fill(*sample.defined(name), edges, all_weights.sum(), own)
    scale = rows / own
    return Histogram(scale * filled.counts, scale * filled.low, scale * filled.high)


def _draw_counts(
    axes: Axes, edges: Array, synthetic: Histogram, others: list[Histogram | None], colour: Colour
) -> None:
    real, other = others
    mplhep.histplot(
        synthetic.counts, edges, ax=axes, histtype="fill", color=colour(SYNTHETIC), alpha=0.3, edgecolor="none"
    )
    mplhep.histplot(synthetic.counts, edges, ax=axes, histtype="step", color=colour(SYNTHETIC), linewidth=1, yerr=False)
    if other is not None:
        mplhep.histplot(other.counts, edges, ax=axes, histtype="step", color=colour(OTHER), linewidth=1.3, yerr=False)
    if real is not None:
        _draw_points(axes, edges, real, np.ones_like(real.counts), colour)
    axes.tick_params(labelbottom=False)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.set_xlim(edges[0], edges[-1])


def _draw_ratio(axes: Axes, edges: Array, synthetic: Histogram, others: list[Histogram | None], colour: Colour) -> None:
    filled = synthetic.counts > 0
    base = np.where(filled, synthetic.counts, np.nan)
    axes.axhline(1, color=colour(SYNTHETIC), linewidth=1)
    real, other = others
    if other is not None:
        axes.stairs(other.counts / base, edges, baseline=None, color=colour(OTHER), linewidth=1.3)
    if real is not None:
        _draw_points(axes, edges, real, base, colour)
    axes.set_ylim(0, 2)
    axes.set_yticks([0, 1, 2])


def _draw_points(axes: Axes, edges: Array, real: Histogram, base: Floats, colour: Colour) -> None:
    axes.errorbar(
        (edges[1:] + edges[:-1]) / 2,
        real.counts / base,
        yerr=[(real.counts - real.low) / base, (real.high - real.counts) / base],
        fmt="o",
        color=colour(INK),
        markersize=2.8,
        linewidth=1,
    )


def axis_label(name: str) -> str:
    """Return a column's unit, or what it counts, for its axis.

    Example:
        >>> axis_label("PRI_jet_all_pt"), axis_label("DER_pt_ratio_lep_had")
        ('GeV', '')
    """
    if name == "PRI_n_jets":
        return "jets"
    if name.endswith("_phi"):
        return "rad"
    momentum = name.endswith(("_pt", "_met")) or name.startswith(("DER_mass", "DER_pt_h", "DER_pt_tot", "DER_sum"))
    return "GeV" if momentum else ""
