"""The folder that a submission's processes work in: a private copy of its files, and room to write.

    submission/   the copy, where model.py is imported from
    work/         the working directory
    home/         the home directory, also for temporary files and the caches of libraries

All processes of a run share it, at the same path, so that what fit writes is where predict looks for it.
"""

import hashlib
import os
import shutil
import stat
import subprocess
from pathlib import Path

from higgs_challenge.compiled import FOLDER_VARIABLE, cache_folder
from higgs_challenge.errors import InputError, SubmissionError
from higgs_challenge.submission.usage import check_files

SUBMISSION, WORK, HOME = "submission", "work", "home"
COMPILED = ".compiled"

PASSED_ON = (
    *("PATH", "LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX"),
    *("LC_", "CUDA_", "NVIDIA_", "NCCL_", "TORCH_", "TF_", "XLA_", "JAX_", "KERAS_"),
)
"""Prefixes of the environment variables that a submission sees; others may hold an organiser's secrets."""

THREAD_VARIABLES = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"),
    *("NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"),
    *("LOKY_MAX_CPU_COUNT", "POLARS_MAX_THREADS", "RAYON_NUM_THREADS"),
)


def check_submission(folder: Path, max_bytes: int) -> None:
    """Check that a submission's folder can be copied.

    Raises:
        SubmissionError: it contains too much, or something that is neither a file nor a folder.
    """
    too_much = check_files(folder, max_bytes)
    if too_much:
        raise SubmissionError(f"The submission contains {too_much}.")
    others = [path.name for path in folder.rglob("*") if not _is_plain(path)]
    if others:
        raise SubmissionError(
            f"The submission contains {', '.join(sorted(others))}, neither a file nor a folder; remove it."
        )


def is_whole(scratch: Path) -> bool:
    """Check that a scratch folder still has its sub-folders, which a submission can remove."""
    return all((scratch / name).is_dir() and not (scratch / name).is_symlink() for name in (SUBMISSION, WORK, HOME))


def make_scratch(scratch: Path, submission: Path) -> None:
    """Make a scratch folder with a private copy of a submission; links stay links, which the sandbox blocks.

    Raises:
        InputError: the folder cannot be written.
    """
    try:
        for name in (WORK, HOME):
            (scratch / name).mkdir(parents=True)
        copy_tree(submission, scratch / SUBMISSION)
        if cache_folder().exists():
            shutil.copytree(cache_folder(), scratch / HOME / COMPILED)
    except (OSError, shutil.Error) as error:
        raise InputError(f"The submission cannot be copied to {scratch}: {error}.") from error


def digest_tree(folder: Path) -> str:
    """Hash the names and contents of a submission's files, to see whether it is still the same.

    Raises:
        SubmissionError: a file cannot be read.
    """
    try:
        return _digest_files(folder)
    except OSError as error:
        raise SubmissionError(f"The submission's file {error.filename} cannot be read: {error.strerror}.") from error


def _digest_files(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
        digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            while piece := file.read(16_000_000):
                digest.update(piece)
    return digest.hexdigest()


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder whose files become writable; anything but files, folders and links is left out."""
    shutil.copytree(source, target, symlinks=True, ignore=_other_names)
    for folder, _, names in os.walk(target):
        os.chmod(folder, 0o755)
        for name in names:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | stat.S_IRUSR | stat.S_IWUSR)


def remove_tree(folder: Path) -> None:
    """Remove a folder with everything that untrusted code left there, however deep."""
    if folder.exists():
        subprocess.run(["chmod", "-R", "u+rwX", "--", str(folder)], check=False, stderr=subprocess.DEVNULL)
    subprocess.run(["rm", "-rf", "--", str(folder)], check=False)


WAITING = {"OMP_WAIT_POLICY": "passive"}
"""Threads that wait for each other sleep. With two on two cores that others use too, training is five times faster so
than with threads that spin, and on idle cores as fast."""


def make_environment(scratch: Path, program: Path, threads: int, device: str | None) -> dict[str, str]:
    """Make the environment of a submission's process.

    Args:
        scratch: its scratch folder.
        program: the folder that higgs_challenge is imported from.
        threads: threads that numerical libraries may use.
        device: value for CUDA_VISIBLE_DEVICES; None to leave it as it is.
    """
    environment = {name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}
    paths = [str(program), *filter(None, [environment.get("PYTHONPATH")])]
    home = scratch / HOME
    environment |= dict.fromkeys(THREAD_VARIABLES, str(threads)) | WAITING
    environment |= {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUNBUFFERED": "1",
        "PYTHONUSERBASE": os.environ.get("PYTHONUSERBASE", os.path.expanduser("~/.local")),
        "HOME": str(home),
        "TMPDIR": str(home),
        FOLDER_VARIABLE: str(home / COMPILED),
    }
    if device is not None:
        environment["CUDA_VISIBLE_DEVICES"] = device
    return environment


def _other_names(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if not _is_plain(Path(folder, name))}


def _is_plain(path: Path) -> bool:
    return path.is_symlink() or path.is_file() or path.is_dir()
