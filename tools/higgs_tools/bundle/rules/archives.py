"""The archives in a bundle: programs, data, kits and solutions, each a zip of its own."""

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from zipfile import ZipFile, ZipInfo

from higgs_tools.bundle.competition_file import Competition
from higgs_tools.bundle.rules.findings import Problem
from higgs_tools.bundle.rules.zip_members import can_unpack, check_members, warn_members

# What zipfile raises besides BadZipFile at bytes that are damaged, encrypted, or packed in a way it does not know.
UNREADABLE = (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError, OSError, zlib.error)


READ_LIMIT = 100_000_000
"""Bytes of a file that is read to look into it: metadata, settings and truth are far smaller."""


@dataclass(frozen=True)
class Archive:
    """A zip whose list of files can be read."""

    zip: ZipFile

    @property
    def members(self) -> list[ZipInfo]:
        """List its files in their order, without entries for folders."""
        return [member for member in self.zip.infolist() if not member.is_dir()]

    @property
    def names(self) -> list[str]:
        """Collect the names of its files."""
        return [member.filename for member in self.members]

    def read(self, name: str) -> bytes:
        """Read one small file; empty where it is missing or unreadable, which check_archives reports."""
        try:
            return self.zip.read(name) if name in self.names and self.zip.getinfo(name).file_size < READ_LIMIT else b""
        except UNREADABLE:
            return b""


Archives = Mapping[str, Archive]
"""The archives of a bundle by name, as far as they are there and whole."""


def open_archives(competition: Competition, files: Mapping[str, bytes]) -> Archives:
    """Open the archives that competition.yaml names; one that is missing or broken is left out."""
    archives = {}
    for name in sorted(competition.archives() & files.keys()):
        try:
            archive = Archive(ZipFile(io.BytesIO(files[name])))
            # A member of absurd size is told by its header: do not unpack it to see whether it is whole.
            if not can_unpack(archive.members) or archive.zip.testzip() is None:
                archives[name] = archive
        except UNREADABLE:
            continue
    return archives


def check_archives(competition: Competition, files: Mapping[str, bytes], archives: Archives) -> Iterator[Problem]:
    """Check that the programs and data of a run can be unpacked: the worker fails at one that cannot."""
    yield from _find_broken(competition.run_files() & files.keys(), archives)


def warn_archives(competition: Competition, files: Mapping[str, bytes], archives: Archives) -> Iterator[Problem]:
    """Warn of what participants cannot unpack, and of archives that are empty or hold what does not belong there."""
    named = competition.archives() & files.keys()
    yield from _find_broken(named - competition.run_files(), archives)
    for name in sorted(named & archives.keys()):
        if not archives[name].names:
            yield Problem(name, "is empty", "put its files into the folder that it is made of")
        yield from warn_members(name, archives[name].members)


def _find_broken(names: Set[str], archives: Archives) -> Iterator[Problem]:
    for name in sorted(names):
        if name in archives:
            yield from check_members(name, archives[name].members)
        else:
            yield Problem(name, "is not a readable zip", "make the bundle again")
