"""Nuisance parameters as a fit sees them: each has a pull, whose prior is the standard normal distribution."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np


@dataclass(frozen=True)
class Nuisance:
    """A nuisance parameter and its prior.

    With the pull a, its value is centre + width a (normal), or exp(centre + width a) (lognormal), clipped to
    [low, high].

    Attributes:
        name: as `systematics` calls it.
        prior: the shape.
        centre, width: of the prior, or of its logarithm.
        low, high: ends of the allowed range.
        nominal: the value at which `systematics` changes nothing.
        scales: the processes whose yield it multiplies; empty where it changes the events themselves.

    Raises:
        ValueError: the prior is unknown or has no width.
    """

    name: str
    prior: Literal["normal", "lognormal"] = "normal"
    centre: float = 0.0
    width: float = 1.0
    low: float = -math.inf
    high: float = math.inf
    nominal: float = 0.0
    scales: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.prior not in ("normal", "lognormal"):
            raise ValueError(f"expected a normal or lognormal prior for {self.name}; got {self.prior}")
        if not self.width > 0:
            raise ValueError(f"the prior of {self.name} needs a width above 0; got {self.width}")

    def value(self, pull: float) -> float:
        """Return the value at a pull.

        Example:
            >>> Nuisance("tes", centre=1.0, width=0.01, nominal=1.0).value(2.0)
            1.02
        """
        value = self.centre + self.width * pull
        return min(max(math.exp(value) if self.prior == "lognormal" else value, self.low), self.high)

    def slope(self, pull: float) -> float:
        """Return the derivative of the value by the pull; 0 where the value is clipped."""
        value = self.value(pull)
        if value in (self.low, self.high):
            return 0.0
        return self.width * (value if self.prior == "lognormal" else 1.0)

    def shift(self, pull: float) -> float:
        """Return the value's distance from nominal in units of the width, in which responses are measured."""
        return (self.value(pull) - self.nominal) / self.width

    def value_of_shift(self, shift: float) -> float:
        """Return the value at a distance from nominal, the argument that `systematics` takes."""
        return self.nominal + self.width * shift


BACKGROUNDS = ("ztautau", "diboson", "ttbar")

HIGGS = (
    Nuisance("tes", centre=1.0, width=0.01, low=0.9, high=1.1, nominal=1.0),
    Nuisance("jes", centre=1.0, width=0.01, low=0.9, high=1.1, nominal=1.0),
    Nuisance("soft_met", prior="lognormal", centre=0.0, width=1.0, low=0.0, high=5.0),
    Nuisance("ttbar_scale", centre=1.0, width=0.02, low=0.8, high=1.2, nominal=1.0, scales=("ttbar",)),
    Nuisance("diboson_scale", centre=1.0, width=0.25, low=0.0, high=2.0, nominal=1.0, scales=("diboson",)),
    Nuisance("bkg_scale", centre=1.0, width=0.001, low=0.99, high=1.01, nominal=1.0, scales=BACKGROUNDS),
)
"""The challenge's six (arXiv:2410.02867, section on systematic uncertainties)."""


MAX_KNOWN_PULL = 2.0
"""Largest pull of a nuisance parameter that a classifier is told."""


def draw_pulls(
    rng: np.random.Generator, nuisances: Sequence[Nuisance], known: Mapping[str, str] | None = None
) -> np.ndarray:
    """Draw a pull for each nuisance parameter from its prior, shape (nuisances,).

    Args:
        rng: source of the randomness.
        nuisances: all of them.
        known: those that copy the pull of another one, clipped to MAX_KNOWN_PULL: the other's name by their own.
    """
    pulls = rng.standard_normal(len(nuisances))
    places = {one.name: number for number, one in enumerate(nuisances)}
    for name, followed in (known or {}).items():
        pulls[places[name]] = np.clip(pulls[places[followed]], -MAX_KNOWN_PULL, MAX_KNOWN_PULL)
    return pulls


def shape_nuisances(nuisances: Sequence[Nuisance]) -> tuple[Nuisance, ...]:
    """Return those that change the events themselves."""
    return tuple(one for one in nuisances if not one.scales)
