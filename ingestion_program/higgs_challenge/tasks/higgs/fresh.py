"""Events that the generator makes for each pseudo-experiment alone, so that no two pseudo-experiments share any."""

import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from higgs_challenge.task import Experiment
from higgs_challenge.tasks.higgs.data.locate_data import find_training
from higgs_challenge.tasks.higgs.data.store import Part, read_part
from higgs_challenge.tasks.higgs.drawing import SPARE, Transformer, draw_number_of, experiment_stream, mix
from higgs_challenge.tasks.higgs.events.columns import PRIMARY, PROCESSES
from higgs_challenge.tasks.higgs.events.nuisances import Nuisances
from higgs_challenge.tasks.higgs.events.transform import Floats
from higgs_challenge.tasks.higgs.simulation import generator_version, simulate_into

BLOCK = 16_384
"""Events of a process that share a random stream, and that one thread makes; part of what a seed means."""

PROBE = Experiment(0, 0, mu=1.0, nuisances=Nuisances(tes=1.01, jes=0.99, soft_met=1.0), seed=0)
PROBE_YIELD = 500.0
"""Events of each process in the small pseudo-experiment that identifies what is made."""


class FreshSampler:
    """Makes the events of one pseudo-experiment after the other, in the same memory.

    Every process has a Poisson number of events. Each block of them has a stream of its own, so that the events do not
    depend on how many threads make them.

    Args:
        yields: of each process before the selection, at mu = 1 and nominal nuisance parameters.
        threads: that make events at the same time.
    """

    def __init__(self, yields: Mapping[str, float], threads: int = 1) -> None:
        self._yields, self._threads = yields, threads
        self._rows = np.empty((0, len(PRIMARY)), dtype=np.float32)
        self._transformer = Transformer()

    def draw(self, experiment: Experiment) -> Floats:
        """Make a pseudo-experiment's features.

        Args:
            experiment: from a plan.

        Returns:
            float32, shape (28, n), columns contiguous; overwritten by the next call.
        """
        numbers = [draw_number_of(self._yields[name], name, experiment) for name in PROCESSES]
        if len(self._rows) < sum(numbers):
            self._rows = np.empty((int(SPARE * sum(numbers)), len(PRIMARY)), dtype=np.float32)
        ends = np.cumsum(numbers)
        tables = tuple(self._rows[end - number : end] for number, end in zip(numbers, ends, strict=True))
        blocks = [
            (name, rows[start : start + BLOCK], experiment_stream(experiment, "events", name, start // BLOCK))
            for name, rows in zip(PROCESSES, tables, strict=True)
            for start in range(0, len(rows), BLOCK)
        ]
        with ThreadPoolExecutor(self._threads, thread_name_prefix="events") as pool:
            list(pool.map(lambda block: simulate_into(*block), blocks))
        for rows in tables:
            rows.setflags(write=False)  # as a store's, for which the transformation is compiled
        return self._transformer.transform(tables, mix(tuple(map(np.arange, numbers)), experiment), experiment)


@dataclass(frozen=True)
class FreshEvents:
    """Hidden events from the generator, training events from a store; see task.Data.

    Attributes:
        folder: the store's, whose hidden part is not used and need not be there.
        training: description of its training part.
        made: hash of what the generator makes on this machine.
    """

    folder: Path
    training: Part
    made: str

    @property
    def source(self) -> str:
        """Where the hidden events come from."""
        return f"synthetic events made for each pseudo-experiment alone, generator {generator_version()}"

    def sampler(self, threads: int = 1) -> FreshSampler:
        """Return a sampler that makes events on so many threads."""
        return FreshSampler(self.training.yields, threads)

    def identity(self) -> str:
        """Return a hash of the generator, of what it makes here, and of the description of the training part."""
        return sha256(repr((generator_version(), self.made, self.training)).encode()).hexdigest()

    def multiple(self) -> float:
        """Return infinity: no event is used twice."""
        return math.inf

    def warnings(self) -> list[str]:
        """Return a warning if another generator, or none, made the training events."""
        if self.training.source.endswith(f"generator {generator_version()}"):
            return []
        return [
            f"the training events ({self.training.source}) are not from the generator that makes the hidden ones "
            f"({generator_version()}), so submissions train on other physics than they are tested on; make the data "
            "again (`make data`)"
        ]

    def facts(self) -> dict[str, Any]:
        """Return how many pseudo-experiments' events there are: without limit, and in the training part."""
        return {"hidden_depth": None, "training_depth": self.training.multiples().depth()}


@contextmanager
def open_fresh_events(folders: Sequence[Path]) -> Iterator[FreshEvents]:
    """Prepare the generator, with the training part of the store in the first of several folders that has one.

    Raises:
        InputError: no folder has any, or it cannot be used.
    """
    folder = find_training(folders)
    training = read_part(folder / "training")
    probe = FreshSampler(dict.fromkeys(PROCESSES, PROBE_YIELD)).draw(PROBE)  # which compiles the generator, too
    yield FreshEvents(folder, training, sha256(probe.tobytes()).hexdigest())
