"""A counting toy: two features, signal and background normally distributed in both, and one systematic shift of x2.

After the example of S. Wunsch et al., Comput. Softw. Big Sci. 5 (2021) 4, arXiv:2003.07186: methods that train with
uncertainties can be compared with what the exact likelihood gives. In one file it shows all that a task declares.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from higgs_challenge.errors import InputError, SubmissionError
from higgs_challenge.streams import stream
from higgs_challenge.task import Experiment, Prior, Task

Floats = npt.NDArray[np.float32]

FEATURES = ("x1", "x2")
PROCESSES = {"background": 1000.0, "signal": 50.0}
"""Expected events of each process, the signal's at mu = 1; a process's place here is its label."""
CENTRES = {"background": (1.0, 1.0), "signal": (0.0, 0.0)}
"""Means of both features; their widths are 1, and they are independent."""

REFERENCE_WIDTH = 0.78
"""Mean width of the optimal analysis, the task's sample submission: `make run TASK=gaussian`."""

TRAINING_EVENTS = 1_000_000
TRAINING_SEED = 1
"""Public: training events are not secret, and pseudo-experiments have seeds of their own."""


@dataclass(frozen=True)
class Nuisances:
    """The one nuisance parameter: what is added to x2 of every event, as a miscalibrated detector would."""

    shift: float = 0.0


class Generator:
    """Draws pseudo-experiments straight from the densities; see task.Sampler."""

    def draw(self, experiment: Experiment) -> Floats:
        """Draw a pseudo-experiment's features, float32, shape (2, n), in random order."""
        rng = stream(experiment.seed, "gaussian", experiment.set_index, experiment.index)
        strengths = {"background": 1.0, "signal": experiment.mu}
        numbers = {name: rng.poisson(strengths[name] * expected) for name, expected in PROCESSES.items()}
        features = np.concatenate([draw_process(rng, name, number) for name, number in numbers.items()], axis=1)
        features[1] += np.float32(experiment.nuisances.shift)
        return np.ascontiguousarray(rng.permutation(features, axis=1))


def draw_process(rng: np.random.Generator, process: str, number: int) -> Floats:
    """Draw nominal events of one process, float32, shape (2, number)."""
    centre = np.array(CENTRES[process], dtype=np.float32)
    return rng.standard_normal((2, number), dtype=np.float32) + centre[:, np.newaxis]


class MadeEvents:
    """Events that no file holds; see task.Data."""

    folder = None
    source = "two Gaussians, drawn anew for every pseudo-experiment"

    def sampler(self, threads: int = 1) -> Generator:
        """Return a generator, which needs one thread."""
        return Generator()

    def identity(self) -> str:
        """Return a text that changes with the densities."""
        return repr((PROCESSES, CENTRES))

    def multiple(self) -> float:
        """Return infinity: events are never drawn twice."""
        return math.inf

    def warnings(self) -> list[str]:
        """Return no warnings: events are never drawn twice."""
        return []

    def facts(self) -> dict[str, Any]:
        """Return that events are never drawn twice, and how many pseudo-experiments' events there are to train on."""
        least = min(TRAINING_EVENTS / 2 / expected for expected in PROCESSES.values())
        return {"hidden_depth": None, "training_depth": least}


@contextmanager
def make_events(folders: Sequence[Path]) -> Iterator[MadeEvents]:
    """Return the events, whatever folders there are."""
    yield MadeEvents()


class TrainingSet:
    """Labelled nominal events, called as the participant's `get_train_set`; half of them are signal."""

    rows_asked = 0
    """There are as many everywhere."""

    def __len__(self) -> int:
        """Return the number of all events."""
        return TRAINING_EVENTS

    def __call__(self, train_size: int | None = None) -> pd.DataFrame:
        """Return the first train_size of a million events, by default all.

        Returns:
            A DataFrame of x1, x2 (float32), weights (float64; those of each process add up to its expected events),
            detailed_labels (the process) and labels (1 for signal).

        Raises:
            SubmissionError: train_size is not a number from 2 to a million.
        """
        size = TRAINING_EVENTS if train_size is None else train_size
        if isinstance(size, bool) or not isinstance(size, int) or not 2 <= size <= TRAINING_EVENTS:
            raise SubmissionError(
                f"get_train_set: train_size must be a number from 2 to {TRAINING_EVENTS}, not {size!r}."
            )
        labels = np.arange(size) % 2
        names = np.array(list(PROCESSES), dtype=object)[labels]
        events = pd.DataFrame(np.empty((size, 2), dtype=np.float32), columns=list(FEATURES))
        weights = np.empty(size)
        for name, expected in PROCESSES.items():
            own = names == name
            drawn = draw_process(stream(TRAINING_SEED, name), name, TRAINING_EVENTS // 2)
            events.loc[own, list(FEATURES)] = drawn[:, : own.sum()].T
            weights[own] = expected / own.sum()
        return events.assign(weights=weights, detailed_labels=names, labels=labels.astype(np.float32))


def get_training_set(folder: Path | None) -> TrainingSet:
    """Return the training events, which need no folder."""
    return TrainingSet()


def systematics(data_set: Any, shift: float = 0.0) -> Any:
    """Distort events as the nuisance parameter does.

    Args:
        data_set: a DataFrame with the column x2, or a dict whose "data" is one; it stays as it is.
        shift: added to x2.

    Returns:
        The same kind, distorted.

    Raises:
        InputError: there is no column x2.
    """
    if isinstance(data_set, dict):
        return {**data_set, "data": systematics(data_set["data"], shift)}
    if "x2" not in data_set:
        raise InputError("The data have no column x2.")
    return data_set.assign(x2=(data_set["x2"] + shift).astype(np.float32))


TASK = Task(
    title="Two Gaussians",
    features=FEATURES,
    nuisances=Nuisances,
    priors={"shift": Prior("normal", 0.0, 1.0, -5.0, 5.0)},
    open_data=make_events,
    open_fresh=make_events,
    get_train_set=get_training_set,
    systematics=systematics,
    reference_width=REFERENCE_WIDTH,
    training_events=TRAINING_EVENTS,
)
