"""Bundle, phase and submission on their way into the worker's folders."""

import io
import shutil
from pathlib import Path

import pytest
import yaml

from higgs_challenge.errors import InputError, SubmissionError
from higgs_tools.bundle.competition_file import Competition
from higgs_tools.containers.local_worker import bundle as of_bundle
from tests.helpers.small_bundle import competition, write_bundle, write_files, zipped


def content(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("files", "is_program", "expected"),
    [
        ({"a": "1", "b": "2"}, False, {"a": "1", "b": "2"}),
        ({"x/a": "1", "x/y/b": "2"}, False, {"a": "1", "y/b": "2"}),
        ({"a": "top", "x/a": "moved", "z/b": "2"}, False, {"a": "moved", "z/b": "2"}),
        ({"x/x": "1"}, False, {"x": "1"}),
        ({"metadata.yaml": "", "x/a": "1"}, True, {"metadata.yaml": "", "x/a": "1"}),
        ({"a": "1", "x/a": "2", "y/metadata": "", "y/b": "3"}, True, {"a": "1", "x/a": "2", "metadata": "", "b": "3"}),
    ],
)
def test_a_wrapping_folder_is_moved_up(tmp_path, files, is_program, expected):
    of_bundle.unpack(io.BytesIO(zipped(files)), tmp_path / "to", is_program)
    assert content(tmp_path / "to") == expected
    assert {path.name for path in (tmp_path / "to").iterdir()} == {name.split("/")[0] for name in expected}


def test_task_is_unpacked_into_the_four_folders(tmp_path):
    path = write_bundle(tmp_path, "print(1)\n", scoring="print(2)\n")
    chosen = of_bundle.choose(of_bundle.read_competition(path), "FEEDBACK")
    of_bundle.unpack_task(path, chosen.task, tmp_path / "work")
    found = content(tmp_path / "work")
    assert (found["ingestion_program/main.py"], found["scoring_program/main.py"]) == ("print(1)\n", "print(2)\n")
    assert {"ingestion_program/phase/settings.yaml", "input/ref/truth.json"} <= found.keys()
    assert list((tmp_path / "work" / "input_data").iterdir()) == []
    assert of_bundle.choose(of_bundle.read_competition(path), "0") == chosen


def test_unknown_phase_is_reported():
    parsed = of_bundle.parse_competition(yaml.safe_dump(competition()).replace("'", "").encode(), Path("here"))
    with pytest.raises(InputError, match=r"has no phase final: choose one of feedback \(PHASE=\.\.\.\)"):
        of_bundle.choose(parsed, "final")


def test_phase_of_several_tasks_is_refused():
    parsed = of_bundle.parse_competition(yaml.safe_dump(competition()).replace("'", "").encode(), Path("here"))
    second = parsed.tasks[0].model_copy(update={"index": 1})
    phase = parsed.phases[0].model_copy(update={"tasks": [0, 1]})
    two: Competition = parsed.model_copy(update={"tasks": [*parsed.tasks, second], "phases": [phase]})
    with pytest.raises(InputError, match="has 2 tasks"):
        of_bundle.choose(two, "feedback")


def test_bad_bundles_are_reported(tmp_path):
    with pytest.raises(InputError, match=r"There is no bundle .*: make bundle, or name another one"):
        of_bundle.read_competition(tmp_path / "none.zip")
    (tmp_path / "text.zip").write_text("text")
    with pytest.raises(InputError, match="is not a bundle"):
        of_bundle.read_competition(tmp_path / "text.zip")
    (tmp_path / "empty.zip").write_bytes(zipped({"competition.yaml": "version: 1\n"}))
    with pytest.raises(InputError, match=r"competition.yaml in .*empty.zip cannot be used"):
        of_bundle.read_competition(tmp_path / "empty.zip")
    (tmp_path / "half.zip").write_bytes(zipped({"ingestion_program.zip": "no zip"}))
    task = of_bundle.parse_competition(yaml.safe_dump(competition()).replace("'", "").encode(), tmp_path).tasks[0]
    with pytest.raises(InputError, match=r"ingestion_program.zip in .*half.zip cannot be unpacked"):
        of_bundle.unpack_task(tmp_path / "half.zip", task, tmp_path / "work")


@pytest.mark.parametrize("wrapped", ["", "mine/"])
@pytest.mark.parametrize("as_zip", [False, True])
def test_submission_is_a_folder_or_a_zip(tmp_path, wrapped, as_zip):
    files = {f"{wrapped}model.py": "1", f"{wrapped}parts/a.py": "2", f"{wrapped}parts/b.py": "3"}
    source = write_files(tmp_path / "source", files)
    if as_zip:
        source = tmp_path / "mine.zip"
        source.write_bytes(zipped(files))
    of_bundle.take_submission(source, tmp_path / "submission")
    assert content(tmp_path / "submission") == {"model.py": "1", "parts/a.py": "2", "parts/b.py": "3"}


def test_bad_submissions_are_reported(tmp_path):
    with pytest.raises(SubmissionError, match=r"There is no submission .*none: name a folder, or a zip of one"):
        of_bundle.take_submission(tmp_path / "none", tmp_path / "1")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SubmissionError, match="is empty"):
        of_bundle.take_submission(tmp_path / "empty", tmp_path / "2")
    files = {"model.py": "", "metadata": "command: python3 /app/program/cheat.py\n"}
    with pytest.raises(SubmissionError, match="metadata has a command, and the platform would start it"):
        of_bundle.take_submission(write_files(tmp_path / "program", files), tmp_path / "3")


def test_a_zip_that_was_cut_is_reported(tmp_path):
    (tmp_path / "mine.zip").write_bytes(zipped({"model.py": "1"})[:-30])
    with pytest.raises(SubmissionError, match="There is no submission"):
        of_bundle.take_submission(tmp_path / "mine.zip", tmp_path / "to")


def test_damaged_files_of_a_zip_are_reported(tmp_path):
    (tmp_path / "mine.zip").write_bytes(zipped({"model.py": "its content"}).replace(b"its content", b"other thing"))
    with pytest.raises(SubmissionError, match=r"mine.zip is not a readable zip"):
        of_bundle.take_submission(tmp_path / "mine.zip", tmp_path / "to")


def test_submission_may_have_metadata_without_a_command(tmp_path):
    files = {"model.py": "", "metadata.yaml": "description: it has no command\n"}
    of_bundle.take_submission(write_files(tmp_path / "mine", files), tmp_path / "submission")
    assert content(tmp_path / "submission") == files


def test_results_reach_scoring_as_through_a_zip(tmp_path):
    predictions = write_files(tmp_path / "prediction", {"result": "own", "aside/result": "planted"})
    (tmp_path / "input" / "res").parent.mkdir()
    of_bundle.hand_over(predictions, tmp_path / "input" / "res")
    # This is why ingestion must refuse reserved names in sub-folders too.
    assert content(tmp_path / "input") == {"res/result": "planted"}


def test_numbers_of_the_settings_are_replaced(tmp_path):
    settings = {"num_of_sets": 10, "limits": {"fit_seconds": 3}, "random_seed": 12345678901234567890}
    write_files(tmp_path, {"settings.yaml": yaml.safe_dump(settings)})
    of_bundle.make_smaller(tmp_path, {"num_of_sets": 2})
    assert yaml.safe_load((tmp_path / "settings.yaml").read_text()) == {**settings, "num_of_sets": 2}


@pytest.mark.parametrize("text", ["random_seed: 1\n", "- 1\n", None])
def test_numbers_that_are_not_there_are_reported(tmp_path, text):
    if text is not None:
        write_files(tmp_path, {"settings.yaml": text})
    with pytest.raises(InputError, match=r"settings.yaml of the phase has no num_of_sets"):
        of_bundle.make_smaller(tmp_path, {"num_of_sets": 2})


def test_submission_is_copied_beside_results_unless_it_has_metadata(tmp_path):
    submission = write_files(tmp_path / "mine", {"model.py": "1", "parts/a.py": "2"})
    (tmp_path / "output").mkdir()
    of_bundle.copy_into_predictions(submission, tmp_path / "output")
    assert content(tmp_path / "output") == {"model.py": "1", "parts/a.py": "2"}
    shutil.rmtree(tmp_path / "output")
    write_files(submission, {"metadata": "description: mine\n"})
    of_bundle.copy_into_predictions(submission, tmp_path / "output")
    assert not (tmp_path / "output").exists()
