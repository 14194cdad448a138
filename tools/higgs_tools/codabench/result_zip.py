"""Unpack the few files that are wanted from a zip that nobody has looked at."""

import errno
import zipfile
import zlib
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from higgs_challenge.errors import InputError

UNPACKED_LIMIT = 2 * 10**9
"""Bytes of all files together; those of the final phase have some ten million."""

UNREADABLE = (zipfile.BadZipFile, zlib.error, UnicodeDecodeError, RuntimeError, EOFError)
"""A RuntimeError where a password or a newer unpacker is needed."""

BLOCK = 4096
"""What a file counts at least, so that their number is bounded too."""


def unpack_files(archive: Path, wanted: Sequence[str], folder: Path) -> None:
    """Unpack files from the top of a zip, and nothing else: a submission's own files may lie beside them.

    Args:
        archive: the zip.
        wanted: patterns of the names.
        folder: made for the files; the caller removes it where this fails.

    Raises:
        InputError: it is no zip, is damaged, or holds too much.
    """
    folder.mkdir()
    left = UNPACKED_LIMIT
    try:
        with zipfile.ZipFile(archive) as opened:
            for member in opened.infolist():
                if not is_wanted(member.filename, wanted):
                    continue
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise InputError(f"{archive.name} is not a zip as the platform's workers make them.")
                left -= BLOCK
                with opened.open(member) as source, (folder / member.filename).open("xb") as file:
                    while left >= 0 and (piece := source.read(1_000_000)):
                        left -= len(piece)
                        file.write(piece)
                if left < 0:
                    raise InputError(f"{archive.name} unpacks to more than {UNPACKED_LIMIT / 1e9:g} GB.")
    except FileExistsError as error:
        raise InputError(f"{archive.name} holds {Path(str(error.filename)).name} twice.") from error
    except UNREADABLE as error:
        raise InputError(f"{archive.name} is not a readable zip ({error}).") from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # as for a place before the beginning, where a damaged zip may point
            raise
        raise InputError(f"{archive.name} is not a readable zip.") from error


def is_wanted(name: str, wanted: Sequence[str]) -> bool:
    """Return whether a member is a file at the top of a zip with a name that is wanted.

    Example:
        >>> [is_wanted(name, ["result_*.json"]) for name in ("result_1.json", "result_/../../1.json")]
        [True, False]
    """
    return not set(name) & set("/\\:") and any(fnmatchcase(name, pattern) for pattern in wanted)
