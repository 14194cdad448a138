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

from higgs_tools.bundle.rules.findings import Problem
from higgs_tools.checking.packing import LEFT_BY_PROGRAMS

UNPACKED_LIMIT = 15 * 10**9
"""Bytes that a zip may unpack to: the storage that Codabench gives a user by default, as its maintainers say."""

COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
ENCRYPTED = 0x1


def check_members(name: str, members: Sequence[ZipInfo]) -> Iterator[Problem]:
    """Check a zip's members: plain names, none twice, no secret, no link, and a reasonable size."""
    for member in members:
        yield from _check_member(name, member)
    files = [member.filename.rstrip("/") for member in members]
    for member_name, times in Counter(files).items():
        if times > 1:
            yield Problem(name, f"holds {member_name} {times} times", "pack it anew, each file once")
    by_folded = defaultdict(set)
    for member_name in files:
        by_folded[member_name.casefold()].add(member_name)
    for names in by_folded.values():
        if len(names) > 1:
            pair = " and ".join(sorted(names))
            yield Problem(name, f"holds {pair}, which some file systems take for one", "rename one of them")
    unpacked = sum(member.file_size for member in members)
    if unpacked > UNPACKED_LIMIT:
        packed = sum(member.compress_size for member in members)
        yield Problem(
            name,
            f"unpacks from {megabytes(packed)} to {megabytes(unpacked)}, and Codabench gives a user "
            f"{megabytes(UNPACKED_LIMIT)}",
            "put large data into the worker's /app/data instead",
        )


def _check_member(name: str, member: ZipInfo) -> Iterator[Problem]:
    path, written = PurePosixPath(member.filename), member.orig_filename
    if path.is_absolute() or ".." in path.parts or "\\" in written or written[1:2] == ":":
        yield Problem(name, f"holds {written}, which leads out of its folder", "pack it with relative names and /")
    elif is_leftover(path):
        yield Problem(name, f"holds {member.filename}, which does not belong into an upload", "remove it")
    if stat.S_ISLNK(member.external_attr >> 16):
        yield Problem(name, f"holds {member.filename} as a symbolic link, which is lost", "pack the file itself")
    if member.flag_bits & ENCRYPTED:
        yield Problem(name, f"holds {member.filename} encrypted, and no password can be given", "pack it without one")
    elif member.compress_type not in COMPRESSIONS:
        yield Problem(
            name, f"holds {member.filename}, packed by method {member.compress_type}", "pack it deflated, as zip does"
        )


def is_leftover(path: PurePosixPath) -> bool:
    """Check whether a program left a file behind: hidden, or under a name such as __pycache__."""
    return any((part.startswith(".") and part != "..") or part in LEFT_BY_PROGRAMS for part in path.parts)


def megabytes(size: int) -> str:
    """Write a number of bytes for people.

    Example:
        >>> megabytes(1_260_000)
        '1.3 MB'
    """
    return f"{size / 1e6:.1f} MB" if size < 1e9 else f"{size / 1e9:.1f} GB"
