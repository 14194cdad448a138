"""Rules for what points to what: phases and solutions to tasks."""

from collections.abc import Iterator

from higgs_tools.bundle.competition_file import Competition
from higgs_tools.bundle.rules.findings import Problem, doubled, in_competition


def check_tasks(competition: Competition) -> Iterator[Problem]:
    """Check that phases and solutions point to tasks that exist."""
    indices = [task.index for task in competition.tasks]
    yield from doubled("task index", indices)
    yield from doubled("solution index", (solution.index for solution in competition.solutions))
    owners = [(phase.name, phase.tasks) for phase in competition.phases]
    owners += [(solution.name, solution.tasks) for solution in competition.solutions]
    for owner, tasks in owners:
        for missing in sorted(set(tasks) - set(indices)):
            yield in_competition(f"{owner} points to task {missing}, which does not exist", "correct its tasks")
