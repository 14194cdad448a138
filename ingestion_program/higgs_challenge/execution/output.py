"""The files that a run leaves: results by set, duration, summary, journal."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from higgs_challenge.errors import InputError, SubmissionError
from higgs_challenge.execution.local import Result

DURATION_FILE = "ingestion_duration.json"
SUMMARY_FILE = "ingestion_summary.json"
JOURNAL_FILE = "journal.jsonl"
LOG_FILE = "submission.log"
RESERVED = ("result_*.json", SUMMARY_FILE, DURATION_FILE, JOURNAL_FILE, LOG_FILE)
PER_RESULT = {"mu_hats": "mu_hat", "delta_mu_hats": "delta_mu_hat", "p16": "p16", "p84": "p84"}


def refuse_reserved_names(submission: Path) -> None:
    """Refuse a submission with files named like ours: the platform copies its files to where results lie.

    Raises:
        SubmissionError: there is such a file.
    """
    reserved = [path.name for pattern in RESERVED for path in submission.glob(pattern)]
    if reserved:
        raise SubmissionError(
            f"The submission holds {', '.join(sorted(reserved))}, a name that results have; rename it."
        )


def prepare_output(folder: Path) -> None:
    """Create an output folder, and remove what an earlier run left there, so that a failed run has no results."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for pattern in RESERVED:
            for path in folder.glob(pattern):
                path.unlink()
    except OSError as error:
        raise InputError(f"The output folder {folder} cannot be written: {error}.") from error


class Journal:
    """journal.jsonl: every result, on the disk as soon as it is there. It says nothing of the truth."""

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("w")

    def add(self, result: Result) -> None:
        """Append a result."""
        self._file.write(json.dumps(asdict(result)) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def write_results(folder: Path, results: Sequence[Result]) -> list[str]:
    """Write result_<set>.json of every set, as the official scorer reads them, with the seconds of each predict.

    Args:
        folder: the output folder.
        results: of the whole plan, in any order.

    Returns:
        The names of the files.
    """
    names = []
    for number in sorted({result.set_index for result in results}):
        own = sorted((result for result in results if result.set_index == number), key=lambda result: result.index)
        content = {name: [getattr(result.interval, field) for result in own] for name, field in PER_RESULT.items()}
        content["predict_seconds"] = [result.predict_seconds for result in own]
        names.append(f"result_{number}.json")
        write_json(folder / names[-1], content)
    return names


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(content, indent=2, allow_nan=False))
    os.replace(partial, path)
