"""Output files, which are written whole or not at all."""

import os
import tempfile
from pathlib import Path

from higgs_scoring.errors import ScoringError

READABLE = 0o644
"""The mode of an ordinary new file; temporary ones can be read by their owner alone."""


def make_directory(output: Path) -> None:
    """Make the directory where it does not exist.

    Raises:
        ScoringError: there can be no directory of that name.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ScoringError(f"The output {output} cannot be a folder ({error}): choose another --output.") from error


def write_atomically(path: Path, text: str) -> None:
    """Write a file under a temporary name and move it, so that it is always whole and no planted link is followed.

    Raises:
        ScoringError: the file cannot be written.
    """
    try:
        handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise _not_written(path, error) from error
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.chmod(unfinished, READABLE)
        os.replace(unfinished, path)
    except OSError as error:
        raise _not_written(path, error) from error
    finally:
        Path(unfinished).unlink(missing_ok=True)


def _not_written(path: Path, error: OSError) -> ScoringError:
    return ScoringError(f"{path} cannot be written ({error}): choose another --output.")
