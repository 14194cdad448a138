"""Find what a submission imports, from its sources, and check that the platform has it."""

import ast
import importlib.util
import os
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from higgs_challenge.submission.image_extra import extra_note
from higgs_challenge.submission.source_text import is_decodable
from higgs_tools.checking.findings import Finding, Level
from higgs_tools.checking.submission_zip import MODEL

CHECK = "imports"
HANDLED = ("ImportError", "ModuleNotFoundError", "Exception", "BaseException")
"""Handling one of these means that a submission can do without the module."""

HIDDEN = (".", "__pycache__")
"""How the names of sub-folders begin whose modules a submission cannot import, as in submission_path."""

EXTENSIONS = (".so", ".pyd")
CONSTANTS = ("TYPE_CHECKING", "__name__")
"""Code guarded by a condition on one of these is not run in the submission's process."""


@dataclass(frozen=True)
class Import:
    """An import statement: the top-level module, where it is, and whether the submission can do without it."""

    module: str
    file: str
    line: int
    optional: bool


class UnreadableError(Exception):
    """A source file is not valid Python; the message says which file and where.

    Attributes:
        remedy: what to do.
    """

    def __init__(self, text: str, remedy: str = "fix that line") -> None:
        super().__init__(text)
        self.remedy = remedy


def read_source(path: Path) -> ast.Module:
    """Parse a source file.

    Raises:
        UnreadableError: it is not valid Python.
    """
    if not is_decodable(path):
        raise UnreadableError(f"{path.name} is not a text in UTF-8", f"save {path.name} in UTF-8")
    try:
        return ast.parse(path.read_bytes(), path.name)
    except SyntaxError as error:
        raise UnreadableError(f"{path.name}, line {error.lineno}: {error.msg}: not valid Python") from error


def find_imports(folder: Path) -> list[Import]:
    """Find all imports of model.py and of the submission's own modules that it uses.

    Args:
        folder: the submission's; of a package in it, all modules are read.

    Raises:
        UnreadableError: a source file is not valid Python.
    """
    found: list[Import] = []
    seen: set[Path] = set()
    todo = [folder / MODEL]
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        here = list(_imports_of(read_source(path), path.relative_to(folder).as_posix()))
        found += here
        for module in {one.module for one in here}:
            todo += _own_files(folder, module)
    return sorted(found, key=lambda one: (one.file, one.line))


def _own_files(folder: Path, module: str) -> list[Path]:
    if not module.isidentifier():
        return []
    inside = sorted(path for path in folder.rglob("*") if path.is_dir())
    shown = [path for path in inside if not any(part.startswith(HIDDEN) for part in path.relative_to(folder).parts)]
    for place in [folder, *shown]:
        if (place / f"{module}.py").is_file():
            return [place / f"{module}.py"]
        if found := sorted((place / module).rglob("*.py")):
            return found
    return []


def _is_own(folder: Path, module: str) -> bool:
    compiled = any(path.name.endswith(EXTENSIONS) for path in folder.glob(f"{module}.*"))
    return bool(_own_files(folder, module)) or compiled


def _imports_of(tree: ast.Module, file: str) -> Iterator[Import]:
    """Yield the imports of one file; a relative import at the top of the submission has the module `.`."""
    todo: list[tuple[ast.AST, bool]] = [(tree, False)]
    while todo:
        node, optional = todo.pop()
        if isinstance(node, ast.Import):
            for name in node.names:
                yield Import(name.name.partition(".")[0], file, node.lineno, optional)
        elif isinstance(node, ast.ImportFrom):
            if not node.level:
                yield Import((node.module or "").partition(".")[0], file, node.lineno, optional)
            elif "/" not in file:  # a file at the top does not belong to a package
                yield Import(".", file, node.lineno, optional)
        guarded = list(_guarded(node))
        left_out = list(_not_run(node))
        todo += [(child, optional or child in guarded) for child in ast.iter_child_nodes(node) if child not in left_out]


def _guarded(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements below a node whose imports may fail."""
    if isinstance(node, ast.Try):
        for handler in node.handlers:
            if handler.type is None or any(_mentions(handler.type, name) for name in HANDLED):
                yield from node.body
                yield from node.handlers


def _not_run(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements below a node that a submission's process never reaches."""
    if isinstance(node, ast.If) and any(_mentions(node.test, name) for name in CONSTANTS):
        yield from node.body


def _mentions(node: ast.AST, name: str) -> bool:
    return any(
        (isinstance(one, ast.Name) and one.id == name) or (isinstance(one, ast.Attribute) and one.attr == name)
        for one in ast.walk(node)
    )


def locate(module: str, not_from: Sequence[Path]) -> str | None:
    """Return where a module is found on this machine, or None.

    Args:
        module: top-level.
        not_from: folders that Python searches only because of how it was started.
    """
    hidden = {path.resolve() for path in not_from}
    earlier, sys.path = sys.path, [entry for entry in sys.path if entry and Path(entry).resolve() not in hidden]
    try:
        spec = importlib.util.find_spec(module)
    except (ValueError, ImportError):  # a module that is being imported in an odd way
        return None
    finally:
        sys.path = earlier
    if spec is None:
        return None
    return spec.origin or next(iter(spec.submodule_search_locations or []), module)


def check_imports(
    folder: Path, image: Mapping[str, str], offered: Collection[str] = (), loaded: Collection[str] | None = None
) -> tuple[list[Finding], list[str]]:
    """Check that the platform has everything that a submission imports.

    Args:
        folder: the submission's.
        image: the distribution of each module of the image; empty if unknown.
        offered: modules that the task has for submissions.
        loaded: the submission's files that a trial imported; None where no trial went through.

    Returns:
        The findings, and the modules that this machine lacks although the image has them: without them, no trial.
    """
    try:
        found = find_imports(folder)
    except UnreadableError as error:
        return [Finding(CHECK, Level.UNCHECKED, f"a source file cannot be read ({error})", error.remedy)], []
    findings: list[Finding] = []
    missing_here: list[str] = []
    external = {
        one.module: one
        for one in sorted(found, key=lambda one: _weight(one, loaded))  # the one that counts most is the last
        if one.module not in {*sys.stdlib_module_names, *offered} and not _is_own(folder, one.module)
    }
    for module, one in sorted(external.items()):
        where = f"{one.file}, line {one.line}"
        if module == ".":
            findings.append(_relative(where))
            continue
        place = locate(module, [Path.cwd(), Path(sys.argv[0] or ".").parent])
        if not image:
            if place is None and not one.optional:
                missing_here.append(module)
        elif module not in image:
            findings.append(_not_on_the_platform(one, place, unused=loaded is not None and one.file not in loaded))
        elif place is None and not one.optional:
            missing_here.append(module)
    if missing_here:
        wanted = " ".join(image.get(module, module) for module in missing_here)
        text = f"this machine lacks {', '.join(missing_here)}{', which the platform has' if image else ''}"
        findings.append(Finding(CHECK, Level.UNCHECKED, text, f"to try the submission here: pip install {wanted}"))
    if not image:
        text = "the installed package does not say what the platform's image contains, so this machine's were checked"
        findings.append(Finding(CHECK, Level.REMARK, text))
    elif not findings:
        named = ", ".join(sorted(external)) or "only the standard library"
        findings.append(Finding(CHECK, Level.OK, f"the platform has all that is imported: {named}"))
    return findings, missing_here


def _relative(where: str) -> Finding:
    return Finding(
        CHECK,
        Level.FAILURE,
        f"a relative import at the top of the submission ({where}): model.py does not belong to a package",
        "write `from helper import ...` for a helper.py beside model.py",
    )


def _weight(one: Import, loaded: Collection[str] | None) -> tuple[bool, bool]:
    return loaded is None or one.file in loaded, not one.optional


def _not_on_the_platform(one: Import, place: str | None, unused: bool) -> Finding:
    module, where = one.module, f"{one.file}, line {one.line}"
    if place is None:
        here = "nor on this machine"
    elif "site-packages" in place or "dist-packages" in place:
        here = "it is installed only here"
    else:  # somewhere in the participant's own tree
        here = f"it is found here only because of {os.path.dirname(place)}"
    if unused:
        text = f"{module} ({where}) is not on the platform, {here}; the trial did without {one.file}"
        return Finding(CHECK, Level.WARNING, text, "leave that file out, or make sure that it is never imported")
    if one.optional:
        text = f"{module} ({where}) is not on the platform, {here}; the submission seems to have an alternative"
        return Finding(CHECK, Level.WARNING, text, "make sure that the alternative is tried here too")
    remedy = f"remove it, put {module}.py beside model.py if it is your own, or ask the organisers to add the package"
    if note := extra_note(module):
        remedy = f"remove it, or ask the organisers: {note}"
    return Finding(CHECK, Level.FAILURE, f"{module} ({where}) is not on the platform, {here}", remedy)
