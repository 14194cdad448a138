"""Whether ingestion wrote the results: it signs them with a key that only it and the reference data have."""

import hmac
import json
import re
from collections.abc import Sequence

from higgs_scoring.errors import ScoringError
from higgs_scoring.json_file import JsonFile

SIGNATURE = "signature"
SIGNATURE_KEY = "signature_key"
KEY = re.compile(r"(?:[0-9a-f]{2}){16,}")


def read_key(file: JsonFile) -> str | None:
    """Return the key in truth.json, or None if it has none; no message shows its value, not even a wrong one."""
    if SIGNATURE_KEY not in file:
        return None
    key = file.entries[SIGNATURE_KEY]
    if not isinstance(key, str) or KEY.fullmatch(key) is None:
        raise ScoringError(
            f"{file.name}: {SIGNATURE_KEY} must be at least 32 hexadecimal digits, an even number: {file.remedy}."
        )
    return key


def check_signature(key: str | None, summary: JsonFile, files: Sequence[JsonFile]) -> None:
    """Refuse results that ingestion did not sign; without a key nothing is checked.

    Args:
        key: hexadecimal.
        summary: has the signature.
        files: the result files and the duration.

    Raises:
        ScoringError: the signature is missing or does not match.
    """
    if key is None or _fits(key, summary, files):
        return
    what = "a signature that does not match" if SIGNATURE in summary else "no signature"
    raise ScoringError(
        f"{summary.name} has {what}, so the results were not written by this phase's ingestion or were changed "
        f"afterwards: {summary.remedy}."
    )


def _fits(key: str, summary: JsonFile, files: Sequence[JsonFile]) -> bool:
    """Return whether the signature is what ingestion's higgs_challenge.execution.signature makes of these."""
    digests = {file.name: file.digest for file in files}
    entries = {name: entry for name, entry in summary.entries.items() if name != SIGNATURE}
    try:
        signed = json.dumps([digests, entries], sort_keys=True)
    except RecursionError:  # nested more deeply than anything that ingestion writes
        return False
    right = hmac.digest(bytes.fromhex(key), signed.encode(), "sha256").hex()
    found = summary.entries.get(SIGNATURE)
    return isinstance(found, str) and hmac.compare_digest(right.encode(), found.encode(errors="replace"))
