"""Every rule of the platform notices that it is broken."""

from datetime import date, datetime

import pytest

from higgs_tools.bundle.rules import check_bundle
from tests.helpers.spoiling import Spoil, command, copy, cut, damage, drop, inside, lose, put, put_zip, write
from tests.helpers.zips import rezip

LONG = "x" * 37
QUESTION = {
    "key": "method",
    "type": "text",
    "title": "Method",
    "selection": "",
    "is_required": "false",
    "is_on_leaderboard": "true",
}
BROKEN: dict[str, tuple[Spoil, str]] = {
    # The shape of competition.yaml.
    "another version": (put("version", 1.5), "version"),
    "no title": (drop("title"), "title"),
    "no image": (drop("image"), "image"),
    "no terms": (drop("terms"), "terms"),
    "no pages": (put("pages", []), "pages"),
    "page without title": (drop("pages.0.title"), "pages.0.title"),
    "no phases": (put("phases", []), "phases"),
    "phase without start": (drop("phases.0.start"), "phases.0.start"),
    "phase without tasks": (put("phases.0.tasks", []), "phases.0.tasks"),
    "time of day lost": (put("phases.0.end", datetime(2027, 6, 30, 12)), "phases.0.end: 2027-06-30 12:00:00 is not a"),
    "date in quotes": (put("phases.0.start", "2026-11-01"), "phases.0.start: 2026-11-01 is not a whole day"),
    "time limit of zero": (put("phases.0.execution_time_limit", 0), "execution_time_limit"),
    "time limit that no database stores": (put("phases.0.execution_time_limit", 2**31), "execution_time_limit"),
    "misspelt field": (put("phases.0.max_submission", 3), "phases.0.max_submission is not a field"),
    "no tasks": (put("tasks", []), "tasks"),
    "task without scoring": (drop("tasks.1.scoring_program"), "tasks.1.scoring_program"),
    "solution without tasks": (drop("solutions.0.tasks"), "solutions.0.tasks"),
    "no leaderboard": (put("leaderboards", []), "leaderboards"),
    "column title too long": (put("leaderboards.0.columns.1.title", LONG), "columns.1.title"),
    "column key too long": (put("leaderboards.0.columns.1.key", LONG), "at most 36 characters"),
    "more decimals than are stored": (put("leaderboards.0.columns.1.precision", 11), "columns.1.precision"),
    "decimals below zero": (put("leaderboards.0.columns.1.precision", -1), "columns.1.precision"),
    "unknown sorting": (put("leaderboards.0.columns.1.sorting", "up"), "columns.1.sorting"),
    "unknown submission rule": (put("leaderboards.0.submission_rule", "Best"), "submission_rule"),
    "image name with a space": (put("docker_image", "my image"), "docker_image"),
    "question without type": (drop("fact_sheet.method.type"), "fact_sheet.method.type"),
    # Files that it names.
    "not at the root": (lose("competition.yaml"), "competition.yaml, which is not in the bundle"),
    "missing page": (lose("pages/data.md"), "pages/data.md, which is not in the bundle"),
    "missing terms": (put("terms", "pages/none.md"), "pages/none.md, which is not in the bundle"),
    "missing logo": (lose("logo.png"), "logo.png, which is not in the bundle"),
    "missing program": (lose("scoring_program.zip"), "scoring_program.zip, which is not in the bundle"),
    "missing program of a phase": (
        lose("ingestion_program_final.zip"),
        "ingestion_program_final.zip, which is not in the bundle",
    ),
    "missing reference data": (
        lose("reference_data_final.zip"),
        "reference_data_final.zip, which is not in the bundle",
    ),
    "missing starting kit": (lose("starting_kit.zip"), "starting_kit.zip, which is not in the bundle"),
    "missing public data": (lose("public_data.zip"), "public_data.zip, which is not in the bundle"),
    "missing solution": (lose("sample_code_submission.zip"), "sample_code_submission.zip, which is not in the bundle"),
    "name outside": (put("image", "../logo.png"), "../logo.png leads out of the bundle"),
    "empty page": (write("pages/data.md", b""), "pages/data.md: is empty"),
    "blank terms": (write("pages/terms.md", b" \n\n"), "pages/terms.md: is empty"),
    "page in another encoding": (write("pages/data.md", "\u00b5".encode("latin-1")), "pages/data.md: is not UTF-8"),
    "page with a placeholder": (
        write("pages/data.md", b"# Data\n\n{{ rows }} rows"),
        "has a placeholder ({{ in line 3)",
    ),
    "page with a block": (write("pages/data.md", b"{% if x %}"), "has a placeholder ({% in line 1)"),
    "logo is half a picture": (cut("logo.png", 2000), "logo.png: cannot be shown"),
    "logo is no picture": (write("logo.png", b"<svg/>"), "logo.png: is neither PNG nor JPEG"),
    # What hangs together in it.
    "overlapping phases": (put("phases.1.start", date(2027, 6, 1)), "phase Final begins on 2027-06-01"),
    "phases that touch": (put("phases.1.start", date(2027, 6, 30)), "phase Final begins on 2027-06-30"),
    "open first phase": (drop("phases.0.end"), "phase Feedback has no end"),
    "end before start": (put("phases.1.end", date(2027, 6, 1)), "phase Final ends before it begins"),
    "same phase index": (put("phases.1.index", 0), "phase index: 0"),
    "first phase migrates": (put("phases.0.auto_migrate_to_this_phase", True), "nothing to migrate from"),
    "queue by its name": (put("queue", "our GPUs"), "queue: our GPUs is not a Vhost"),
    "image in capitals": (put("docker_image", "Higgs/Runner:1"), "Higgs/Runner:1 is not a valid name of an image"),
    "same task index": (put("tasks.1.index", 0), "task index: 0"),
    "phase of an unknown task": (put("phases.1.tasks", [7]), "Final points to task 7"),
    "solution of an unknown task": (put("solutions.0.tasks", [7]), "Reference baseline points to task 7"),
    "phases share a task": (put("phases.1.tasks", [0]), "task of several phases: 0"),
    "phases share settings": (
        put("tasks.1.ingestion_program", "ingestion_program_feedback.zip"),
        "ingestion_program of several tasks",
    ),
    "phases share truth": (put("tasks.1.reference_data", "reference_data_feedback.zip"), "reference_data of several"),
    "same column key": (put("leaderboards.0.columns.1.key", "coverage"), "column key: coverage"),
    "same column index": (put("leaderboards.0.columns.1.index", 2), "column index: 2"),
    "no ranking column": (put("leaderboards.0.columns.0.index", 9), "no leaderboard column has index 0"),
    "column that nobody writes": (put("leaderboards.0.columns.1.key", "width"), "width, which scoring does not write"),
    "scoring that writes less": (
        inside("scoring_program.zip", {"metadata.yaml": b"command: x\nscore_keys: [interval]\n"}),
        "the key coverage, which scoring does not write (scoring_program.zip); use one of interval",
    ),
    "computation of nothing": (put("leaderboards.0.columns.1.computation", "avg"), "only one of computation and"),
    "computation of an unknown column": (
        put("leaderboards.0.columns.1.computation_indexes", [99]),
        "computed from column 99, which does not exist",
    ),
    "question of another key": (put("fact_sheet.method.key", "way"), "question method"),
    "question with a space": (
        put("fact_sheet.my way", QUESTION | {"key": "my way"}),
        "my way of the fact sheet has a space",
    ),
    "checkbox of words": (put("fact_sheet.method.type", "checkbox"), "does not fit type checkbox"),
    "text with a selection": (put("fact_sheet.method.selection", ["a"]), "does not fit type text"),
    "select of nothing": (put("fact_sheet.method", QUESTION | {"type": "select"}), "does not fit type select"),
    # Archives and programs.
    "not a zip": (write("public_data.zip", b"nothing"), "public_data.zip: is not a readable zip"),
    "empty zip": (write("public_data.zip", rezip({})), "public_data.zip: is empty"),
    "damaged zip": (damage("scoring_program.zip"), "scoring_program.zip: is not a readable zip"),
    "cache inside": (
        inside("starting_kit.zip", {"__pycache__/a.pyc": b"x"}),
        "__pycache__/a.pyc, which does not belong",
    ),
    "hidden file inside": (inside("starting_kit.zip", {".git": b"x"}), ".git, which does not belong"),
    "no metadata": (inside("scoring_program.zip", {"metadata.yaml": None}), "no metadata.yaml at its root"),
    "nested metadata": (inside("ingestion_program_final.zip", {"a/metadata.yaml": b"x"}), "holds a/metadata.yaml"),
    "no command": (inside("scoring_program.zip", {"metadata.yaml": b"name: scoring\n"}), "has no command"),
    "metadata is not YAML": (inside("scoring_program.zip", {"metadata.yaml": b"command: ["}), "has no command"),
    "command elsewhere": (command("python3 run_elsewhere.py"), "starts nothing in /app/program"),
    "command of a missing script": (command("python3 /app/program/go.py"), "names /app/program/go.py"),
    "command with quotes": (command("python3 /app/program/run_ingestion.py '--input x'"), "quotes or doubled spaces"),
    "command with gaps": (command("python3  /app/program/run_ingestion.py"), "quotes or doubled spaces"),
    "command of a missing folder": (
        command("python3 /app/program/run_scoring.py /app/input_data", "scoring_program.zip"),
        "names /app/input_data, which its container does not have",
    ),
    "no settings": (inside("ingestion_program_final.zip", {"phase/settings.yaml": None}), "has no phase/settings.yaml"),
    "settings as input data": (
        put_zip("tasks.1.input_data", "input_data.zip", {"settings.yaml": b"x"}),
        "input_data.zip: holds settings.yaml, and the worker shows input data to a submission",
    ),
    "settings in the kit": (
        copy("ingestion_program_final.zip", "phase/settings.yaml", "starting_kit.zip", "phases/final/settings.yaml"),
        "starting_kit.zip: holds phases/final/settings.yaml, the settings of a phase with their seed",
    ),
    "one seed for both phases": (
        copy(
            "ingestion_program_final.zip",
            "phase/settings.yaml",
            "ingestion_program_feedback.zip",
            "phase/settings.yaml",
        ),
        "several phases have the same random_seed",
    ),
    "settings looked for elsewhere": (
        command("python3 /app/program/run_ingestion.py --input /app/input_data --isolation required"),
        "does not say --input /app/program/phase",
    ),
    "isolation off": (
        command("python3 /app/program/run_ingestion.py --input /app/program/phase --isolation off"),
        "does not say --isolation required",
    ),
    "programs for everybody": (
        put("make_programs_available", True),
        "gives phase/settings.yaml in the ingestion program",
    ),
    "no truth": (inside("reference_data_final.zip", {"truth.json": None, "a": b"x"}), "has no truth.json"),
    "no model": (inside("sample_code_submission.zip", {"model.py": None, "a": b"x"}), "has no model.py"),
    "top folder": (inside("reference_data_final.zip", {"final/a": b"x"}), "sub-folder (final/a)"),
    "truth beside settings": (inside("ingestion_program_final.zip", {"phase/truth.json": b"{}"}), "holds truth.json"),
    "truth shown": (
        inside("reference_data_final.zip", {"truth.json": b'{"reveal": "mu"}'}),
        "lets detailed results of the last phase show the truth",
    ),
    "truth is not JSON": (
        inside("reference_data_final.zip", {"truth.json": b"{"}),
        "lets detailed results of the last",
    ),
    "nuisances beside settings": (
        inside("ingestion_program_final.zip", {"true_nuisances.json": b"{}"}),
        "holds true_nuisances.json",
    ),
    "truth under another name": (
        copy("reference_data_final.zip", "truth.json", "starting_kit.zip", "answers.txt"),
        "starting_kit.zip: holds answers.txt, the same content as a file of the reference data",
    ),
    "sub-folder of a solution": (inside("sample_code_submission.zip", {"a/b.py": b"x"}), "sub-folder (a/b.py)"),
    "truth in the kit": (inside("starting_kit.zip", {"a/truth.json": b"{}"}), "starting_kit.zip: holds truth.json"),
}


@pytest.mark.parametrize(("spoil", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_rule_is_noticed(competition, files, spoil, expected):
    spoil(competition, files)
    sentences = [str(problem) for problem in check_bundle(competition, files)]
    assert any(expected in sentence for sentence in sentences), sentences
    assert all("; " in sentence and sentence.endswith(".") for sentence in sentences)


@pytest.mark.parametrize("content", [None, [], "title", {}])
def test_a_file_of_another_kind_is_a_problem(content, files):
    assert check_bundle(content, files)
