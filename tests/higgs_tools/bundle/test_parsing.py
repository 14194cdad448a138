"""All faults of competition.yaml are told at once, and none that only follows from another."""

import yaml

from higgs_tools.bundle.rules import check_bundle
from higgs_tools.bundle.rules.parsing import read_parts
from tests.helpers.made_bundles import COMPETITION, made_files
from tests.helpers.spoiling import drop, put


def spoilt(*spoils) -> list[str]:
    competition, files = yaml.safe_load(COMPETITION), made_files()
    for spoil in spoils:
        spoil(competition, files)
    return [problem.fault for problem in check_bundle(competition, files) if "not in the bundle" not in problem.fault]


def test_faults_of_every_kind_in_one_go():
    faults = spoilt(
        drop("title"),
        put("phases.0.start", "soon"),
        put("phases.1.name", None),
        put("leaderboards.0.columns.1.key", "accuracy"),
        put("docker_image", "Cats"),
        put("solutions.0.tasks", [3]),
    )
    assert faults == [
        "title is missing",
        "phases.0.start: soon is not a date, the month before the day",
        "phases.1.name: input should be a valid string",
        "docker_image: Cats is not a valid name of an image",
        "solution 0 points to task 3, which does not exist",
        "column key: accuracy is used 2 times",
    ]


def test_what_points_to_a_part_that_could_not_be_read_is_no_fault_of_its_own():
    assert spoilt(drop("tasks.0.index")) == ["tasks.0.index is missing"]
    assert spoilt(drop("leaderboards.0.columns.0.index")) == ["leaderboards.0.columns.0.index is missing"]
    columns = ("leaderboards.0.columns.0.key", "leaderboards.0.columns.1.key")
    assert spoilt(*map(drop, columns)) == [f"{column} is missing" for column in columns]
    assert spoilt(put("tasks.0", "all")) == ["tasks.0 has no named fields"]


def test_places_are_those_of_the_file():
    faults = spoilt(put("pages", ["a", {"file": "overview.md"}, {"title": "B"}, {"title": "C", "file": "overview.md"}]))
    assert faults == ["pages.0 has no named fields", "pages.1.title is missing", "pages.2.file is missing"]


def test_the_rest_is_read():
    content = yaml.safe_load(COMPETITION)
    content["pages"].append("b")
    content["phases"][0] |= {"hide_output": "perhaps", "max_submissions": 7}
    reading = read_parts(content)
    assert reading.competition is not None
    assert [page.file for page in reading.competition.pages] == ["overview.md"]
    assert (reading.competition.phases[0].hide_output, reading.competition.phases[0].max_submissions) == (False, 7)
    assert reading.gaps == {"pages"}
    assert content["phases"][0]["hide_output"] == "perhaps"
