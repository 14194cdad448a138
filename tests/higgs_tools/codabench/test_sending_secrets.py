"""No password, token or signed address is ever shown, whatever the server sends, or goes over an open network."""

import html
import json
import logging
import re
import traceback
from collections.abc import Callable
from functools import partial
from types import ModuleType
from urllib.parse import quote

import pytest

from higgs_challenge.errors import InputError
from higgs_tools.bundle.rules import Findings
from higgs_tools.codabench import results, submit, upload
from higgs_tools.codabench.platform_client import Account, Platform, is_safe_address, read_account
from tests.helpers.codabench_stub import COMPETITION, PASSWORD, SIGNATURE, TOKEN, USERNAME
from tests.helpers.commands import call
from tests.helpers.zips import rezip

SECRETS = (PASSWORD, TOKEN, SIGNATURE, quote(PASSWORD), json.dumps(PASSWORD)[1:-1], html.escape(PASSWORD))
ECHO = {"detail": f"user {USERNAME} password {PASSWORD} Authorization: Token {TOKEN} to /storage/x?{SIGNATURE}"}
PAGE = f"<pre>{html.escape(PASSWORD)} {PASSWORD} {TOKEN} {SIGNATURE}</pre>"

Run = Callable[[], int]


COMMON = ["none", "POST /api/api-token-auth/", "POST /api/datasets/", "PUT /storage/.*"]
STEPS = {
    upload: [*COMMON, "PUT /api/datasets/completed/.*", "GET /api/competitions/31/creation_status/"],
    submit: [
        *COMMON,
        "GET /api/competitions/17525/",
        "GET /api/can_make_submission/70/",
        "POST /api/submissions/",
        "GET /api/submissions/990/",
        "GET /api/submissions/990/get_details/",
    ],
    results: [
        *COMMON[:2],
        "GET /api/competitions/17525/",
        "GET /api/submissions/\\?.*",
        "GET /api/submissions/901/get_details/",
        "GET /storage/.*",
    ],
}


@pytest.fixture
def ready(tmp_path, monkeypatch, stub) -> Callable[[ModuleType], Run]:
    """Make one of the three commands ready."""
    archive = tmp_path / "mine.zip"
    archive.write_bytes(rezip({"model.py": b"class Model: ...\n"}))
    monkeypatch.setattr(upload, "inspect_file", lambda bundle: Findings(()))

    stub.add_submission(901, "anna")

    def make_ready(program: ModuleType) -> Run:
        if program is results:
            output = tmp_path / "results"
            return partial(call, "results", "--competition", COMPETITION, "--phase", "Feedback", "--output", output)
        options = ["--competition", COMPETITION, "--phase", "Feedback"] if program is submit else []
        return partial(call, "submit" if program is submit else "upload", archive, *options, "--send")

    return make_ready


@pytest.fixture(params=[upload, submit], ids=["upload", "submit"])
def run(request, ready) -> Run:
    """One of the two commands that send."""
    return ready(request.param)


ANSWERS = {
    "refused": (400, ECHO),
    "forbidden": (403, ECHO),
    "in trouble": (500, ECHO),
    "in trouble, a page": (500, PAGE),
    "no JSON": (200, PAGE),
    "strange": (200, ECHO | {"can": False, "reason": ECHO["detail"], "status": "Failed", "details": ECHO["detail"]}),
    "a failure": (
        200,
        {"id": 1, "status": "Failed", "status_details": ECHO["detail"], "phases": [{"id": 1, "name": TOKEN}]},
    ),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
@pytest.mark.parametrize(("program", "step"), [(program, step) for program, steps in STEPS.items() for step in steps])
def test_nothing_secret_is_shown(stub, ready, capfd, caplog, program, step, answer):
    caplog.set_level(logging.INFO)
    stub.instead = {step: [answer]}
    ready(program)()
    shown = capfd.readouterr()
    assert step == "none" or any(re.fullmatch(step, call) for call in stub.calls)
    everything = shown.out + shown.err + caplog.text
    assert any(PASSWORD in asked.form.get("password", "") for asked in stub.asked if "token-auth" in asked.path)
    assert [secret for secret in SECRETS if secret in everything] == []


def test_an_answer_is_shown_without_its_secrets(stub, run, capfd):
    stub.instead = {"POST /api/datasets/": [(403, ECHO)]}
    assert run() == 2
    assert f"(user {USERNAME} password *** Authorization: Token *** to" in capfd.readouterr().err


@pytest.mark.parametrize("answer", [(400, ECHO), (500, PAGE), (200, PAGE), (302, "")])
def test_an_error_carries_no_trace_of_the_original(stub, answer):
    platform = Platform(read_account())
    stub.instead = {"POST /api/datasets/": [answer]}
    with pytest.raises(InputError) as caught:
        platform.attempt(lambda: platform.post("/api/datasets/", {"type": "submission"}), "the test")
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    told = "".join(traceback.format_exception(error)) + repr(error)
    assert [secret for secret in SECRETS if secret in told] == []


def test_an_account_does_not_show_its_password():
    assert PASSWORD not in repr(Account("https://www.codabench.org/", USERNAME, PASSWORD))


def test_control_characters_of_the_server_do_not_reach_the_terminal(stub, run, capfd):
    stub.instead = {"POST /api/datasets/": [(400, {"detail": "\x1b]0;owned\x07"})]}
    assert run() == 2
    assert "\x1b" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://www.codabench.org/", True),
        ("http://localhost:8000/", True),
        ("http://127.0.0.1/", True),
        ("http://127.9.9.9/", True),
        ("http://[::1]:80/", True),
        ("http://www.codabench.org/", False),
        ("http://10.0.0.1/", False),
        ("http://localhost.example/", False),
        ("http://127.0.0.1.example/", False),
        ("ftp://localhost/", False),
        ("//www.codabench.org/", False),
    ],
)
def test_a_safe_address(url, safe):
    assert is_safe_address(url) is safe


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "http://www.codabench.org/",
            "http://www.codabench.org would show your password to the network; write it with",
        ),
        ("https://me:secret-in-url@www.codabench.org/", "is not a valid address"),
        ("www.codabench.org", "is not a valid address"),
        ("https://[broken/", "is not a valid address"),
        ("https://www.codabench.org/?x=1", "is not a valid address"),
    ],
)
def test_an_address_that_is_refused(stub, run, monkeypatch, capsys, url, expected):
    monkeypatch.setenv("CODABENCH_URL", url)
    assert run() == 2
    complaint = capsys.readouterr().err
    assert expected in complaint
    assert "secret-in-url" not in complaint
    assert stub.asked == []


def test_without_an_address_it_is_the_public_instance():
    assert read_account({"CODABENCH_URL": ""}).url == "https://www.codabench.org/"
