"""Unpacking a bundle into the worker's folders: competition.yaml, the phase, and its archives."""

import shutil
import uuid
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from higgs_challenge.errors import InputError, SubmissionError
from higgs_tools.bundle.competition_file import Competition, Phase, Task
from higgs_tools.bundle.rules.parsing import load_yaml
from higgs_tools.bundle.rules.programs import METADATA_NAMES
from higgs_tools.checking.submission_zip import open_zip
from higgs_tools.checking.submission_zip import unpack as unpack_plain
from higgs_tools.containers.local_worker.programs import command_in, find_metadata

SETTINGS = "settings.yaml"
MAX_SUBMISSION = 20 * 10**9
"""Bytes that a submission may unpack to: the default of a phase's disk_gigabytes."""


@dataclass(frozen=True)
class Chosen:
    """The phase to run, its task, and the image that the competition names."""

    phase: Phase
    task: Task
    image: str


def choose(competition: Competition, phase: str) -> Chosen:
    """Choose a phase by its name, in any case, or its index.

    Raises:
        InputError: there is no phase of that name, or it has several tasks.
    """
    found = [one for one in competition.phases if phase.lower() in (one.name.lower(), str(one.index))]
    if not found:
        names = ", ".join(one.name.lower() for one in competition.phases)
        raise InputError(f"The competition has no phase {phase}: choose one of {names} (PHASE=...).")
    tasks = [task for task in competition.tasks if task.index in found[0].tasks]
    if len(tasks) != 1:
        raise InputError(f"The phase {found[0].name} has {len(tasks)} tasks; a local run takes a phase with one.")
    return Chosen(found[0], tasks[0], competition.docker_image)


def parse_competition(content: bytes, where: Path) -> Competition:
    """Read a competition.yaml; InputError where it is not one."""
    try:
        return Competition.model_validate(load_yaml(content))
    except ValueError as error:  # pydantic's is one too
        raise InputError(f"competition.yaml in {where} cannot be used: {' '.join(str(error).split())}.") from error


def read_competition(bundle: Path) -> Competition:
    """Read the competition.yaml in a bundle.

    Raises:
        InputError: there is no such bundle, or no competition in it.
    """
    try:
        with zipfile.ZipFile(bundle) as archive:
            return parse_competition(archive.read("competition.yaml"), bundle)
    except FileNotFoundError:
        raise InputError(f"There is no bundle {bundle}: make bundle, or name another one (BUNDLE=...).") from None
    except (zipfile.BadZipFile, KeyError, OSError) as error:
        raise InputError(f"{bundle} is not a bundle ({error}): make bundle.") from error


def unpack_task(bundle: Path, task: Task, work: Path) -> None:
    """Unpack a task's archives into work: ingestion_program, scoring_program, input/ref, and input_data, perhaps empty.

    Raises:
        InputError: an archive is missing or broken.
    """
    (work / "input_data").mkdir(parents=True)
    places = {
        "ingestion_program": (task.ingestion_program, True),
        "scoring_program": (task.scoring_program, True),
        "input_data": (task.input_data, False),
        "input/ref": (task.reference_data, False),
    }
    with zipfile.ZipFile(bundle) as whole:
        for place, (name, is_program) in places.items():
            if name is None and place == "input_data":
                continue
            if name is None:
                raise InputError(f"The task {task.name} in {bundle} has no {place}, and cannot run here without it.")
            try:
                with whole.open(name) as file:
                    unpack(file, work / place, is_program)
            except (KeyError, zipfile.BadZipFile) as error:
                raise InputError(f"{name} in {bundle} cannot be unpacked ({error}): make bundle.") from error


def unpack(file: Any, folder: Path, is_program: bool) -> None:
    """Unpack a zip, and move the content of the folder that the worker takes for a wrapping one up.

    Args:
        file: the zip, a path or an open file.
        folder: where to; made.
        is_program: whether it is an ingestion or scoring program.
    """
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        archive.extractall(folder)
    if wrapper := wrapping_folder(names, is_program):
        move_up(folder, wrapper)


def wrapping_folder(names: Sequence[str], is_program: bool) -> str | None:
    """Find the folder of an archive that the worker takes for a wrapping one.

    Args:
        names: of the archive's members, in their order.
        is_program: of a program it is the folder with a metadata file; of everything else, the first folder.
    """
    inside = [PurePosixPath(name) for name in names if "/" in name]
    return next((path.parts[0] for path in inside if not is_program or path.name in METADATA_NAMES), None)


def move_up(folder: Path, wrapper: str) -> None:
    """Move the content of a sub-folder up, over files that are there, and remove the sub-folder."""
    aside = (folder / wrapper).rename(folder / f".wrapper-{uuid.uuid4().hex}")
    for path in sorted(aside.iterdir()):
        path.replace(folder / path.name)
    aside.rmdir()


def take_submission(source: Path, folder: Path) -> None:
    """Copy a submission, a folder or the zip that would be uploaded, into a folder.

    Raises:
        SubmissionError: there is none, or the platform would start it as a separate program.
    """
    if source.is_dir():
        shutil.copytree(source, folder, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    elif zipfile.is_zipfile(source):
        with open_zip(source) as archive:
            unpack_plain(archive, folder, MAX_SUBMISSION)
    else:
        raise SubmissionError(f"There is no submission {source}: name a folder, or a zip of one (SUBMISSION=...).")
    inside = list(folder.iterdir())
    if not inside:
        raise SubmissionError(f"The submission {source} is empty.")
    if len(inside) == 1 and inside[0].is_dir():
        move_up(folder, inside[0].name)
    metadata = find_metadata(folder)
    if metadata is not None and command_in(metadata) is not None:
        raise SubmissionError(
            f"The submission's {metadata.name} has a command, and the platform would start it as a separate program, "
            "outside of ingestion: remove that file."
        )


def copy_into_predictions(submission: Path, output: Path) -> None:
    """Put a submission's files where results will be, as the worker does where it has no metadata file."""
    if find_metadata(submission) is None:
        shutil.copytree(submission, output, symlinks=True, dirs_exist_ok=True)


def hand_over(predictions: Path, folder: Path) -> None:
    """Bring what ingestion left to scoring, through a zip as on the platform."""
    packed = Path(shutil.make_archive(str(folder.parent / "predictions"), "zip", predictions))
    try:
        unpack(packed, folder, is_program=False)
    finally:
        packed.unlink()


def make_smaller(phase: Path, numbers: dict[str, int]) -> None:
    """Rewrite numbers in a phase's settings.yaml, for a short local run; nothing else in it changes.

    Args:
        phase: the folder of the settings.
        numbers: by their name in settings.yaml.

    Raises:
        InputError: the settings have no such number.
    """
    path = phase / SETTINGS
    try:
        settings = load_yaml(path.read_bytes()) if path.is_file() else None
    except ValueError as error:
        raise InputError(f"{SETTINGS} of the phase is not YAML ({error}): make bundle again.") from error
    missing = [name for name in numbers if not isinstance(settings, dict) or name not in settings]
    if missing or not isinstance(settings, dict):
        raise InputError(f"{SETTINGS} of the phase has no {' and no '.join(missing)}, so it cannot be set here.")
    path.write_text(yaml.safe_dump({**settings, **numbers}, sort_keys=False), encoding="utf-8")
