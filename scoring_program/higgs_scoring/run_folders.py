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
