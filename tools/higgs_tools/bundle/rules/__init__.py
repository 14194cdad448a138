"""What Codabench and its compute worker require of a bundle, as pure functions from its files to a list of problems.

Sources: the public Codabench documentation (bundle and YAML structure), the public source of its bundle unpacker
(src/apps/competitions/unpackers, tasks.unpack_competition), of the serializers and models that it fills (what is
needed, lengths of texts and numbers), and of its compute worker; for undocumented limits, what its maintainers say in
its issues. A check_ function finds problems, a warn_ function finds warnings; Findings says which is which. One module
has one subject.
"""

import datetime
from collections.abc import Mapping

from higgs_tools.bundle.rules.archives import check_archives, open_archives, warn_archives
from higgs_tools.bundle.rules.challenge import (
    check_data,
    check_phases_apart,
    check_secrecy,
    warn_copies,
    warn_folders,
    warn_seeds,
)
from higgs_tools.bundle.rules.files import check_files, check_image, check_texts, warn_files, warn_image, warn_texts
from higgs_tools.bundle.rules.findings import Findings, Problem, in_competition
from higgs_tools.bundle.rules.leaderboard import (
    check_fact_sheet,
    check_leaderboard,
    warn_fact_sheet,
    warn_leaderboard,
)
from higgs_tools.bundle.rules.limits import warn_own_limits
from higgs_tools.bundle.rules.parsing import parse_competition, read_parts, unknown_fields, version_one
from higgs_tools.bundle.rules.phases import check_image_name, check_phases, check_queue, warn_image_name, warn_phases
from higgs_tools.bundle.rules.programs import check_programs, warn_programs
from higgs_tools.bundle.rules.tasks import check_tasks, warn_tasks

VERSION_ONE = "look at what becomes of it, or write it anew as version 2, the only one that is checked here"

__all__ = ["Findings", "Problem", "check_bundle", "inspect_bundle", "parse_competition"]


def check_bundle(competition: object, files: Mapping[str, bytes]) -> list[Problem]:
    """List the problems of a bundle: none where Codabench accepts it. inspect_bundle gives warnings as well."""
    return list(inspect_bundle(competition, files).problems)


def inspect_bundle(competition: object, files: Mapping[str, bytes], now: datetime.datetime | None = None) -> Findings:
    """Find what has to be fixed in a bundle (problems), and what to think about before an upload (warnings).

    Args:
        competition: the parsed competition.yaml. What is wrong with its shape is reported with everything that can be
            said of the rest.
        files: the bundle's content by name, archives as the bytes of their zip.
        now: the time that phases are compared with, in UTC, by default the present one.
    """
    if version_one(competition):
        return Findings((), (in_competition("is of version 1, which Codabench converts", VERSION_ONE),))
    reading = read_parts(competition)
    parsed, gaps = reading.competition, reading.gaps
    if parsed is None:
        return Findings(reading.problems)
    archives = open_archives(parsed, files)
    problems = (
        *reading.problems,
        *check_files(parsed, files),
        *check_texts(parsed, files),
        *check_image(parsed, files),
        *check_phases(parsed),
        *check_image_name(parsed),
        *check_queue(parsed),
        *check_tasks(parsed, gaps),
        *check_leaderboard(parsed, archives, gaps),
        *check_fact_sheet(parsed),
        *check_archives(parsed, files, archives),
        *check_programs(parsed, archives),
        *check_data(parsed, archives),
        *check_phases_apart(parsed, archives),
        *check_secrecy(parsed, archives),
    )
    warnings = (
        *(
            in_competition(f"{field} is not a field that Codabench reads", "correct its name or remove it")
            for field in unknown_fields(competition)
        ),
        *warn_files(parsed, files),
        *warn_texts(parsed, files),
        *warn_image(parsed, files),
        *warn_phases(parsed, now or datetime.datetime.now(datetime.UTC).replace(tzinfo=None)),
        *warn_image_name(parsed),
        *warn_tasks(parsed),
        *warn_leaderboard(parsed, archives),
        *warn_fact_sheet(parsed),
        *warn_archives(parsed, files, archives),
        *warn_programs(parsed, archives),
        *warn_own_limits(parsed, archives),
        *warn_folders(parsed, archives),
        *warn_copies(parsed, archives),
        *warn_seeds(parsed, archives),
    )
    return Findings(problems, warnings)
