"""A submission as a folder or as a zip: what is in it, and unpacking it without trusting its names."""

import os
import shutil
import stat
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath, PureWindowsPath

from higgs_challenge.errors import SubmissionError

ENCRYPTED = 0x1
"""Bit of a zip member's flags."""


class Kind(StrEnum):
    """What a name stands for."""

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
        """The path in parts."""
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
        SubmissionError: it is no zip, or it is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError) as error:
        raise SubmissionError(f"{path} is no zip that can be read ({error}): pack the submission again.") from error


def list_zip(archive: zipfile.ZipFile) -> list[Entry]:
    """List everything in a zip, in its order; a name can be there twice."""
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
    """Tell whether a name in a zip could lie elsewhere than below the folder that it is unpacked to.

    Example:
        >>> leads_out("../model.py"), leads_out("parts/model.py")
        (True, False)
    """
    windows = PureWindowsPath(name)
    return "\\" in name or "\0" in name or bool(windows.drive or windows.root) or ".." in windows.parts


def unpack(archive: zipfile.ZipFile, folder: Path, max_bytes: int) -> None:
    """Unpack the plain files of a zip whose names have been looked at.

    Args:
        archive: open.
        folder: empty.
        max_bytes: of all files together, whatever the zip says that they have.

    Raises:
        SubmissionError: a file is damaged, or they have more than that.
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
                        raise SubmissionError(f"The zip holds files of more than {max_bytes / 1e9:g} GB.")
                    file.write(piece)
        except (NotADirectoryError, IsADirectoryError, FileExistsError) as error:
            raise SubmissionError(f"The zip holds {member.filename} both as a file and as a folder.") from error


def copy_plain(folder: Path, entries: Sequence[Entry], target: Path) -> None:
    """Copy the files of a folder, and nothing else, to another one."""
    target.mkdir(parents=True, exist_ok=True)
    for entry in entries:
        if entry.kind == Kind.FILE:
            (target / entry.name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / entry.name, target / entry.name)
            os.chmod(target / entry.name, 0o644)
