"""The strata of a store's processes, and how many pseudo-experiments' events they hold."""

from collections.abc import Mapping
from dataclasses import dataclass

INFORMATION_WHERE_DENSE = 0.92
"""Share of what the counts tell about mu in the region of which a dense store has more events
(benchmarks/information_by_region.py)."""


@dataclass(frozen=True)
class Stratum:
    """Rows of a process that lie together: how many, and the sum and range of their weights."""

    rows: int
    weight: float
    smallest: float
    largest: float


Strata = tuple[Stratum, ...]
"""All rows of a process in a part, in the order in which they lie; at least one, which may be empty."""


class Multiples:
    """How many pseudo-experiments' events there are of each process that is expected, by stratum.

    Args:
        processes: each one's strata and its expected events in a pseudo-experiment.
    """

    def __init__(self, processes: Mapping[str, tuple[Strata, float]]) -> None:
        self._each = {name: _multiples(*process) for name, process in processes.items() if process[1] > 0}

    def scarcest(self) -> dict[str, float]:
        """Return those of the stratum with fewest."""
        return {name: min(multiples) for name, multiples in self._each.items()}

    def densest(self) -> dict[str, float]:
        """Return those of the stratum with most."""
        return {name: max(multiples) for name, multiples in self._each.items()}

    def depth(self) -> float:
        """Return how many there are as far as they tell about mu, of the process with fewest.

        A measurement's variance from the limited number of events is the sum of its strata's, each in proportion to
        what the stratum tells about mu.
        """
        scarcest, densest = self.scarcest(), self.densest()
        if not min(scarcest.values()):
            return 0.0
        share = INFORMATION_WHERE_DENSE
        return min(1 / (share / densest[name] + (1 - share) / scarcest[name]) for name in scarcest)


def _multiples(strata: Strata, expected: float) -> list[float]:
    """Divide the rows of strata by a pseudo-experiment's expected events, shared among them as their weights are."""
    total = sum(stratum.weight for stratum in strata)
    filled = [stratum for stratum in strata if stratum.rows]
    return [stratum.rows * total / (stratum.weight * expected) for stratum in filled] or [0.0]
