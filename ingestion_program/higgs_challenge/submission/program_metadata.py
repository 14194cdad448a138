"""Metadata in a submission: with a command in it, Codabench's worker starts the submission as a program of its own.

The worker looks for metadata.yaml, else for metadata, at the top of a submission. Where the file names a command, it
runs that in a container beside ingestion; where it names none, it leaves the submission to ingestion; where it cannot
read the file, or finds no mapping in it, the run fails, at least with some versions of the worker.
"""

from pathlib import Path

import yaml

METADATA = ("metadata.yaml", "metadata")
"""Names by which the worker recognises a program with its own command."""

MAX_BYTES = 100_000


def find_metadata_problems(submission: Path) -> list[str]:
    """Find metadata for which a submission cannot run, at its top and in its sub-folders.

    Those in sub-folders too: the platform may move a sub-folder's content to the top.

    Args:
        submission: its folder.

    Returns:
        For each such file or folder, its name and what the platform would make of it, in words.
    """
    found = sorted(path for name in METADATA for place in (name, f"*/{name}") for path in submission.glob(place))
    problems = [(path.relative_to(submission), _problem(path)) for path in found]
    return [f"{path}: {problem}" for path, problem in problems if problem]


def _problem(path: Path) -> str:
    if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_BYTES:
        return "the platform would take it for a program's metadata, and fail to read it"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except Exception:  # yaml raises many kinds for what it cannot read
        return "the platform would take it for a program's metadata, and fail to read it, since it is not YAML in UTF-8"
    if not isinstance(content, dict):
        return "the platform would take it for a program's metadata, and fail to find names with values in it"
    if content.get("command"):
        return "it names a command, so the platform would start the submission as a separate program"
    return ""
