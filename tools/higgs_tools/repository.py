"""Finding the repository whose competition these tools pack and whose programs they run."""

from pathlib import Path

from higgs_challenge.errors import InputError

MARKS = ("ingestion_program", "scoring_program")
"""Folders that only the top of the repository holds."""


def find_repository() -> Path:
    """Find the repository: from the working directory upward, then from where this package is installed.

    Returns:
        Its directory.

    Raises:
        InputError: the command runs neither in a checkout nor from one.
    """
    here = Path.cwd()
    for folder in (here, *here.parents, *Path(__file__).resolve().parents):
        if all((folder / mark).is_dir() for mark in MARKS):
            return folder
    raise InputError(
        f"{here} is not in a checkout of the challenge's repository: expected {' and '.join(MARKS)} there or in a "
        "folder above. Change into a checkout, or name the files with the command's options."
    )
