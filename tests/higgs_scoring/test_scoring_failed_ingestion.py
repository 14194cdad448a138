"""A run that failed in ingestion: scoring repeats why, whoever wrote it."""

import html
from pathlib import Path
from typing import Any

import pytest

FAILURE, SUMMARY = "ingestion_failure.txt", "ingestion_summary.json"


@pytest.fixture
def failed(run: Any) -> Any:
    """A run without a summary, which ingestion writes last."""
    (run.prediction / SUMMARY).unlink()
    return run


def page_of(run: Any) -> str:
    return (run.output / "detailed_results.html").read_text()


def test_the_message_is_the_error_and_the_report(failed: Any, main: Any, capsys: pytest.CaptureFixture[str]) -> None:
    (failed.prediction / FAILURE).write_text("SubmissionError: fit failed.\nTraceback:\n  model.py, line 3\n")
    assert main(failed.arguments) == 2
    message = "Not scored: Ingestion failed: SubmissionError: fit failed.\nTraceback:\n  model.py, line 3"
    assert capsys.readouterr().err == f"{message}\n"
    assert f"<pre>{message}</pre>" in page_of(failed)
    assert not (failed.output / "scores.json").exists()


def test_it_is_neither_markup_nor_endless(failed: Any, main: Any, capsys: pytest.CaptureFixture[str]) -> None:
    (failed.prediction / FAILURE).write_bytes(b"<script>alert(1)</script>\x1b[31m\xff" + b"x" * 1_000_000)
    assert main(failed.arguments) == 2
    printed = capsys.readouterr().err
    assert "\x1b" not in printed
    assert len(printed) < 11_000
    assert len(page_of(failed)) < 20_000
    assert "<script>" not in page_of(failed)
    assert "<script>alert(1)</script>" in html.unescape(page_of(failed))


def test_a_link_is_not_followed(failed: Any, main: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """It would show the truth."""
    (failed.prediction / FAILURE).symlink_to(next(failed.folder.rglob("truth.json")))
    assert main(failed.arguments) == 2
    assert "ingestion_summary.json is missing" in capsys.readouterr().err
    assert "ground_truth_mus" not in page_of(failed)


@pytest.mark.parametrize("content", ["", " \n"])
def test_an_empty_message_counts_as_none(
    failed: Any, main: Any, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    (failed.prediction / FAILURE).write_text(content)
    assert main(failed.arguments) == 2
    assert "ingestion_summary.json is missing" in capsys.readouterr().err


def test_a_finished_run_is_scored_whatever_the_file_says(run: Any, main: Any) -> None:
    (run.prediction / FAILURE).write_text("SubmissionError: planted")
    assert main(run.arguments) == 0
    assert (Path(run.output) / "scores.json").exists()
    assert "planted" not in page_of(run)
