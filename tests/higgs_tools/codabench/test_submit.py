"""Sending a submission: packed and checked, to the phase that is named, until it has a score."""

from pathlib import Path

import pytest

from higgs_tools.codabench import submit
from tests.helpers.codabench_stub import COMPETITION, KEY, SIGNATURE, SUBMISSION, TOKEN, Stub
from tests.helpers.commands import call
from tests.helpers.zips import rezip, unzip
from tests.higgs_tools.codabench.test_upload import announced

MODEL = b"class Model: ...\n"


def run(*arguments: object, competition: object = COMPETITION, phase="feedback") -> int:
    return call("submit", *arguments, "--competition", competition, "--phase", phase)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A submission's folder; zips are made beside it."""
    monkeypatch.setattr(submit, "find_repository", lambda: tmp_path)
    mine = tmp_path / "mine"
    (mine / "__pycache__").mkdir(parents=True)
    (mine / "model.py").write_bytes(MODEL)
    (mine / "weights.npz").write_bytes(b"weights")
    (mine / ".git").write_bytes(b"hidden")
    (mine / "__pycache__" / "model.pyc").write_bytes(b"compiled")
    return mine


def made(stub: Stub) -> list[str]:
    """The requests that were made, in the words of the plan, each once where it repeats."""
    calls = [
        call.replace(f"/storage/{KEY}.zip?{SIGNATURE}", "STORAGE")
        .replace("/can_make_submission/70/", "/can_make_submission/PHASE_ID/")
        .replace(f"/{SUBMISSION}/", "/ID/")
        for call in stub.calls
    ]
    return list(dict.fromkeys(calls))


def test_without_send_nothing_is_asked(stub, folder, capsys):
    assert run(folder) == 0
    shown = capsys.readouterr().out
    assert stub.asked == []
    assert f"{folder.parent / 'build' / 'submissions' / 'mine.zip'}, " in shown
    assert "Nothing was sent" in shown


def test_a_folder_is_packed_sent_and_scored(stub, folder, capsys):
    assert run(folder, "--send") == 0
    shown = capsys.readouterr().out
    assert made(stub) == announced(shown)
    entry, storage, posted = (stub.asked[number] for number in (3, 4, 5))
    assert entry.form["type"] == "submission"
    assert entry.form["request_sassy_file_name"] == "mine.zip"
    assert unzip(storage.body) == {"model.py": MODEL, "weights.npz": b"weights"}
    assert "Authorization" not in storage.headers
    assert posted.form == {"phase": "70", "data": KEY}
    assert posted.headers["Authorization"] == f"Token {TOKEN}"
    statuses = [line.split()[-1] for line in shown.splitlines() if "status:" in line]
    assert statuses == ["Submitted", "Running", "Scoring", "Finished"]
    assert [line.rsplit(maxsplit=1) for line in shown.splitlines()[-2:]] == [
        ["Quantile score", "1.25"],
        ["Interval", "0.5"],
    ]


def test_the_same_folder_gives_the_same_zip(stub, folder, tmp_path):
    assert run(folder) == 0
    first = (tmp_path / "build" / "submissions" / "mine.zip").read_bytes()
    (folder / "model.py").touch()
    assert run(folder) == 0
    assert (tmp_path / "build" / "submissions" / "mine.zip").read_bytes() == first


def test_a_zip_is_sent_as_it_is(stub, tmp_path):
    archive = tmp_path / "best.zip"
    archive.write_bytes(rezip({"model.py": MODEL}))
    address = f"{stub.address}competitions/{COMPETITION}/#/participate-tab"
    assert run(archive, "--send", competition=address, phase=70) == 0
    assert stub.asked[4].body == archive.read_bytes()


BROKEN = {
    "no model": ({"main.py": b"x"}, "there is no model.py at the top; name the file that defines class Model model.py"),
    "wrapped": ({"mine/model.py": MODEL}, "no model.py at the top; it is in mine/; zip the files, not their folder"),
    "metadata": (
        {"model.py": MODEL, "metadata": b"command: x"},
        "metadata: it names a command, so the platform would start the submission as a separate program",
    ),
    "metadata.yaml": ({"model.py": MODEL, "metadata.yaml": b"x"}, "metadata.yaml: the platform would take it"),
    "outside": ({"model.py": MODEL, "../a.py": b"x"}, "names that point outside the submission's folder: ../a.py"),
}


@pytest.mark.parametrize(("content", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_a_zip_that_cannot_run_is_not_sent(stub, tmp_path, capsys, content, expected):
    (tmp_path / "mine.zip").write_bytes(rezip(content))
    assert run(tmp_path / "mine.zip", "--send") == 2
    shown = capsys.readouterr()
    assert expected in shown.err
    assert shown.out == ""
    assert stub.asked == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [("net/layers.py", "sub-folders (net)"), ("__MACOSX/a", "files that do not belong in it: __MACOSX/a")],
)
def test_what_does_no_harm_is_a_warning(stub, tmp_path, capsys, name, expected):
    (tmp_path / "mine.zip").write_bytes(rezip({"model.py": MODEL, name: b"x"}))
    assert run(tmp_path / "mine.zip") == 0
    assert f"warning: mine.zip: {expected}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("gone", None, "gone: is missing; name the folder or the zip of your submission"),
        ("text.zip", b"text", "text.zip is not a readable zip"),
        ("damaged.zip", rezip({"model.py": MODEL}).replace(MODEL, MODEL[::-1]), "damaged.zip: holds model.py damaged"),
        ("mine.tar", rezip({"model.py": MODEL}), "expected a name that ends in .zip"),
    ],
    ids=["missing", "not a zip", "damaged", "wrong name"],
)
def test_what_is_no_submission(stub, tmp_path, capsys, name, content, expected):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert run(tmp_path / name, "--send") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert expected in line
    assert stub.asked == []


def test_an_empty_folder(stub, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert run(tmp_path / "empty") == 2
    assert "contains no file" in capsys.readouterr().err


FAULTS = {
    "no such competition": (
        {"competition": 4},
        {},
        "finding competition 4 failed: it does not exist, or this account may not see it (Not found.); check",
    ),
    "no such phase": (
        {"phase": "semi-final"},
        {},
        "semi-final: expected a phase of this competition: Feedback (70), Final (71).",
    ),
    "no competition": ({"competition": "my challenge"}, {}, "my challenge: expected a competition's number"),
    "other instance": (
        {"competition": "https://www.codabench.org/competitions/17525/"},
        {},
        "is not on http://127.0.0.1",
    ),
    "phases missing": ({}, {f"GET /api/competitions/{COMPETITION}/": [(200, {})]}, "reading the phases of competition"),
    "entry refused": ({}, {"POST /api/submissions/": [(403, {"detail": "No access"})]}, "may not do this (No access)"),
    "no answer to the entry": (
        {},
        {"POST /api/submissions/": [(504, "")]},
        "#/participate-tab before you send it again) failed: the server is in trouble (504)",
    ),
}


@pytest.mark.parametrize(("options", "instead", "expected"), FAULTS.values(), ids=FAULTS.keys())
def test_what_goes_wrong_is_explained(stub, folder, capsys, options, instead, expected):
    stub.instead = instead
    assert run(folder, "--send", **options) == 2
    complaint = capsys.readouterr().err.splitlines()[-1]
    assert expected in complaint
    assert "POST /api/submissions/" not in stub.calls or "POST /api/submissions/" in instead


def test_a_phase_that_takes_no_more(stub, folder, capsys):
    stub.can_submit = (False, "Reached maximum allowed submissions for today for this phase")
    assert run(folder, "--send") == 2
    assert "Reached maximum allowed submissions for today" in capsys.readouterr().err
    assert not any("datasets" in call for call in stub.calls)


def test_a_submission_that_fails_there(stub, folder, capsys):
    stub.submission_states = ["Running", "Failed"]
    assert run(folder, "--send") == 2
    assert (
        f"Submission {SUBMISSION}: Failed (exit status 1); read its logs on {stub.address}" in capsys.readouterr().err
    )


def test_waiting_has_an_end(stub, folder, capsys):
    stub.submission_states = ["Running"]
    assert run(folder, "--send", "--hours", 0.0001) == 2
    assert f"waiting for submission {SUBMISSION}, which goes on, failed: timed out" in capsys.readouterr().err


def test_a_server_that_falters_while_we_wait(stub, folder):
    finished = {"id": SUBMISSION, "status": "Finished", "scores": []}
    stub.instead = {f"GET /api/submissions/{SUBMISSION}/": [(502, ""), (200, {"status": "Running"}), (200, finished)]}
    assert run(folder, "--send") == 0


def test_an_interruption_says_what_goes_on(stub, folder, monkeypatch, capsys):
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("codabench.client.time.sleep", interrupt)
    assert run(folder, "--send") == 130
    assert capsys.readouterr().err.splitlines()[-1] == "Interrupted; the platform goes on with what it has received."
