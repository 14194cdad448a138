"""Find the official parquet file at a given path: the file itself, a folder with it, or the zip from the record."""

import zipfile
import zlib
from pathlib import Path

from higgs_challenge.directories import require_space
from higgs_challenge.errors import InputError
from higgs_challenge.tasks.higgs.data.layout import PARQUET, metadata_path
from higgs_challenge.tasks.higgs.data.official_reader import find_official_file
from higgs_challenge.tasks.higgs.data.store import Progress, no_progress

BYTES_AT_ONCE = 1_048_576


def official_parquet(path: Path, scratch: Path, progress: Progress = no_progress) -> Path:
    """Find the official parquet file, with its metadata beside it, unpacking it from a zip.

    Args:
        path: the parquet file, a folder with it or with the zip, or the zip.
        scratch: folder to unpack into.
        progress: called with bytes unpacked and bytes in total.

    Returns:
        The parquet file, in scratch where it came from a zip.

    Raises:
        InputError: there is no such file, the zip is damaged, or the disk is too full.
    """
    file = _official_file(path)
    if zipfile.is_zipfile(file):
        return _unpack(file, scratch, progress)
    if file.suffix == ".zip":
        raise InputError(f"{file} is not a complete zip. Download it again.")
    return file


def _official_file(path: Path) -> Path:
    if path.is_file():
        return path
    if not path.is_dir():
        raise InputError(
            f"{path} does not exist; expected the official zip, its parquet file, or a folder with either."
        )
    zips = sorted(path.glob("*.zip"))
    found = find_official_file(path) or (zips[0] if len(zips) == 1 else None)
    if found is None:
        raise InputError(f"{path} contains neither {PARQUET} nor exactly one zip; give the file itself.")
    return found


def _unpack(archive: Path, folder: Path, progress: Progress) -> Path:
    """Unpack the two files under our own names, whatever their paths in the zip."""
    parquet = folder / PARQUET
    try:
        with zipfile.ZipFile(archive) as content:
            members = {
                parquet: _member(content, ".parquet", archive),
                metadata_path(parquet): _member(content, "_metadata.json", archive),
            }
            total, done = sum(member.file_size for member in members.values()), 0
            require_space(folder, total, f"{archive.name}, unpacked,")
            progress(done, total)
            for path, member in members.items():
                with content.open(member) as packed, path.open("wb") as file:
                    while piece := packed.read(BYTES_AT_ONCE):
                        done += file.write(piece)
                        progress(done, total)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{archive} is damaged: {error}. Download it again.") from error
    return parquet


def _member(content: zipfile.ZipFile, ending: str, archive: Path) -> zipfile.ZipInfo:
    """Find the one file with this ending, leaving out the hidden ones that some systems add."""
    found = [member for member in content.infolist() if member.filename.endswith(ending)]
    visible = [member for member in found if not Path(member.filename).name.startswith(".")]
    if len(visible) != 1:
        raise InputError(
            f"{archive} contains {len(visible)} files ending in {ending}; expected one, as in the official zip."
        )
    return visible[0]
