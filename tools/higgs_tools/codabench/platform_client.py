"""An organiser's or participant's account on Codabench: the package codabench-client, made careful with secrets.

The package has a call for every step; what is added here: a password goes only to https, or to this machine, and
follows no redirection; uploads show their progress; a server that falters does not end an hour of waiting; and no
error shows a password, a token or a signed address, not even where the server sends them back.
"""

import base64
import html
import io
import ipaddress
import itertools
import json
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus, urljoin, urlsplit

import requests
from codabench import DEFAULT_URL, ApiError, CodabenchClient, CodabenchError

from higgs_challenge.errors import InputError, printable
from higgs_challenge.execution.progress import Advance, show_progress

USERNAME, PASSWORD, URL = "CODABENCH_USERNAME", "CODABENCH_PASSWORD", "CODABENCH_URL"
ACCOUNT_HELP = (
    f"The account comes from the environment: {USERNAME}, {PASSWORD} and, for another instance than {DEFAULT_URL}, "
    f"{URL}."
)
LOGIN_PATH = "/api/api-token-auth/"
LOGIN_TIMEOUT, REQUEST_TIMEOUT, STORAGE_TIMEOUT = 30, 60, 600
"""Seconds without an answer after which a request fails."""

DOWNLOAD_LIMIT = 2 * 10**9
"""Bytes of a file that is downloaded; a prediction output may hold all files of a submission."""

# Asked again and again until a job has ended, so one answer that fails means nothing.
POLLED = re.compile(r"/api/(submissions/\d+|competitions/\d+/creation_status)/")
PAUSES = (2.0, 5.0, 15.0, 30.0, 60.0)
"""Seconds before each new try."""

QUERY = re.compile(r"""\?[^\s"'<>]*=[^\s"'<>]*""")
"""The query of an address, in a text."""

TRANSIENT = (0, 429, 500, 502, 503, 504)
MAX_REMARK = 400
STRANGE_ANSWER = "the answer is not what Codabench's API gives; check that the address is that of Codabench."

Result = TypeVar("Result")


@dataclass(frozen=True)
class Account:
    """Where to send to, and as whom."""

    url: str
    username: str = ""
    password: str = field(default="", repr=False)

    @property
    def is_complete(self) -> bool:
        """Check that there is both a name and a password."""
        return bool(self.username and self.password)


def read_account(environment: Mapping[str, str] = os.environ) -> Account:
    """Read the account that the environment names.

    Raises:
        InputError: a password must not be sent to the address.
    """
    url = environment.get(URL) or DEFAULT_URL
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if host is None or "@" in parts.netloc or parts.query or parts.fragment:
        raise InputError(f"{URL}: is not a valid address; write it as {DEFAULT_URL}, without user name or password.")
    if not is_safe_address(url):
        raise InputError(
            f"{URL}: {parts.scheme}://{host} would show your password to the network; write it with https://."
        )
    address = f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}/"
    return Account(address, environment.get(USERNAME, ""), environment.get(PASSWORD, ""))


def is_safe_address(url: str) -> bool:
    """Check that nobody can listen on the way: https, or this machine."""
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname is None:
        return parts.scheme == "https"
    try:
        return ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return parts.hostname == "localhost"


class Platform(CodabenchClient):
    """One account on one instance of Codabench.

    Call the methods of the package through attempt, which explains what goes wrong.
    """

    def __init__(self, account: Account) -> None:
        if not account.is_complete:
            raise InputError(f"No account on Codabench: set {USERNAME} and {PASSWORD} in the environment.")
        super().__init__(account.url, account.username, account.password, timeout=REQUEST_TIMEOUT)
        self._headers: dict[str, str] | None = None
        self._secrets = {account.password}

    def attempt(self, call: Callable[[], Result], what: str) -> Result:
        """Return what a call returns.

        Args:
            call: uses this object's methods.
            what: what it does, for a person: "the login".

        Raises:
            InputError: the call failed; without a trace of the original error, which may hold secrets.
        """
        try:
            return call()
        except InputError as error:
            fault = str(error)
        except (CodabenchError, requests.RequestException) as error:
            fault = f"{self.base_url}: {what} failed: {self._explain(error)}"
        except (ValueError, KeyError, TypeError, AttributeError):
            fault = f"{self.base_url}: {what} failed: {STRANGE_ANSWER}"
        raise InputError(self.clean(fault))

    def clean(self, text: str) -> str:
        """Remove secrets, control characters, and the queries by which storages sign addresses from a text."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            for form in _written_forms(secret, str(self.credentials.username)):
                text = text.replace(form, "***")
        return printable(QUERY.sub("?***", text))

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers that identify the account; the first time, log in."""
        if self._headers is None:
            credentials = {"username": self.credentials.username, "password": self.credentials.password}
            answer = requests.post(self.url(LOGIN_PATH), credentials, timeout=LOGIN_TIMEOUT, allow_redirects=False)
            if answer.status_code in (400, 401, 403):
                raise CodabenchError(
                    f"the user name or password is wrong; check {USERNAME} and {PASSWORD}, and that the account is one "
                    "of this instance."
                )
            if answer.status_code != 200:
                raise ApiError("login", answer.status_code)  # the answer may hold a token not yet known here
            token = str(answer.json()["token"])
            self._secrets.add(token)
            self._headers = {"Authorization": f"Token {token}"}
        return self._headers

    def get(self, path: str, timeout: int | None = None, **params: Any) -> Any:
        """Get what an address of the API says, again where a job is waited for and the server falters."""
        for pause in PAUSES if POLLED.fullmatch(path) else ():
            try:
                return super().get(path, timeout, **params)
            except ApiError as error:
                if error.status not in TRANSIENT:
                    raise
            time.sleep(pause)
        return super().get(path, timeout, **params)

    def upload_dataset(
        self, path: Path, dataset_type: str = "submission", progress: Callable[[str], None] | None = None
    ) -> str:
        """Upload a zip and return the key of its dataset, showing how far it is."""
        size = path.stat().st_size
        entry = {"type": dataset_type, "request_sassy_file_name": path.name, "file_size": size}
        dataset = self.post("/api/datasets/", entry)
        storage = str(dataset["sassy_url"])
        self._secrets |= {storage, urlsplit(storage).query}
        if not is_safe_address(storage):
            raise CodabenchError("the platform names a storage without https, which would show the file to the network")
        headers = {"Content-Type": "application/zip"}
        with show_progress(f"Uploading {path.name}", size, "bytes") as advance, _Told(path, advance) as content:
            answer = requests.put(
                storage, content, headers=headers, timeout=(LOGIN_TIMEOUT, STORAGE_TIMEOUT), allow_redirects=False
            )
        if answer.status_code not in (200, 201):
            raise ApiError("storage", answer.status_code, answer.text)
        return str(dataset["key"])

    def submissions(self, phase: int) -> list[dict[str, Any]]:
        """List all submissions to a phase that the account may see, whether or not the platform lists them by pages."""
        found: list[dict[str, Any]] = []
        for page in itertools.count(1):
            answer: Any = self.get("/api/submissions/", phase=phase, page=page, page_size=100)
            if isinstance(answer, list):
                return answer
            found += answer["results"]
            if not answer["next"] or not answer["results"]:
                break
        return found

    def download(self, address: str, target: Path) -> None:
        """Download from a signed address of the storage, as upload_dataset uploads to one: without the token.

        Raises:
            CodabenchError: the address is not safe, the storage refuses, or the file is too large.
            OSError: the file cannot be written.
        """
        self._secrets |= {address, urlsplit(address).query}
        if not is_safe_address(address):
            raise CodabenchError("the platform names a storage without https, where others could change the file")
        # Bytes as they are, so that none unpack in memory.
        headers, timeout = {"Accept-Encoding": "identity"}, (LOGIN_TIMEOUT, STORAGE_TIMEOUT)
        with requests.get(address, headers=headers, stream=True, timeout=timeout, allow_redirects=False) as answer:
            if answer.status_code != 200:
                raise ApiError("storage", answer.status_code)
            if answer.headers.get("Content-Encoding", "identity") != "identity":
                raise CodabenchError("the storage sends the file in another form than asked for")
            left = DOWNLOAD_LIMIT
            with target.open("wb") as file:
                for piece in answer.iter_content(1_000_000):
                    left -= len(piece)
                    if left < 0:
                        raise CodabenchError(f"the file is larger than {DOWNLOAD_LIMIT / 1e9:g} GB")
                    file.write(piece)

    def page(self, competition: int, tab: str = "") -> str:
        """Return the address of a competition's page, for people."""
        return urljoin(str(self.base_url), f"/competitions/{competition}/{tab}")

    def _explain(self, error: Exception) -> str:
        if isinstance(error, requests.JSONDecodeError):
            return STRANGE_ANSWER
        if isinstance(error, requests.Timeout):
            return "no answer in time; try again later."
        if isinstance(error, requests.RequestException):
            return f"no connection ({type(error).__name__}); check the address and your network, or try again later."
        if not isinstance(error, ApiError):
            return str(error)
        remark = f" ({said})" if (said := _remark(error.body)) else ""
        match error.status:
            case 0:
                return "no answer; check the address and your network, or try again later."
            case 401 | 403:
                return f"the account may not do this{remark}; ask the organiser, or use another account."
            case 404:
                return f"it does not exist, or this account may not see it{remark}; check the number."
            case 429:
                return f"too many requests{remark}; wait some minutes."
            case status if status >= 500:
                return f"the server is in trouble ({status}){remark}; try again later."
        return f"the server refuses it ({error.status}){remark}."


class _Told(io.FileIO):
    """A file that tells how much of it was read."""

    def __init__(self, path: Path, advance: Advance) -> None:
        super().__init__(path)
        self._advance = advance

    def read(self, size: int | None = -1, /) -> bytes:
        chunk = super().read(-1 if size is None else size)
        self._advance(self.tell())
        return chunk or b""


def _remark(body: str) -> str:
    """Extract what the server says for people: the texts of a JSON answer, nothing of a page."""
    try:
        texts = list(_texts(json.loads(body)))
    except ValueError:
        return ""
    remark = " ".join(" ".join(texts).split())
    return remark if len(remark) <= MAX_REMARK else remark[:MAX_REMARK] + "..."


def _texts(answer: object) -> list[str]:
    match answer:
        case str():
            return [answer]
        case dict():
            return [text for key, value in answer.items() for text in _labelled(str(key), _texts(value))]
        case list():
            return [text for value in answer for text in _texts(value)]
    return []


def _labelled(key: str, texts: list[str]) -> list[str]:
    plain = key in ("detail", "non_field_errors", "error")
    return texts if plain or not texts else [f"{key}: {texts[0]}", *texts[1:]]


def _written_forms(secret: str, username: str) -> list[str]:
    basic = base64.b64encode(f"{username}:{secret}".encode()).decode()
    plain = base64.b64encode(secret.encode()).decode()
    forms = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), html.escape(secret)}
    forms |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1], basic, plain}
    return sorted(forms - {""}, key=len, reverse=True)
