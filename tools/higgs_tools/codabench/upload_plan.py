"""The plan that is shown before a bundle or a submission is sent."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from higgs_challenge.errors import InputError
from higgs_challenge.number_formats import count
from higgs_tools.bundle.check_bundle import describe
from higgs_tools.bundle.rules.findings import Findings
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
    """List the requests that bring a zip to the platform's storage; words in capitals come from its answers."""
    entry = f"type={dataset_type}, request_sassy_file_name={archive.name}, file_size={archive.stat().st_size}"
    return [
        Request("POST", LOGIN_PATH, "user name and password, for a token"),
        Request("POST", "/api/datasets/", entry),
        Request("PUT", "STORAGE", "the file, to the signed address in the answer, without the token"),
    ]


def require_zip_name(archive: Path) -> None:
    """Check that a file is named as a zip: the platform goes by the name.

    Raises:
        InputError: it is not.
    """
    if archive.suffix != ".zip":
        raise InputError(f"{archive}: expected a name that ends in .zip, which Codabench requires; rename it.")


def describe_plan(account: Account, archive: Path, findings: Findings, plan: list[Request]) -> list[str]:
    """Describe which file would go where; of the account only whether it is set."""
    size = archive.stat().st_size
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    known = "set" if account.is_complete else f"not complete: set {USERNAME} and {PASSWORD} in the environment"
    checked = f"{count(len(findings.problems), 'problem')}, {count(len(findings.warnings), 'warning')}"
    return [
        *describe(findings),
        f"file:     {archive}, {size} bytes, {checked}",
        f"sha256:   {digest}",
        f"to:       {account.url}",
        f"account:  {known}",
        *(f"{'requests:' if number == 0 else '':<9} {request}" for number, request in enumerate(plan)),
    ]
