"""What a rule says of a bundle."""

from collections import Counter
from collections.abc import Iterable, Iterator
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
    """What the rules say of a bundle: problems, which Codabench refuses or gets wrong, and warnings."""

    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()


def in_competition(fault: str, remedy: str) -> Problem:
    """Describe a problem of competition.yaml itself."""
    return Problem("competition.yaml", fault, remedy)


def doubled(what: str, values: Iterable[Any]) -> Iterator[Problem]:
    """Yield a problem of competition.yaml for each value that occurs more than once."""
    for value, times in Counter(values).items():
        if times > 1:
            yield in_competition(f"{what}: {value} is used {times} times", "give each its own")
