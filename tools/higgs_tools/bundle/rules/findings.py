"""What a rule says of a bundle."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One thing to fix in a bundle: where it is, what it is, what to do about it."""

    file: str
    fault: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: {self.fault}; {self.remedy}."


@dataclass(frozen=True)
class Findings:
    """What the rules say of a bundle.

    Attributes:
        problems: Codabench refuses the upload, or every run would fail, give wrong scores, or show the truth.
        warnings: everything else that an organiser should know.
    """

    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()


def in_competition(fault: str, remedy: str) -> Problem:
    """Describe a problem of competition.yaml itself."""
    return Problem("competition.yaml", fault, remedy)


def doubled(what: str, values: Iterable[Any], remedy: str = "give each its own") -> Iterator[Problem]:
    """Yield a problem of competition.yaml for each value that occurs more than once."""
    for value, times in Counter(values).items():
        if times > 1:
            yield in_competition(f"{what}: {value} is used {times} times", remedy)


def and_more(names: Sequence[str]) -> str:
    """Name the first of several files, and count the rest.

    Example:
        >>> and_more(["a"]), and_more(["a", "b", "c"])
        ('a', 'a and 2 more')
    """
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
