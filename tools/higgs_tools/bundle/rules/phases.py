"""Rules for phases: their dates and time limits, and where submissions run."""

import datetime
import re
import uuid
from collections.abc import Iterator
from itertools import pairwise

from higgs_tools.bundle.competition_file import Competition
from higgs_tools.bundle.rules.findings import Problem, doubled, in_competition

DEFAULT_QUEUE_LIMIT = 600
"""Seconds after which Codabench's default queue stops a submission, whatever the phase says (its issue 1422)."""

IMAGE_NAME = re.compile(
    r"""
    ([a-zA-Z0-9.-]+(:\d+)?/)?          # the registry's host and port
    [a-z0-9]+([._-]+[a-z0-9]+)*        # parts of the name, lower case
    (/[a-z0-9]+([._-]+[a-z0-9]+)*)*
    (?P<version>:\w[\w.-]{0,127}|@sha256:[0-9a-f]{64})?
    """,
    re.VERBOSE | re.ASCII,
)


def check_phases(competition: Competition) -> Iterator[Problem]:
    """Check that phases follow one another without overlap, and that only the last stays open."""
    phases = sorted(competition.phases, key=lambda phase: phase.index)
    yield from doubled("phase index", (phase.index for phase in phases))
    if phases[0].auto_migrate_to_this_phase:
        yield in_competition(
            f"the first phase, {phases[0].name}, has nothing to migrate from",
            "set its auto_migrate_to_this_phase to false",
        )
    for phase in phases:
        if phase.end is not None and phase.end <= phase.start:
            yield in_competition(f"phase {phase.name} ends before it begins", "correct its start or end")
    for earlier, later in pairwise(phases):
        if earlier.end is None:
            yield in_competition(f"phase {earlier.name} has no end but another follows", "give it an end")
        elif later.start <= earlier.end:
            yield in_competition(
                f"phase {later.name} begins on {later.start}, not after {earlier.name} has ended on {earlier.end}",
                "let it begin a day after that end or later",
            )


def warn_phases(competition: Competition, today: datetime.date) -> Iterator[Problem]:
    """Warn of phases that are over already, or that ask for more time than their queue gives."""
    for phase in competition.phases:
        if phase.end is not None and phase.end <= today:
            yield in_competition(
                f"phase {phase.name} has ended on {phase.end} already, so nobody can submit to it", "move its end"
            )
        if phase.execution_time_limit > DEFAULT_QUEUE_LIMIT and competition.queue is None:
            yield in_competition(
                f"phase {phase.name} has an execution_time_limit of {phase.execution_time_limit} s, but no queue is "
                f"named, and Codabench's default queue stops everything after {DEFAULT_QUEUE_LIMIT} s",
                "write queue: and the Vhost of a queue of your own, or choose the queue in the editor after the upload",
            )


def check_image_name(competition: Competition) -> Iterator[Problem]:
    """Check that the Docker image has a name that an engine can pull."""
    if not IMAGE_NAME.fullmatch(competition.docker_image):
        yield in_competition(
            f"docker_image: {competition.docker_image} is not a valid name of an image",
            "write it as registry/name:version, in lower case",
        )


def warn_image_name(competition: Competition) -> Iterator[Problem]:
    """Warn of a Docker image without a version."""
    found = IMAGE_NAME.fullmatch(competition.docker_image)
    if found and found["version"] in (None, ":latest"):
        yield in_competition(
            f"docker_image: {competition.docker_image} names no version, so workers may run different ones",
            "append the version, as in name:1.0",
        )


def check_queue(competition: Competition) -> Iterator[Problem]:
    """Check that a queue is named by its Vhost, a UUID, as Codabench's documentation says."""
    if competition.queue is not None:
        try:
            uuid.UUID(competition.queue)
        except ValueError:
            yield in_competition(
                f"queue: {competition.queue} is not a Vhost", "copy the Vhost from the queue's details on the platform"
            )
