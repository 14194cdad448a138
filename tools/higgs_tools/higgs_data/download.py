"""Download the official file from its record, resuming an earlier attempt."""

from collections.abc import Callable
from pathlib import Path

import pooch
import requests
from pooch.downloaders import doi_to_repository

from higgs_challenge.directories import require_space
from higgs_challenge.errors import InputError, named
from higgs_challenge.tasks.higgs.data.official_reader import DOI
from higgs_challenge.tasks.higgs.data.store import Progress, no_progress

ARCHIVE = "FAIR_Universe_HiggsML_data.zip"
SHA256 = "adaa3dd81a02663051aa93f960bc1c5ee67a78d25c091015bb020b1f9cd7dcb5"

SECONDS_OF_SILENCE = 30
BYTES_AT_ONCE = 1_048_576


def resolve_record() -> str:
    """Ask the DOI's record for the address of the official zip.

    Raises:
        requests.RequestException: the record cannot be reached.
        InputError: it answers, but does not name the file.
    """
    try:
        return str(doi_to_repository(DOI, timeout=SECONDS_OF_SILENCE).download_url(ARCHIVE))
    except requests.RequestException:
        raise
    except (ValueError, KeyError) as error:
        raise InputError(f"The record doi:{DOI} does not name {ARCHIVE} ({named(error)}). {_by_hand()}") from error


def download_official(
    folder: Path,
    progress: Progress = no_progress,
    *,
    resolve: Callable[[], str] = resolve_record,
    sha256: str = SHA256,
) -> Path:
    """Download the official zip, unless it is there already.

    What came is kept in a file .part beside it, so that the next try goes on from there where the server allows that.

    Args:
        folder: where the zip is to lie; made if need be.
        progress: called with bytes done and bytes in total.
        resolve: gives the address of the zip.
        sha256: of its content, hexadecimal.

    Returns:
        The zip, its checksum verified.

    Raises:
        InputError: it cannot be downloaded, the disk is too full, or what came is not the file; the message says how
            to go on.
    """
    part = folder / f"{ARCHIVE}.part"

    def fetch(url: str, output: str, _: object) -> None:
        _fetch_all(resolve(), part, progress)
        part.replace(output)

    pooch.get_logger().setLevel("WARNING")
    try:
        return Path(pooch.retrieve(f"doi:{DOI}/{ARCHIVE}", f"sha256:{sha256}", ARCHIVE, folder, downloader=fetch))
    except requests.RequestException as error:
        kept = f" {_size(part) / 1e6:.0f} MB are kept; run the same command again to resume." if _size(part) else ""
        raise InputError(f"doi:{DOI} could not be downloaded: {_reason(error)}.{kept} {_by_hand()}") from error
    except ValueError as error:
        raise InputError(f"{ARCHIVE} was incomplete or damaged, and was removed: {error} Start again.") from error


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.HTTPError):
        return str(error)
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    return f"no connection ({type(error).__name__})"  # whose texts are lists of objects


def _by_hand() -> str:
    return (
        f"Without a connection: fetch {ARCHIVE} from https://doi.org/{DOI} with any browser on any machine, then "
        f"`make official-data OFFICIAL=folder/{ARCHIVE}`."
    )


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _fetch_all(url: str, part: Path, progress: Progress) -> None:
    """Fetch the whole file, retrying after a lost connection as long as every attempt makes progress."""
    reached = _size(part)
    while True:
        try:
            return _fetch(url, part, progress)
        except requests.RequestException:
            if _size(part) <= reached:
                raise
            reached = _size(part)


def _fetch(url: str, part: Path, progress: Progress) -> None:
    """Append what a file lacks, or write it again if the server sends only the whole file."""
    done = _size(part)
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
    with requests.get(url, headers=headers, stream=True, timeout=SECONDS_OF_SILENCE) as answer:
        if done and answer.status_code == requests.codes.requested_range_not_satisfiable:
            return  # nothing is lacking; the checksum tells whether it is the right file
        answer.raise_for_status()
        if answer.status_code != requests.codes.partial_content:
            done = 0
        total = done + int(answer.headers.get("Content-Length", 0))
        require_space(part.parent, total - done, part.name)
        progress(done, total)
        with part.open("ab" if done else "wb") as file:
            for piece in answer.iter_content(BYTES_AT_ONCE):
                done += file.write(piece)
                progress(done, total)
