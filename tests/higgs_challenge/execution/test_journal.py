import json
from dataclasses import replace
from pathlib import Path

import pytest

from higgs_challenge import InputError
from higgs_challenge.execution.journal import Journal
from higgs_challenge.execution.worker import Fit, Result
from higgs_challenge.sandbox.isolation import Isolation
from higgs_challenge.submission.answer import Interval

IDENTITY = {"plan": "p", "data": "d", "submission": "s"}
FIT = Fit(
    seconds=1.5,
    peak_memory=10,
    isolation=Isolation("partial", 7, ("something",)),
    hidden_modules=(("code.py", "code"),),
)
RESULT = Result(0, 0, Interval(1.0, 0.2, 0.8, 1.2), predict_seconds=0.1, outside_seconds=0.2, peak_memory=3, repeats=1)
RESULTS = [replace(RESULT, index=index, interval=Interval(index / 3, 0.2, 0.8, 1.2)) for index in range(4)]


def write(path: Path) -> bytes:
    journal = Journal(path, IDENTITY, resume=False)
    journal.add_fit(FIT, 2.0)
    for number, result in enumerate(RESULTS):
        journal.add(result, 3.0 + number)
    journal.close()
    return path.read_bytes()


def test_a_journal_gives_back_what_it_was_given(tmp_path: Path) -> None:
    write(tmp_path / "journal.jsonl")
    again = Journal(tmp_path / "journal.jsonl", IDENTITY, resume=True)
    again.close()
    assert again.fit == FIT
    assert list(again.results.values()) == RESULTS
    assert again.elapsed == 6.0


def test_a_journal_cut_anywhere_keeps_its_whole_lines_and_goes_on(tmp_path: Path) -> None:
    """Killed at any byte that it was writing."""
    path = tmp_path / "journal.jsonl"
    content = write(path)
    for cut in range(len(content)):
        path.write_bytes(content[:cut])
        lines = content[:cut].count(b"\n")
        journal = Journal(path, IDENTITY, resume=True)
        assert (journal.fit is not None) == (lines >= 2)
        assert list(journal.results.values()) == RESULTS[: max(lines - 2, 0)]
        if lines >= 2:
            for result in RESULTS[lines - 2 :]:
                journal.add(result, 9.0)
            journal.close()
            assert [json.loads(line).get("result") for line in path.read_bytes().splitlines()] == [
                json.loads(line).get("result") for line in content.splitlines()
            ]
        journal.close()


def test_without_resume_a_journal_begins_anew(tmp_path: Path) -> None:
    write(tmp_path / "journal.jsonl")
    journal = Journal(tmp_path / "journal.jsonl", IDENTITY, resume=False)
    journal.close()
    assert journal.fit is None
    assert journal.results == {}
    assert len((tmp_path / "journal.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize("name", sorted(IDENTITY))
def test_another_run_s_journal_is_refused_and_kept(tmp_path: Path, name: str) -> None:
    content = write(tmp_path / "journal.jsonl")
    with pytest.raises(InputError, match=f"belongs to a run with another {name}, so it cannot go on"):
        Journal(tmp_path / "journal.jsonl", {**IDENTITY, name: "other"}, resume=True)
    assert (tmp_path / "journal.jsonl").read_bytes() == content


@pytest.mark.parametrize(
    "line", [b"no json\n", b"[]\n", b'{"result": {}}\n', b'{"elapsed": 1, "result": {"index": 3}}\n']
)
def test_a_damaged_journal_is_refused(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(write(path) + line)
    with pytest.raises(InputError, match="is damaged"):
        Journal(path, IDENTITY, resume=True)
