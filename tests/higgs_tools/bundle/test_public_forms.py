"""Forms of public bundles that Codabench takes: no problem, and a warning where an organiser should know."""

import io
from zipfile import ZipFile

import pytest

from higgs_tools.bundle.rules.findings import Findings
from higgs_tools.bundle.rules.whole_zip import inspect_zip
from tests.helpers import made_bundles
from tests.helpers.made_bundles import COLUMNS, END, START, TASK, made
from tests.helpers.zips import rezip

KEY = "12345678-1234-5678-1234-567812345678"


def inspect(content: bytes) -> Findings:
    return inspect_zip("bundle.zip", io.BytesIO(content))


def texts(content: bytes) -> list[str]:
    findings = inspect(content)
    assert [str(problem) for problem in findings.problems] == []
    return [str(warning) for warning in findings.warnings]


ORDINARY = texts(made())
"""The warnings of the bundle that the others are made of."""

SILENT: dict[str, bytes] = {
    "nothing said of submissions": made({"max_submissions_per_day: 5, ": "", "max_submissions: 3, ": ""}),
    "phases without index": made(
        {"{index: 0, name: Development,": "{name: Development,", "{index: 1, name: F": "{name: F"}
    ),
    "columns without sorting": made({", sorting: desc": "", ", sorting: asc": ""}),
    "solution without name": made({"name: Guess, ": ""}),
    "no solutions": made({"  - {index: 0, name: Guess, path: guess, tasks: [0]}\n": ""}, {"guess/model.py": None}),
    "empty list of solutions": made(
        {"solutions:\n  - {index: 0, name: Guess, path: guess, tasks: [0]}\n": "solutions: []\n"},
        {"guess/model.py": None},
    ),
    "empty fact sheet": made({"image: logo.png": "image: logo.png\nfact_sheet: {}"}),
    "fact sheet of nothing": made({"image: logo.png": "image: logo.png\nfact_sheet:"}),
    "month first": made({START: "start: 10-25-2026", END: "end: 06-30-2027", "start: 2027-06-02": "start: 7-31-2027"}),
    "same day and month": made({START: "start: 01-01-2026"}),
    "times in quotes that meet within a day": made(
        {END: 'end: "2027-06-01 12:00"', "start: 2027-06-02": 'start: "2027-06-01 12:01:30"'}
    ),
    "midnight without quotes": made({START: "start: 2026-11-01 00:00:00", END: "end: 2027-06-01T00:00:00Z"}),
    "another column ranks": made({"    key: main": "    key: main\n    primary_index: 1"}),
    "columns from one": made(
        {
            "    key: main": "    key: main\n    primary_index: 1",
            "index: 1, sorting": "index: 2, sorting",
            "index: 0, sorting": "index: 1, sorting",
        }
    ),
    "version in quotes": made({"version: 2": 'version: "2"'}),
    "reward that is a number": made({"title: Cats and dogs": "title: 2026\nreward: 1000"}),
    "numbers and switches in quotes": made({"max_submissions: 3": 'max_submissions: "3", hide_output: "True"'}),
    "address of nothing": made({"title: Cats and dogs": 'title: Cats and dogs\ncontact_email: ""\nqueue:'}),
    "names with a slash behind": made(
        {"images,": "images/,", "scoring.zip,": "./scoring.zip,", "path: guess": "path: guess/"}
    ),
    "computed column": made(
        {
            COLUMNS: COLUMNS
            + "      - {title: Best, key: best, index: 2, computation: max, computation_indexes: [0, 1]}\n"
        }
    ),
    "computations of nothing": made({"sorting: desc": "sorting: desc, computation: null, computation_indexes: null"}),
    "page and terms in one file": made({"file: overview.md": "file: terms.md"}, {"overview.md": None}),
    "data that are public too": made(
        {"index: 0, name: Development": "index: 0, public_data: images, name: Development"}
    ),
    "page in a folder that is packed": made(
        {"file: overview.md": "file: images/overview.md"}, {"overview.md": None, "images/overview.md": b"# Hello"}
    ),
    "logo of the web": made(files={"logo.png": made_bundles.logo("GIF")}),
    "list of nobody's fields": made(
        {"  - title: Results": "  - index: 0\n    title: Results", "name: Classify": "is_public: false, name: Classify"}
    ),
    "image of one build": made(
        {"image: logo.png": f"image: logo.png\ndocker_image: ghcr.io/me/my_runner:1.0@sha256:{'0a' * 32}"}
    ),
    "keys twice": made({"title: Cats and dogs": "title: Cats\ntitle: Cats and dogs"}),
    "no ingestion": made(
        {"ingestion_program: ingestion, ": "", "input_data: images, ": ""},
        {"ingestion/metadata": None, "ingestion/run.py": None, "images/1.png": None},
    ),
    "settings of another kind": made(files={"images/settings.yaml": b"random_seed: 1", "guess/truth.json": b"[]"}),
}

TOLD: dict[str, tuple[bytes, str]] = {
    "fields of nobody": (
        made({"title: Cats and dogs": "title: Cats\nteam_size: 3"}),
        "team_size is not a field that Codab",
    ),
    "ends on the day that it begins": (made({END: "end: 2026-11-01"}), "phase Development ends before it begins"),
    "times without quotes": (
        made({START: "start: 2026-11-01 13:30:00"}),
        "drops the time of day of 2026-11-01 13:30:00",
    ),
    "limits of nothing": (made({"max_submissions: 3": "max_submissions: 0"}), "max_submissions: 0, which is no limit"),
    "task of the platform": (
        made({TASK: f"  - {{index: 0, key: {KEY}}}\n"}),
        f"names the task {KEY} on the platform, whose content could not be checked",
    ),
    "dataset of the platform": (made({"input_data: images": f"input_data: {KEY}"}), f"names the dataset {KEY}"),
    "two leaderboards": (
        made({COLUMNS: COLUMNS + "  - {title: Others, key: b, columns: [{title: B, key: b, index: 0}]}\n"}),
        "leaderboard Others is linked to no phase",
    ),
    "of macOS": (
        made(files={"__MACOSX/._logo.png": b"x", ".DS_Store": b"x", "labels/.DS_Store": b"x"}),
        "bundle.zip: holds __MACOSX/._logo.png and 2 more, which does not belong into an upload",
    ),
    "of git": (made(files={".gitignore": b"x"}), "bundle.zip: holds .gitignore, which does not belong"),
    "of Windows": (made(files={"notes\\read.md": b"x"}), "holds notes\\read.md, whose \\ is no folder on the platform"),
    "with a readme and tools": (
        made(files={"README.md": b"x", "tools/pack.py": b"x"}),
        "README.md and 1 more: are named nowhere in competition.yaml",
    ),
    "kit that is a table": (
        made({"index: 0, name: Dev": "index: 0, public_data: a.csv, name: Dev"}, {"a.csv": b"1"}),
        "a.csv: is not a readable zip",
    ),
    "program zipped with its folder": (
        made(files={"scoring.zip": rezip({"s/metadata": b"command: python3 score.py", "s/score.py": b"x"})}),
        "scoring.zip: has s/metadata and no metadata.yaml at its root",
    ),
    "program of the image": (
        made(files={"scoring.zip": rezip({"metadata": b"command: evaluate $input $output"})}),
        "metadata.yaml in scoring.zip: starts nothing in /app/program",
    ),
    "of the version before": (
        rezip({"competition.yaml": b"title: Old\nhtml: {terms: terms.html}\nphases: {1: {phasenumber: 1}}\n"}),
        "competition.yaml: is of version 1, which Codabench converts",
    ),
}


def test_the_ordinary_bundle_is_told_one_thing():
    assert [warning.partition(":")[0] for warning in ORDINARY] == ["metadata.yaml in scoring.zip"]


@pytest.mark.parametrize("content", SILENT.values(), ids=SILENT.keys())
def test_a_form_that_codabench_takes(content):
    assert [warning for warning in texts(content) if warning not in ORDINARY] == []


@pytest.mark.parametrize(("content", "expected"), TOLD.values(), ids=TOLD.keys())
def test_a_form_that_codabench_takes_and_an_organiser_should_know_of(content, expected):
    assert any(expected in warning for warning in texts(content))


def test_a_dump_of_codabench():
    warnings = texts(rezip(made_bundles.dumped()))
    assert [warning for warning in warnings if "on the platform" not in warning and warning.startswith("comp")] == []
    assert any("names the solution 0f7b7a52-8c43-4a5c-9a8e-6a6f6f0f2b11 on the platform" in one for one in warnings)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_dump_of_phases_that_share_a_task_holds_its_files_twice():
    files = made_bundles.dumped()
    content = io.BytesIO(rezip(files))
    with ZipFile(content, "a") as bundle:
        bundle.writestr("input_data-77.zip", files["input_data-77.zip"])
    assert not any("different" in warning for warning in texts(content.getvalue()))


def test_a_dump_forgets_times_so_that_phases_may_meet():
    files = made_bundles.dumped()
    files["competition.yaml"] = files["competition.yaml"].replace(b"2027-06-02", b"2027-06-01")
    (problem,) = inspect(rezip(files)).problems
    assert problem.fault == "phase Final begins on 2027-06-01, not after Development has ended on 2027-06-01"
    assert "a date in quotes keeps its time of day" in problem.remedy


def test_a_file_packed_on_windows_is_named_in_the_remedy():
    content = made({"terms: terms.md": "terms: pages/terms.md"}, {"terms.md": None, "pages\\terms.md": b"# Terms"})
    (problem,) = inspect(content).problems
    assert problem.remedy == "pack pages\\terms.md with / in its name instead of \\"
