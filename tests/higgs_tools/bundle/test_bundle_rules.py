"""Every rule of the platform notices that it is broken: these are problems, warnings have a file of their own."""

import io
from datetime import date, datetime

import pytest
from PIL import Image

from higgs_tools.bundle.rules import check_bundle
from tests.helpers.spoiling import Spoil, command, copy, cut, damage, drop, inside, lose, put, put_zip, write

LONG = "x" * 37


def picture(mode: str, size: tuple[int, int], kind: str) -> bytes:
    content = io.BytesIO()
    Image.new(mode, size).save(content, kind)
    return content.getvalue()


BROKEN: dict[str, tuple[Spoil, str]] = {
    # The shape of competition.yaml.
    "another version": (put("version", 1.5), "version"),
    "no title": (drop("title"), "title"),
    "no image": (drop("image"), "image"),
    "no terms": (drop("terms"), "terms"),
    "no list of pages": (drop("pages"), "pages is missing"),
    "terms of no file": (put("terms", None), "terms: is empty, which Codabench does not take for absent"),
    "title of nothing": (put("title", ""), "title: string should have at least 1 character"),
    "title that is a list": (put("title", ["a"]), "title: input should be a valid string"),
    "reward that is no text": (put("reward", True), "reward: input should be a valid string"),
    "address without a domain": (put("contact_email", "me@here"), "contact_email: me@here is not an e-mail address"),
    "empty switch": (put("enable_detailed_results", None), "enable_detailed_results: input should be a valid boolean"),
    "page that is a file": (put("pages.0", "pages/data.md"), "pages.0 has no named fields"),
    "page without title": (drop("pages.0.title"), "pages.0.title"),
    "no phases": (put("phases", []), "phases"),
    "phase without start": (drop("phases.0.start"), "phases.0.start"),
    "phase without tasks": (put("phases.0.tasks", []), "phase Feedback has no task"),
    "phase without a list of tasks": (drop("phases.0.tasks"), "phases.0.tasks is missing"),
    "phase without name": (drop("phases.0.name"), "phases.0.name is missing"),
    "date of no day": (put("phases.0.end", "09-31-2026"), "phases.0.end: 09-31-2026 is not a date"),
    "date of another kind": (put("phases.0.end", 2027), "phases.0.end: 2027 is not a date"),
    "starting kit of no name": (put("phases.0.starting_kit", None), "starting_kit: is empty, which Codabench does not"),
    "time limit that no database stores": (put("phases.0.execution_time_limit", 2**31), "execution_time_limit"),
    "no tasks": (put("tasks", []), "points to task 0, which does not exist"),
    "task without index": (drop("tasks.1.index"), "tasks.1.index is missing"),
    "task without name": (drop("tasks.1.name"), "task 1 has no name"),
    "task without scoring": (drop("tasks.1.scoring_program"), "task 1 has no scoring_program"),
    "task of a key that is none": (put("tasks.1.key", "our task"), "task key our task is not one of the platform"),
    "task called by another kind of index": (put("phases.1.tasks", ["1"]), "phase Final points to task 1, which does"),
    "solution without path": (drop("solutions.0.path"), "solution 0 has no path"),
    "solution without tasks": (drop("solutions.0.tasks"), "solutions.0.tasks"),
    "no leaderboard": (put("leaderboards", []), "leaderboards"),
    "column title too long": (put("leaderboards.0.columns.1.title", LONG), "columns.1.title"),
    "column key too long": (put("leaderboards.0.columns.1.key", LONG), "at most 36 characters"),
    "column without index": (drop("leaderboards.0.columns.1.index"), "columns.1.index is missing"),
    "leaderboard without columns": (put("leaderboards.0.columns", []), "leaderboard Results has no column"),
    "unknown sorting": (put("leaderboards.0.columns.1.sorting", "up"), "columns.1.sorting"),
    "unknown submission rule": (put("leaderboards.0.submission_rule", "Best"), "submission_rule"),
    "image name with a space": (put("docker_image", "my image"), "docker_image"),
    "question without type": (
        drop("fact_sheet.method.type"),
        "question method of the fact sheet lacks or has too much: type",
    ),
    "question with a hint": (
        put("fact_sheet.method.hint", "x"),
        "question method of the fact sheet lacks or has too much: hint",
    ),
    "question of an unknown type": (put("fact_sheet.method.type", "number"), "is of type number"),
    "fact sheet of words": (put("fact_sheet", ["method"]), "fact_sheet is not a list of questions"),
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
    "name of nothing": (put("phases.0.public_data", ""), "takes for the whole bundle, truth included"),
    "name of the bundle's folder": (put("phases.0.public_data", "./"), "takes for the whole bundle, truth included"),
    "name in other capitals": (
        put("terms", "pages/Terms.md"),
        "not in the bundle; write pages/terms.md: capitals differ",
    ),
    "empty page": (write("pages/data.md", b""), "pages/data.md: is empty"),
    "page in another encoding": (write("pages/data.md", "\u00b5".encode("latin-1")), "pages/data.md: is not UTF-8"),
    "logo is half a picture": (cut("logo.png", 2000), "logo.png: cannot be made an icon"),
    "logo is no picture": (write("logo.png", b"<svg/>"), "logo.png: is neither PNG, JPEG, GIF nor WebP"),
    "logo for printers": (write("logo.png", picture("CMYK", (9, 9), "JPEG")), "logo.png: cannot be made an icon"),
    "logo of one line": (write("logo.png", picture("RGB", (300, 1), "PNG")), "logo.png: cannot be made an icon"),
    # What hangs together in it.
    "overlapping phases": (put("phases.1.start", date(2027, 6, 1)), "phase Final begins on 2027-06-01"),
    "phases that touch": (put("phases.1.start", date(2027, 6, 30)), "phase Final begins on 2027-06-30"),
    "phases that touch by time": (put("phases.1.start", "2027-06-30 23:59"), "begins on 2027-06-30 23:59, not after"),
    "time lost between phases": (
        put("phases.1.start", datetime(2027, 6, 30, 23, 59)),
        "Final begins on 2027-06-30, not",
    ),
    "open first phase": (drop("phases.0.end"), "phase Feedback has no end"),
    "first phase migrates": (put("phases.0.auto_migrate_to_this_phase", True), "nothing to migrate from"),
    "queue by its name": (put("queue", "our GPUs"), "queue: our GPUs is not a Vhost"),
    "image in capitals": (put("docker_image", "Higgs/Runner:1"), "Higgs/Runner:1 is not a valid name of an image"),
    "same task index": (put("tasks.1.index", 0), "task index: 0"),
    "phase of an unknown task": (put("phases.1.tasks", [7]), "Final points to task 7"),
    "solution of an unknown task": (put("solutions.0.tasks", [7]), "solution 0 points to task 7"),
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
    "no column that ranks": (put("leaderboards.0.primary_index", 99), "no leaderboard column has index 99"),
    "computation of nothing": (put("leaderboards.0.columns.1.computation", "avg"), "only one of computation and"),
    "computation that is empty": (put("leaderboards.0.columns.1.computation", None), "only one of computation and"),
    "computation of itself": (put("leaderboards.0.columns.1.computation_indexes", [1]), "is computed from itself"),
    "computation of a number": (
        put("leaderboards.0.columns.1.computation_indexes", 1),
        "has computation_indexes: 1; write",
    ),
    "computation of a text": (
        put("leaderboards.0.columns.1.computation_indexes", "0,1"),
        "; write the indexes as a list",
    ),
    "computation of an unknown column": (
        put("leaderboards.0.columns.1.computation_indexes", [99]),
        "computed from column 99, which does not exist",
    ),
    "question of another key": (put("fact_sheet.method.key", "way"), "question method"),
    # Archives and programs.
    "reference data that are no zip": (
        write("reference_data_final.zip", b"{}"),
        "data_final.zip: is not a readable zip",
    ),
    "damaged zip": (damage("scoring_program.zip"), "scoring_program.zip: is not a readable zip"),
    "no metadata": (inside("scoring_program.zip", {"metadata.yaml": None}), "no metadata.yaml at its root"),
    "nested metadata": (inside("ingestion_program_final.zip", {"a/metadata.yaml": b"x"}), "holds a/metadata.yaml"),
    "no command": (inside("scoring_program.zip", {"metadata.yaml": b"name: scoring\n"}), "has no command"),
    "metadata is not YAML": (inside("scoring_program.zip", {"metadata.yaml": b"command: ["}), "has no command"),
    "command of a missing script": (
        command("python3 /app/program/go.py"),
        "starts /app/program/go.py, which is not in",
    ),
    "relative command of a missing script": (
        command("python3 go.py"),
        "starts go.py, which is not in ingestion_program",
    ),
    "command of an old form": (
        command("python3 $ingestion_program/go.py $input"),
        "starts /app/program/go.py, which is",
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
