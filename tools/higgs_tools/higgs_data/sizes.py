"""How many rows of each process a synthetic data set has."""

from collections.abc import Mapping
from dataclasses import dataclass

from higgs_challenge.errors import InputError

SHARES = {"diboson": 0.03, "ttbar": 0.18}
"""Rows of a rare background for each ztautau row: 8 and 4 times what a pseudo-experiment has.

A shift that all pseudo-experiments share has a variance of f / depth from a process with the share f of the
information's events; its rows cost depth times its yield. For a given cost the shift is least where depths go as
sqrt(f / yield).
"""

HIDDEN_SIGNAL, TRAINING_SIGNAL = 0.02, 0.3
"""Rows of htautau for each ztautau row: hidden by the same rule, in training as many as classifiers need."""

FEWEST, MOST = 10_000, 500_000_000
"""Hidden ztautau rows: with fewer, most bins of an analysis would be empty; more cannot be mixed."""


@dataclass(frozen=True)
class Size:
    """Rows per process of the two parts of a data set."""

    hidden: Mapping[str, int]
    training: Mapping[str, int]

    @property
    def hidden_rows(self) -> int:
        """Rows of all processes in the hidden part."""
        return sum(self.hidden.values())

    @property
    def rows(self) -> int:
        """Rows of all processes in both parts."""
        return self.hidden_rows + sum(self.training.values())


def in_proportion(hidden: int, training: int) -> Size:
    """Give a data set of so many ztautau rows as many of the other processes as go with them.

    Args:
        hidden, training: ztautau rows of the two parts.
    """
    return Size(_part(hidden, HIDDEN_SIGNAL), _part(training, TRAINING_SIGNAL))


def _part(ztautau: int, signal: float) -> dict[str, int]:
    others = {name: round(share * ztautau) for name, share in SHARES.items()}
    return {"htautau": round(signal * ztautau), "ztautau": ztautau, **others}


SIZES = {
    "tiny": in_proportion(100_000, 100_000),
    "small": in_proportion(5_000_000, 5_000_000),
    "large": in_proportion(25_000_000, 25_000_000),
    "huge": in_proportion(86_000_000, 190_000_000),  # as the official file
}


def parse_size(text: str) -> Size:
    """Read a size: one of SIZES, or a number of hidden ztautau rows, with as many in training.

    Args:
        text: for instance "small", "10000000" or "1e7".

    Raises:
        InputError: it is neither.
    """
    if text in SIZES:
        return SIZES[text]
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not (FEWEST <= number <= MOST and number.is_integer()):
        raise InputError(
            f"The size must be {', '.join(SIZES)}, or how many hidden ztautau events to make, from {FEWEST} to {MOST}, "
            f"for instance 10000000; not {text!r}."
        )
    return in_proportion(int(number), int(number))
