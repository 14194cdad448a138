"""The challenge's own measurement: H -> tau tau at 13 TeV, with six nuisance parameters, drawn from an event store."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from higgs_challenge.errors import SubmissionError
from higgs_challenge.task import Task
from higgs_challenge.tasks.higgs.data.locate_data import open_data
from higgs_challenge.tasks.higgs.data.store import Part, Store, read_part
from higgs_challenge.tasks.higgs.data.training import TrainingSet
from higgs_challenge.tasks.higgs.events.columns import FEATURES
from higgs_challenge.tasks.higgs.events.nuisances import PRIORS, Nuisances
from higgs_challenge.tasks.higgs.events.systematics import systematics
from higgs_challenge.tasks.higgs.fresh import open_fresh_events
from higgs_challenge.tasks.higgs.page_numbers import page_numbers
from higgs_challenge.tasks.higgs.sampler import StoreSampler

ENOUGH_MULTIPLES = 10
"""Below so many hidden events per expected event, pseudo-experiments share too many events to measure coverage."""

LAST_BYTES = 65_536
"""Of a file with events: some thousand of them."""


@dataclass(frozen=True)
class StoredEvents:
    """The events of an open store, as a run sees them; see task.Data."""

    store: Store
    training: Part

    @classmethod
    def of(cls, store: Store) -> "StoredEvents":
        """Make it for a store; its training part is described while it is there."""
        return cls(store, read_part(store.training_folder))

    @property
    def folder(self) -> Path:
        """The store's."""
        return self.store.folder

    @property
    def source(self) -> str:
        """Where its events come from."""
        return self.store.source

    def sampler(self, threads: int = 1) -> StoreSampler:
        """Return a sampler, which draws faster than threads could share."""
        return StoreSampler(self.store)

    def identity(self) -> str:
        """Return a hash of the descriptions of both parts, and of their last events, which depend on the seed."""
        hashed = sha256()
        for part in ("training", "hidden"):
            hashed.update((self.folder / part / "part.json").read_bytes())
            for path in sorted((self.folder / part).glob("*events.f32")):
                with path.open("rb") as events:
                    events.seek(-min(LAST_BYTES, path.stat().st_size), os.SEEK_END)
                    hashed.update(events.read())
        return hashed.hexdigest()

    def multiple(self) -> float:
        """Return how many pseudo-experiments' events the store hides, as far as they tell about mu."""
        return self.store.depth()

    def warnings(self) -> list[str]:
        """Return the reasons why the store is too small for results to mean much."""
        multiples = self.store.multiples()
        absent = [name for name, part in self.store.hidden.items() if len(part.events) == 0]
        warnings = [f"there is no hidden {name} event, so pseudo-experiments have none" for name in absent]
        scarcest = min(multiples, key=lambda name: multiples[name])
        if self.multiple() < ENOUGH_MULTIPLES:
            warnings.append(
                f"the store hides only {multiples[scarcest]:.2g} times as many {scarcest} events as a "
                f"pseudo-experiment has; below {ENOUGH_MULTIPLES}, pseudo-experiments share so many events that their "
                "coverage means little"
            )
        return warnings

    def facts(self) -> dict[str, Any]:
        """Return how many pseudo-experiments' events the store holds: hidden by process, and both parts' depths."""
        return {
            "hidden_multiples": self.store.multiples(),
            "hidden_depth": self.store.depth(),
            "training_depth": self.training.multiples().depth(),
        }


@contextmanager
def open_events(folders: Sequence[Path]) -> Iterator[StoredEvents]:
    """Open the store, or the official file, in the first of several folders that holds any; see open_data."""
    with open_data(folders) as store:
        yield StoredEvents.of(store)


def open_training(folder: Path | None) -> TrainingSet:
    """Open the training part of a store."""
    assert folder is not None  # data in a store have a folder
    return TrainingSet(folder)


def hint(error: BaseException) -> str:
    """Recognise a submission written for the first two years: it takes events from a dict, the oldest as train_set."""
    takes_from_dict = isinstance(error, KeyError) and error.args in (("data",), ("settings",))
    takes_train_set = isinstance(error, SubmissionError) and "argument 'get_train_set'" in str(error)
    if not takes_from_dict and not takes_train_set:
        return ""
    return (
        " (get_train_set returns a DataFrame, not a dict; for a submission written before May 2025 add to model.py: "
        "from competition_2024 import competition_2024; Model = competition_2024(Model))"
    )


TASK = Task(
    title="HiggsML Uncertainty Challenge",
    features=tuple(FEATURES),
    nuisances=Nuisances,
    priors=PRIORS,
    open_data=open_events,
    open_fresh=open_fresh_events,
    get_train_set=open_training,
    systematics=systematics,
    reference_width=0.46,  # the narrower winner's, cut at the range of mu: arXiv:2509.22247
    training_events=150_000_000,  # 70 % of the official 220 million
    modules=Path(__file__).parent / "official_modules",
    hint=hint,
    page_numbers=page_numbers,
)
