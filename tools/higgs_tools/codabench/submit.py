"""Send a submission to Codabench and wait for its score."""

import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from codabench import CodabenchError, parse_competition_id

from higgs_challenge.errors import InputError, SubmissionError
from higgs_challenge.execution.file_names import RESERVED
from higgs_challenge.execution.progress import show_waiting
from higgs_challenge.submission.program_metadata import find_metadata_problems
from higgs_tools.bundle.check_bundle import describe
from higgs_tools.bundle.rules.findings import Findings, Problem
from higgs_tools.bundle.rules.zip_members import UNPACKED_LIMIT
from higgs_tools.checking.findings import Level
from higgs_tools.checking.packing import pack
from higgs_tools.checking.structure import check_structure
from higgs_tools.checking.submission_zip import list_zip, open_zip, unpack
from higgs_tools.codabench.platform_client import Platform, read_account
from higgs_tools.codabench.upload_plan import Request, describe_plan, requests_to_upload, require_zip_name
from higgs_tools.repository import find_repository

INTERVAL = 15
"""Seconds between two requests for the score."""

PATIENCE = 24
"""Hours after which we stop asking; the submission itself goes on."""


def plan_submission(archive: Path, competition: int, phase: str) -> list[Request]:
    """List the requests that send a submission to a phase."""
    login, *storage = requests_to_upload(archive, "submission")
    return [
        login,
        Request("GET", f"/api/competitions/{competition}/", f"to find the phase {phase}"),
        Request("GET", "/api/can_make_submission/PHASE_ID/"),
        *storage,
        Request("POST", "/api/submissions/", "phase=PHASE_ID, data=KEY; counts against your limit"),
        Request("GET", "/api/submissions/ID/", "until it is Finished, Failed or Cancelled"),
        Request("GET", "/api/submissions/ID/get_details/", "titles of the scores"),
    ]


def choose_phase(competition: dict[str, Any], wanted: str) -> int:
    """Find the number of the phase of a name, in any case, or of a number.

    Raises:
        InputError: there is no such phase; the text lists the phases.
    """
    phases = {int(phase["id"]): str(phase["name"]) for phase in competition["phases"]}
    if wanted.isdigit() and int(wanted) in phases:
        return int(wanted)
    found = [number for number, name in phases.items() if name.casefold() == wanted.casefold()]
    if len(found) == 1:
        return found[0]
    known = ", ".join(f"{name} ({number})" for number, name in phases.items()) or "none"
    raise InputError(f"{wanted}: expected a phase of this competition: {known}.")


def submit(
    platform: Platform, archive: Path, competition: int, phase: str, hours: float = PATIENCE
) -> dict[str, float | str]:
    """Send a submission, wait for it, and return its scores by the titles of the leaderboard.

    Args:
        platform: the account that submits.
        archive: a zip that has been checked.
        competition: its number.
        phase: name or number of the phase.
        hours: when to stop asking.

    Raises:
        InputError: the platform refuses.
        SubmissionError: the submission fails there.
    """
    platform.attempt(lambda: platform.headers, "the login")
    found = platform.attempt(lambda: platform.competition(competition), f"finding competition {competition}")
    phase_id = platform.attempt(lambda: choose_phase(found, phase), f"reading the phases of competition {competition}")
    platform.attempt(lambda: platform.can_submit(phase_id), f"the submission to phase {phase}")
    page = platform.page(competition, "#/participate-tab")
    # A request that was cut off may have been taken: it must not be sent twice unseen.
    sent = platform.attempt(
        lambda: platform.submit(phase_id, archive, progress=None)["id"],
        f"sending {archive.name} (look at {page} before you send it again)",
    )
    print(f"Submission {sent} is sent; its page is {page}", flush=True)
    with show_waiting(f"Waiting for submission {sent}"):
        finished = platform.attempt(
            lambda: platform.wait_for_submission(
                sent, INTERVAL, hours * 3600, progress=lambda text: print(platform.clean(text.strip()), flush=True)
            ),
            f"waiting for submission {sent}, which goes on,",
        )
    if finished["status"] != "Finished":
        details = finished.get("status_details") or "no details"
        raise SubmissionError(
            platform.clean(f"Submission {sent}: {finished['status']} ({details}); read its logs on {page}.")
        )
    results = platform.attempt(lambda: platform.results(sent, finished), f"reading the scores of submission {sent}")
    return {
        platform.clean(str(title)): value if isinstance(value, float) else platform.clean(str(value))
        for title, value in results["metrics"].items()
    }


def find_archive(submission: Path) -> Path:
    """Find the zip to send: the one that is named, or one packed from the folder that is named."""
    if not submission.exists():
        raise SubmissionError(f"{submission}: is missing; name the folder or the zip of your submission.")
    if not submission.is_dir():
        return submission
    archive = find_repository() / "build" / "submissions" / f"{submission.resolve().name}.zip"
    pack(submission, archive)
    return archive


def inspect_submission(archive: Path) -> Findings:
    """Check the files in a submission's zip; `make submission` makes the whole check.

    Raises:
        SubmissionError: it is not a zip.
    """
    with open_zip(archive) as opened, tempfile.TemporaryDirectory() as folder:
        broken = opened.testzip()
        if not broken:
            unpack(opened, Path(folder), UNPACKED_LIMIT)
        metadata = find_metadata_problems(Path(folder))
        found = check_structure(list_zip(opened), UNPACKED_LIMIT, RESERVED, (), True, metadata)
    told = {
        level: tuple(Problem(archive.name, one.text, one.remedy) for one in found if one.level == level)
        for level in (Level.FAILURE, Level.WARNING)
    }
    damaged = (Problem(archive.name, f"holds {broken} damaged", "pack it again"),) if broken else ()
    return Findings((*told[Level.FAILURE], *damaged), told[Level.WARNING])


def find_competition(link: str, url: str) -> int:
    """Read the number of a competition from that number, or from its address on this instance."""
    try:
        number = int(parse_competition_id(link))
    except CodabenchError:
        raise InputError(f"{link}: expected a competition's number, or the address of its page.") from None
    host = urlsplit(link).netloc
    if host and host.removeprefix("www.") != urlsplit(url).netloc.removeprefix("www."):
        raise InputError(f"{link}: is not on {url}; set CODABENCH_URL to its instance.")
    return number


def check_and_submit(submission: Path, competition: str, phase: str, send: bool, hours: float = PATIENCE) -> None:
    """Print what the check says and what would be sent, and send it where that is asked for.

    Args:
        submission: folder or zip.
        competition: number or address.
        phase: name or number.
        send: whether to send it.
        hours: when to stop waiting for the score.

    Raises:
        ChallengeError: the submission, the account or the platform is not as it should be.
    """
    account = read_account()
    number = find_competition(competition, account.url)
    archive = find_archive(submission)
    findings = inspect_submission(archive)
    if findings.problems:
        raise SubmissionError("\n".join(describe(findings)))
    require_zip_name(archive)
    plan = plan_submission(archive, number, phase)
    print(*describe_plan(account, archive, findings, plan), sep="\n")
    if not send:
        print("Nothing was sent. To send it: the same command with SEND=yes (make) or --send.")
        return
    scores = submit(Platform(account), archive, number, phase, hours)
    for title, score in scores.items():
        print(f"{title:<36} {score:g}" if isinstance(score, float) else f"{title:<36} {score}")
    if not scores:
        print("The platform shows no scores of this phase to you yet.")
