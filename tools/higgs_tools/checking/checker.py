"""How a check proceeds: a folder or a zip is unpacked, and its files are read, tried and judged."""

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from higgs_challenge.errors import InputError, SubmissionError
from higgs_challenge.execution.file_names import RESERVED
from higgs_challenge.submission.program_metadata import find_metadata_problems
from higgs_challenge.tasks import load_task
from higgs_tools.checking.contract import check_contract
from higgs_tools.checking.findings import Finding, Level
from higgs_tools.checking.image import image_distributions, image_modules
from higgs_tools.checking.imports import check_imports
from higgs_tools.checking.library import check_library, missing_modules
from higgs_tools.checking.packing import belongs
from higgs_tools.checking.phases import Phase
from higgs_tools.checking.structure import check_structure
from higgs_tools.checking.submission_zip import MODEL, Entry, copy_plain, list_folder, list_zip, open_zip, unpack

TRIED = ("isolation", "fit", "pickling", "predict", "answers", "order", "time", "memory", "output")


@dataclass(frozen=True)
class Contents:
    """What was submitted.

    Attributes:
        entries: all its own.
        folder: a copy of its plain files; of a folder, with the library where packing adds that.
        packed: whether it came as a zip.
        added: whether the library was added.
    """

    entries: Sequence[Entry]
    folder: Path
    packed: bool
    added: bool = False


def check_submission(path: Path, phase: Phase, data: Path | None = None) -> list[Finding]:
    """Check a submission as far as this machine allows.

    Args:
        path: the submission's folder, or its zip.
        phase: the phase that it is meant for.
        data: folder of the task's data; None to generate a small set for the trial.

    Returns:
        The findings, in the order in which the platform would meet them.

    Raises:
        InputError: there is no such submission, or the data cannot be used.
    """
    max_bytes = int(phase.settings.limits.disk_gigabytes * 1e9)
    try:
        with opened(path, max_bytes) as contents:
            return _check(contents, phase, data, max_bytes)
    except SubmissionError as error:
        return [
            Finding("files", Level.FAILURE, str(error), "pack it again"),
            *_unchecked("needs files that can be read"),
        ]


@contextmanager
def opened(path: Path, max_bytes: int) -> Iterator[Contents]:
    """Copy or unpack a submission into a temporary folder.

    Raises:
        InputError: there is nothing at that path, or it needs the library and that is not installed.
        SubmissionError: it cannot be read.
    """
    if not path.exists():
        raise InputError(f"There is no submission {path}: expected a folder with {MODEL}, or a zip.")
    scratch = Path(tempfile.mkdtemp(prefix="higgs_check_"))
    try:
        folder = scratch / "submission"
        folder.mkdir()
        library = {}
        if path.is_dir():
            entries = list_folder(path)
            copy_plain(path, [entry for entry in entries if belongs(entry)], folder)
            library = missing_modules(folder)
            for name, source in library.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, folder / name)
        else:
            with open_zip(path) as archive:
                entries = list_zip(archive)
                unpack(archive, folder, max_bytes)
        yield Contents(entries, folder, packed=not path.is_dir(), added=bool(library))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _check(contents: Contents, phase: Phase, data: Path | None, max_bytes: int) -> list[Finding]:
    image = image_modules()
    taken_names = [module for module, home in image.items() if home in set(image_distributions())]
    metadata = find_metadata_problems(contents.folder)
    findings = check_structure(contents.entries, max_bytes, RESERVED, taken_names, contents.packed, metadata)
    if not (contents.folder / MODEL).is_file():
        return [*findings, *_unchecked(f"needs a {MODEL} at the top", ("class Model", "imports", *TRIED))]
    findings += check_library(contents.folder, contents.added)
    findings.append(check_contract(contents.folder))
    offered = _offered_modules(phase)
    imports, untried = check_imports(contents.folder, image, offered)
    if sys.platform == "win32":
        remedy = "check in the Windows Subsystem for Linux (WSL 2), or in the competition's image"
        return [*findings, *imports, *_unchecked("the processes of a submission need Linux or macOS", TRIED, remedy)]
    # Imported late, because these need what Windows lacks.
    from higgs_tools.checking.judgement import judge_trial
    from higgs_tools.checking.trial import try_submission
    from higgs_tools.checking.trial_data import open_trial_data

    with open_trial_data(phase.settings.task, data) as events:
        trial = try_submission(contents.folder, events, phase.settings)
    if trial.went_through:
        imports, _ = check_imports(contents.folder, image, offered, trial.loaded)
    return [*findings, *imports, *judge_trial(trial, phase, untried)]


def _offered_modules(phase: Phase) -> list[str]:
    folder = load_task(phase.settings.task).modules
    return [] if folder is None else [path.stem for path in folder.glob("[!_]*.py")]


def _unchecked(because: str, checks: Sequence[str] = TRIED, remedy: str = "") -> list[Finding]:
    return [Finding(check, Level.UNCHECKED, because, remedy if check == checks[0] else "") for check in checks]
