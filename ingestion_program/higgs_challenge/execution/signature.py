"""The signature of a run's results, by which scoring knows that ingestion wrote them."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any


def sign(key: str, summary: Mapping[str, Any], files: Mapping[str, bytes]) -> str:
    """Sign a run's results with HMAC-SHA256; scoring does the same in higgs_scoring.signature.

    What is signed is the JSON, keys sorted, of a list of two: the SHA-256 of every file by its name, and the summary.

    Args:
        key: the plan's, hexadecimal.
        summary: the content of ingestion_summary.json without the signature.
        files: the result files and ingestion_duration.json by name, with their bytes.

    Returns:
        The signature, hexadecimal.

    Source:
        RFC 2104 (https://doi.org/10.17487/RFC2104).
    """
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    signed = json.dumps([digests, summary], sort_keys=True)
    return hmac.new(bytes.fromhex(key), signed.encode(), hashlib.sha256).hexdigest()
