"""Downloading the results of a phase: which submissions, into which folders, and ranking them."""

import json
from pathlib import Path

import pytest

from higgs_tools.codabench import platform_client
from higgs_tools.codabench.platform_client import Platform
from higgs_tools.commands.group import higgs_challenge
from tests.helpers.codabench_stub import COMPETITION, PHASES, Stub
from tests.helpers.commands import call
from tests.helpers.phase import Phase, change

FINAL = PHASES[1]["id"]


OPTIONS = ("results", "--competition", str(COMPETITION))


def fetch(output: Path, *options: object, phase: object = "feedback") -> int:
    return call(*OPTIONS, "--phase", phase, "--output", output, *options)


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    return tmp_path / "build" / "results"


@pytest.fixture
def teams(downloads: Path) -> Path:
    """The folder of the phase Feedback."""
    return downloads / str(COMPETITION) / "feedback"


@pytest.fixture
def phase(tmp_path: Path) -> Phase:
    made = Phase(tmp_path / "made")
    made.write_truth()
    return made


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def record(folder: Path) -> dict[str, object]:
    read: dict[str, object] = json.loads((folder / "submission.json").read_text())
    return read


def test_all_runs_are_downloaded_and_ranked(stub: Stub, phase: Phase, downloads: Path, teams: Path, capsys):
    runs = {name: files_of(phase.write_run(name, stretch)) for name, stretch in (("anna", 1.0), ("bert", 1.5))}
    stub.add_submission(901, "bert", runs["bert"])
    stub.add_submission(902, "anna", runs["anna"])
    assert fetch(downloads, "--reference", phase.reference, "--baseline", "bert") == 0
    assert sorted(path.name for path in teams.iterdir()) == ["anna", "bert", "leaderboard.csv", "leaderboard.html"]
    assert files_of(teams / "anna" / "results") == runs["anna"]
    assert files_of(teams / "bert" / "scores") == {"scores.json": b'{"interval": 0.5}'}
    shown = capsys.readouterr().out
    assert "2 participants with a finished submission in phase Feedback" in shown
    assert "anna is the only run that could be ranked. anna beats the baseline, bert" in shown.replace("\n", " ")
    assert "bert (baseline)" in (teams / "leaderboard.html").read_text()
    # The submissions are read with the token, their files without it.
    assert [one.path for one in stub.asked if "Authorization" in one.headers][-1].endswith("/get_details/")
    assert not any("Authorization" in one.headers for one in stub.asked if one.path.startswith("/storage/"))
    assert {one.method for one in stub.asked[1:]} == {"GET"}


def test_without_reference_nothing_is_ranked(stub: Stub, downloads: Path, teams: Path, capsys):
    stub.add_submission(901, "anna")
    assert fetch(downloads) == 0
    assert [path.name for path in teams.iterdir()] == ["anna"]
    assert "Rank" not in capsys.readouterr().out


def test_the_leaderboards_submission_counts_or_else_the_last_that_finished(
    stub: Stub, downloads: Path, teams: Path, capsys
):
    stub.add_submission(901, "anna", on_leaderboard=True)
    stub.add_submission(902, "anna")
    stub.add_submission(903, "bert")
    stub.add_submission(905, "bert")
    stub.add_submission(906, "bert", status="Failed")
    stub.add_submission(904, "bert")
    stub.add_submission(907, "bert", is_specific_task_re_run=True, on_leaderboard=True)
    stub.add_submission(908, "cleo", status="Failed", on_leaderboard=True)
    stub.add_submission(909, "dora", status="Running")
    stub.add_submission(910, "emil", phase=FINAL)
    assert fetch(downloads) == 0
    assert {folder.name: record(folder)["submission"] for folder in teams.iterdir()} == {"anna": 901, "bert": 905}
    assert record(teams / "anna")["chosen"] == "on the leaderboard"
    shown = capsys.readouterr().out
    assert "bert                     submission 905, the last that finished: downloaded" in shown
    assert "Without any finished submission: cleo, dora" in shown
    assert "1 submission not ended yet" in shown


@pytest.mark.parametrize("page_size", [0, 2, 3, 5])
def test_every_page_of_the_list_is_read(stub: Stub, downloads: Path, teams: Path, page_size: int):
    stub.page_size = page_size
    names = ["anna", "bert", "cleo", "dora", "emil"]
    for number, name in enumerate(names):
        stub.add_submission(900 + number, name)
    assert fetch(downloads) == 0
    assert sorted(folder.name for folder in teams.iterdir()) == names


def test_what_is_there_is_kept_and_a_newer_submission_replaces_it(stub: Stub, downloads: Path, teams: Path, capsys):
    stub.add_submission(901, "anna", {"ingestion_summary.json": b"old", "result_0.json": b"old"})
    stub.add_submission(902, "bert")
    assert fetch(downloads) == 0
    stub.asked.clear()
    stub.add_submission(903, "anna", {"ingestion_summary.json": b"new"})
    capsys.readouterr()
    assert fetch(downloads) == 0
    shown = capsys.readouterr().out
    assert "submission 903, the last that finished: downloaded" in shown
    assert "submission 902, the last that finished: kept" in shown
    assert not any("902" in call for call in stub.calls)
    assert files_of(teams / "anna" / "results") == {"ingestion_summary.json": b"new"}


@pytest.mark.parametrize("record", [None, b"{", b"[]", b"{}"], ids=["none", "cut off", "a list", "empty"])
def test_a_folder_without_its_record_is_downloaded_again(
    stub: Stub, downloads: Path, teams: Path, record: bytes | None
):
    (teams / "anna" / "results").mkdir(parents=True)
    (teams / "anna" / "results" / "result_7.json").write_text("planted")
    (teams / ".partial").mkdir()
    if record is not None:
        (teams / "anna" / "submission.json").write_bytes(record)
    stub.add_submission(901, "anna")
    assert fetch(downloads) == 0
    assert list(files_of(teams / "anna" / "results")) == ["ingestion_summary.json"]
    assert [path.name for path in teams.iterdir()] == ["anna"]


def test_strange_names_make_plain_folders(stub: Stub, tmp_path: Path, downloads: Path, teams: Path):
    names = [
        "../../../evil",
        "/etc",
        "..",
        "-rf",
        "a b",
        "a_b",
        "Ann",
        "ann",
        "leaderboard.html",
        "x" * 300,
        "機械",
        "\x1b[31m",
    ]
    for number, name in enumerate(names):
        stub.add_submission(900 + number, name)
    assert fetch(downloads) == 0
    folders = sorted(path.name for path in teams.iterdir())
    assert len({name.casefold() for name in folders}) == len(names)
    assert all(len(name.encode()) < 200 and all(one.isalnum() or one in "_-" for one in name) for name in folders)
    assert {"evil", "etc", "rf", "機械", "leaderboard_html"} <= set(folders)
    assert {record(teams / name)["owner"] for name in folders} == set(names)
    assert [path.name for path in tmp_path.iterdir()] == ["build"]


def test_one_that_fails_is_named_and_the_others_go_on(stub: Stub, phase: Phase, downloads: Path, teams: Path, capsys):
    for number, name in enumerate(["anna", "bert", "cleo"]):
        stub.add_submission(901 + number, name, files_of(phase.write_run(name, 1.0 + number)))
    del stub.stored["/storage/prediction_902.zip"]
    assert fetch(downloads, "--reference", phase.reference) == 2
    shown = capsys.readouterr()
    assert "bert, submission 902: " in shown.err
    assert "the download of its prediction output failed" in shown.err
    assert "1 submission of 3 could not be downloaded" in shown.err.splitlines()[-1]
    assert "anna wins: it beats cleo." in shown.out
    assert "Not ranked: bert. The folder" in shown.out
    assert sorted(path.name for path in teams.iterdir() if path.is_dir()) == ["anna", "cleo"]
    stub.add_submission(902, "bert", files_of(phase.folder / "bert"))
    assert fetch(downloads, "--reference", phase.reference) == 0
    assert (teams / "bert").is_dir()


def test_an_interrupt_leaves_nothing_unfinished(stub: Stub, downloads: Path, teams: Path, monkeypatch):
    def interrupted(self: Platform, address: str, target: Path) -> None:
        target.write_bytes(b"half")
        raise KeyboardInterrupt

    stub.add_submission(901, "anna")
    monkeypatch.setattr(Platform, "download", interrupted)
    with pytest.raises(SystemExit, match="Interrupted"):
        higgs_challenge.main([*OPTIONS, "--phase", "feedback", "--output", str(downloads)])
    assert list(teams.iterdir()) == []


def test_an_older_submission_never_stands_for_one_that_fails(stub: Stub, downloads: Path, teams: Path):
    stub.add_submission(901, "anna")
    assert fetch(downloads) == 0
    stub.add_submission(902, "anna", on_leaderboard=True)
    del stub.stored["/storage/scoring_902.zip"]
    assert fetch(downloads) == 2
    assert list(teams.iterdir()) == []


def test_results_that_ingestion_did_not_sign_are_not_ranked(
    stub: Stub, phase: Phase, downloads: Path, teams: Path, capsys
):
    stub.add_submission(901, "anna", files_of(phase.write_run("anna", 1.0)))
    assert fetch(downloads, "--reference", phase.reference) == 0
    assert (teams / "leaderboard.html").exists()
    change(phase.reference / "truth.json", signature_key="5e" * 32)
    assert fetch(downloads, "--reference", phase.reference) == 2
    assert "anna. ingestion_summary.json has no signature" in " ".join(capsys.readouterr().err.split())
    assert [path.name for path in teams.iterdir()] == ["anna"]


REFUSED = {
    "no submission": ({}, "feedback", "has no finished submission that this account may see"),
    "no such phase": ({"owner": "anna"}, "practice", "expected a phase of this competition: Feedback (70), Final (71)"),
    "several tasks": ({"owner": "anna", "has_children": True}, "feedback", "phase 70 has several tasks"),
}


@pytest.mark.parametrize(("submission", "phase", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_downloaded_at_all(stub: Stub, downloads: Path, capsys, submission, phase, expected):
    if submission:
        stub.add_submission(901, **submission)
    assert fetch(downloads, phase=phase) == 2
    assert expected in capsys.readouterr().err
    assert not downloads.exists()


def test_a_part_that_the_platform_lacks_is_named(stub: Stub, downloads: Path, capsys):
    stub.add_submission(901, "anna")
    stub.instead["GET /api/submissions/901/get_details/"] = [(200, {"prediction_result": None})]
    assert fetch(downloads) == 2
    assert "anna, submission 901: the platform has no prediction output of it" in capsys.readouterr().err


def test_a_file_too_large_is_not_downloaded(stub: Stub, downloads: Path, teams: Path, capsys, monkeypatch):
    monkeypatch.setattr(platform_client, "DOWNLOAD_LIMIT", 1000)
    stub.add_submission(901, "anna", {"weights.bin": b"0" * 2000})
    stub.add_submission(902, "bert")
    assert fetch(downloads) == 2
    assert "anna, submission 901: " in (shown := capsys.readouterr().err)
    assert "the file is larger than" in shown
    assert [path.name for path in teams.iterdir()] == ["bert"]


def test_a_storage_that_others_could_listen_to_is_refused(stub: Stub, downloads: Path, capsys):
    stub.add_submission(901, "anna")
    stub.instead["GET /api/submissions/901/get_details/"] = [
        (200, {"prediction_result": "http://storage.example/a.zip"})
    ]
    assert fetch(downloads) == 2
    assert "names a storage without https" in capsys.readouterr().err
