"""The time a run has taken, and its limit."""

import time
from dataclasses import dataclass

from higgs_challenge.number_formats import format_seconds


@dataclass(frozen=True)
class Clock:
    """The clock of one run.

    Attributes:
        started: when it began, on the monotonic clock; for a resumed run, shifted back by the time already taken.
        limit: seconds it may take; None for no limit.
    """

    started: float
    limit: float | None

    def elapsed(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self.started

    def left(self) -> float:
        """Return the seconds left, at least a millisecond; infinity without a limit."""
        return max(self.deadline - time.monotonic(), 1e-3)

    @property
    def deadline(self) -> float:
        """When the limit is reached, on the monotonic clock; infinity without a limit."""
        return float("inf") if self.limit is None else self.started + self.limit

    def describe_limit(self) -> str:
        """Name the limit in a sentence."""
        return f"total limit of {format_seconds(self.limit or 0.0)}"
