"""A new method, from the template."""

import shutil
from pathlib import Path

from higgs_challenge.atomic import report_write_errors
from higgs_challenge.errors import InputError
from higgs_tools.baselines.methods import BASELINES, NAME, README, REFERENCE

TEMPLATE = "_template"
"""A folder of the baselines that is no method, as its name says."""


def make_baseline(root: Path, name: str) -> Path:
    """Copy the template to a folder of the baselines, with the name as its title.

    Args:
        root: the repository.
        name: of the method, and of its folder.

    Returns:
        The folder.

    Raises:
        InputError: the name is bad or taken, or the folder cannot be written.
    """
    folder = root / BASELINES / name
    if not NAME.fullmatch(name):
        raise InputError(f"A method's name has small letters, digits and _, and begins with a letter; not so {name!r}.")
    if name == REFERENCE or folder.exists():
        raise InputError(f"There is a method {name} already; choose another name.")
    with report_write_errors(folder):
        shutil.copytree(root / BASELINES / TEMPLATE, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        readme = folder / README
        readme.write_text(readme.read_text(encoding="utf-8").replace("# Name of the method", f"# {name}", 1))
    return folder
