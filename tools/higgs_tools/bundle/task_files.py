"""Where the files of a task's competition lie: in tasks/NAME, and what is not there in the repository's own folders.

A task so brings what is its own, and shares programs and pages with the challenge, whose files lie at the top.
"""

from collections.abc import Sequence
from pathlib import Path

CHALLENGE = "higgs"


def source_folders(root: Path, task: str) -> list[Path]:
    """Give the folders whose files make the competition of a task, in order of preference; root is the repository."""
    return [root] if task == CHALLENGE else [root / "tasks" / task, root]


def find(folders: Sequence[Path], name: str) -> Path:
    """Give the path of a file or folder in the first of the folders that has it; in the first one where none does."""
    paths = [folder / name for folder in folders]
    return next((path for path in paths if path.exists()), paths[0])
