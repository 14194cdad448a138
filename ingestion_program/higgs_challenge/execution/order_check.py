"""Check whether a submission's answers depend on earlier calls."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass

from higgs_challenge.execution.progress import Advance
from higgs_challenge.execution.worker import Result
from higgs_challenge.number_formats import count

Key = tuple[int, int]


@dataclass(frozen=True)
class OrderCheck:
    """The result of repeating pseudo-experiments in fresh processes.

    Attributes:
        repeated: how many.
        different: (set, index) of those with another answer.
        by_chance: those of them whose repetition in another fresh process gave yet another answer.
        largest_difference: of any number of an answer, in widths of the interval first given.
    """

    repeated: int
    different: tuple[Key, ...]
    by_chance: tuple[Key, ...]
    largest_difference: float

    @property
    def verdict(self) -> str:
        """The result in words."""
        repeated = count(self.repeated, "pseudo-experiment")
        if not self.different:
            return f"{repeated} had the same answer in a fresh process"
        return (
            f"{len(self.different)} of {repeated} had another answer in a fresh process, by up to "
            f"{self.largest_difference:.2g} interval widths: {self._reason}"
        )

    @property
    def _reason(self) -> str:
        if not self.by_chance:
            return "answers depend on earlier ones"
        return "answers depend on chance, since another fresh process gave yet another one: seed the random numbers"


def check_order(
    keys: Sequence[Key], first: Mapping[Key, Result], repeat: Callable[[Key], Result], advance: Advance
) -> OrderCheck:
    """Repeat some pseudo-experiments and compare the answers.

    Args:
        keys: (set, index) of those to repeat.
        first: the results of the run.
        repeat: evaluates one in a fresh process; called twice for one whose answer is different.
        advance: called with how many are done.
    """
    differences, by_chance = {}, []
    for key in keys:
        repeated = repeat(key)
        differences[key] = difference(first[key], repeated)
        if differences[key] and difference(repeated, repeat(key)):
            by_chance.append(key)
        advance(len(differences))
    different = tuple(key for key, value in differences.items() if value)
    return OrderCheck(len(keys), different, tuple(by_chance), max(differences.values(), default=0.0))


def difference(first: Result, second: Result) -> float:
    """Return the largest difference between two answers, in widths of the first one's interval."""
    largest: float = max(abs(a - b) for a, b in zip(astuple(first.interval), astuple(second.interval), strict=True))
    width: float = max(first.interval.p84 - first.interval.p16, 1e-9)
    return largest / width
