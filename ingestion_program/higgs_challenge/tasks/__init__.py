"""The measurements: one folder each, whose module `declaration` declares a Task by the name TASK.

`task: NAME` in settings.yaml chooses one. Nothing of a measurement is imported before it is loaded.
"""

import functools
import importlib
import pkgutil

from higgs_challenge.errors import InputError
from higgs_challenge.task import Task


def task_names() -> list[str]:
    """List the names of the tasks that there are."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


@functools.cache
def load_task(name: str) -> Task:
    """Import a task; it is looked for once.

    Args:
        name: of its folder.

    Raises:
        InputError: there is none of that name.

    Example:
        >>> load_task("gaussian").features
        ('x1', 'x2')
    """
    if name not in task_names():
        raise InputError(f"There is no task {name}; the tasks are {', '.join(task_names())}.")
    task: Task = importlib.import_module(f"{__name__}.{name}.declaration").TASK
    return task
