"""The files that a run leaves: results by set, duration, summary, and its state while it is unfinished."""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from higgs_challenge.errors import InputError, SubmissionError
from higgs_challenge.execution.journal import JOURNAL_FILE
from higgs_challenge.execution.worker import Result
from higgs_challenge.submission.scratch import METADATA, remove_tree

DURATION_FILE = "ingestion_duration.json"
SUMMARY_FILE = "ingestion_summary.json"
LOG_FILE = "submission.log"
UNFINISHED = "unfinished"
FINAL = ("result_*.json", SUMMARY_FILE, DURATION_FILE)
RESERVED = (*FINAL, JOURNAL_FILE, LOG_FILE, UNFINISHED)
PER_RESULT = {"mu_hats": "mu_hat", "delta_mu_hats": "delta_mu_hat", "p16": "p16", "p84": "p84"}


def refuse_reserved_names(submission: Path) -> None:
    """Refuse a submission with files named like ours, or with metadata, which make it a program of its own.

    The platform copies a submission's files to where results lie, and starts one with metadata beside ingestion. Those
    in sub-folders too: it may move a sub-folder's content to the top, before a program starts and before scoring.

    Raises:
        SubmissionError: there is such a file.
    """
    reserved = [str(path.relative_to(submission)) for pattern in RESERVED for path in submission.rglob(pattern)]
    if reserved:
        raise SubmissionError(
            f"The submission holds {', '.join(sorted(reserved))}, a name that results have; rename it."
        )
    metadata = [path for name in METADATA for place in (name, f"*/{name}") for path in submission.glob(place)]
    if metadata:
        names = sorted(str(path.relative_to(submission)) for path in metadata)
        raise SubmissionError(
            f"The submission holds {', '.join(names)}: the platform would start it as a program of its own; remove it, "
            "a submission needs no metadata."
        )


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Tell the organiser in one sentence when an output folder cannot be written, or its disk is full."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"The output folder {folder} cannot be written: {reason}.") from error


def clear_output(folder: Path, names: Iterable[str] = RESERVED) -> None:
    """Remove from an output folder what an earlier run left there, so that a failed run has no results."""
    for pattern in names:
        for path in folder.glob(pattern):
            if path.is_dir() and not path.is_symlink():
                remove_tree(path)
            else:
                path.unlink()


def write_results(folder: Path, results: Sequence[Result]) -> dict[str, bytes]:
    """Write result_<set>.json of every set, as the official scorer reads them, with the seconds of each predict.

    Args:
        folder: the output folder.
        results: of the whole plan, in any order.

    Returns:
        The files by name, with what was written into them.
    """
    files = {}
    for number in sorted({result.set_index for result in results}):
        own = sorted((result for result in results if result.set_index == number), key=lambda result: result.index)
        content = {name: [getattr(result.interval, field) for result in own] for name, field in PER_RESULT.items()}
        content["predict_seconds"] = [result.predict_seconds for result in own]
        name = f"result_{number}.json"
        files[name] = write_json(folder / name, content)
    return files


def write_json(path: Path, content: Any) -> bytes:
    """Write a JSON file whole or not at all, and give what was written."""
    written = json.dumps(content, indent=2, allow_nan=False).encode()
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_bytes(written)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return written
