"""A small Codabench on the loopback interface: the endpoints that the commands call, and what was asked.

Modelled after the public source of Codabench: obtain_auth_token, DataViewSet.create and upload_completed,
creation_status, CompetitionViewSet, can_make_submission, SubmissionViewSet; storage as S3 answers to signed addresses.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.helpers.zips import rezip

USERNAME, PASSWORD, TOKEN = "organiser", "p\u00e4ss \"w/o+rd&<1>'", "0f1e2d3c4b5a69788796a5b4c3d2e1f001234567"
KEY, STATUS, COMPETITION, SUBMISSION = "4b0c1d2e-0000-4000-8000-123456789abc", 31, 17525, 990
SIGNATURE = "X-Amz-Signature=51g3nedbutsecret"
PHASES = [{"id": 70, "index": 0, "name": "Feedback"}, {"id": 71, "index": 1, "name": "Final"}]
COLUMNS = [{"key": "quantiles_score", "title": "Quantile score"}, {"key": "interval", "title": "Interval"}]
SCORES = [{"column_key": "quantiles_score", "score": "1.2500000000"}, {"column_key": "interval", "score": "0.5"}]


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass
class Stub:
    """What the server answers, to be changed by a test, and what it was asked."""

    asked: list[Asked] = field(default_factory=list)
    instead: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    """Other answers, by method and path, taken one after the other; the last one stays."""
    bundle_states: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"status": "Starting", "details": None, "resulting_competition": None},
            {"status": "Finished", "details": None, "resulting_competition": COMPETITION},
        ]
    )
    submission_states: list[str] = field(default_factory=lambda: ["Submitted", "Running", "Scoring", "Finished"])
    can_submit: tuple[bool, str | None] = (True, None)
    listed: list[dict[str, Any]] = field(default_factory=list)
    """All submissions of the competition, see `add_submission`."""
    page_size: int = 0
    """Submissions of a page of their list; 0 where there are no pages."""
    stored: dict[str, bytes] = field(default_factory=dict)
    """Zips of the storage, by path."""
    address: str = ""

    def add_submission(
        self, number: int, owner: str, results: dict[str, bytes] | None = None, **entries: Any
    ) -> dict[str, Any]:
        """Add a finished submission to the phase Feedback, with the files of its prediction output; others by name."""
        files = {"ingestion_summary.json": b"{}"} if results is None else results
        self.stored[f"/storage/prediction_{number}.zip"] = rezip(files)
        self.stored[f"/storage/scoring_{number}.zip"] = rezip({"scores.json": b'{"interval": 0.5}', "metadata": b"x"})
        one = {"id": number, "owner": owner, "phase": PHASES[0]["id"], "status": "Finished", "on_leaderboard": False}
        more = {
            "has_children": False,
            "is_specific_task_re_run": False,
            "created_when": f"2027-01-01T00:00:{number % 60}Z",
        }
        self.listed.append({**one, **more, **entries})
        return self.listed[-1]

    @property
    def calls(self) -> list[str]:
        return [f"{asked.method} {asked.path}" for asked in self.asked]

    def answer(self, asked: Asked) -> tuple[int, Any]:
        call = f"{asked.method} {asked.path}"
        for pattern, answers in self.instead.items():
            if re.fullmatch(pattern, call):
                answered: tuple[int, Any] = _next(answers)
                return answered
        if asked.path.startswith("/storage/"):
            return self._fetch(asked) if asked.method == "GET" else self._store(asked)
        if call == "POST /api/api-token-auth/":
            if (asked.form.get("username"), asked.form.get("password")) == (USERNAME, PASSWORD):
                return 200, {"token": TOKEN}
            return 400, {"non_field_errors": ["Unable to log in with provided credentials."]}
        if asked.headers.get("Authorization") != f"Token {TOKEN}":
            return 401, {"detail": "Invalid token."}
        return self._answer_account(call, asked)

    def _answer_account(self, call: str, asked: Asked) -> tuple[int, Any]:
        if call == "POST /api/datasets/":
            if not asked.form.get("file_size"):
                return 400, {"file_size": "This field is required."}
            return 201, {"key": KEY, "sassy_url": f"{self.address}storage/{KEY}.zip?{SIGNATURE}"}
        if call == "POST /api/submissions/":
            return 201, {"id": SUBMISSION, "status": "Submitting", "phase": int(asked.form["phase"])}
        if call == f"GET /api/competitions/{STATUS}/creation_status/":
            return 200, _next(self.bundle_states)
        if call == f"GET /api/submissions/{SUBMISSION}/":
            state = _next(self.submission_states)
            scores = SCORES if state == "Finished" else []
            details = "exit status 1" if state == "Failed" else "scoring_hostname-worker"
            return 200, {"id": SUBMISSION, "status": state, "status_details": details, "scores": scores}
        if call.startswith("GET /api/submissions/?"):
            return 200, self._list(parse_qs(urlsplit(asked.path).query))
        if found := re.fullmatch(r"GET /api/submissions/(\d+)/get_details/", call):
            for one in self.listed:
                if one["id"] == int(found[1]):
                    return 200, {
                        f"{kind}_result": f"{self.address}storage/{kind}_{one['id']}.zip?{SIGNATURE}"
                        for kind in ("prediction", "scoring")
                    }
        fixed = {
            f"PUT /api/datasets/completed/{KEY}/": {"status_id": STATUS},
            f"GET /api/competitions/{COMPETITION}/": {"id": COMPETITION, "title": "Higgs", "phases": PHASES},
            f"GET /api/can_make_submission/{PHASES[0]['id']}/": {
                "can": self.can_submit[0],
                "reason": self.can_submit[1],
            },
            f"GET /api/submissions/{SUBMISSION}/get_details/": {"logs": [], "leaderboards": [{"columns": COLUMNS}]},
        }
        return (200, fixed[call]) if call in fixed else (404, {"detail": "Not found."})

    def _list(self, query: dict[str, list[str]]) -> Any:
        wanted = [one for one in self.listed if one["phase"] == int(query["phase"][0])]
        if not self.page_size:
            return wanted
        begin = (int(query["page"][0]) - 1) * self.page_size
        rest = len(wanted) > begin + self.page_size
        address = f"{self.address}api/submissions/?page={int(query['page'][0]) + 1}"
        return {"results": wanted[begin : begin + self.page_size], "next": address if rest else None}

    def _fetch(self, asked: Asked) -> tuple[int, Any]:
        path, _, query = asked.path.partition("?")
        if "Authorization" in asked.headers or query != SIGNATURE:
            return 403, "<Error><Code>AccessDenied</Code></Error>"
        return (200, self.stored[path]) if path in self.stored else (404, "<Error><Code>NoSuchKey</Code></Error>")

    def _store(self, asked: Asked) -> tuple[int, Any]:
        # The signature is made for these headers alone; S3 refuses a second way to say who asks.
        if "Authorization" in asked.headers or asked.headers.get("Content-Type") != "application/zip":
            return 400, "<Error><Code>InvalidArgument</Code></Error>"
        return (200, "") if asked.path == f"/storage/{KEY}.zip?{SIGNATURE}" else (403, "<Error/>")


def _next(answers: list[Any]) -> Any:
    return answers.pop(0) if len(answers) > 1 else answers[0]


@contextmanager
def serve(stub: Stub) -> Iterator[Stub]:
    """Serve until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked = Asked(self.command, self.path, dict(self.headers), body)
            stub.asked.append(asked)
            status, answer = stub.answer(asked)
            if isinstance(answer, str):
                answer = answer.encode()
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            if status in (302, 307):
                self.send_header("Location", "/elsewhere/")
            with suppress(ConnectionError):  # whoever asked may have lost patience
                self.end_headers()
                self.wfile.write(content)

        do_GET = do_POST = do_PUT = handle_any  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Stay silent: tests read the record."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stub.address = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
        assert not thread.is_alive()
