"""Packing a competition into one zip that Codabench accepts."""

import io
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from higgs_challenge.atomic import require_writable, write_bytes
from higgs_challenge.errors import InputError
from higgs_tools.bundle.pages import render_pages
from higgs_tools.bundle.rules import Problem, parse_competition
from higgs_tools.bundle.rules.parsing import load_yaml
from higgs_tools.bundle.rules.whole_zip import inspect_zip
from higgs_tools.bundle.task_files import find
from higgs_tools.checking.library import missing_modules
from higgs_tools.checking.packing import belongs as own_file
from higgs_tools.checking.packing import plain_member
from higgs_tools.checking.submission_zip import Entry, Kind

KIT, SAMPLE = "starting_kit.zip", "sample_code_submission.zip"
PHASE_FOLDER = "phase/"
# Programs and data go in as zips, not as folders: Codabench takes both, but it would zip a folder as it is.
FOLDERS = {
    # A phase's settings hold its seed. The worker shows input data to a submission that comes as a program of its own,
    # so they go into the ingestion program, which only ingestion's container sees.
    "ingestion_program_feedback.zip": {"ingestion_program": "", "input_data/feedback": PHASE_FOLDER},
    "ingestion_program_final.zip": {"ingestion_program": "", "input_data/final": PHASE_FOLDER},
    "scoring_program.zip": {"scoring_program": ""},
    SAMPLE: {"sample_code_submission": ""},
    KIT: {"starting_kit": "", "dummy_submission": "dummy_submission/"},
    "public_data.zip": {"public_data": ""},
}
"""For each archive the folders that it is made of, and what goes before their files' names in it."""

TRUTHS = {
    "reference_data_feedback.zip": "input_data/feedback",
    "reference_data_final.zip": "input_data/final",
}
"""For each archive of truth the folder of the phase whose settings it follows from."""

MADE_BY_TRAINING = "trained_model.pt"


def build(folders: Sequence[Path], output: Path) -> tuple[Problem, ...]:
    """Write the bundle of a project, whole or not at all.

    Args:
        folders: of the task, see task_files.
        output: the zip to write.

    Returns:
        The warnings.

    Raises:
        InputError: Codabench would refuse the bundle, and the text has one sentence for each problem; or the zip cannot
            be written.
    """
    require_writable(output)
    bundle = pack(collect(folders, read_competition(folders[0])))
    findings = inspect_zip(output.name, io.BytesIO(bundle))
    if findings.problems:
        raise refusal(findings.problems)
    write_bytes(output, bundle)
    return findings.warnings


def read_competition(root: Path) -> object:
    """Parse the competition.yaml in a folder.

    Args:
        root: the folder.

    Returns:
        Its content, whose shape is not yet checked.

    Raises:
        InputError: it is missing, or not YAML.
    """
    path = root / "competition.yaml"
    try:
        return load_yaml(path.read_bytes())
    except FileNotFoundError:
        raise InputError(f"There is no {path}; run this in the challenge's repository.") from None
    except ValueError as error:
        raise InputError(f"{path} is not YAML ({error}); correct that line.") from None


def collect(folders: Sequence[Path], competition: object) -> dict[str, bytes]:
    """Collect competition.yaml and what it names, as far as it exists: archives packed, numbers put into the pages.

    Args:
        folders: of the task, see task_files.
        competition: the parsed competition.yaml.

    Returns:
        The content of each file of the bundle, by its name.

    Raises:
        InputError: competition.yaml has the wrong shape, the folder of an archive is missing, settings are wrong, or a
            page names a number that does not exist.
    """
    parsed = parse_competition(competition)
    if isinstance(parsed, list):
        raise refusal(parsed)
    files = {}
    for name in sorted(parsed.files()):
        if name in FOLDERS:
            files[name] = pack(read_folders(folders, name) | made_files(folders, name))
        elif name in TRUTHS:
            files[name] = pack(truth_files(find(folders, TRUTHS[name])))
        elif (path := find(folders, name)).is_file():
            files[name] = path.read_bytes()
    return {**files, **render_pages(folders, parsed)}


def refusal(problems: Iterable[Problem]) -> InputError:
    """Make the error for a bundle that cannot be made: one sentence for each problem."""
    return InputError("\n".join(str(problem) for problem in problems))


def read_folders(folders: Sequence[Path], archive: str) -> dict[str, bytes]:
    """Read the files of the folders that an archive is made of, by their name in it."""
    files = {}
    for name, prefix in FOLDERS[archive].items():
        folder = find(folders, name)
        found = [path for path in folder.rglob("*") if path.is_file() and belongs(path.relative_to(folder))]
        if not found:
            raise InputError(
                f"{folder} is missing or empty, but {archive} is made of it; "
                f"add its files or take {archive} out of competition.yaml."
            )
        files.update({prefix + path.relative_to(folder).as_posix(): path.read_bytes() for path in found})
    return files


def made_files(folders: Sequence[Path], archive: str) -> dict[str, bytes]:
    """Make what an archive holds besides its folders' files.

    That is the kit's notebook, as notebook programs open it, and the library that the sample submission imports.
    """
    if archive == SAMPLE:
        library = missing_modules(find(folders, "sample_code_submission"))
        return {name: path.read_bytes() for name, path in library.items()}
    source = find(folders, "starting_kit/notebook.py")
    if archive != KIT or not source.is_file():
        return {}
    from higgs_tools.kit.make_notebook import RESULT, as_notebook  # the notebook's libraries take a second

    return {RESULT: as_notebook(source)}


def belongs(path: Path) -> bool:
    """Check that a file is the project's own: not hidden, and not left by a program."""
    return own_file(Entry(path.as_posix(), Kind.FILE)) and path.name != MADE_BY_TRAINING


def truth_files(phase: Path) -> dict[str, bytes]:
    """Make the truth that follows from the settings in a phase's folder, as files by name."""
    # Imported here so that the rest of this module, and its tests, do not wait for the compiled event core.
    from higgs_challenge.execution.progress import show_progress
    from higgs_challenge.experiments import load_plan, write_truth
    from higgs_challenge.experiments.settings import require_settings

    require_settings(phase)
    plan = load_plan(phase)
    title = f"Drawing the truth of {phase.name}"
    with (
        tempfile.TemporaryDirectory() as directory,
        show_progress(title, plan.settings.number, "pseudo-experiments") as advance,
    ):
        return {path.name: path.read_bytes() for path in write_truth(plan, Path(directory), advance)}


def pack(files: Mapping[str, bytes]) -> bytes:
    """Zip files in the order of their names, without a trace of when or by whom it was done."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            archive.writestr(plain_member(name), files[name])
    return buffer.getvalue()
