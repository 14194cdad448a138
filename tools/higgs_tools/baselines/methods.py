"""The methods of the repository: folders, each a submission, and private copies of them for one training each."""

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from higgs_challenge.errors import InputError, SubmissionError
from higgs_challenge.submission.scratch import remove_tree
from higgs_scoring.untrusted_text import one_line

BASELINES = "baselines"
"""The folder of the methods; a sub-folder whose name is no NAME, such as the template's, is none."""

NAME = re.compile(r"[a-z][a-z0-9_]*")

REFERENCE, REFERENCE_FOLDER = "reference", "sample_code_submission"
"""The method that everyone starts from has a folder of its own."""

README = "README.md"
MAX_TITLE = 60

SEED_FILE = "training_seed.py"
SEED_LINE = re.compile(r"^TRAINING_SEED = \d+$", re.MULTILINE)

LEFT_OUT = ("__pycache__", ".*", "trained_model.pt", README, "*.png", "*.svg")
"""What a private copy lacks: caches, a trained model, since every run trains, and what is written after a run."""


@dataclass(frozen=True)
class Method:
    """A method: its name in the table, and the folder of its submission."""

    name: str
    folder: Path

    @property
    def title(self) -> str:
        """The first heading of its README; its name where there is none."""
        path = self.folder / README
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        headings = [line.removeprefix("# ") for line in lines if line.startswith("# ")]
        return one_line(headings[0], MAX_TITLE) if headings else self.name


@dataclass(frozen=True)
class Training:
    """One training of a method.

    Attributes:
        method: the method.
        seed: that its training_seed.py holds; None where it has no such file.
    """

    method: Method
    seed: int | None

    @property
    def label(self) -> str:
        """What its files are called.

        Example:
            >>> [Training(Method("mine", Path("mine")), seed).label for seed in (None, 1, 2)]
            ['mine', 'mine', 'mine-seed2']
        """
        return self.method.name if self.seed in (None, 1) else f"{self.method.name}-seed{self.seed}"


def find_methods(root: Path, names: Sequence[str] = ()) -> list[Method]:
    """Find methods in the repository.

    Args:
        root: the repository.
        names: those that are wanted, in this order; none for all.

    Raises:
        InputError: there is no method of a name.
    """
    folders = {REFERENCE: root / REFERENCE_FOLDER}
    if (root / BASELINES).is_dir():
        own = sorted(path for path in (root / BASELINES).iterdir() if path.is_dir() and NAME.fullmatch(path.name))
        folders |= {path.name: path for path in own}
    if unknown := [name for name in names if name not in folders]:
        raise InputError(f"There is no method {unknown[0]}; the methods are {', '.join(folders)}.")
    return [Method(name, folders[name]) for name in dict.fromkeys(names or folders)]


def plan_trainings(methods: Sequence[Method], number: int) -> list[Training]:
    """Return so many trainings of each method, with the seeds 1, 2, ...; one of a method without a seed."""
    trainings = []
    for method in methods:
        seeds = range(1, number + 1) if (method.folder / SEED_FILE).is_file() else [None]
        trainings += [Training(method, seed) for seed in seeds]
    return trainings


def copy_method(training: Training, target: Path) -> None:
    """Make a private copy of a method's folder, in which training_seed.py holds the training's seed.

    Args:
        training: which method, and which seed.
        target: folder of the copy; replaced if it exists.

    Raises:
        InputError: the copy cannot be written.
        SubmissionError: training_seed.py has no line that holds the seed, or more than one.
    """
    folder, seed = training.method.folder, training.seed
    remove_tree(target)
    try:
        shutil.copytree(folder, target, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_OUT))
    except (OSError, shutil.Error) as error:
        raise InputError(f"{folder} cannot be copied to {target}: {error}.") from error
    if seed is None:
        return
    text, replaced = SEED_LINE.subn(f"TRAINING_SEED = {seed}", (target / SEED_FILE).read_text(encoding="utf-8"))
    if replaced != 1:
        raise SubmissionError(
            f"{folder / SEED_FILE} must have one line `TRAINING_SEED = 1`, which each training replaces by its own "
            f"seed; it has {replaced}."
        )
    (target / SEED_FILE).write_text(text, encoding="utf-8")
