"""How much each nuisance parameter matters: its pull, and what fixing it off its best value does to mu."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from higgs_inference.fitting import Fit, minimise
from higgs_inference.likelihood import Likelihood


@dataclass(frozen=True)
class Impact:
    """A nuisance parameter in a fit.

    Attributes:
        name: of the nuisance parameter.
        pull: its best value.
        error: its standard deviation; below 1 where the data know more than the prior.
        down, up: change of mu when the pull is fixed one standard deviation below and above.
    """

    name: str
    pull: float
    error: float
    down: float
    up: float

    @property
    def size(self) -> float:
        """The larger of the two changes."""
        return max(abs(self.down), abs(self.up))


def find_impacts(likelihood: Likelihood, at_minimum: Fit) -> list[Impact]:
    """Refit mu with each nuisance parameter fixed one standard deviation off; the largest impact comes first.

    Args:
        likelihood: with its gradient.
        at_minimum: its fit.
    """
    found = []
    for number, name in enumerate(at_minimum.names[1:], start=1):
        pull, error = float(at_minimum.values[number]), float(at_minimum.errors[number])
        moved = [minimise(likelihood, at_minimum.values, {name: pull + side * error}).values[0] for side in (-1, 1)]
        found.append(Impact(name, pull, error, moved[0] - at_minimum.mu, moved[1] - at_minimum.mu))
    return sorted(found, key=lambda one: -one.size)


def format_impacts(impacts: Sequence[Impact]) -> str:
    """Return the impacts as a table in Markdown."""
    lines = ["| Nuisance parameter | Pull | Impact on mu |", "|---|---|---|"]
    lines += [f"| {one.name} | {one.pull:+.2f} ± {one.error:.2f} | {one.down:+.3f}, {one.up:+.3f} |" for one in impacts]
    return "\n".join(lines)


def draw_impacts(impacts: Sequence[Impact], path: Path) -> None:
    """Draw pulls and impacts, the largest impact at the top; the ending of the path says in which format.

    Args:
        impacts: in the order to draw.
        path: of the picture.

    Raises:
        ValueError: there are none.
    """
    if not impacts:
        raise ValueError("there are no nuisance parameters whose impacts could be drawn")
    from matplotlib.figure import Figure  # only those who draw need it

    figure = Figure(figsize=(6.5, 0.9 + 0.4 * len(impacts)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    places = range(len(impacts))
    for place, one in zip(places, impacts, strict=True):
        left.errorbar(one.pull, place, xerr=one.error, fmt="o", color="black", markersize=4)
        right.barh(place, one.down, height=0.6, color="#4477aa", label="pull - its error" if place == 0 else None)
        right.barh(place, one.up, height=0.6, color="#ee6677", label="pull + its error" if place == 0 else None)
    left.set_yticks(list(places), [one.name for one in impacts])
    left.invert_yaxis()
    left.axvspan(-1, 1, color="0.92", zorder=0)
    left.axvline(0, color="0.6", linewidth=0.8, zorder=0)
    reach = max(2.5, *(abs(one.pull) + one.error + 0.2 for one in impacts))
    left.set_xlim(-reach, reach)
    left.set_xlabel("pull, in widths of the prior")
    right.axvline(0, color="0.6", linewidth=0.8)
    right.set_xlabel("change of $\\mu$")
    right.locator_params(axis="x", nbins=4)
    reach = 1.1 * max(one.size for one in impacts)
    right.set_xlim(-reach, reach)
    right.tick_params(left=False)
    figure.legend(loc="outside upper right", ncols=2, frameon=False, fontsize=8)
    figure.savefig(path, dpi=150)
