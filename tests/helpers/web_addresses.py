"""Addresses in documents and pages."""

import re
from urllib.parse import urlsplit


def is_web_address(link: str) -> bool:
    """Check that a link is https, to a host with a dot, without a user or blanks."""
    parts = urlsplit(link)
    return parts.scheme == "https" and bool(re.fullmatch(r"[\w-]+(\.[\w-]+)+", parts.netloc)) and link.isprintable()
