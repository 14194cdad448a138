"""Labelled training events: read in slices, thinned, distorted, and reduced to what templates need of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from higgs_inference.binning import Binning
from higgs_inference.templates import Floats

if TYPE_CHECKING:
    import pandas as pd

ROWS_AT_ONCE = 500_000
ROWS_TO_COUNT = 100_000
ROWS_TO_COMPARE = 10

MAX_CLASSIFIER_ROWS = {"htautau": 1_200_000, "ztautau": 1_800_000, "ttbar": 700_000, "diboson": 250_000}
"""Training rows of each process that a classifier takes, at most: a network learns little from more."""

MAX_CLASSIFIER_SHARES = {"htautau": 0.3, "ztautau": 0.2, "ttbar": 0.4, "diboson": 0.5}
"""Share of each process's training rows that a classifier takes, at most: the templates need the others."""

PROCESS, ROW = "process_number", "row_number"
"""Columns that `label` adds."""

Discriminate = Callable[["pd.DataFrame"], npt.NDArray[np.floating]]
"""Returns the discriminants of selected events, shape (n, discriminants), from a DataFrame.

It takes the features by name, since training events have more columns, and is called from two threads at a time.
"""


class TrainingSet(Protocol):
    """The challenge's get_train_set."""

    def __call__(self, train_size: Any = None, selected_indices: Any = None) -> "pd.DataFrame":
        """Return labelled events."""

    def __len__(self) -> int:
        """Return the number of all rows."""


Systematics = Callable[..., "pd.DataFrame"]


@dataclass(frozen=True, eq=False)
class Events:
    """Selected events, as little of each as templates need.

    Attributes:
        discriminants: shape (n, discriminants).
        weights: those of each process add up to its expected yield after selection, shape (n,).
        processes: numbers of the processes, shape (n,).
        rows: numbers of the training rows, shape (n,).
    """

    discriminants: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]
    processes: npt.NDArray[np.int8]
    rows: npt.NDArray[np.int64]


def choose_sizes(
    get_train_set: TrainingSet,
    most: Mapping[str, int] = MAX_CLASSIFIER_ROWS,
    shares: Mapping[str, float] = MAX_CLASSIFIER_SHARES,
) -> dict[str, int]:
    """Return how many rows of each process a classifier may take, so that there are enough left for templates.

    Args:
        get_train_set: the challenge's function, whose first rows tell how many there are of each process.
        most: rows of each process, at most.
        shares: of each process's rows, at most.

    Raises:
        ValueError: there is a process of which the first rows have none.
    """
    some = get_train_set(selected_indices=np.arange(min(len(get_train_set), ROWS_TO_COUNT)))["detailed_labels"]
    available = some.value_counts(normalize=True) * len(get_train_set)
    if missing := [process for process in most if process not in available]:
        raise ValueError(f"there are no training events of {missing[0]}: use a larger store")
    return {process: max(1, int(min(number, shares[process] * available[process]))) for process, number in most.items()}


def other_rows(get_train_set: TrainingSet, events: "pd.DataFrame", most: int | None = None) -> npt.NDArray[np.int64]:
    """Return the training rows that are not among events that get_train_set gave by process, increasing.

    Args:
        get_train_set: the challenge's function.
        events: with the numbers of their rows as index.
        most: rows to return at most, evenly spread, since the first ones lack what the events took; None for all.

    Raises:
        ValueError: there are none; or the events are not as get_train_set returned them, but had the selection of
            systematics, or a new index.
    """
    _require_training_rows(get_train_set, events)
    rows = np.setdiff1d(np.arange(len(get_train_set)), events.index.to_numpy(), assume_unique=True)
    if not len(rows):
        raise ValueError("the classifier took all training rows, and there are none left for templates: give it fewer")
    return rows if most is None else rows[:: max(1, -(-len(rows) // most))]


def _require_training_rows(get_train_set: TrainingSet, events: "pd.DataFrame") -> None:
    """Compare some of the events with the training rows that have the numbers in their index."""
    index = events.index.to_numpy()
    is_number = len(index) > 0 and np.issubdtype(index.dtype, np.integer)
    if is_number and index.min() >= 0 and index.max() < len(get_train_set):
        some = np.unique(np.linspace(0, len(index) - 1, ROWS_TO_COMPARE, dtype=np.int64))
        places = some[np.argsort(index[some])]
        rows = get_train_set(selected_indices=index[places]).drop(columns="weights").select_dtypes("number")
        own = events.iloc[places].reindex(columns=rows.columns)
        if np.array_equal(rows.to_numpy(dtype=np.float64), own.to_numpy(dtype=np.float64), equal_nan=True):
            return
    raise ValueError(
        "expected events as get_train_set returned them, whose index is the numbers of their rows: systematics and "
        "reset_index give them others, so pass the events from before"
    )


def label(events: "pd.DataFrame", processes: Sequence[str], rows: npt.NDArray[np.int64]) -> "pd.DataFrame":
    """Replace the names of the processes by numbers, and add the number of each row.

    get_train_set scales the weights of what it returns so that each process adds up to its expected yield. Here they
    are multiplied by the number of the process's rows, so that slices of different lengths can be added up.

    Args:
        events: of one call of get_train_set; its column `detailed_labels` names each event's process.
        processes: the names, in the order of the numbers.
        rows: numbers of the rows, shape (n,).

    Raises:
        ValueError: a process has no number.
    """
    found, names = events["detailed_labels"].factorize()
    unknown = sorted(set(names) - set(processes))
    if unknown:
        raise ValueError(f"expected the processes {', '.join(processes)}; the training events have {unknown[0]} too")
    numbers = np.array([list(processes).index(name) for name in names], dtype=np.int8)[found]
    scaled = events["weights"].to_numpy(dtype=np.float64) * np.bincount(numbers, minlength=len(processes))[numbers]
    columns = {"weights": scaled, PROCESS: numbers, ROW: rows}
    return events.drop(columns=["detailed_labels"]).assign(**columns)


def read_events(
    get_train_set: TrainingSet,
    processes: Sequence[str],
    rows: npt.NDArray[np.int64],
    factors: npt.NDArray[np.floating] | None = None,
) -> Iterator["pd.DataFrame"]:
    """Read training rows, labelled as `label` does, a slice at a time, so that memory stays bounded.

    Args:
        get_train_set: the challenge's function.
        processes: names of the processes.
        rows: which rows, increasing, shape (n,).
        factors: by which the weights are multiplied, such as those of `thin`, shape (n,).

    Raises:
        ValueError: there are no rows.
    """
    if not len(rows):
        raise ValueError("there are no training events to read: a cut left none, or the store is too small")
    for places in np.array_split(np.arange(len(rows)), -(-len(rows) // ROWS_AT_ONCE)):
        events = label(get_train_set(selected_indices=rows[places]), processes, rows[places])
        if factors is not None:
            events["weights"] *= factors[places]
        yield events


def score_events(
    slices: Iterable["pd.DataFrame"],
    systematics: Systematics,
    discriminate: Discriminate,
    values: Mapping[str, float] | None = None,
    seed: int = 0,
) -> Events:
    """Distort, select and score events.

    Args:
        slices: as `label` makes them.
        systematics: the challenge's function; it takes a seed, and nuisance parameters by name.
        discriminate: gives the discriminants.
        values: of nuisance parameters by name; the others are nominal.
        seed: of the noise that systematics adds.

    Raises:
        ValueError: there are no slices, or the discriminants have not one row for each event.
    """
    parts: list[tuple[npt.NDArray[Any], ...]] = []
    rows_of_process = np.zeros(128)
    for number, events in enumerate(slices):
        rows_of_process += np.bincount(events[PROCESS], minlength=len(rows_of_process))
        kept = systematics(events, seed=1000 * seed + number, **(values or {}))
        weights = kept["weights"].to_numpy(dtype=np.float64)
        columns = kept[PROCESS].to_numpy(dtype=np.int8), kept[ROW].to_numpy(dtype=np.int64)
        scores = np.asarray(discriminate(kept), dtype=np.float32)
        if scores.ndim != 2 or len(scores) != len(kept):
            raise ValueError(f"expected discriminants of shape ({len(kept)}, discriminants); got {scores.shape}")
        parts.append((scores, weights, *columns))
    if not parts:
        raise ValueError("there are no training events to score")
    discriminants, weights, numbers, rows = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    normalised = (weights / rows_of_process[numbers]).astype(np.float32)
    return Events(discriminants, normalised, numbers, rows)


def fill(events: Events, binning: Binning, num_processes: int) -> tuple[Floats, Floats]:
    """Add up weights, and squared weights, per process and bin; both have the shape (processes, bins).

    Args:
        events: labelled ones.
        binning: the bins.
        num_processes: how many processes there are.
    """
    shape = num_processes, binning.number
    cells = events.processes.astype(np.int64) * shape[1] + binning.find(events.discriminants)
    weights = events.weights.astype(np.float64)
    sums = [np.bincount(cells, weights=one, minlength=shape[0] * shape[1]) for one in (weights, weights**2)]
    counts, squares = (np.asarray(one, dtype=np.float64).reshape(shape) for one in sums)
    return counts, squares


def thin(
    events: Events,
    rows: npt.NDArray[np.int64],
    importance: npt.NDArray[np.floating],
    numbers: Sequence[int],
    seed: int,
) -> tuple[npt.NDArray[np.int64], Floats]:
    """Choose training rows, more of those that matter, and the factors that make up for the others.

    Of every process about so many selected events are chosen, or all where it has no more, each with a probability in
    proportion to its importance, up to 1. So what nuisance parameters do to the bins that hold the information is known
    from few events. Of all rows that the selection rejects as many are chosen as of the most frequent process, since
    distorted ones may pass it.

    Args:
        events: the selected ones of the rows, nominal.
        rows: increasing, shape (m,), m >= n.
        importance: of each event, above 0, shape (n,).
        numbers: of events of each process, by its number.
        seed: of the choice.

    Returns:
        The rows, increasing, and for each the reciprocal of its probability.

    Raises:
        ValueError: an importance is not above 0.
    """
    if not np.all(importance > 0):
        raise ValueError(
            "the importance of every event must be above 0; without it an event would be missing from the sums"
        )
    rng = np.random.default_rng(seed)
    probability = np.empty(len(importance))
    for process in np.unique(events.processes):
        own = events.processes == process
        probability[own] = _probabilities(np.asarray(importance[own], dtype=np.float64), numbers[process])
    rejected = np.setdiff1d(rows, events.rows, assume_unique=True)
    candidates = np.concatenate([events.rows, rejected])
    probability = np.concatenate([probability, _probabilities(np.ones(len(rejected)), max(numbers))])
    chosen = np.flatnonzero(rng.random(len(probability)) < probability)
    chosen = chosen[np.argsort(candidates[chosen])]
    return candidates[chosen], 1 / probability[chosen]


def _probabilities(importance: Floats, number: int) -> Floats:
    """Return probabilities in proportion to the importance, at most 1, that add up to `number` or to all."""
    if number >= len(importance):
        return np.ones(len(importance))
    scale = number / importance.sum()
    for _ in range(50):
        probability = np.minimum(scale * importance, 1.0)
        scale *= number / probability.sum()
    return np.asarray(np.minimum(scale * importance, 1.0))
