"""Create a competition on Codabench from a bundle."""

import argparse
import sys
from pathlib import Path

from higgs_challenge.errors import InputError
from higgs_challenge.execution.progress import show_waiting
from higgs_tools.bundle.check_bundle import DEFAULT_BUNDLE, describe, inspect_file
from higgs_tools.codabench.platform_client import ACCOUNT_HELP, Platform, read_account
from higgs_tools.codabench.sending import Request, describe_plan, explain_mistakes, requests_to_upload, require_zip_name

BUNDLE_TYPE = "competition_bundle"
INTERVAL, PATIENCE = 5, 3900
"""Seconds between two questions whether the bundle is unpacked, and until we give up: Codabench gives up at 3600."""


def plan_upload(bundle: Path) -> list[Request]:
    """The requests that create a competition."""
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

    Raises InputError where the platform refuses it, with what its unpacker says.
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


def main() -> int:
    """Check a bundle and say what would be sent, or send it; 0 if all went well, 2 if something has to be mended."""
    parser = argparse.ArgumentParser(
        description="Create a competition on Codabench from a bundle. Without --send it only checks the bundle and "
        f"says what would be sent. {ACCOUNT_HELP}"
    )
    parser.add_argument("bundle", type=Path, nargs="?", default=DEFAULT_BUNDLE, help="the zip (build/bundle.zip)")
    parser.add_argument("--send", action="store_true", help="send it, instead of only saying what would be sent")
    arguments = parser.parse_args()
    return explain_mistakes(lambda: check_and_upload(arguments.bundle, arguments.send))


def check_and_upload(bundle: Path, send: bool) -> int:
    """Print what the check says and what would be sent, and send it if told to; 0, for mistakes are raised."""
    findings = inspect_file(bundle)
    if findings.problems:
        raise InputError("\n".join(describe(findings)))
    require_zip_name(bundle)
    account = read_account()
    print(*describe_plan(account, bundle, findings, plan_upload(bundle)), sep="\n")
    if not send:
        print("Nothing was sent. To send it: make upload SEND=yes, or the option --send.")
        return 0
    platform = Platform(account)
    number = upload(platform, bundle)
    print(f"The competition is created: {platform.page(number)}")
    print("Only you see it. Choose its queue in the editor, send a submission, then publish it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
