"""Downloads from a server of the test's own, on the loopback interface."""

import hashlib
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pooch.downloaders
import pytest
import requests

from higgs_challenge import InputError
from higgs_challenge import directories as disk
from higgs_tools.higgs_data import download
from higgs_tools.higgs_data.download import ARCHIVE, DOI, download_official, resolve_record

CONTENT = np.random.default_rng(1).bytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves CONTENT at /file; what it does wrong can be set."""

    ranges = True
    cuts: list[int]
    """After how many bytes each of the next answers breaks off."""

    asked: list[str | None]
    """The Range of every request."""

    content = CONTENT
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.cuts, self.asked = [], []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        if self.path != "/file":
            self.send_record()
            return
        wanted = self.headers["Range"]
        self.server.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and self.server.ranges else 0
        if start >= len(self.server.content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        body = self.server.content[start:]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.cuts.pop(0)] if self.server.cuts else body)

    def send_record(self) -> None:
        """Answer as the record's repository does, or wrongly where nothing is at that address."""
        if not self.path.startswith("/api/records/"):
            self.send_error(404)
            return
        files = [{"key": ARCHIVE, "links": {"self": f"{self.server.url}/file"}}] if self.path.endswith("131565") else []
        body = json.dumps({"files": files}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def running(server: Server) -> Iterator[Server]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    with running(Server()) as server:
        yield server


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "BYTES_AT_ONCE", 1000)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def fetch(folder: Path, server: Server, told: list[tuple[int, int]] | None = None) -> Path:
    def tell(done: int, total: int) -> None:
        if told is not None:
            told.append((done, total))

    return download_official(folder, tell, resolve=lambda: f"{server.url}/file", sha256=SHA256)


def assert_only(folder: Path, names: list[str]) -> None:
    assert sorted(path.name for path in folder.iterdir()) == names


def test_the_whole_file_comes_with_progress(tmp_path: Path, server: Server) -> None:
    told: list[tuple[int, int]] = []
    archive = fetch(tmp_path / "official", server, told)
    assert archive.read_bytes() == CONTENT
    assert (told[0], told[-1]) == ((0, len(CONTENT)), (len(CONTENT), len(CONTENT)))
    assert_only(tmp_path / "official", [ARCHIVE])


def test_a_file_that_is_there_is_not_downloaded_again(tmp_path: Path, server: Server) -> None:
    fetch(tmp_path, server)
    assert fetch(tmp_path, server).read_bytes() == CONTENT
    assert len(server.asked) == 1


def test_cut_connections_are_taken_up_as_long_as_something_comes(tmp_path: Path, server: Server) -> None:
    server.cuts = [100_000, 50_000]
    told: list[tuple[int, int]] = []
    assert fetch(tmp_path, server, told).read_bytes() == CONTENT
    assert server.asked == [None, "bytes=100000-", "bytes=150000-"]
    assert {total for _, total in told} == {len(CONTENT)}
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_a_connection_that_brings_nothing_more_ends_and_the_next_run_goes_on(tmp_path: Path, server: Server) -> None:
    server.cuts = [200_000, 0]
    with pytest.raises(InputError, match=rf"doi:{DOI} could not be downloaded: .* 0 MB are kept; run the same command"):
        fetch(tmp_path, server)
    assert (tmp_path / f"{ARCHIVE}.part").read_bytes() == CONTENT[:200_000]
    told: list[tuple[int, int]] = []
    assert fetch(tmp_path, server, told).read_bytes() == CONTENT
    assert server.asked[-1] == "bytes=200000-"
    assert told[0] == (200_000, len(CONTENT))
    assert_only(tmp_path, [ARCHIVE])


def test_a_server_that_gives_only_everything_is_asked_for_everything(tmp_path: Path, server: Server) -> None:
    server.ranges, server.cuts = False, [200_000]
    assert fetch(tmp_path, server).read_bytes() == CONTENT
    assert server.asked == [None, "bytes=200000-"]


def test_a_server_that_always_cuts_at_the_same_place_is_given_up(tmp_path: Path, server: Server) -> None:
    server.ranges, server.cuts = False, [200_000] * 50
    with pytest.raises(InputError, match="could not be downloaded"):
        fetch(tmp_path, server)
    assert len(server.asked) == 2


def test_a_part_that_is_whole_is_only_checked(tmp_path: Path, server: Server) -> None:
    (tmp_path / f"{ARCHIVE}.part").write_bytes(CONTENT)
    assert fetch(tmp_path, server).read_bytes() == CONTENT
    assert_only(tmp_path, [ARCHIVE])


@pytest.mark.parametrize("size", [1000, 300_000, 400_000])
def test_a_wrong_checksum_removes_what_came(tmp_path: Path, server: Server, size: int) -> None:
    (tmp_path / f"{ARCHIVE}.part").write_bytes(bytes(size))
    with pytest.raises(InputError, match=rf"was incomplete or damaged, and was removed: .*{SHA256}(?s:.*)again"):
        fetch(tmp_path, server)
    assert_only(tmp_path, [])
    assert fetch(tmp_path, server).read_bytes() == CONTENT


def test_off_line_the_way_without_a_connection_is_reported(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/file"
    with pytest.raises(InputError) as error:
        download_official(tmp_path / "official", resolve=lambda: url)
    message = str(error.value)
    assert f"doi:{DOI} could not be downloaded: no connection (ConnectionError). Without" in message
    assert f"fetch {ARCHIVE} from https://doi.org/{DOI} with any browser" in message
    assert f"`make official-data OFFICIAL=folder/{ARCHIVE}`" in message
    assert "are kept" not in message
    assert_only(tmp_path / "official", [])


def test_an_address_that_is_gone_is_reported(tmp_path: Path, server: Server) -> None:
    with pytest.raises(InputError, match="could not be downloaded: 404 Client Error"):
        download_official(tmp_path, resolve=lambda: f"{server.url}/gone")


def test_a_full_disk_is_reported_before_the_download(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 100}))
    with pytest.raises(InputError, match=r"zip\.part needs 0\.0 GB"):
        fetch(tmp_path, server)
    assert_only(tmp_path, [])


class TestRecord:
    """The DOI leads to the repository's record, which names the file's address; the network is the test's server."""

    @pytest.fixture
    def _record(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pooch.downloaders.ZenodoRepository, "base_api_url", f"{server.url}/api/records")

    def lead_to(self, number: str, monkeypatch: pytest.MonkeyPatch) -> None:
        address = f"https://zenodo.org/records/{number}"
        monkeypatch.setattr(pooch.downloaders, "doi_to_url", lambda doi, **options: address)

    @pytest.mark.usefixtures("_record")
    def test_it_names_the_file(self, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lead_to("15131565", monkeypatch)
        assert resolve_record() == f"{server.url}/file"
        assert download_official(tmp_path, sha256=SHA256).read_bytes() == CONTENT

    @pytest.mark.usefixtures("_record")
    def test_a_record_without_the_file_is_reported(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lead_to("1", monkeypatch)
        with pytest.raises(
            InputError, match=rf"The record doi:{DOI} does not name {ARCHIVE} \(\w+: .*\)\. .* with any browser"
        ):
            resolve_record()

    def test_off_line_the_record_cannot_be_asked(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def unreachable(doi: str, **options: object) -> str:
            raise requests.ConnectionError("no route")

        monkeypatch.setattr(pooch.downloaders, "doi_to_url", unreachable)
        with pytest.raises(
            InputError, match=rf"doi:{DOI} could not be downloaded: no connection \(ConnectionError\)\."
        ):
            download_official(tmp_path)
