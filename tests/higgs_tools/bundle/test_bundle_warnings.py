"""What Codabench would take, but an organiser should know before an upload."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import yaml

from higgs_tools.bundle.rules import inspect_bundle
from higgs_tools.bundle.rules.challenge import PUBLISHED_SEEDS
from tests.helpers.spoiling import Spoil, command, drop, inside, put, write
from tests.helpers.zips import rezip, unzip

NOW = datetime(2026, 11, 2)
PUBLISHED = "has the published random_seed"

Secret = Callable[[dict[str, bytes]], None]


def seed(value: int | None, archive: str = "ingestion_program_final.zip") -> Spoil:
    def spoil(competition: dict[str, Any], files: dict[str, bytes]) -> None:
        program = unzip(files[archive])
        settings = yaml.safe_load(program["phase/settings.yaml"]) | {"random_seed": value}
        files[archive] = rezip(program | {"phase/settings.yaml": yaml.safe_dump(settings).encode()})

    return spoil


def warnings_of(competition, files, now=NOW) -> list[str]:
    findings = inspect_bundle(competition, files, now)
    assert findings.problems == ()
    return [str(warning) for warning in findings.warnings]


def test_the_bundle_of_this_repository_waits_for_a_queue_and_for_seeds(competition, files):
    assert [warning[:60] for warning in warnings_of(competition, files)] == [
        "competition.yaml: phase Feedback has an execution_time_limit",
        "competition.yaml: phase Final has an execution_time_limit of",
        "phase/settings.yaml in ingestion_program_feedback.zip: has t",
        "phase/settings.yaml in ingestion_program_final.zip: has the ",
    ]


def test_a_bundle_that_is_ready_has_no_warning(competition, files):
    competition["queue"] = "12345678-1234-5678-1234-567812345678"
    for number, phase in enumerate(("feedback", "final")):
        seed(2**127 + number, f"ingestion_program_{phase}.zip")(competition, files)
    assert warnings_of(competition, files) == []


QUESTION = {
    "key": "method",
    "type": "text",
    "title": "Method",
    "selection": "",
    "is_required": "false",
    "is_on_leaderboard": "true",
}


def total(seconds: float | None, archive: str = "ingestion_program_final.zip") -> Spoil:
    def spoil(competition: dict[str, Any], files: dict[str, bytes]) -> None:
        program = unzip(files[archive])
        settings = yaml.safe_load(program["phase/settings.yaml"])
        settings["limits"]["total_seconds"] = seconds
        files[archive] = rezip(program | {"phase/settings.yaml": yaml.safe_dump(settings).encode()})

    return spoil


def question(**changes: object) -> Spoil:
    return put("fact_sheet.method", QUESTION | changes)


WARNED: dict[str, tuple[Spoil, str]] = {
    "published seed of the official challenge": (seed(31415), f"{PUBLISHED} 31415, so everybody can compute"),
    "published seed of the other task": (seed(PUBLISHED_SEEDS[2]), PUBLISHED),
    "no seed": (seed(None), "ingestion_program_final.zip: has no random_seed that can be read"),
    "short seed": (seed(987654321), "ingestion_program_final.zip: has a random_seed so short that it can be guessed"),
    # Fields and dates.
    "misspelt field": (
        put("phases.0.max_submission", 3),
        "phases.0.max_submission is not a field that Codabench reads",
    ),
    "field of another part": (put("tasks.0.docker_image", "me/runner:1"), "tasks.0.docker_image is not a field"),
    "time of day lost": (
        put("phases.0.end", datetime(2027, 6, 30, 12)),
        "end of phase Feedback: Codabench drops the time of day of 2027-06-30 12:00:00, which has no quotes",
    ),
    "offset lost": (
        put("phases.0.end", "2027-06-30 12:00+02:00"),
        "end of phase Feedback: Codabench takes 2027-06-30 12:00+02:00 for UTC and drops the offset",
    ),
    "day before month": (
        put("phases.0.end", "06-05-2027"),
        "Codabench takes 06-05-2027 for 2027-06-05, the month first",
    ),
    "end before start": (put("phases.1.end", "2027-06-01"), "phase Final ends before it begins"),
    "same phase index": (put("phases.1.index", 0), "phase index: 0 is used 2 times"),
    "no limit of submissions": (
        put("phases.0.max_submissions_per_day", 0),
        "phase Feedback has max_submissions_per_day: 0, which is no limit",
    ),
    "run of more than a day": (
        put("phases.1.execution_time_limit", 86400),
        "phase Final has an execution_time_limit of 86400 s, but Codabench fails what has not been scored a day after",
    ),
    "same solution index": (
        put("solutions", [{"index": 0, "path": "sample_code_submission.zip", "tasks": [0]}] * 2),
        "solution index",
    ),
    "task of the platform": (
        put("tasks.1.key", "12345678-1234-5678-1234-567812345678"),
        "names the task 12345678-1234-5678-1234-567812345678 on the platform",
    ),
    "solution of the platform": (
        put("solutions.0.key", "12345678-1234-5678-1234-567812345678"),
        "names the solution 12345678-1234-5678-1234-567812345678 on the platform",
    ),
    # The leaderboard and the fact sheet.
    "more digits than are stored": (
        put("leaderboards.0.columns.1.precision", 11),
        "shows 11 digits, and 10 are stored",
    ),
    "second leaderboard": (
        lambda competition, files: competition["leaderboards"].append(competition["leaderboards"][0] | {"title": "B"}),
        "leaderboard B is linked to no phase",
    ),
    "question with a space": (
        put("fact_sheet.my way", QUESTION | {"key": "my way"}),
        "my way of the fact sheet has a space",
    ),
    "checkbox of words": (question(type="checkbox"), "does not fit type checkbox"),
    "text with a selection": (question(selection=["a"]), "does not fit type text"),
    "select of nothing": (question(type="select"), "does not fit type select"),
    "switch without quotes": (question(is_required=False), "has is_required: False; write"),
    # Files and archives.
    "blank terms": (write("pages/terms.md", b" \n\n"), "pages/terms.md: shows nothing"),
    "page with a placeholder": (
        write("pages/data.md", b"# Data\n\n{{ rows }} rows"),
        "has a placeholder ({{ in line 3)",
    ),
    "page with a block": (write("pages/data.md", b"{% if x %}"), "has a placeholder ({% in line 1)"),
    "kit that is no zip": (write("public_data.zip", b"nothing"), "public_data.zip: is not a readable zip"),
    "empty kit": (write("public_data.zip", rezip({})), "public_data.zip: is empty"),
    "cache inside": (
        inside("starting_kit.zip", {"__pycache__/a.pyc": b"x"}),
        "holds __pycache__/a.pyc, which does not",
    ),
    "hidden files inside": (
        inside("starting_kit.zip", {".git/a": b"x", ".git/b": b"x"}),
        "starting_kit.zip: holds .git/a and 1 more, which does not belong",
    ),
    "folder in the truth": (inside("reference_data_final.zip", {"final/a": b"x"}), "has a sub-folder (final/a)"),
    "folder in a solution": (inside("sample_code_submission.zip", {"a/b.py": b"x"}), "has a sub-folder (a/b.py)"),
    "command elsewhere": (command("run_elsewhere", "scoring_program.zip"), "starts nothing in /app/program"),
    "command with quotes": (
        command("python3 /app/program/run_scoring.py '--input x'", "scoring_program.zip"),
        "quotes or doubled spaces",
    ),
    "command with gaps": (command("python3  /app/program/run_scoring.py", "scoring_program.zip"), "quotes or doubled"),
    "command of a missing folder": (
        command("python3 /app/program/run_scoring.py /app/input_data", "scoring_program.zip"),
        "names /app/input_data, which its container does not have",
    ),
    "program in a folder": (
        lambda competition, files: files.update(
            {
                "scoring_program.zip": rezip(
                    {f"a/{name}": text for name, text in unzip(files["scoring_program.zip"]).items()}
                )
            }
        ),
        "scoring_program.zip: has a/metadata.yaml and no metadata.yaml at its root",
    ),
    # Limits.
    "no limit of our own": (total(None), "has no total_seconds, but Codabench ends phase Final after 82800 s with no"),
    "limit of our own that comes too late": (
        total(7441, "ingestion_program_feedback.zip"),
        "has total_seconds: 7441, but Codabench ends phase Feedback after 7500 s with no message of ours; "
        "write total_seconds: 7440 or less",
    ),
    "no queue": (put("phases.0.execution_time_limit", 601), "Feedback has an execution_time_limit of 601 s, but no"),
    "image without version": (put("docker_image", "me/runner"), "me/runner names no version"),
    "image of the day": (put("docker_image", "host:5000/me/runner:latest"), "runner:latest names no version"),
    "huge page": (write("pages/data.md", b"x" * 1_000_001), "pages/data.md: has 1.0 MB, much for a page"),
    "file that nobody names": (write("notes.txt", b"x"), "notes.txt: is named nowhere in competition.yaml"),
    "dataset on the platform": (
        put("phases.0.public_data", "12345678-1234-5678-1234-567812345678"),
        "names the dataset 12345678-1234-5678-1234-567812345678 on the platform",
    ),
    "scoring that does not say what it writes": (
        inside("scoring_program.zip", {"metadata.yaml": b"command: python3 /app/program/run_scoring.py\n"}),
        "metadata.yaml in scoring_program.zip: does not list the keys",
    ),
}


@pytest.mark.parametrize(("spoil", "expected"), WARNED.values(), ids=WARNED.keys())
def test_a_warning_is_given(competition, files, spoil, expected):
    spoil(competition, files)
    assert any(expected in warning for warning in warnings_of(competition, files))


def test_a_secret_seed_is_never_shown(competition, files):
    seed(987654321)(competition, files)
    assert not any("987654321" in warning for warning in warnings_of(competition, files))


@pytest.mark.parametrize(("hour", "ended"), [(22, False), (24, True)])
def test_a_phase_that_is_over(competition, files, hour, ended):
    said = "phase Feedback has ended on 2027-06-30 23:59 already"
    now = datetime(2027, 6, 30) + timedelta(hours=hour)
    assert any(said in warning for warning in warnings_of(competition, files, now)) == ended


def test_a_short_time_limit_needs_no_queue(competition, files):
    for number in (0, 1):
        put(f"phases.{number}.execution_time_limit", 600)(competition, files)
    assert not any("no queue" in warning for warning in warnings_of(competition, files))


def test_what_the_documentation_allows_is_no_problem(competition, files):
    drop("docker_image")(competition, files)
    for path, value in {
        "reward": "$1000 prize pool",
        "forum_enabled": False,
        "phases.0.accepts_only_result_submissions": True,
        "tasks.0.ingestion_only_during_scoring": True,
    }.items():
        put(path, value)(competition, files)
    assert inspect_bundle(competition, files, NOW).problems == ()
