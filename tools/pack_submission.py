"""A submission as a zip: packing a folder, and the rules that Codabench's worker and the challenge set."""

from pathlib import Path, PurePosixPath
from zipfile import ZipFile

from higgs_challenge.errors import SubmissionError
from tools.bundle_rules.archives import UNREADABLE
from tools.bundle_rules.challenge import MODEL_FILE
from tools.bundle_rules.members import check_members, is_leftover
from tools.bundle_rules.problem import Findings, Problem
from tools.bundle_rules.programs import METADATA_NAMES
from tools.make_bundle import pack, write_whole


def pack_submission(folder: Path, output: Path) -> Path:
    """Write the files of a submission's folder into a zip, model.py at its root, and return the zip's path.

    Hidden files and compiled code stay out; the same files give the same bytes.

    Raises SubmissionError where there is no such folder or nothing in it, InputError where the zip cannot be written.
    """
    if not folder.is_dir():
        raise SubmissionError(f"{folder}: is no folder; name the folder that holds your {MODEL_FILE}.")
    files = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not is_leftover(PurePosixPath(name)) and path.suffix not in (".pyc", ".pyo"):
            files[name] = path.read_bytes()
    if not files:
        raise SubmissionError(f"{folder}: holds no file; name the folder that holds your {MODEL_FILE}.")
    write_whole(output, pack(files))
    return output


def inspect_submission(archive: Path) -> Findings:
    """What would keep a submission's zip from running, and what may.

    Raises SubmissionError where there is no such file.
    """
    try:
        with ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if not member.is_dir()]
            problems = list(check_members(archive.name, members))
            if not problems and (broken := opened.testzip()) is not None:
                problems.append(Problem(archive.name, f"holds {broken} damaged", "pack it again"))
    except FileNotFoundError:
        raise SubmissionError(f"{archive}: is missing; name the folder or the zip of your submission.") from None
    except UNREADABLE as error:
        return Findings((Problem(archive.name, f"is no zip that can be unpacked ({error})", "pack it again"),))
    names = [member.filename for member in members]
    if MODEL_FILE not in names:
        nested = next((f" but {name}" for name in names if PurePosixPath(name).name == MODEL_FILE), "")
        problems.append(
            Problem(archive.name, f"holds no {MODEL_FILE} at its root{nested}", "pack the files, not their folder")
        )
    problems += [
        Problem(archive.name, f"holds {name}, which the worker takes for a program's own", "rename it")
        for name in METADATA_NAMES
        if name in names
    ]
    folders = [name for name in names if "/" in name]
    # Some versions of the worker take the first sub-folder for a wrapping one and move its content up.
    flat = "some workers move its files to the top"
    warnings = (
        [Problem(archive.name, f"has a sub-folder ({folders[0]}), and {flat}", "keep it flat")] if folders else []
    )
    return Findings(tuple(problems), tuple(warnings))
