"""What Codabench and its compute worker require of a bundle, as pure functions from its files to a list of problems.

Sources: the public Codabench documentation (bundle and YAML structure), the public source of its bundle unpacker
(src/apps/competitions/unpackers, tasks.unpack_competition), of its models (lengths of texts and numbers), and of its
compute worker; for undocumented limits, what its maintainers say in its issues. One module has one subject.
"""

import datetime
from collections.abc import Mapping

from higgs_tools.bundle.rules.archives import check_archives, open_archives
from higgs_tools.bundle.rules.challenge import check_data, check_phases_apart, check_secrecy, warn_copies, warn_seeds
from higgs_tools.bundle.rules.files import check_files, check_image, check_texts, warn_files, warn_texts
from higgs_tools.bundle.rules.findings import Findings, Problem
from higgs_tools.bundle.rules.leaderboard import check_fact_sheet, check_leaderboard, warn_leaderboard
from higgs_tools.bundle.rules.parsing import parse_competition
from higgs_tools.bundle.rules.phases import check_image_name, check_phases, check_queue, warn_image_name, warn_phases
from higgs_tools.bundle.rules.programs import check_programs
from higgs_tools.bundle.rules.tasks import check_tasks

__all__ = ["Findings", "Problem", "check_bundle", "inspect_bundle", "parse_competition"]


def check_bundle(competition: object, files: Mapping[str, bytes]) -> list[Problem]:
    """List the problems of a bundle: none where Codabench accepts it. inspect_bundle gives warnings as well."""
    return list(inspect_bundle(competition, files).problems)


def inspect_bundle(competition: object, files: Mapping[str, bytes], today: datetime.date | None = None) -> Findings:
    """Find what has to be fixed in a bundle (problems), and what to think about before an upload (warnings).

    Args:
        competition: the parsed competition.yaml. Where it has the wrong shape, only that is reported.
        files: the bundle's content by name, archives as the bytes of their zip.
        today: the day that phases are compared with, by default the present one.
    """
    parsed = parse_competition(competition)
    if isinstance(parsed, list):
        return Findings(tuple(parsed))
    archives = open_archives(parsed, files)
    problems = (
        *check_files(parsed, files),
        *check_texts(parsed, files),
        *check_image(parsed, files),
        *check_phases(parsed),
        *check_image_name(parsed),
        *check_queue(parsed),
        *check_tasks(parsed),
        *check_leaderboard(parsed, archives),
        *check_fact_sheet(parsed),
        *check_archives(parsed, files, archives),
        *check_programs(parsed, archives),
        *check_data(parsed, archives),
        *check_phases_apart(parsed, archives),
        *check_secrecy(parsed, archives),
    )
    warnings = (
        *warn_files(parsed, files),
        *warn_texts(parsed, files),
        *warn_phases(parsed, today or datetime.datetime.now(datetime.UTC).date()),
        *warn_image_name(parsed),
        *warn_leaderboard(parsed, archives),
        *warn_copies(parsed, archives),
        *warn_seeds(parsed, archives),
    )
    return Findings(problems, warnings)
