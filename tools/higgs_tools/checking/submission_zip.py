"""List the contents of a submission, a folder or a zip, and unpack it without trusting its names."""

import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath, PureWindowsPath

from higgs_challenge.errors import SubmissionError

MODEL = "model.py"
"""The file of every submission that ingestion imports."""

ENCRYPTED = 0x1
"""Flag bit of an encrypted zip member."""


class Kind(StrEnum):
    """What an entry is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    ENCRYPTED = "encrypted file"
    OTHER = "neither file nor folder"


@dataclass(frozen=True)
class Entry:
    """One name in a submission: its path from the top, with slashes, its kind, and its size in bytes."""

    name: str
    kind: Kind
    size: int = 0

    @property
    def parts(self) -> tuple[str, ...]:
        """Components of the path."""
        return PurePosixPath(self.name).parts


def list_folder(folder: Path) -> list[Entry]:
    """List everything in a folder."""
    entries = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            entries.append(Entry(name, Kind.LINK))
        elif path.is_dir():
            entries.append(Entry(name, Kind.FOLDER))
        elif path.is_file():
            entries.append(Entry(name, Kind.FILE, path.stat().st_size))
        else:
            entries.append(Entry(name, Kind.OTHER))
    return entries


@contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip for reading.

    Raises:
        SubmissionError: it is not a zip, or it is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, zlib.error) as error:
        raise SubmissionError(f"{path} is not a readable zip ({error}): pack the submission again.") from error


def list_zip(archive: zipfile.ZipFile) -> list[Entry]:
    """List everything in a zip, in its order; a name can occur twice."""
    return [Entry(member.filename.rstrip("/"), _kind(member), member.file_size) for member in archive.infolist()]


def _kind(member: zipfile.ZipInfo) -> Kind:
    mode = stat.S_IFMT(member.external_attr >> 16)
    if stat.S_ISLNK(mode):
        return Kind.LINK
    if member.is_dir():
        return Kind.FOLDER
    if mode not in (0, stat.S_IFREG):
        return Kind.OTHER
    return Kind.ENCRYPTED if member.flag_bits & ENCRYPTED else Kind.FILE


def leads_out(name: str) -> bool:
    """Return whether a name in a zip could point outside the folder that it is unpacked to.

    Example:
        >>> leads_out("../model.py"), leads_out("parts/model.py")
        (True, False)
    """
    windows = PureWindowsPath(name)
    return "\\" in name or "\0" in name or bool(windows.drive or windows.root) or ".." in windows.parts


def unpack(archive: zipfile.ZipFile, folder: Path, max_bytes: int) -> None:
    """Unpack the plain files of a zip, except those whose names point outside the folder.

    Args:
        archive: open.
        folder: empty.
        max_bytes: limit on the size of all files together, whatever sizes the zip declares.

    Raises:
        SubmissionError: a file is damaged, or the files exceed the limit.
    """
    left = max_bytes
    for member in archive.infolist():
        if _kind(member) != Kind.FILE or leads_out(member.filename):
            continue
        target = folder / member.filename
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, target.open("wb") as file:
                while piece := source.read(1_000_000):
                    left -= len(piece)
                    if left < 0:
                        raise SubmissionError(f"The files in the zip exceed {max_bytes / 1e9:g} GB.")
                    file.write(piece)
        except (NotADirectoryError, IsADirectoryError, FileExistsError) as error:
            raise SubmissionError(f"The zip contains {member.filename} both as a file and as a folder.") from error


def copy_plain(folder: Path, entries: Sequence[Entry], target: Path) -> None:
    """Copy the plain files of a folder, and nothing else, to another folder."""
    target.mkdir(parents=True, exist_ok=True)
    for entry in entries:
        if entry.kind == Kind.FILE:
            (target / entry.name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / entry.name, target / entry.name)
            os.chmod(target / entry.name, 0o644)
