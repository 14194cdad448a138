"""What Codabench would take, but an organiser should know before an upload."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import yaml

from higgs_tools.bundle.rules import inspect_bundle
from higgs_tools.bundle.rules.challenge import PUBLISHED_SEEDS
from tests.helpers.spoiling import Spoil, drop, inside, put, write
from tests.helpers.zips import rezip, unzip

TODAY = date(2026, 11, 2)
PUBLISHED = "has the published random_seed"

Secret = Callable[[dict[str, bytes]], None]


def seed(value: int | None, archive: str = "ingestion_program_final.zip") -> Spoil:
    def spoil(competition: dict[str, Any], files: dict[str, bytes]) -> None:
        program = unzip(files[archive])
        settings = yaml.safe_load(program["phase/settings.yaml"]) | {"random_seed": value}
        files[archive] = rezip(program | {"phase/settings.yaml": yaml.safe_dump(settings).encode()})

    return spoil


def warnings_of(competition, files, today=TODAY) -> list[str]:
    findings = inspect_bundle(competition, files, today)
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


WARNED: dict[str, tuple[Spoil, str]] = {
    "published seed of the official challenge": (seed(31415), f"{PUBLISHED} 31415, so everybody can compute"),
    "published seed of the other task": (seed(PUBLISHED_SEEDS[2]), PUBLISHED),
    "no seed": (seed(None), "ingestion_program_final.zip: has no random_seed that can be read"),
    "short seed": (seed(987654321), "ingestion_program_final.zip: has a random_seed so short that it can be guessed"),
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


@pytest.mark.parametrize(("today", "ended"), [(date(2027, 6, 29), False), (date(2027, 6, 30), True)])
def test_a_phase_that_is_over(competition, files, today, ended):
    said = "phase Feedback has ended on 2027-06-30 already"
    assert any(said in warning for warning in warnings_of(competition, files, today)) == ended


def test_a_short_time_limit_needs_no_queue(competition, files):
    for number in (0, 1):
        put(f"phases.{number}.execution_time_limit", 600)(competition, files)
    assert not any("execution_time_limit" in warning for warning in warnings_of(competition, files))


def test_what_the_documentation_allows_is_no_problem(competition, files):
    drop("docker_image")(competition, files)
    for path, value in {
        "reward": "$1000 prize pool",
        "forum_enabled": False,
        "phases.0.accepts_only_result_submissions": True,
        "tasks.0.ingestion_only_during_scoring": True,
    }.items():
        put(path, value)(competition, files)
    assert inspect_bundle(competition, files, TODAY).problems == ()
