"""Rules for the members of any zip that Codabench unpacks: the bundle, the archives in it, and a submission.

Codabench's unpacker and its compute worker both unpack with Python's zipfile, which writes a member outside as inside,
a link as a file, and fails at an encrypted one.
"""

import stat
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from zipfile import ZipInfo

from higgs_tools.bundle.rules.findings import Problem, and_more
from higgs_tools.checking.packing import LEFT_BY_PROGRAMS

UNPACKED_LIMIT = 15 * 10**9
"""Bytes that a zip may unpack to: the storage that Codabench gives a user by default, as its maintainers say."""

COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
ENCRYPTED = 0x1


def check_members(name: str, members: Sequence[ZipInfo]) -> Iterator[Problem]:
    """Check that a zip's members can be unpacked."""
    for member in members:
        if member.flag_bits & ENCRYPTED:
            yield Problem(
                name, f"holds {member.filename} encrypted, and no password can be given", "pack it without one"
            )
        elif member.compress_type not in COMPRESSIONS:
            yield Problem(
                name,
                f"holds {member.filename}, packed by method {member.compress_type}",
                "pack it deflated, as zip does",
            )


def warn_members(name: str, members: Sequence[ZipInfo]) -> Iterator[Problem]:
    """Warn of members that arrive under another name, or not as they were, or that nobody needs."""
    for fault, remedy, found in (
        ("which leads out of its folder, and is unpacked inside", "pack it with a relative name", _leads_out),
        ("whose \\ is no folder on the platform", "pack it with / in names", lambda member: "\\" in member.filename),
        ("which does not belong into an upload", "remove it", lambda member: is_leftover(_path(member))),
        ("a symbolic link, which arrives as a file that holds its target's name", "pack the file itself", _is_link),
    ):
        if holds := [member.filename for member in members if found(member)]:
            yield Problem(name, f"holds {and_more(holds)}, {fault}", remedy)
    yield from _warn_doubles(name, members)
    if _is_huge(members):
        packed = sum(member.compress_size for member in members)
        yield Problem(
            name,
            f"unpacks from {megabytes(packed)} to {megabytes(_unpacked(members))}, and Codabench gives a user "
            f"{megabytes(UNPACKED_LIMIT)}",
            "put large data into the worker's /app/data instead",
        )


def _warn_doubles(name: str, members: Sequence[ZipInfo]) -> Iterator[Problem]:
    files = [member.filename.rstrip("/") for member in members]
    contents = {(member.filename.rstrip("/"), member.CRC, member.file_size) for member in members}
    for member_name, times in Counter(file for file, *_ in contents).items():
        if times > 1:
            yield Problem(name, f"holds {times} different {member_name}, and the last one counts", "pack it once")
    by_folded = defaultdict(set)
    for member_name in files:
        by_folded[member_name.casefold()].add(member_name)
    for names in by_folded.values():
        if len(names) > 1:
            pair = " and ".join(sorted(names))
            yield Problem(name, f"holds {pair}, which some file systems take for one", "rename one of them")


def can_unpack(members: Sequence[ZipInfo]) -> bool:
    """Check by their headers alone that members can be unpacked and are of a reasonable size."""
    return not any(check_members("", members)) and not _is_huge(members)


def is_leftover(path: PurePosixPath) -> bool:
    """Check whether a program left a file behind: hidden, or under a name such as __pycache__."""
    return any((part.startswith(".") and part != "..") or part in LEFT_BY_PROGRAMS for part in path.parts)


def _path(member: ZipInfo) -> PurePosixPath:
    return PurePosixPath(member.filename)


def _leads_out(member: ZipInfo) -> bool:
    return _path(member).is_absolute() or ".." in _path(member).parts or member.orig_filename[1:2] == ":"


def _is_link(member: ZipInfo) -> bool:
    return stat.S_ISLNK(member.external_attr >> 16)


def _unpacked(members: Sequence[ZipInfo]) -> int:
    return sum(member.file_size for member in members)


def _is_huge(members: Sequence[ZipInfo]) -> bool:
    return _unpacked(members) > UNPACKED_LIMIT


def megabytes(size: int) -> str:
    """Write a number of bytes for people.

    Example:
        >>> megabytes(1_260_000)
        '1.3 MB'
    """
    return f"{size / 1e6:.1f} MB" if size < 1e9 else f"{size / 1e9:.1f} GB"
