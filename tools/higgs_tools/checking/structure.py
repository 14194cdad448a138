"""Check that a submission's files are laid out as the platform and ingestion need them."""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from fnmatch import fnmatch

from higgs_challenge.number_formats import count
from higgs_tools.checking.findings import Finding, Level
from higgs_tools.checking.library import LIBRARY
from higgs_tools.checking.packing import belongs, format_size
from higgs_tools.checking.submission_zip import MODEL, Entry, Kind, leads_out

CHECK = "files"
PACK_AGAIN = "pack it with `higgs-challenge pack FOLDER submission.zip`"
MAX_NAMES = 5


def check_structure(
    entries: Sequence[Entry],
    max_bytes: int,
    reserved: Sequence[str],
    taken: Sequence[str],
    packed: bool,
    metadata: Sequence[str] = (),
) -> list[Finding]:
    """Check the names and sizes of a submission's files.

    Args:
        entries: everything that the submission contains.
        max_bytes: limit on the size of all files together.
        reserved: patterns of file names that are reserved for results.
        taken: modules of the image, whose names a submission's own modules should avoid.
        packed: whether the entries come from a zip; from a folder, packing leaves out what does not belong.
        metadata: what is wrong with a program's metadata among the files, see find_metadata_problems.
    """
    judgements: list[Callable[[], Finding | None]] = [
        lambda: _model(entries),
        lambda: _places(entries),
        lambda: _kinds(entries),
        lambda: _twice(entries),
        lambda: _results(entries, reserved),
        lambda: _metadata(metadata),
        lambda: _sub_folders(entries),
        lambda: _leftovers(entries, packed),
        lambda: _hidden_modules(entries, taken),
        lambda: _size(entries, max_bytes),
    ]
    findings = [finding for judgement in judgements if (finding := judgement()) is not None]
    if not any(finding.level == Level.FAILURE for finding in findings):
        own = [entry for entry in entries if entry.kind == Kind.FILE and belongs(entry)]
        held = f"{count(len(own), 'file')}, {format_size(sum(entry.size for entry in own))}"
        findings.insert(0, Finding(CHECK, Level.OK, f"model.py is at the top; {held}"))
    return findings


def _model(entries: Sequence[Entry]) -> Finding | None:
    if any(entry.name == MODEL and entry.kind in (Kind.FILE, Kind.LINK, Kind.ENCRYPTED) for entry in entries):
        return None
    nested = sorted({entry.name for entry in entries if entry.parts and entry.parts[-1] == MODEL and belongs(entry)})
    if nested:
        folder = nested[0].removesuffix("/" + MODEL)
        return _failure(
            f"there is no {MODEL} at the top; it is in {folder}/",
            f"zip the files, not their folder: {PACK_AGAIN}, with the folder that holds {MODEL}",
        )
    return _failure(
        f"there is no {MODEL} at the top", f"name the file that defines class Model {MODEL}, in exactly this spelling"
    )


def _places(entries: Sequence[Entry]) -> Finding | None:
    wrong = [entry.name for entry in entries if leads_out(entry.name)]
    if not wrong:
        return None
    return _failure(
        f"names that point outside the submission's folder: {_list(wrong)}", f"use plain names: {PACK_AGAIN}"
    )


def _kinds(entries: Sequence[Entry]) -> Finding | None:
    wrong = [f"{entry.name} ({entry.kind})" for entry in entries if entry.kind not in (Kind.FILE, Kind.FOLDER)]
    if not wrong:
        return None
    return _failure(
        f"the platform accepts plain files only, not {_list(wrong)}", "replace them with plain, unencrypted files"
    )


def _twice(entries: Sequence[Entry]) -> Finding | None:
    counts = Counter(entry.name for entry in entries if entry.kind != Kind.FOLDER)
    twice = [name for name, number in counts.items() if number > 1]
    return _failure(f"the zip contains these more than once: {_list(twice)}", PACK_AGAIN) if twice else None


def _results(entries: Sequence[Entry], reserved: Sequence[str]) -> Finding | None:
    names = {entry.parts[0] for entry in entries if entry.parts}
    wrong = sorted(name for name in names if any(fnmatch(name, pattern) for pattern in reserved))
    if not wrong:
        return None
    return _failure(f"names reserved for results, which ingestion refuses: {_list(wrong)}", "rename or remove them")


def _metadata(problems: Sequence[str]) -> Finding | None:
    return _failure("; ".join(problems), "remove it; a submission needs no metadata") if problems else None


def _sub_folders(entries: Sequence[Entry]) -> Finding | None:
    """Warn of sub-folders, but not of the library's copy: without it, the platform's is imported."""
    wanted = [entry for entry in entries if belongs(entry) and not leads_out(entry.name)]
    folders = sorted({entry.parts[0] for entry in wanted if len(entry.parts) > 1} - {LIBRARY})
    if not folders or not any(entry.name == MODEL for entry in entries):
        return None
    return Finding(
        CHECK,
        Level.WARNING,
        f"sub-folders ({_list(folders)}): some versions of the platform's worker move what is in them to the top",
        "put all files beside model.py",
    )


def _leftovers(entries: Sequence[Entry], packed: bool) -> Finding | None:
    wrong = sorted({entry.name for entry in entries if not belongs(entry) and entry.kind != Kind.FOLDER})
    if not wrong:
        return None
    if packed:
        return Finding(CHECK, Level.WARNING, f"files that do not belong in it: {_list(wrong)}", PACK_AGAIN)
    return Finding(CHECK, Level.REMARK, f"left out by `higgs-challenge pack`: {_list(wrong)}")


def _hidden_modules(entries: Sequence[Entry], taken: Sequence[str]) -> Finding | None:
    own = {entry.parts[0].removesuffix(".py") for entry in entries if entry.name.endswith(".py") and entry.parts}
    standard = sorted(name for name in own if name in sys.stdlib_module_names)
    installed = sorted(name for name in own if name in taken)
    if not standard and not installed:
        return None
    what = [f"{_list(names)} ({where})" for names, where in ((standard, "Python's"), (installed, "installed")) if names]
    return Finding(
        CHECK,
        Level.WARNING,
        f"modules with the name of another module: {' and '.join(what)}; whichever is found first hides the other",
        "rename the submission's",
    )


def _size(entries: Sequence[Entry], max_bytes: int) -> Finding | None:
    size = sum(entry.size for entry in entries)
    if size <= max_bytes:
        return None
    return _failure(
        f"{size / 1e9:.3g} GB of files; the limit is {max_bytes / 1e9:g} GB",
        "leave out what predict does not need",
    )


def _failure(text: str, remedy: str) -> Finding:
    return Finding(CHECK, Level.FAILURE, text, remedy)


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return ", ".join(names[:MAX_NAMES]) + more
