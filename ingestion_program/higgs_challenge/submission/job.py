"""The record of what a submission's processes need to know, made once for the whole run."""

from dataclasses import dataclass
from pathlib import Path

import psutil

from higgs_challenge.atomic import report_write_errors
from higgs_challenge.experiments.settings import Limits
from higgs_challenge.sandbox.isolation import SandboxPolicy
from higgs_challenge.submission.scratch import copy_tree, is_whole, make_scratch, remove_tree
from higgs_challenge.submission.usage import ResourceLimits
from higgs_challenge.task import training_folder

MEMORY_SHARE = 0.9
"""Share of the machine's memory that no submission may exceed, whatever its limit."""

MODEL_FILE = "fitted_model"


@dataclass(frozen=True)
class Job:
    """What every process of a run needs to know; all paths are valid on all machines of the run.

    Attributes:
        task: name of the task.
        data: folder of its data, see task.Data; None if events are generated as they are drawn.
        unfinished: folder of the run's state: the submission's scratch folder and its fitted model.
        limits: on the submission.
        mu_range: lowest and highest signal strength of the phase, which a failed prediction counts as.
        secrets: files and folders that the submission must not read.
        isolation: required, best-effort or off.
        model_type: passed to the submission's constructor; None for no such argument.
        fresh_events: whether hidden events are made for each pseudo-experiment alone.
    """

    task: str
    data: Path | None
    unfinished: Path
    limits: Limits
    mu_range: tuple[float, float]
    secrets: tuple[Path, ...]
    isolation: str
    model_type: str | None = None
    fresh_events: bool = False

    @property
    def scratch(self) -> Path:
        """The folder that the submission's processes work in."""
        return self.unfinished / "scratch"

    @property
    def model(self) -> Path:
        """The file of the fitted model, which our side never loads."""
        return self.unfinished / MODEL_FILE

    @property
    def after_fit(self) -> Path:
        """A copy of the scratch folder as fit left it, kept if the order is to be checked."""
        return self.unfinished / "after_fit"

    @property
    def training(self) -> Path | None:
        """The folder of the task's training events; None if there is none."""
        folder = training_folder(self.data)
        return None if folder is None else folder.resolve()

    def resources(self) -> ResourceLimits:
        """Return what the processes of one worker may use on this machine."""
        memory = min(self.limits.memory_gigabytes * 1e9, MEMORY_SHARE * psutil.virtual_memory().total)
        return ResourceLimits(memory=int(memory), disk=int(self.limits.disk_gigabytes * 1e9))

    def policy(self) -> SandboxPolicy:
        """Return what a process of the submission may access on this machine."""
        resources = self.resources()
        return SandboxPolicy(
            reads=() if self.training is None else (str(self.training),),
            writes=(str(self.scratch.resolve()),),
            secrets=tuple(map(str, self.secrets)),
            memory=resources.memory,
            file_size=resources.disk,
        )

    def holds_model(self, size: int) -> bool:
        """Check that the files that fit left are still complete; size is that of the fitted model, in bytes."""
        return self.model.is_file() and self.model.stat().st_size == size and is_whole(self.scratch)

    def prepare(self, submission: Path) -> None:
        """Create the folder of the run's state afresh, with a scratch folder for a submission.

        Raises:
            InputError: the output folder cannot be written.
        """
        remove_tree(self.unfinished)
        with report_write_errors(self.unfinished.parent):
            self.unfinished.mkdir()
        make_scratch(self.scratch, submission)

    def keep_after_fit(self) -> None:
        """Copy the scratch folder as fit left it.

        Raises:
            InputError: the output folder cannot be written.
        """
        with report_write_errors(self.unfinished.parent):
            copy_tree(self.scratch, self.after_fit)

    def restore_after_fit(self) -> None:
        """Restore the scratch folder to the state that fit left, if a copy was kept.

        Raises:
            InputError: the output folder cannot be written.
        """
        if self.after_fit.exists():
            remove_tree(self.scratch)
            with report_write_errors(self.unfinished.parent):
                copy_tree(self.after_fit, self.scratch)
