"""Pack a submission's folder into a zip as the platform expects it: files at the top, only the participant's own."""

import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

from higgs_challenge.atomic import atomic_file, report_write_errors
from higgs_challenge.errors import InputError, SubmissionError
from higgs_challenge.number_formats import count
from higgs_tools.checking.library import LIBRARY, missing_modules
from higgs_tools.checking.submission_zip import Entry, Kind, list_folder

LEFT_BY_PROGRAMS = ("__pycache__", "__MACOSX", "Thumbs.db", "desktop.ini")
LEFT_BY_PROGRAMS_ENDINGS = (".pyc", ".pyo", ".egg-info")
SAME_TIME = (1980, 1, 1, 0, 0, 0)
"""One time for every file, so that the same files always give the same zip."""


def belongs(entry: Entry) -> bool:
    """Return whether a file is the participant's own: not hidden, and not left behind by some program.

    Example:
        >>> belongs(Entry(".git/config", Kind.FILE)), belongs(Entry("trained_model.pt", Kind.FILE))
        (False, True)
    """
    return not any(
        part.startswith(".") or part in LEFT_BY_PROGRAMS or part.endswith(LEFT_BY_PROGRAMS_ENDINGS)
        for part in entry.parts
    )


def pack(folder: Path, target: Path) -> list[str]:
    """Pack a submission's folder, without hidden files and leftovers; the zip appears whole or not at all.

    It gets the project's library too, if the submission imports that and has no copy of its own.

    Args:
        folder: with model.py at its top.
        target: path of the zip; its folder is created if needed.

    Returns:
        The names of the files in it.

    Raises:
        SubmissionError: there is nothing to pack, or one of the files is a link.
        InputError: the zip cannot be written, or would lie in the folder; or the library is not installed.
    """
    if target.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{target} is inside the folder to be packed: choose a path outside {folder}.")
    own = [entry for entry in list_folder(folder) if belongs(entry)]
    links = [entry.name for entry in own if entry.kind == Kind.LINK]
    if links:
        raise SubmissionError(f"{folder} contains links ({', '.join(links)}): replace them with the files themselves.")
    files = {entry.name: folder / entry.name for entry in own if entry.kind == Kind.FILE}
    if not files:
        raise SubmissionError(f"{folder} contains no file to pack.")
    files |= missing_modules(folder)
    with report_write_errors(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_file(target) as file, zipfile.ZipFile(file, "w") as archive:
        for name in sorted(files):
            _add(archive, files[name], name)
    return sorted(files)


def count_files(names: Sequence[str]) -> str:
    """Say how many files were packed, those of the library apart.

    Example:
        >>> count_files(["higgs_inference/__init__.py", "model.py", "net.py"])
        '2 files, and higgs_inference with 1'
    """
    library = sum(name.startswith(f"{LIBRARY}/") for name in names)
    own = count(len(names) - library, "file")
    return f"{own}, and {LIBRARY} with {library}" if library else own


def format_size(size: int) -> str:
    """Format a number of bytes for people.

    Example:
        >>> format_size(340), format_size(1_700_000)
        ('340 bytes', '1.7 MB')
    """
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= scale:
            return f"{size / scale:.3g} {unit}"
    return f"{size} bytes"


def plain_member(name: str) -> zipfile.ZipInfo:
    """Describe a file in a zip without a trace of when or by whom it was packed."""
    member = zipfile.ZipInfo(name, SAME_TIME)
    member.create_system, member.external_attr, member.compress_type = 3, 0o644 << 16, zipfile.ZIP_DEFLATED
    return member


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    member = plain_member(name)
    member.file_size = path.stat().st_size  # decides whether the member needs the zip64 format
    with path.open("rb") as source, archive.open(member, "w") as packed:
        shutil.copyfileobj(source, packed, 1_000_000)
