"""What comes out: files that are written whole or not at all, their digits, and what is printed."""

import io
import os
import sys
import tempfile
from pathlib import Path

from higgs_scoring.errors import ScoringError

DECIMALS = 10
"""What a column of the platform's leaderboard holds after the point."""


READABLE = 0o644
"""What an ordinary new file is; temporary ones are secret."""


def print_anything() -> None:
    """Let the terminal, or the log, have a ? where its encoding lacks a letter, such as μ."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def make_folder(output: Path) -> None:
    """Make the folder where it does not exist; refuse a path at which none can be."""
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ScoringError(f"The output {output} cannot be a folder ({error}): give another --output.") from error


def write_whole(path: Path, text: str) -> None:
    """Write under a new name first: a file of the final name is always whole, and no planted link is followed."""
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
    return ScoringError(f"{path} cannot be written ({error}): give another --output.")
