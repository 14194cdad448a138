"""Synthetic events to compare: the first of them whole, and enough of all of them for every region."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from higgs_challenge.tasks.higgs.events import columns
from higgs_challenge.tasks.higgs.simulation import simulate_blocks
from higgs_tools.validation.regions import VBF_LEADING, VBF_SUBLEADING, Floats, Mask, count_regions
from higgs_tools.validation.samples import Sample, join

KEPT_EVENTS = 300_000
"""Synthetic events of a process whose every column is compared."""

KEPT_OTHERS = 500_000
"""Events of a process to keep for responses beside those near the VBF regions."""

COUNTED_EVENTS = {"htautau": 2_000_000, "ztautau": 10_000_000, "ttbar": 1_500_000, "diboson": 600_000}
"""Synthetic events of which the regions' yields, moments and responses are known: so many that a third of a yield's
tolerance, where it is 10 or 25 %, is more than its statistical error, and so is half of a response's."""

MAX_JES = 1.04
"""Larger than any jet energy scale at which the VBF regions are looked at."""


@dataclass(frozen=True)
class Synthetic:
    """Synthetic events of one process, before the selection.

    Attributes:
        sample: the first of them.
        thinned: all events near the VBF regions, and some of the others with more weight, so that rare regions are
            known as well as the total allows.
        counts: how many of all lie in which region.
        total: how many they are.
    """

    sample: Sample
    thinned: Sample
    counts: dict[str, int]
    total: int


def near_vbf(rows: Floats) -> Mask:
    """Find the events that a jet energy scale of at most MAX_JES may bring into a VBF region.

    Args:
        rows: primary columns, float32, shape (n, 16).

    Returns:
        A mask of shape (n,).
    """
    near: Mask = (rows[:, columns.JET1_PT] > VBF_LEADING / MAX_JES) & (
        rows[:, columns.JET2_PT] > VBF_SUBLEADING / MAX_JES
    )
    return near


def make_synthetic(process: str, seed: int, events: int, progress: Callable[[int], None]) -> Synthetic:
    """Generate synthetic events, count the regions' as they come, and keep what is compared.

    Args:
        process: one of columns.PROCESSES.
        seed: of the generator.
        events: how many to generate.
        progress: called with how many are done.

    Returns:
        The counts of all events, the first KEPT_EVENTS of them, and the thinned ones.
    """
    counts: dict[str, int] = {}
    first, near, others = (_Collection(limit) for limit in (KEPT_EVENTS, events, KEPT_OTHERS))
    for block in simulate_blocks(process, events, seed):
        for region, count in count_regions([block])[0].items():
            counts[region] = counts.get(region, 0) + count
        is_near = near_vbf(block)
        first.add(block)
        near.add(block[is_near])
        others.add(block[~is_near])
        progress(first.offered)
    return Synthetic(first.sample(), _thinned(near, others), counts, first.offered)


class _Collection:
    """The first rows of those that are offered, up to a limit."""

    def __init__(self, limit: int) -> None:
        self.limit, self.offered = limit, 0
        self.parts: list[Floats] = []

    def add(self, rows: Floats) -> None:
        if self.offered < self.limit:
            self.parts.append(rows[: self.limit - self.offered])
        self.offered += len(rows)

    def sample(self) -> Sample:
        return Sample.of_equal_weights(np.concatenate(self.parts))


def _thinned(near: _Collection, others: _Collection) -> Sample:
    whole, part = near.sample(), others.sample()
    weights = np.full(len(part.rows), others.offered / max(len(part.rows), 1))
    return join([whole, Sample(part.rows, weights, part.held_out)])
