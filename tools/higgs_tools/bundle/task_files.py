"""Where the files of a task's competition lie: in tasks/NAME, and what is not there in the repository's own folders.

A task so brings what is its own, and shares programs and pages with the challenge, whose files lie at the top.
"""

from collections.abc import Sequence
from pathlib import Path


def source_folders(root: Path, task: str) -> list[Path]:
    """Return the folders whose files make the competition of a task, in order of preference; root is the repository."""
    own = root / "tasks" / task
    return [own, root] if own.is_dir() else [root]


def find(folders: Sequence[Path], name: str) -> Path:
    """Return the path of a file or folder in the first folder that has it, or in the first one if none does."""
    paths = [folder / name for folder in folders]
    return next((path for path in paths if path.exists()), paths[0])
