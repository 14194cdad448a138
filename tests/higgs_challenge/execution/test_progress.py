"""Progress as a log shows it, where there is no terminal."""

import os
import subprocess
import sys
import time

import pytest

from higgs_challenge.execution import progress
from higgs_challenge.execution.progress import show_progress, show_waiting


def test_a_long_job_reports_now_and_then_and_at_its_end(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.02)
    with show_progress("Drawing", 40, "events") as advance:
        for done in range(1, 41):
            time.sleep(0.005)
            advance(done)

    lines = capsys.readouterr().out.splitlines()
    assert 3 <= len(lines) <= 13
    assert lines[0] == "Drawing: 40 events ..."
    assert all(line.startswith("Drawing: ") and " of 40 events, " in line for line in lines[1:])
    assert lines[-1].startswith("Drawing: 40 of 40 events, ")
    assert lines[-1].endswith("/s, 0 s left")
    assert "\x1b" not in "".join(lines)


def test_what_was_done_before_counts_but_not_for_the_rate(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter([100.0, 100.0, 110.0, 110.0, 120.0, 120.0, 120.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(seconds))
    with show_progress("Downloading", 6500, "MB", begin=6400) as advance:
        for done in (6450, 6500, 6500):
            advance(done)

    assert capsys.readouterr().out.splitlines() == [
        "Downloading: 6500 MB ...",
        "Downloading: 6450 of 6500 MB, 5 MB/s, 10 s left",
        "Downloading: 6500 of 6500 MB, 5 MB/s, 0 s left",
    ]


def test_waiting_is_reported_with_the_time_it_has_taken(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_WAITS", 0.05)
    with show_waiting("Fitting"):
        time.sleep(0.3)

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Fitting ..."
    assert lines[1] == "Fitting ... 0 s so far"
    time.sleep(0.1)
    assert capsys.readouterr().out == ""


MESSAGES = """
import click
from higgs_challenge.cli import start
from higgs_challenge.execution.progress import console, show_waiting, show_warning

def say():
    console().print("in für/später")
    show_warning("\x1b[31m[red]μ[/red]")
    with show_waiting("μ"):
        pass

start(click.Command("say", callback=say))
"""


def test_messages_and_warnings_go_two_ways_whatever_letters_a_log_lacks() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", MESSAGES],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout.splitlines()) == (0, ["in f\\xfcr/sp\\xe4ter", "\\u03bc ..."])
    assert ended.stderr == "Warning: \\ufffd[31m[red]\\u03bc[/red].\n"
