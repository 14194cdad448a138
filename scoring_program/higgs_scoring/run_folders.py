"""Which runs to rank: their folders, and names that are fit to be shown anywhere."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from higgs_scoring.errors import ScoringError
from higgs_scoring.predictions import SUMMARY_FILE
from higgs_scoring.untrusted_text import one_line

RESULTS_FOLDER = "results"
"""Where `make run` puts what ingestion writes."""

MAX_NAME_LENGTH = 60

USUAL_BASELINE = "sample_code_submission"
"""What the folder of a task's reference baseline is called."""


@dataclass(frozen=True)
class RunFolder:
    """A run as it was named: a name fit to be shown, and a folder that has not been read yet."""

    name: str
    folder: Path


def name_runs(texts: Sequence[str]) -> list[RunFolder]:
    """Parse [NAME=]FOLDER of each run; the name is by default that of the folder.

    A text that names an existing folder is taken as that, even if it contains a =.

    Raises:
        ScoringError: a name occurs twice, or a name or folder is missing.

    >>> [(run.name, str(run.folder)) for run in name_runs(["mine=out/run_7", "out/run_8/", "out/rate=1"])]
    [('mine', 'out/run_7'), ('run_8', 'out/run_8'), ('rate=1', 'out/rate=1')]
    """
    runs = [_name_run(text) for text in texts]
    folders: dict[str, Path] = {}
    for run in runs:
        if run.name in folders:
            raise ScoringError(
                f"The name {run.name!r} is given twice, for {folders[run.name]} and for {run.folder}: "
                "write NAME=FOLDER with a different name for each."
            )
        folders[run.name] = run.folder
    return runs


def _name_run(text: str) -> RunFolder:
    name, equals, rest = text.partition("=")
    if not equals or os.path.isdir(text) or ("/" in name and not os.path.isdir(rest)):
        rest, name = text, os.path.basename(os.path.abspath(text))
    name = one_line(name, MAX_NAME_LENGTH)
    if not name or not rest:
        raise ScoringError(f"The run {text!r} has no name or no folder: write NAME=FOLDER.")
    return RunFolder(name, Path(rest))


def choose_baseline(runs: Sequence[RunFolder], wanted: str | None) -> str | None:
    """Find the name of the run that is the baseline; None if there is none.

    Args:
        runs: all that are to be ranked.
        wanted: its name; None for the usual one, which need not be there.

    Raises:
        ScoringError: no run has the name that is wanted.

    >>> mine, sample = name_runs(["mine", "build/run/sample_code_submission"])
    >>> choose_baseline([mine, sample], None), choose_baseline([mine], None), choose_baseline([mine, sample], "mine")
    ('sample_code_submission', None, 'mine')
    """
    names = [run.name for run in runs]
    if wanted is None:
        return USUAL_BASELINE if USUAL_BASELINE in names else None
    name = one_line(wanted, MAX_NAME_LENGTH)
    if name not in names:
        raise ScoringError(f"There is no run {name} to be the baseline: write one of {', '.join(names)}.")
    return name


def find_results(folder: Path) -> Path:
    """Return the folder that ingestion wrote: this one, or `results` in it, as `make run` leaves it.

    Raises:
        ScoringError: neither is.
    """
    # Unlike Path's methods, those of os.path do not raise for a name that is too long.
    if not os.path.isdir(folder):
        raise ScoringError(f"The folder {folder} does not exist: give the folder that ingestion wrote.")
    for found in (folder, folder / RESULTS_FOLDER):
        if os.path.isfile(found / SUMMARY_FILE):
            return found
    raise ScoringError(
        f"{SUMMARY_FILE} is neither in {folder} nor in its {RESULTS_FOLDER}/: give the folder that ingestion wrote, "
        "or let ingestion finish if it is this one."
    )
