"""Rules for what points to what: phases and solutions to tasks."""

from collections.abc import Iterator

from higgs_tools.bundle.competition_file import Competition, is_dataset_key
from higgs_tools.bundle.rules.findings import Problem, doubled, in_competition


def check_tasks(competition: Competition, gaps: frozenset[str] = frozenset()) -> Iterator[Problem]:
    """Check that tasks and solutions say what they are made of, and that phases and solutions point to tasks.

    Args:
        competition: the competition.
        gaps: lists that lost a part while they were read; of what points to lost tasks nothing is said.
    """
    indices = [task.index for task in competition.tasks]
    yield from doubled("task index", indices)
    for task in competition.tasks:
        if task.key:
            yield from _check_key("task", task.key)
        elif task.scoring_program is None:
            yield in_competition(f"task {task.index} has no scoring_program", "add it")
        if not task.key and not task.name:
            yield in_competition(f"task {task.index} has no name", "add it")
    owners = [(f"phase {phase.name}", phase.tasks) for phase in competition.phases]
    for solution in competition.solutions or []:
        owners.append((f"solution {solution.index}", solution.tasks))
        if solution.key:
            yield from _check_key("solution", solution.key)
        elif solution.path is None:
            yield in_competition(f"solution {solution.index} has no path", "name its zip or folder")
    for phase in competition.phases:
        if not phase.tasks and "tasks" not in gaps:
            yield in_competition(f"phase {phase.name} has no task, so every submission to it fails", "name one")
    if "tasks" in gaps:
        return
    for owner, tasks in owners:
        for missing in sorted({str(task) for task in tasks if task not in indices}):
            yield in_competition(f"{owner} points to task {missing}, which does not exist", "correct its tasks")


def warn_tasks(competition: Competition) -> Iterator[Problem]:
    """Warn of solutions that share an index, which Codabench ignores."""
    yield from doubled("solution index", (solution.index for solution in competition.solutions or []))


def _check_key(kind: str, key: str) -> Iterator[Problem]:
    if not is_dataset_key(key):
        yield in_competition(
            f"{kind} key {key} is not one of the platform", f"copy the {kind}'s key there, or take it out"
        )
