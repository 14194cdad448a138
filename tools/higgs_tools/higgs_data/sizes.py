"""How many rows of each process a synthetic data set has."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from higgs_challenge.errors import InputError
from higgs_challenge.tasks.higgs.events.columns import SIGNAL
from higgs_tools.higgs_data.informative_region import SHARES as INFORMATIVE

SHARES = {"diboson": 0.02, "ttbar": 0.13}
"""Rows of a rare background for each ztautau row: 5 and 3 times as many as a pseudo-experiment has.

A shift that all pseudo-experiments share has a variance of f / depth from a process with the share f of the
information's events; its rows cost depth times its yield. For a given cost the shift is least where depths go as
sqrt(f / yield): 2.7 times ztautau's for ttbar, 2 times for diboson, 11 times for htautau (f is 0.69 for ztautau, else
0.22, 0.01 and 0.08; benchmarks/information_by_region.py). These processes have rather more.
"""

HIDDEN_SIGNAL, TRAINING_SIGNAL = 0.02, 0.3
"""Rows of htautau for each ztautau row: hidden by the same rule, in training as many as classifiers need."""

FEWEST, MOST = 10_000, 500_000_000
"""Hidden ztautau rows: with fewer, most bins of an analysis would be empty; more cannot be mixed."""


MAX_DENSE = 100


@dataclass(frozen=True)
class Size:
    """Rows per process of the two parts of a data set.

    Attributes:
        hidden, training: rows that there are if none are added where the information is.
        dense: factor by which there are more rows there (see informative_region), each with less weight.
    """

    hidden: Mapping[str, int]
    training: Mapping[str, int]
    dense: int = 1

    def factor(self, part: str, process: str) -> int:
        """Return the factor for a process in a part; signal in training is deep enough without."""
        return 1 if (part, process) == ("training", SIGNAL) else self.dense

    @property
    def generated(self) -> int:
        """Events to generate in all; of those outside the region, one in `factor` is kept."""
        return sum(
            self.factor(part, name) * rows for part in ("hidden", "training") for name, rows in self.of(part).items()
        )

    @property
    def rows(self) -> int:
        """Rows of both parts; where they are dense, about so many."""
        return self.part_rows("hidden") + self.part_rows("training")

    def part_rows(self, part: str) -> int:
        """Return the rows of a part; where it is dense, about so many."""
        added = {name: INFORMATIVE[name] * (self.factor(part, name) - 1) for name in INFORMATIVE}
        return round(sum((1 + added[name]) * rows for name, rows in self.of(part).items()))

    def of(self, part: str) -> Mapping[str, int]:
        """Return the rows by process of the part "hidden" or "training", without the added ones."""
        return self.hidden if part == "hidden" else self.training


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


def parse_size(text: str, dense: int = 1) -> Size:
    """Read a size: one of SIZES, or a number of hidden ztautau rows, with as many in training.

    Args:
        text: for instance "small", "10000000" or "1e7".
        dense: as in Size.

    Raises:
        InputError: it is neither.
    """
    if text in SIZES:
        return replace(SIZES[text], dense=dense)
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not (FEWEST <= number <= MOST and number.is_integer()):
        raise InputError(
            f"The size must be {', '.join(SIZES)}, or how many hidden ztautau events to make, from {FEWEST} to {MOST}, "
            f"for instance 10000000; not {text!r}."
        )
    return replace(in_proportion(int(number), int(number)), dense=dense)
