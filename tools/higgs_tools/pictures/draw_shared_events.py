"""Drawing docs/shared_events.svg: the coverage that is lost because pseudo-experiments share events."""

import math
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from higgs_scoring.metrics import DEAD_ZONE_SIGMAS, coverage_sigma
from higgs_scoring.shared_events import SharedEvents

NIGHT, SLATE, STEEL, AMBER = "#10203a", "#2b4a73", "#7fa3cf", "#d97706"
STORES = {
    "small": SharedEvents(5, 5),
    "large": SharedEvents(25, 25),
    "official file": SharedEvents(66, 155),
    "huge": SharedEvents(86, 190),
    "fresh, training of large": SharedEvents(math.inf, 25),
    "fresh, training of huge": SharedEvents(math.inf, 190),
}
"""How deep stores are: their ztautau rows in millions, as a pseudo-experiment has one million."""

PHASES = {"feedback": 1_000, "final": 100_000}
"""Pseudo-experiments of each phase."""

SHALLOWEST, DEEPEST = 1.5, 400.0


def draw_shared_events(output: Path) -> None:
    """Write the picture as SVG; the same bytes every time with the same matplotlib."""
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "shared events", "font.family": "DejaVu Sans"}):
        figure = Figure(figsize=(7.6, 4.6), layout="constrained")
        axes = figure.add_subplot()
        axes.set(xscale="log", yscale="log", xlim=(SHALLOWEST, DEEPEST), ylim=(3e-4, 0.5))
        axes.set_xlabel("depth of the store, 1 / (1 / hidden + 1 / training), in pseudo-experiments")
        axes.set_ylabel("coverage lost")
        _draw_cost(axes)
        for name, number in PHASES.items():
            free = DEAD_ZONE_SIGMAS * coverage_sigma(number)
            axes.axhline(free, color=SLATE, lw=1, ls="--")
            axes.text(
                DEEPEST * 0.95, free * 1.06, f"free of penalty, {name} phase", color=SLATE, fontsize=8, ha="right"
            )
        for name, shared in STORES.items():
            _draw_store(axes, name, shared)
        axes.legend(frameon=False, fontsize=8, loc="upper right")
        figure.savefig(output, format="svg", metadata={"Date": None, "Creator": None})


def depth(shared: SharedEvents) -> float:
    """Return how many pseudo-experiments both parts of a store are worth together."""
    return 1 / shared.shift**2


def _draw_cost(axes: Axes) -> None:
    depths = np.geomspace(SHALLOWEST, DEEPEST, 200)
    costs = [SharedEvents(math.inf, one) for one in depths]
    axes.plot(depths, [one.mean_cost for one in costs], color=NIGHT, lw=2, label="on average")
    axes.plot(depths, [one.rare_cost for one in costs], color=STEEL, lw=1.5, label="more in one run of twenty")


def _draw_store(axes: Axes, name: str, shared: SharedEvents) -> None:
    fresh = math.isinf(shared.hidden_depth)
    axes.plot(depth(shared), shared.mean_cost, "o", color=AMBER if fresh else NIGHT, ms=7, zorder=3)
    above = name in ("small", "large", "huge")
    axes.annotate(
        name,
        (depth(shared), shared.mean_cost),
        xytext=(6, 5) if above else (-6, -12),
        textcoords="offset points",
        ha="left" if above else "right",
        color=AMBER if fresh else NIGHT,
        fontsize=9,
    )
