"""What uploading a bundle and sending a submission have in common: the plan that is shown before anything is sent."""

import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from higgs_challenge.errors import ChallengeError, InputError
from higgs_tools.bundle.check_bundle import describe
from higgs_tools.bundle.rules.problem import Findings
from higgs_tools.codabench.platform_client import LOGIN_PATH, PASSWORD, USERNAME, Account


@dataclass(frozen=True)
class Request:
    """One request of a plan: method, path, and what it carries."""

    method: str
    path: str
    content: str = ""

    def __str__(self) -> str:
        return f"{self.method:<4} {self.path}" + (f"  ({self.content})" if self.content else "")


def requests_to_upload(archive: Path, dataset_type: str) -> list[Request]:
    """The requests that bring a zip to the platform's storage; words in capitals are what answers tell."""
    entry = f"type={dataset_type}, request_sassy_file_name={archive.name}, file_size={archive.stat().st_size}"
    return [
        Request("POST", LOGIN_PATH, "user name and password, for a token"),
        Request("POST", "/api/datasets/", entry),
        Request("PUT", "STORAGE", "the file, to the signed address in the answer, without the token"),
    ]


def require_zip_name(archive: Path) -> None:
    """Raise InputError where a file is not named as a zip: the platform goes by the name."""
    if archive.suffix != ".zip":
        raise InputError(f"{archive}: has no name that ends in .zip, and Codabench takes no other; rename it.")


def describe_plan(account: Account, archive: Path, findings: Findings, plan: list[Request]) -> list[str]:
    """Where which file would go, as lines for people; of the account only whether it is there."""
    size = archive.stat().st_size
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    known = "set" if account.is_complete else f"not complete: set {USERNAME} and {PASSWORD} in the environment"
    checked = f"{len(findings.problems)} problems, {len(findings.warnings)} warnings"
    return [
        *describe(findings),
        f"file:     {archive}, {size} bytes, {checked}",
        f"sha256:   {digest}",
        f"to:       {account.url}",
        f"account:  {known}",
        *(f"{'requests:' if number == 0 else '':<9} {request}" for number, request in enumerate(plan)),
    ]


def explain_mistakes(run: Callable[[], int]) -> int:
    """The exit code of a program that sends: its own, 2 with one message for a mistake, 130 where it is interrupted."""
    try:
        return run()
    except ChallengeError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted; what the platform has received goes on there.", file=sys.stderr)
        return 130
