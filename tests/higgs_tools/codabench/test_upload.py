"""Creating a competition: nothing without --send, then exactly what was announced, and errors for people."""

import hashlib
import re
import threading
from pathlib import Path

import pytest

from higgs_challenge.number_formats import count
from higgs_tools.codabench import platform_client
from tests.helpers.codabench_stub import COMPETITION, KEY, SIGNATURE, STATUS, TOKEN, USERNAME, Asked, Stub
from tests.helpers.commands import call
from tests.helpers.zips import rezip, unzip

REFUSED = [{"status": "Failed", "details": "Unable to find page: pages/data.md", "resulting_competition": None}]


def run(*arguments: object) -> int:
    return call("upload", *arguments)


def announced(shown: str) -> list[str]:
    """The requests that a dry run lists: method and path."""
    return [" ".join(found) for found in re.findall(r"^(?:requests:| {9}) (GET|POST|PUT) +(\S+)", shown, re.MULTILINE)]


def made(stub: Stub) -> list[str]:
    """The requests that were made, with the words of the plan for what answers told, each once where it repeats."""
    calls = [
        call.replace(f"/storage/{KEY}.zip?{SIGNATURE}", "STORAGE")
        .replace(KEY, "KEY")
        .replace(f"/{STATUS}/", "/STATUS_ID/")
        for call in stub.calls
    ]
    return list(dict.fromkeys(calls))


def test_without_send_nothing_is_asked(stub, bundle, capsys):
    assert run(bundle) == 0
    shown = capsys.readouterr().out
    assert stub.asked == []
    assert f"{bundle}, {bundle.stat().st_size} bytes, 0 problems, {count(shown.count('warning: '), 'warning')}" in shown
    assert hashlib.sha256(bundle.read_bytes()).hexdigest() in shown
    assert f"to:       {stub.address}" in shown
    assert "account:  set" in shown
    assert shown.count("has the published random_seed") == 2
    assert "Nothing was sent" in shown


def test_without_an_account_the_plan_is_shown_all_the_same(stub, bundle, monkeypatch, capsys):
    monkeypatch.delenv("CODABENCH_PASSWORD")
    assert run(bundle) == 0
    assert "account:  not complete: set CODABENCH_USERNAME and CODABENCH_PASSWORD" in capsys.readouterr().out
    assert run(bundle, "--send") == 2
    assert "No account on Codabench" in capsys.readouterr().err
    assert stub.asked == []


def test_sending_does_what_was_announced(stub, bundle, capsys):
    assert run(bundle, "--send") == 0
    shown = capsys.readouterr()
    assert made(stub) == announced(shown.out)
    login, entry, storage, completed, *polls = stub.asked
    assert login.form["username"] == USERNAME
    assert "Authorization" not in login.headers
    assert entry.form == {
        "type": "competition_bundle",
        "request_sassy_file_name": "bundle.zip",
        "file_size": str(bundle.stat().st_size),
    }
    assert storage.body == bundle.read_bytes()
    assert storage.headers["Content-Length"] == str(bundle.stat().st_size)
    assert "Authorization" not in storage.headers
    assert all(asked.headers["Authorization"] == f"Token {TOKEN}" for asked in (entry, completed, *polls))
    assert len(polls) == 2
    assert f"The competition is created: {stub.address}competitions/{COMPETITION}/" in shown.out
    assert f"Uploading bundle.zip: {bundle.stat().st_size} bytes ..." in shown.out
    assert f"Uploading bundle.zip: {bundle.stat().st_size} of {bundle.stat().st_size} bytes" in shown.out
    assert "status: Starting" in shown.out


def test_a_bundle_with_problems_is_not_sent(stub, bundle, tmp_path, capsys):
    files = unzip(bundle.read_bytes())
    del files["logo.png"]
    broken = tmp_path / "broken.zip"
    broken.write_bytes(rezip(files))
    for option in ([], ["--send"]):
        assert run(broken, *option) == 2
        assert "names logo.png, which is not in the bundle" in capsys.readouterr().err
    assert stub.asked == []


def test_a_file_without_the_name_of_a_zip_is_not_sent(stub, bundle, tmp_path, capsys):
    (tmp_path / "bundle.bin").write_bytes(bundle.read_bytes())
    assert run(tmp_path / "bundle.bin", "--send") == 2
    assert "ends in .zip" in capsys.readouterr().err
    assert stub.asked == []


FAULTS = {
    "wrong password": (
        {"POST /api/api-token-auth/": [(400, {"non_field_errors": ["Unable to log in"]})]},
        "the login failed: the user name or password is wrong; check CODABENCH_USERNAME and CODABENCH_PASSWORD",
    ),
    "login moved": ({"POST /api/api-token-auth/": [(307, "")]}, "the login failed: the server refuses it (307)"),
    "no token": ({"POST /api/api-token-auth/": [(200, {})]}, "the login failed: the answer is not what Codabench's"),
    "not Codabench": ({"POST /api/api-token-auth/": [(200, "<html>")]}, "the login failed: the answer is not what"),
    "server down": (
        {"POST /api/api-token-auth/": [(502, "<html>")]},
        "the server is in trouble (502); try again later",
    ),
    "quota": (
        {"POST /api/datasets/": [(400, {"data_file": ["Insufficient space. Your available space is 1 MB."]})]},
        "the server refuses it (400) (data_file: Insufficient space. Your available space is 1 MB.).",
    ),
    "no permission": ({"POST /api/datasets/": [(403, {"detail": "Banned."})]}, "the account may not do this (Banned.)"),
    "too many": ({"POST /api/datasets/": [(429, {"detail": "Request was throttled."})]}, "wait some minutes"),
    "storage": ({"PUT /storage/.*": [(403, "<Error/>")]}, "the account may not do this"),
    "storage moved": ({"PUT /storage/.*": [(302, "")]}, "the server refuses it (302)"),
    "no job": ({"PUT /api/datasets/completed/.*": [(200, {"key": KEY})]}, "server did not start competition creation"),
    "gone": ({"PUT /api/datasets/completed/.*": [(404, {"detail": "Not found."})]}, "this account may not see it"),
}


@pytest.mark.parametrize(("instead", "expected"), FAULTS.values(), ids=FAULTS.keys())
def test_what_goes_wrong_is_explained(stub, bundle, capsys, instead, expected):
    stub.instead = instead
    assert run(bundle, "--send") == 2
    (*progress, complaint) = capsys.readouterr().err.splitlines()
    assert complaint.startswith(f"InputError: {stub.address}")
    assert expected in complaint
    assert not any(stub.address in line for line in progress)


def test_the_word_of_the_unpacker_is_shown(stub, bundle, capsys):
    stub.bundle_states = REFUSED
    assert run(bundle, "--send") == 2
    assert "competition creation failed: Unable to find page: pages/data.md" in capsys.readouterr().err


def test_a_server_that_falters_while_we_wait(stub, bundle):
    answers = [
        (503, "busy"),
        (200, {"status": "Starting"}),
        (502, ""),
        (200, {"status": "Finished", "resulting_competition": 5}),
    ]
    stub.instead = {"GET .*/creation_status/": answers}
    assert run(bundle, "--send") == 0


def test_a_server_that_stays_away_while_we_wait(stub, bundle, capsys):
    stub.instead = {"GET .*/creation_status/": [(503, "")]}
    assert run(bundle, "--send") == 2
    assert "the server is in trouble (503)" in capsys.readouterr().err
    assert sum("creation_status" in call for call in stub.calls) == 3


def test_no_server(bundle, stub, monkeypatch, capsys):
    monkeypatch.setenv("CODABENCH_URL", "http://127.0.0.1:9/")
    assert run(bundle, "--send") == 2
    assert "http://127.0.0.1:9/: the login failed: no connection" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("step", "expected"), [("token-auth", "no answer in time"), ("datasets", "no answer; check the")]
)
def test_a_server_that_does_not_answer(stub, bundle, monkeypatch, capsys, step, expected):
    ended = threading.Event()
    quick = stub.answer

    def answer(asked: Asked) -> tuple[int, object]:
        if step in asked.path:
            ended.wait(10)
        return quick(asked)

    monkeypatch.setattr(stub, "answer", answer)
    monkeypatch.setattr(platform_client, "LOGIN_TIMEOUT", 0.3)
    monkeypatch.setattr(platform_client, "REQUEST_TIMEOUT", 0.3)
    assert run(bundle, "--send") == 2
    ended.set()
    assert expected in capsys.readouterr().err


def test_storage_without_https_is_refused(stub, bundle, capsys):
    elsewhere = f"http://storage.example/{KEY}.zip?{SIGNATURE}"
    stub.instead = {"POST /api/datasets/": [(201, {"key": KEY, "sassy_url": elsewhere})]}
    assert run(bundle, "--send") == 2
    assert "names a storage without https" in capsys.readouterr().err
    assert len(stub.asked) == 2


def test_a_missing_bundle(stub, tmp_path: Path, capsys):
    assert run(tmp_path / "bundle.zip", "--send") == 2
    assert "; run make bundle, or name another zip." in capsys.readouterr().err
    assert stub.asked == []
