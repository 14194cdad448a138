"""Files that are written whole or not at all."""

import os
from pathlib import Path

from higgs_scoring.errors import ScoringError


def make_folder(output: Path) -> None:
    """Make the folder where it does not exist; refuse a path at which none can be."""
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ScoringError(f"The output {output} cannot be a folder ({error}): give another --output.") from error


def write_whole(path: Path, text: str) -> None:
    """Write under a temporary name first, so that a file of the final name is always whole."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        unfinished.write_text(text, encoding="utf-8", newline="")
        os.replace(unfinished, path)
    except OSError as error:
        raise ScoringError(f"{path} cannot be written ({error}): give another --output.") from error
    finally:
        unfinished.unlink(missing_ok=True)
