"""Why a run failed, in a file that scoring reads on the platform, where logs may get lost."""

from pathlib import Path

import pytest

from higgs_challenge import ingestion
from higgs_challenge.execution.result_files import MAX_FAILURE_LENGTH
from tests.helpers.ingestion import FILES, Ingest, names_in
from tests.helpers.tiny_submissions import write_submission

FAILURE = "ingestion_failure.txt"


def test_a_failure_is_left_to_scoring_where_that_is_asked_for(tmp_path: Path, ingest: Ingest) -> None:
    write_submission(tmp_path / "submission", fit="raise ValueError('no\\x1b[31m luck')")
    code, text = ingest("--leave-failures-to-scoring")
    assert code == 0
    left = (tmp_path / "output" / FAILURE).read_text()
    assert left.startswith("SubmissionError: fit failed: ValueError: no")
    assert text.endswith(left.replace("\x1b", "\N{REPLACEMENT CHARACTER}"))
    assert "ingestion_summary.json" not in names_in(tmp_path / "output")


def test_an_error_of_ours_is_told_by_its_kind_only(
    tmp_path: Path, ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("what only organisers may read")

    write_submission(tmp_path / "submission")
    monkeypatch.setattr(ingestion, "make_job", broken)
    with pytest.raises(KeyError, match="organisers"):
        ingest()
    code, text = ingest("--leave-failures-to-scoring")
    assert code == 0
    assert "Traceback" in text
    left = (tmp_path / "output" / FAILURE).read_text()
    assert left == "Ingestion itself broke with KeyError, not the submission: tell the organisers.\n"


def test_a_message_has_an_end(tmp_path: Path, ingest: Ingest) -> None:
    write_submission(tmp_path / "submission", fit="raise ValueError('x' * 1_000_000)")
    assert ingest()[0] == 2
    assert 1_000 < len((tmp_path / "output" / FAILURE).read_text()) <= MAX_FAILURE_LENGTH + 1


@pytest.mark.parametrize("options", [(), ("--resume",)])
def test_the_next_run_removes_it(tmp_path: Path, counting: Path, ingest: Ingest, options: tuple[str, ...]) -> None:
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / FAILURE).write_text("of an earlier run")
    assert ingest(*options)[0] == 0
    assert names_in(tmp_path / "output") == FILES


def test_a_submission_may_not_bring_one(tmp_path: Path, ingest: Ingest) -> None:
    write_submission(tmp_path / "submission", {f"aside/{FAILURE}": "mine"})
    code, text = ingest()
    assert code == 2
    assert f"The submission contains aside/{FAILURE}, a name reserved for results" in text
