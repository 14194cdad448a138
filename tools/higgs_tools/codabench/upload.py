"""Create a competition on Codabench from a bundle."""

from pathlib import Path

from higgs_challenge.errors import InputError
from higgs_challenge.execution.progress import show_waiting
from higgs_tools.bundle.check_bundle import describe, inspect_file
from higgs_tools.codabench.platform_client import Platform, read_account
from higgs_tools.codabench.upload_plan import Request, describe_plan, requests_to_upload, require_zip_name

BUNDLE_TYPE = "competition_bundle"
INTERVAL, PATIENCE = 5, 3900
"""Seconds between two questions whether the bundle is unpacked, and until we give up: Codabench gives up at 3600."""


def plan_upload(bundle: Path) -> list[Request]:
    """List the requests that create a competition."""
    return [
        *requests_to_upload(bundle, BUNDLE_TYPE),
        Request("PUT", "/api/datasets/completed/KEY/", "starts the unpacking"),
        Request("GET", "/api/competitions/STATUS_ID/creation_status/", "until it is Finished or Failed"),
    ]


def upload(platform: Platform, bundle: Path) -> int:
    """Create a competition and return its number.

    Args:
        platform: the account that will own it.
        bundle: a zip that has been checked.

    Raises:
        InputError: the platform refuses it; with what its unpacker says.
    """
    platform.attempt(lambda: platform.headers, "the login")
    with show_waiting("Creating the competition"):
        created = platform.attempt(
            lambda: platform.create_competition(
                bundle, INTERVAL, PATIENCE, progress=lambda text: print(platform.clean(text.strip()), flush=True)
            ),
            f"the upload of {bundle}",
        )
    if not isinstance(number := created["competition_id"], int):
        raise InputError(f"{platform.base_url}: the competition is created, but its number is missing; look there.")
    return number


def check_and_upload(bundle: Path, send: bool) -> None:
    """Print what the check says and what would be sent, and send it where that is asked for."""
    findings = inspect_file(bundle)
    if findings.problems:
        raise InputError("\n".join(describe(findings)))
    require_zip_name(bundle)
    account = read_account()
    print(*describe_plan(account, bundle, findings, plan_upload(bundle)), sep="\n")
    if not send:
        print("Nothing was sent. To send it: make upload SEND=yes, or the option --send.")
        return
    platform = Platform(account)
    number = upload(platform, bundle)
    print(f"The competition is created: {platform.page(number)}")
    print("Only you see it. Choose its queue in the editor, send a submission, then publish it.")
