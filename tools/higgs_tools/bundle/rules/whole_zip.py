"""A bundle as a zip, as it is uploaded: its own layout, then everything in it."""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from zipfile import ZipFile, ZipInfo

from higgs_tools.bundle.rules import inspect_bundle
from higgs_tools.bundle.rules.archives import UNREADABLE
from higgs_tools.bundle.rules.files import BUNDLE_LIMIT, warn_size
from higgs_tools.bundle.rules.findings import Findings, Problem
from higgs_tools.bundle.rules.parsing import read_competition, read_parts
from higgs_tools.bundle.rules.zip_members import check_members, megabytes, warn_members

UNPACKED_BUNDLE_LIMIT = 2 * BUNDLE_LIMIT
"""Bytes of all files of a bundle: they are held in memory, and archives in a zip do not shrink a second time."""

MAIN_FILE = "competition.yaml"


def inspect_zip(name: str, content: Path | BinaryIO) -> Findings:
    """Inspect a bundle's zip, whoever packed it.

    Args:
        name: what to call the zip in problems of its own.
        content: the file, or its bytes as an open file.

    Returns:
        The problems and warnings.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        with ZipFile(content) as bundle:
            members = bundle.infolist()
            warnings = tuple(_warn_layout(name, members))
            # Nothing is unpacked that cannot be, or is too large to be.
            if problems := tuple(_check_layout(name, members)):
                return Findings(problems, warnings)
            files = {member.filename: bundle.read(member) for member in members if not member.is_dir()}
    except UNREADABLE as error:
        if isinstance(error, OSError):
            raise
        fault = f"is not a zip that can be unpacked ({error})"
        return Findings((Problem(name, fault, "pack or download it again"),))
    competition = read_competition(files[MAIN_FILE])
    if isinstance(competition, Problem):
        return Findings((competition,), warnings)
    parsed = read_parts(competition).competition
    findings = inspect_bundle(competition, pack_folders(files, parsed.archives()) if parsed else files)
    return Findings(findings.problems, (*warnings, *findings.warnings))


def _warn_layout(name: str, members: list[ZipInfo]) -> Iterator[Problem]:
    yield from warn_members(name, members)
    yield from warn_size(name, sum(member.compress_size for member in members))


def _check_layout(name: str, members: list[ZipInfo]) -> Iterator[Problem]:
    yield from check_members(name, members)
    yield from _check_root(name, [member.filename for member in members])
    if (unpacked := sum(member.file_size for member in members)) > UNPACKED_BUNDLE_LIMIT:
        yield Problem(
            name,
            f"unpacks to {megabytes(unpacked)}, more than {megabytes(UNPACKED_BUNDLE_LIMIT)}",
            "upload large data as datasets of their own and write their keys into competition.yaml",
        )


def _check_root(name: str, members: list[str]) -> Iterator[Problem]:
    if MAIN_FILE in members:
        return
    similar = sorted(member for member in members if PurePosixPath(member).stem == PurePosixPath(MAIN_FILE).stem)
    instead = f" but {similar[0]}" if similar else ""
    if instead and "/" in similar[0]:
        folder = PurePosixPath(similar[0]).parent
        remedy = f"pack what is in {folder}, not {folder} itself"
    else:
        remedy = f"put {MAIN_FILE} at its root"
    yield Problem(name, f"holds no {MAIN_FILE} at its root{instead}", remedy)


def pack_folders(files: Mapping[str, bytes], named: set[str]) -> dict[str, bytes]:
    """Zip the folders that a bundle names as archives, as Codabench's unpacker does.

    Args:
        files: the bundle's content by name.
        named: names of archives in competition.yaml.
    """
    packed = dict(files)
    for name in named - files.keys():
        prefix = name.rstrip("/") + "/"
        if inside := {file: files[file] for file in files if file.startswith(prefix)}:
            buffer = io.BytesIO()
            with ZipFile(buffer, "w") as archive:
                for file, content in inside.items():
                    archive.writestr(file.removeprefix(prefix), content)
            packed[name] = buffer.getvalue()
    return packed
