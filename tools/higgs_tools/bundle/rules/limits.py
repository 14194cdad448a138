"""The phase's own limit of time must be reached before Codabench's, which ends a run without a message of ours.

Codabench gives execution_time_limit to ingestion and then to scoring, each from the start of its container. The limit
total_seconds of a phase's settings counts ingestion from the moment that its program has started, fit and all
predictions included. So only ingestion has to fit into both.
"""

from collections.abc import Iterator

from higgs_tools.bundle.competition_file import Competition, Phase
from higgs_tools.bundle.rules.archives import Archives
from higgs_tools.bundle.rules.challenge import SETTINGS_PLACE, is_own, read_settings
from higgs_tools.bundle.rules.findings import Problem

ROOM = 60
"""Seconds of a container that total_seconds does not count: starting, importing, stopping the submission."""


def warn_own_limits(competition: Competition, archives: Archives) -> Iterator[Problem]:
    """Warn of phases whose own limit Codabench's comes before."""
    if not is_own(competition, archives):
        return
    for phase in competition.phases:
        programs = {task.ingestion_program or "" for task in competition.tasks if task.index in phase.tasks}
        for program in sorted(programs & archives.keys()):
            yield from _compare(phase, program, read_settings(archives[program]).get("limits"))


def _compare(phase: Phase, program: str, limits: object) -> Iterator[Problem]:
    total = limits.get("total_seconds") if isinstance(limits, dict) else None
    most = phase.time_limit - ROOM
    if isinstance(total, int | float) and total <= most:
        return
    yield Problem(
        f"{SETTINGS_PLACE} in {program}",
        f"has {'no total_seconds' if total is None else f'total_seconds: {total}'}, but Codabench ends phase "
        f"{phase.name} after {phase.time_limit} s with no message of ours",
        f"write total_seconds: {most} or less under limits, or raise execution_time_limit in competition.yaml",
    )
