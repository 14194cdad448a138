"""Small bundles of somebody else's competition, each in one of the forms that public bundles have."""

import io
from collections.abc import Mapping

from PIL import Image

from tests.helpers.zips import rezip

COMPETITION = """
version: 2
title: Cats and dogs
image: logo.png
terms: terms.md
pages:
  - {title: Overview, file: overview.md}
phases:
  - {index: 0, name: Development, start: 2026-11-01, end: 2027-06-01, max_submissions_per_day: 5, tasks: [0]}
  - {index: 1, name: Final, start: 2027-06-02, max_submissions: 3, tasks: [0]}
tasks:
  - {index: 0, name: Classify, ingestion_program: ingestion, input_data: images, scoring_program: scoring.zip,
     reference_data: labels}
solutions:
  - {index: 0, name: Guess, path: guess, tasks: [0]}
leaderboards:
  - title: Results
    key: main
    columns:
      - {title: Accuracy, key: accuracy, index: 0, sorting: desc}
      - {title: Time, key: time, index: 1, sorting: asc}
"""
START = "start: 2026-11-01"
END = "end: 2027-06-01"
TASK = COMPETITION[COMPETITION.index("  - {index: 0, name: Classify") : COMPETITION.index("solutions:")]
COLUMNS = COMPETITION[COMPETITION.index("      - {title: Accuracy") :]


def logo(kind: str = "PNG") -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (20, 10)).save(content, kind)
    return content.getvalue()


def made_files() -> dict[str, bytes]:
    scoring = {"metadata.yaml": b"command: python3 score.py /app/input /app/output", "score.py": b"pass"}
    return {
        "logo.png": logo(),
        "terms.md": b"# Terms",
        "overview.md": b"# Overview",
        "ingestion/metadata": b"command: python3 $ingestion_program/run.py $input $output $submission_program",
        "ingestion/run.py": b"pass",
        "scoring.zip": rezip(scoring),
        "images/1.png": logo(),
        "labels/labels.csv": b"1",
        "guess/model.py": b"pass",
    }


def made(changes: Mapping[str, str] | None = None, files: Mapping[str, bytes | None] | None = None) -> bytes:
    """Zip a bundle.

    Args:
        changes: for passages of COMPETITION what replaces them.
        files: files to add or replace, or with None to leave out.
    """
    text = COMPETITION
    for old, new in (changes or {}).items():
        assert old in text, old
        text = text.replace(old, new)
    content = made_files() | {"competition.yaml": text.encode()} | dict(files or {})
    return rezip({name: data for name, data in content.items() if data is not None})


DUMP = """
auto_run_submissions: true
can_participants_make_submissions_public: true
competition_type: competition
contact_email: null
description: null
docker_image: codalab/codalab-legacy:py37
enable_detailed_results: false
enable_human_in_the_loop: false
fact_sheet: null
forum_enabled: true
image: logo_Xy12.png
leaderboards:
- columns:
  - {hidden: false, index: 0, key: accuracy, precision: 2, sorting: desc, title: Accuracy}
  - {computation: avg, computation_indexes: ['0'], hidden: true, index: 1, key: mean, precision: 2, sorting: desc,
     title: Mean}
  hidden: false
  index: 0
  key: main
  submission_rule: Add
  title: Results
make_input_data_available: false
make_programs_available: false
pages:
- {file: overview-81.md, title: Overview}
phases:
- auto_migrate_to_this_phase: false
  description: ''
  end: '2027-06-01'
  execution_time_limit: 600
  hide_output: false
  hide_prediction_output: false
  hide_score_output: false
  index: 0
  max_submissions: 100
  max_submissions_per_day: 5
  name: Development
  solutions: [0]
  start: '2026-11-01'
  tasks: [0]
- auto_migrate_to_this_phase: true
  description: null
  execution_time_limit: 600
  hide_output: false
  hide_prediction_output: false
  hide_score_output: false
  index: 1
  max_submissions: null
  max_submissions_per_day: null
  name: Final
  solutions: []
  start: '2027-06-02'
  tasks: [1]
queue: null
registration_auto_approve: false
reward: null
show_detailed_results_in_leaderboard: true
show_detailed_results_in_submission_panel: true
solutions:
- description: ''
  index: 0
  key: 0f7b7a52-8c43-4a5c-9a8e-6a6f6f0f2b11
  name: Guess
  path: solution-31.zip
  tasks: [0]
tasks:
- &task
  description: null
  index: 0
  input_data: input_data-77.zip
  is_public: false
  name: Classify
  reference_data: reference_data-77.zip
  scoring_program: scoring_program-77.zip
- <<: *task
  index: 1
terms: terms.md
title: Cats and dogs
version: '2'
"""
"""What Codabench writes of a competition that was uploaded and edited: every field, in the order of the alphabet."""


def dumped() -> dict[str, bytes]:
    """Return the files of a dump."""
    return {
        "logo_Xy12.png": logo(),
        "terms.md": b"# Terms",
        "overview-81.md": b"# Overview",
        "input_data-77.zip": rezip({"1.png": logo()}),
        "reference_data-77.zip": rezip({"labels.csv": b"1"}),
        "scoring_program-77.zip": made_files()["scoring.zip"],
        "solution-31.zip": rezip({"model.py": b"pass"}),
        "competition.yaml": DUMP.encode(),
    }
