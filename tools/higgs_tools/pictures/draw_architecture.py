"""Drawing docs/architecture.svg: how a run flows and who sees what."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

NIGHT, SLATE, STEEL, AMBER, SNOW = "#10203a", "#2b4a73", "#7fa3cf", "#ffb347", "#f5f8fc"
TRUSTED, UNTRUSTED, SHOWN = "#dfe8f4", "#fff0d9", "#ffffff"
WIDTH, HEIGHT = 108.0, 62.0  # in units of the drawing
FONT = 9.5


@dataclass(frozen=True)
class Box:
    """One station of a run: its middle, its size, and what it says."""

    x: float
    y: float
    width: float
    height: float
    title: str
    text: str
    fill: str = SHOWN


SETTINGS = Box(11, 34, 17, 12, "settings", "sets, range of mu, seed,\nlimits of a phase")
PLAN = Box(34, 34, 17, 12, "plan", "mu, nuisance values and\nrandom streams of each\npseudo-experiment")
TRUTH = Box(59, 54, 19, 9.5, "truth", "mu and nuisance values,\nin the reference data")
STORE = Box(28, 15, 17, 12, "event store", "hidden part and\ntraining part, apart")
DRAW = Box(57, 34, 17, 12, "pseudo-experiment", "events drawn, distorted,\nselected, shuffled")
MODEL = Box(
    66,
    15,
    23,
    13,
    "submission",
    "fit once, predict by many processes;\nsandboxed by Landlock, seccomp\nand limits; no network",
    UNTRUSTED,
)
RESULTS = Box(79, 34, 15, 12, "results", "intervals and times,\njournalled one by one")
SCORING = Box(98.5, 40, 14, 13, "scoring", "pure functions,\nbootstrap, ranking")
SHOW = Box(98.5, 15, 14, 12, "what people see", "leaderboard,\nreport")
BOXES = (SETTINGS, PLAN, STORE, DRAW, MODEL, RESULTS, TRUTH, SCORING, SHOW)


def draw_architecture(output: Path) -> None:
    """Write the picture as SVG; the same bytes every time with the same matplotlib."""
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "architecture", "font.family": "DejaVu Sans"}):
        figure = Figure(figsize=(WIDTH / 9, HEIGHT / 9))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, WIDTH), ylim=(0, HEIGHT))
        axes.axis("off")
        _draw_ground(axes)
        _draw_flow(axes)
        for box in BOXES:
            _draw_box(axes, box)
        figure.savefig(output, format="svg", metadata={"Date": None, "Creator": None})


def _draw_ground(axes: Axes) -> None:
    axes.add_patch(_rounded(0.5, 0.5, WIDTH - 1, HEIGHT - 1, SNOW, STEEL))
    axes.add_patch(_rounded(1.5, 6.5, 87, 40.5, TRUSTED, SLATE))
    axes.text(3.5, 43.8, "ingestion", color=NIGHT, fontsize=FONT + 1, weight="bold", va="center")
    axes.text(13.5, 43.7, "a container, or your machine", color=SLATE, fontsize=FONT - 1, va="center")
    axes.text(91.5, 57, "scoring", color=NIGHT, fontsize=FONT + 1, weight="bold", va="center")
    axes.text(91.5, 53, "another container, without\nuntrusted code", color=SLATE, fontsize=FONT - 1, va="center")
    key: dict[str, Any] = {"color": NIGHT, "fontsize": FONT - 1, "va": "center"}
    axes.text(3, 3.6, "trusted", bbox={"fc": TRUSTED, "ec": SLATE, "pad": 3}, **key)
    axes.text(12, 3.6, "untrusted code", bbox={"fc": UNTRUSTED, "ec": AMBER, "pad": 3}, **key)
    axes.text(30, 3.6, "workers: this machine's processes, or a Dask cluster; the same plan, the same intervals", **key)


def _draw_flow(axes: Axes) -> None:
    _arrow(axes, (SETTINGS.x + 8.5, 34), (PLAN.x - 8.5, 34))
    _arrow(axes, (PLAN.x + 8.5, 34), (DRAW.x - 8.5, 34))
    _arrow(axes, (PLAN.x + 4, 40), (TRUTH.x - 9.5, 52))
    _arrow(axes, (TRUTH.x + 9.5, 53), (SCORING.x - 7, 44))
    axes.text(43.5, 51, "packed with\nthe bundle", color=SLATE, fontsize=FONT - 1, ha="right", va="center")
    axes.text(82, 52, "never meets\nthe submission", color=SLATE, fontsize=FONT - 1, ha="center", va="center")
    _arrow(axes, (STORE.x + 6, 21), (DRAW.x - 5, 28), "hidden part", side=-3)
    _arrow(axes, (STORE.x + 8.5, 14), (MODEL.x - 11.5, 14), "training part")
    _arrow(axes, (DRAW.x + 5, 28), (DRAW.x + 5, 21.5), "events,\nno labels")
    _arrow(axes, (MODEL.x + 6, 21.5), (RESULTS.x - 3, 28), "four numbers", side=2)
    _arrow(axes, (RESULTS.x + 7.5, 35), (SCORING.x - 7, 38))
    _arrow(axes, (SCORING.x, 33.5), (SHOW.x, 21))


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], text: str = "", side: int = 1) -> None:
    axes.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=13, color=SLATE, lw=1.4, zorder=2))
    if text:
        x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
        level = start[1] == end[1]
        axes.text(
            x if level else x + side,
            y + 0.7 if level else y,
            text,
            color=SLATE,
            fontsize=FONT - 1,
            ha="center" if level else ("left" if side > 0 else "right"),
            va="bottom" if level else "center",
        )


def _draw_box(axes: Axes, box: Box) -> None:
    edge = AMBER if box.fill == UNTRUSTED else SLATE
    low, top = box.y - box.height / 2, box.y + box.height / 2
    axes.add_patch(_rounded(box.x - box.width / 2, low, box.width, box.height, box.fill, edge, zorder=3))
    words: dict[str, Any] = {"color": NIGHT, "ha": "center", "zorder": 4}
    axes.text(box.x, top - 2.4, box.title, fontsize=FONT + 1, weight="bold", va="center", **words)
    axes.text(box.x, top - 4.8, box.text, fontsize=FONT - 1, va="top", **words)


def _rounded(x: float, y: float, width: float, height: float, fill: str, edge: str, zorder: int = 1) -> FancyBboxPatch:
    return FancyBboxPatch(
        (x + 1, y + 1), width - 2, height - 2, boxstyle="round,pad=1", fc=fill, ec=edge, lw=1.4, zorder=zorder
    )
