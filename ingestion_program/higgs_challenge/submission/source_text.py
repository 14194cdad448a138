"""Source files of a submission that Python cannot decode, for instance those saved in UTF-16."""

import tokenize
from pathlib import Path


def is_decodable(path: Path) -> bool:
    """Return whether Python can decode a source file: UTF-8, or the encoding that its first lines declare."""
    try:
        with tokenize.open(path) as file:
            return "\0" not in file.read()
    except (SyntaxError, UnicodeDecodeError):  # an unknown encoding, or another one than declared
        return False


def find_undecodable(folder: Path) -> list[str]:
    """Find the source files below a folder that Python cannot decode, as paths from it."""
    files = sorted(path for path in folder.rglob("*.py") if path.is_file())
    return [path.relative_to(folder).as_posix() for path in files if not is_decodable(path)]
