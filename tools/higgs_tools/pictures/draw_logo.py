"""Drawing logo.png: a peak on a falling background with its uncertainty and its interval."""

from pathlib import Path

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

SIZE, DPI = 512, 128
NIGHT, SLATE, STEEL, AMBER, SNOW = "#10203a", "#2b4a73", "#7fa3cf", "#ffb347", "#f5f8fc"
PEAK, LOW, HIGH = 0.555, 0.445, 0.665  # where the peak stands, and its interval
FLOOR = 0.27

Floats = npt.NDArray[np.float64]


def draw_logo(output: Path) -> None:
    """Write the logo, 512 x 512 pixels; the same bytes every time with the same matplotlib."""
    with matplotlib.rc_context({"mathtext.fontset": "cm"}):
        figure = Figure(figsize=(SIZE / DPI, SIZE / DPI), dpi=DPI)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, 1), ylim=(0, 1))
        axes.axis("off")
        _draw_ground(axes)
        _draw_spectrum(axes)
        _draw_interval(axes)
        figure.savefig(output, format="png", transparent=True, metadata={"Software": None})


def background(x: Floats) -> Floats:
    """Compute the height of the falling background."""
    return 0.06 + 0.40 * np.exp(-2.6 * x)


def signal(x: Floats) -> Floats:
    """Compute the height of the peak above the background."""
    return 0.42 * np.exp(-0.5 * ((x - PEAK) / 0.062) ** 2)


def _draw_ground(axes: Axes) -> None:
    axes.add_patch(
        FancyBboxPatch((0.13, 0.13), 0.74, 0.74, boxstyle="round,pad=0.12,rounding_size=0.14", fc=NIGHT, ec="none")
    )


def _draw_spectrum(axes: Axes) -> None:
    x = np.linspace(0.09, 0.91, 800)
    low, total = background(x), background(x) + signal(x)
    spread = 0.028 + 0.07 * signal(x)
    axes.fill_between(x, FLOOR, FLOOR + low, color=SLATE, lw=0)
    axes.fill_between(x, FLOOR + low, FLOOR + total, color=AMBER, alpha=0.9, lw=0)
    axes.fill_between(x, FLOOR + total - spread, FLOOR + total + spread, color=SNOW, alpha=0.28, lw=0)
    axes.plot(x, FLOOR + total, color=SNOW, lw=3.2, solid_capstyle="round")
    below = signal(x) > 0.012  # elsewhere the background is the curve itself
    axes.plot(x[below], FLOOR + low[below], color=NIGHT, lw=1.8, ls=(0, (3, 2)))
    axes.plot([0.09, 0.91], [FLOOR, FLOOR], color=SNOW, lw=2.2, solid_capstyle="round", zorder=3)


def _draw_interval(axes: Axes) -> None:
    y, cap = 0.185, 0.032
    inside = np.linspace(LOW, HIGH, 200)
    axes.fill_between(inside, FLOOR, FLOOR + background(inside), color=STEEL, alpha=0.45, lw=0)
    for end in (LOW, HIGH):
        axes.plot([end, end], [y - cap, y + cap], color=AMBER, lw=4, solid_capstyle="round")
    axes.plot([LOW, HIGH], [y, y], color=AMBER, lw=4, solid_capstyle="round")
    axes.plot([PEAK], [y], marker="o", ms=11, mfc=SNOW, mec=AMBER, mew=2.5)
    axes.text(HIGH + 0.055, y + 0.005, r"$\mu$", color=SNOW, fontsize=34, ha="left", va="center")
