"""Pictures of the official numbers of full statistics: moments, and responses to the nuisance parameters."""

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from higgs_challenge.tasks.higgs.events.columns import FEATURES
from higgs_tools.validation.figure_style import (
    FONT_SIZE,
    INK,
    OTHER,
    QUIET,
    SYNTHETIC,
    ZONE,
    Colour,
    blank,
    calm,
    canvas,
)
from higgs_tools.validation.findings import Findings, MomentFinding
from higgs_tools.validation.official_checks import MAX_SHIFT, MAX_WIDTH, WIDTHS
from higgs_tools.validation.responses import AXES, NOMINAL, Point, Response

SHOWN_SHIFT, SHOWN_WIDTH = 0.35, (0.6, 1.4)
"""Ranges of the axes at least; what lies outside widens them."""

REGIONS = 3
"""How many regions' responses are drawn."""


def draw_moments(found: MomentFinding, colour: Colour) -> Figure:
    """Draw shifts of means and ratios of widths of every column in a region, with what is allowed.

    Args:
        found: the official moments and the synthetic events' distances from them.
        colour: gives the colour for a name of colours.COLOURS.

    Returns:
        The figure.
    """
    figure, [left, right] = canvas(460, 520, colour, panels=2)
    shifts = found.shifts
    places = np.arange(len(FEATURES))[::-1]
    checked = np.isin(FEATURES, WIDTHS)
    left.axvspan(-MAX_SHIFT, MAX_SHIFT, color=colour(ZONE), linewidth=0)
    for place in places[checked]:
        right.fill_betweenx(
            [place - 0.5, place + 0.5], 1 - MAX_WIDTH / 100, 1 + MAX_WIDTH / 100, color=colour(ZONE), linewidth=0
        )
    _draw_column_points(left, shifts.shift, shifts.shift_error, np.abs(shifts.shift) <= MAX_SHIFT, colour)
    allowed = ~checked | (np.abs(shifts.width - 1) <= MAX_WIDTH / 100)
    _draw_column_points(right, shifts.width, shifts.width_error, allowed, colour)
    _widen(left, -SHOWN_SHIFT, SHOWN_SHIFT)
    _widen(right, *SHOWN_WIDTH)
    left.axvline(0, color=colour(QUIET), linewidth=1, linestyle=(0, (4, 3)))
    right.axvline(1, color=colour(QUIET), linewidth=1, linestyle=(0, (4, 3)))
    left.set_yticks(places, FEATURES, fontsize=FONT_SIZE - 2)
    left.tick_params(axis="y", length=0, labelcolor=colour(INK))
    left.set_ylim(-0.7, len(FEATURES) - 0.3)
    left.set_xlabel("shift of the mean, s.d.")
    right.set_xlabel("width, synthetic / official")
    return figure


def _draw_column_points(
    axes: Axes, values: np.ndarray, errors: np.ndarray, allowed: np.ndarray, colour: Colour
) -> None:
    places = np.arange(len(values))[::-1]
    for kind, name, marker in ((allowed, SYNTHETIC, "o"), (~allowed, OTHER, "D")):
        axes.errorbar(
            values[kind],
            places[kind],
            xerr=errors[kind],
            fmt=marker,
            color=colour(name),
            markersize=4,
            linewidth=1.2,
        )


def _widen(axes: Axes, low: float, high: float) -> None:
    left, right = axes.get_xlim()
    axes.set_xlim(min(left, low), max(right, high))


def regions_to_draw(one: Findings) -> list[str]:
    """Choose the regions whose response is drawn.

    Args:
        one: findings on a process.

    Returns:
        Names of regions: those of which there are official responses; without any, the three with most events.
    """
    if one.official_responses:
        return [official.region for official in one.official_responses]
    numbers = {region: response.number for region, response in next(iter(one.responses.values())).items()}
    return sorted(numbers, key=lambda region: -numbers[region])[:REGIONS]


def draw_responses(one: Findings, regions: Sequence[str], colour: Colour) -> Figure:
    """Draw the relative change of yields against each nuisance parameter.

    Args:
        one: findings on a process.
        regions: to be drawn, one a row.
        colour: gives the colour for a name of colours.COLOURS.

    Returns:
        The figure: synthetic events as lines with a band of one standard error; as points the official responses, or
        where there are none those of the real rows, with paired errors.
    """
    with matplotlib.rc_context({"font.size": FONT_SIZE}):
        figure = blank(520, 30 + 160 * len(regions), "constrained")
        panels = figure.subplots(len(regions), len(Point._fields), sharex="col", sharey="row", squeeze=False)
    for row, region in zip(panels, regions, strict=True):
        for axes, name in zip(row, Point._fields, strict=True):
            calm(axes, colour)
            axes.axhline(0, color=colour(QUIET), linewidth=1)
            _draw_curve(axes, one, region, name, colour)
        row[0].set_ylabel("change, %", color=colour(INK))
        row[0].set_title(region.replace(">=", "≥"), fontsize=FONT_SIZE, color=colour(INK), loc="left")
    for axes, name in zip(panels[-1], Point._fields, strict=True):
        axes.set_xlabel(f"{name}, GeV" if name == "soft_met" else name)
    return figure


def _draw_curve(axes: Axes, one: Findings, region: str, name: str, colour: Colour) -> None:
    points = [point for point in AXES if getattr(point, name) != getattr(NOMINAL, name)]
    nominal = (getattr(NOMINAL, name), 0.0, 0.0)
    curve = np.array(sorted([nominal, *(_place(point, name, one.responses[point][region]) for point in points)])).T
    axes.fill_between(
        curve[0], curve[1] - curve[2], curve[1] + curve[2], color=colour(SYNTHETIC), alpha=0.3, linewidth=0
    )
    axes.plot(curve[0], curve[1], color=colour(SYNTHETIC), linewidth=1.5)
    for x, change, error in _compared(one, region, name, points):
        axes.errorbar([x], [change], yerr=[error], fmt="o", color=colour(INK), markersize=3.5, linewidth=1.2)


def _place(point: Point, name: str, response: Response) -> tuple[float, float, float]:
    return getattr(point, name), 100 * response.change, 100 * response.error


def _compared(one: Findings, region: str, name: str, points: Sequence[Point]) -> list[tuple[float, float, float]]:
    for official in one.official_responses:
        if official.region == region:
            return [(getattr(point, name), 100 * official.changes[point], 0.0) for point in points]
    real = [(point, one.real_responses[point].get(region)) for point in points if point in one.real_responses]
    return [
        (getattr(point, name), 100 * response.change, 100 * max(response.error, 1 / response.number))
        for point, response in real
        if response is not None
    ]
