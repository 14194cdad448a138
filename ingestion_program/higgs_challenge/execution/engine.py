"""The interface of the engines: this machine's and a cluster's."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from higgs_challenge.execution.worker import Fit, Result
from higgs_challenge.sandbox.isolation import Isolation
from higgs_challenge.task import Experiment


class Engine(Protocol):
    """Fits a submission and evaluates pseudo-experiments; results do not depend on the engine."""

    @property
    def name(self) -> str:
        """Its name in the summary."""

    @property
    def devices(self) -> list[str]:
        """The device of each worker."""

    @property
    def threads(self) -> int:
        """Threads of each worker."""

    def fit(self, limit: float) -> Fit:
        """Fit the submission within the limit, in seconds, and keep its model."""

    def start(self) -> Isolation:
        """Hand the fitted model to all workers; return the weakest isolation among them."""

    def evaluate(self, experiments: Sequence[Experiment], deadline: float) -> Iterator[Result]:
        """Evaluate pseudo-experiments in any order; TimeoutError at the deadline on the monotonic clock."""

    def end_processes(self) -> None:
        """End all processes of the submission; later calls start fresh ones."""

    def repeat(self, experiment: Experiment) -> Result:
        """Evaluate one pseudo-experiment in a fresh process, after end_processes."""
