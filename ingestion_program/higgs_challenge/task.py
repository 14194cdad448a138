"""What one measurement is made of: everything that differs between tasks, and nothing else.

Plan, sandbox, limits, workers, journal and scoring are the same for all tasks, which `higgs_challenge.tasks` loads.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from higgs_challenge.errors import InputError

if TYPE_CHECKING:
    import pandas as pd  # takes a third of a second


@dataclass(frozen=True)
class Prior:
    """How a nuisance parameter is drawn for a pseudo-experiment: a shape, then clipped to [low, high]."""

    shape: Literal["normal", "lognormal"]
    centre: float
    width: float
    low: float
    high: float

    def draw(self, rng: np.random.Generator) -> float:
        """Draw one value, clipped to the allowed range."""
        value = getattr(rng, self.shape)(self.centre, self.width)
        return float(min(max(value, self.low), self.high))


@dataclass(frozen=True)
class Experiment:
    """One pseudo-experiment to draw.

    Attributes:
        set_index, index: its set, and its number within the set, both from 0.
        mu: true signal strength.
        nuisances: true nuisance parameters, a record of the task's.
        seed: root of its random streams.

    Raises:
        InputError: mu is not a finite number, or below 0.
    """

    set_index: int
    index: int
    mu: float
    nuisances: Any
    seed: int

    def __post_init__(self) -> None:
        if not (isinstance(self.mu, int | float | np.number) and math.isfinite(self.mu) and self.mu >= 0):
            raise InputError(f"The signal strength mu must be a number of at least 0, not {self.mu!r}.")


class Sampler(Protocol):
    """Draws pseudo-experiments one after the other."""

    def draw(self, experiment: Experiment) -> npt.NDArray[np.float32]:
        """Draw a pseudo-experiment's features: float32, shape (features, n), columns contiguous.

        The next call may overwrite them. The same experiment gives the same events, from streams of its own seed.
        """


class TrainingSet(Protocol):
    """What a submission gets as get_train_set.

    Attributes:
        rows_asked: rows that there would have to be for what was asked so far; more than its length if that was too
            much. 0 where it has as many as on the platform.
    """

    @property
    def rows_asked(self) -> int: ...  # noqa: D102

    def __call__(self, train_size: Any = None) -> "pd.DataFrame":
        """Return train_size labelled nominal events, by default all."""

    def __len__(self) -> int:
        """Return the number of all events."""


class Data(Protocol):
    """The events of a task as the trusted side sees them.

    Attributes:
        folder: where other processes of the run find them: a folder whose part training/ a submission may read and
            whose part hidden/ it must not; None where events are made as they are drawn.
        source: where they come from, in words.
    """

    @property
    def folder(self) -> Path | None: ...  # noqa: D102

    @property
    def source(self) -> str: ...  # noqa: D102

    def sampler(self, threads: int = 1) -> Sampler:
        """Make a sampler, which one thread uses at a time; it may start up to this many that help."""

    def identity(self) -> str:
        """Return a hash; if it is equal, the same plan gives the same events."""

    def multiple(self) -> float:
        """Return how many pseudo-experiments' events of the rarest process are stored; infinity if drawn afresh."""

    def warnings(self) -> list[str]:
        """Return the reasons why results with these events mean little, for instance that they are too few."""

    def facts(self) -> dict[str, Any]:
        """Describe them for ingestion_summary.json, which participants read.

        Scoring looks for hidden_depth and training_depth: how many pseudo-experiments' events each part holds, of the
        process that it has least of; None where they are drawn afresh.
        """


def no_hint(error: BaseException) -> str:
    """Return nothing."""
    return ""


@dataclass(frozen=True)
class Task:
    """A measurement of a signal strength.

    Attributes:
        title: of the competition, as reports and leaderboards show it.
        features: names of the columns of a pseudo-experiment.
        nuisances: makes the record of a pseudo-experiment's nuisance parameters from those that act, by name; the
            others are nominal.
        priors: of every nuisance parameter, in a fixed order.
        open_data: opens the first of some folders that holds the task's data, and closes it.
        open_fresh: the same, with hidden events that are made for each pseudo-experiment alone; None where the task has
            no source of such events.
        get_train_set: gives what a submission gets by that name, made from a folder that it may read (None where there
            is none) in the submission's process.
        systematics: what a submission gets by that name: distorts such a DataFrame, each nuisance parameter an option.
        reference_width: mean width of the narrowest sound intervals known, which others may undercut; the checker
            compares with it.
        training_events: that a submission may be given on the platform, about.
        modules: folder of modules that a submission may import by bare name, after all others; None for none.
        hint: gives what to add to the message of a submission's exception, with a blank in front; empty for nothing.
        page_numbers: gives the numbers that only this task's competition pages name, as `data.NAME`.
    """

    title: str
    features: tuple[str, ...]
    nuisances: Callable[..., Any]
    priors: Mapping[str, Prior]
    open_data: Callable[[Sequence[Path]], AbstractContextManager[Data]]
    get_train_set: Callable[[Path | None], TrainingSet]
    systematics: Callable[..., Any]
    reference_width: float
    training_events: int
    open_fresh: Callable[[Sequence[Path]], AbstractContextManager[Data]] | None = None
    modules: Path | None = None
    hint: Callable[[BaseException], str] = no_hint
    page_numbers: Callable[[], Mapping[str, Any]] = dict

    def draw_nuisances(self, rng: np.random.Generator, active: Collection[str]) -> Any:
        """Draw the nuisance parameters of one pseudo-experiment from their priors.

        All are drawn in a fixed order whatever is active, so that switching one off leaves the others' values alone.

        Args:
            rng: the stream for this pseudo-experiment's nuisance parameters.
            active: names of those that act; the others stay nominal.

        Returns:
            The record of their values.
        """
        drawn = {name: prior.draw(rng) for name, prior in self.priors.items()}
        return self.nuisances(**{name: value for name, value in drawn.items() if name in active})

    def opener(self, fresh: bool) -> Callable[[Sequence[Path]], AbstractContextManager[Data]]:
        """Return what opens the task's data.

        Args:
            fresh: whether hidden events are made for each pseudo-experiment alone.

        Raises:
            InputError: they should, but the task has no source of such events.
        """
        if not fresh:
            return self.open_data
        if self.open_fresh is None:
            raise InputError(
                f"fresh_events: the task {self.title!r} has no source of fresh events; leave it, or --fresh, out."
            )
        return self.open_fresh

    def warm_up(self, training: Path | None) -> None:
        """Have what is compiled at the first use compiled before a submission's clock runs.

        Raises:
            InputError: the training events in this folder cannot be used.
        """
        self.systematics(
            self.get_train_set(training)(train_size=100), **{name: prior.high for name, prior in self.priors.items()}
        )


def training_folder(data: Path | None) -> Path | None:
    """Return the part of a data folder that submissions may read; None where there is no folder."""
    return None if data is None else data / "training"


def hidden_folder(data: Path) -> Path:
    """Return the part of a data folder that no submission may read."""
    return data / "hidden"
