"""The project's library of inference, which a submission that imports it carries in its zip."""

import importlib.util
from pathlib import Path

from higgs_challenge.errors import InputError
from higgs_tools.checking.findings import Finding, Level
from higgs_tools.checking.imports import UnreadableError, find_imports
from higgs_tools.checking.submission_zip import MODEL

CHECK = "library"
LIBRARY = "higgs_inference"


def missing_modules(submission: Path) -> dict[str, Path]:
    """Find the modules that packing adds to a submission: the installed library's, if it imports that and has no copy.

    Args:
        submission: its folder.

    Returns:
        The files, by their names in the zip.

    Raises:
        InputError: the library is not installed.
    """
    return installed_modules() if uses_library(submission) and not modules_in(submission) else {}


def uses_library(submission: Path) -> bool:
    """Return whether a submission imports the library; not if a source cannot be read, for then it fails anyway."""
    if not (submission / MODEL).is_file() or (submission / f"{LIBRARY}.py").is_file():
        return False
    try:
        return any(one.module == LIBRARY for one in find_imports(submission))
    except UnreadableError:  # which other checks report
        return False


def modules_in(folder: Path) -> dict[str, Path]:
    """Find the library's modules in the folder that holds it, by their paths from there."""
    return {path.relative_to(folder).as_posix(): path for path in sorted((folder / LIBRARY).rglob("[!.]*.py"))}


def installed_modules() -> dict[str, Path]:
    """Find the installed library's modules, by their names in a zip that carries them.

    Raises:
        InputError: it is not installed.
    """
    spec = importlib.util.find_spec(LIBRARY)
    if spec is None or spec.origin is None:
        raise InputError(f"{LIBRARY} is not installed here, and the submission imports it: install the package again.")
    return modules_in(Path(spec.origin).parents[1])


def check_library(submission: Path, added: bool) -> list[Finding]:
    """Say which copy of the library a submission runs with.

    Args:
        submission: its folder, with what packing adds.
        added: whether packing added the library.
    """
    if not uses_library(submission):
        return []
    carried = modules_in(submission)
    if not carried:
        text = f"{LIBRARY} is imported and not in the zip, so the platform's runs, which may be another version"
        return [Finding(CHECK, Level.WARNING, text, "`higgs-challenge pack FOLDER submission.zip` puts it in")]
    findings = []
    if added:
        findings.append(Finding(CHECK, Level.OK, f"`higgs-challenge pack` puts {LIBRARY} into the zip"))
    elif _contents(carried) == _contents(installed_modules()):
        findings.append(Finding(CHECK, Level.OK, f"carries {LIBRARY} as it is installed here"))
    else:
        text = f"carries another version of {LIBRARY} than the one installed here; its own is what runs"
        findings.append(Finding(CHECK, Level.REMARK, text))
    if clashes := sorted({path.name for path in submission.glob("*.py")} & _names(carried)):
        text = (
            f"{', '.join(clashes)}: {LIBRARY} has a module of that name, which replaces the submission's where the "
            "platform's worker moves what is in a sub-folder to the top, as some versions do"
        )
        findings.append(Finding(CHECK, Level.WARNING, text, "rename the submission's"))
    return findings


def _contents(modules: dict[str, Path]) -> dict[str, bytes]:
    return {name: path.read_bytes() for name, path in modules.items()}


def _names(modules: dict[str, Path]) -> set[str]:
    return {path.name for path in modules.values()} - {"__init__.py"}
