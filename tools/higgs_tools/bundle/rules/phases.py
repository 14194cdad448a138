"""Rules for phases: their dates and limits, and where submissions run."""

import datetime
import re
import uuid
from collections.abc import Iterator
from itertools import pairwise

from higgs_tools.bundle.competition_file import Competition, Phase
from higgs_tools.bundle.rules.findings import Problem, doubled, in_competition

DEFAULT_QUEUE_LIMIT = 600
"""Seconds after which Codabench's default queue stops a submission, whatever the phase says (its issue 1422)."""

DAY = 24 * 3600
"""Seconds after which Codabench's hourly clean-up fails a submission, counted from the start of ingestion.

It adds execution_time_limit, but takes it for milliseconds (submission_status_cleanup). The addresses that a run's
output is sent to expire after five days, and queues give a message to another worker after 28 hours.
"""

LONGEST = DAY - 3600
"""Seconds that ingestion may take so that scoring still ends within the day."""

IMAGE_NAME = re.compile(
    r"""
    ([a-zA-Z0-9.-]+(:\d+)?/)?          # the registry's host and port
    [a-z0-9]+([._-]+[a-z0-9]+)*        # parts of the name, lower case
    (/[a-z0-9]+([._-]+[a-z0-9]+)*)*
    (?P<version>(:\w[\w.-]{0,127})?(@sha256:[0-9a-f]{64})?)
    """,
    re.VERBOSE | re.ASCII,
)


def check_phases(competition: Competition) -> Iterator[Problem]:
    """Check that phases follow one another without overlap, and that only the last stays open."""
    phases = in_order(competition)
    if phases and phases[0].auto_migrate_to_this_phase:
        yield in_competition(
            f"the first phase, {phases[0].name}, has nothing to migrate from",
            "set its auto_migrate_to_this_phase to false",
        )
    for earlier, later in pairwise(phases):
        if earlier.end is None:
            yield in_competition(f"phase {earlier.name} has no end but another follows", "give it an end")
        elif later.start is not None and later.start.time <= earlier.end.time:
            yield in_competition(
                f"phase {later.name} begins on {later.start}, not after {earlier.name} has ended on {earlier.end}",
                'let it begin later: a date in quotes keeps its time of day, as "2027-06-30 23:59"',
            )


def in_order(competition: Competition) -> list[Phase]:
    """Return the phases in the order of their index, and where these are the same or missing, of the file."""
    return sorted(competition.phases, key=lambda phase: phase.index)


def warn_phases(competition: Competition, now: datetime.datetime) -> Iterator[Problem]:
    """Warn of dates and limits that may not be meant.

    Args:
        competition: the competition.
        now: the time that phases are compared with, in UTC.
    """
    if any("index" in phase.model_fields_set for phase in competition.phases):
        yield from doubled("phase index", (phase.index for phase in competition.phases))
    for phase in competition.phases:
        yield from _warn_dates(phase, now)
        yield from _warn_limits(phase, competition.queue)


def _warn_dates(phase: Phase, now: datetime.datetime) -> Iterator[Problem]:
    for name, moment in (("start", phase.start), ("end", phase.end)):
        if moment is not None and moment.doubt:
            yield in_competition(
                f"{name} of phase {phase.name}: {moment.doubt}",
                f'write {name}: "{moment.time:%Y-%m-%d} 12:00", in quotes and in UTC, for the time that you mean',
            )
    if phase.end is None:
        return
    if phase.start is not None and phase.end.time <= phase.start.time:
        yield in_competition(f"phase {phase.name} ends before it begins", "correct its start or end")
    elif phase.end.time <= now:
        yield in_competition(
            f"phase {phase.name} has ended on {phase.end} already, so nobody can submit to it", "move its end"
        )


def _warn_limits(phase: Phase, queue: str | None) -> Iterator[Problem]:
    for name in ("max_submissions", "max_submissions_per_day"):
        if getattr(phase, name) == 0:
            yield in_competition(f"phase {phase.name} has {name}: 0, which is no limit", "write a number or null")
    if phase.time_limit > DEFAULT_QUEUE_LIMIT and not queue:
        yield in_competition(
            f"phase {phase.name} has an execution_time_limit of {phase.time_limit} s, but no queue is "
            f"named, and Codabench's default queue stops everything after {DEFAULT_QUEUE_LIMIT} s",
            "write queue: and the Vhost of a queue of your own, or choose the queue in the editor after the upload",
        )
    if phase.time_limit > LONGEST:
        yield in_competition(
            f"phase {phase.name} has an execution_time_limit of {phase.time_limit} s, but Codabench fails what has not "
            "been scored a day after its start",
            f"write {LONGEST} at most, which leaves an hour for scoring, and run longer ones on machines of your own",
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
    if found and found["version"] in ("", ":latest"):
        yield in_competition(
            f"docker_image: {competition.docker_image} names no version, so workers may run different ones",
            "append the version, as in name:1.0",
        )


def check_queue(competition: Competition) -> Iterator[Problem]:
    """Check that a queue is named by its Vhost, a UUID, as Codabench's documentation says."""
    if competition.queue:
        try:
            uuid.UUID(competition.queue)
        except ValueError:
            yield in_competition(
                f"queue: {competition.queue} is not a Vhost", "copy the Vhost from the queue's details on the platform"
            )
