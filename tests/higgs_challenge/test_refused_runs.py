"""Runs that end with one message and no results: a participant's or an organiser's mistake."""

import shutil
from pathlib import Path

import pytest

from tests.helpers.handmade import write_store
from tests.helpers.ingestion import COUNTING, SETTINGS, Ingest, Outcome, names_in
from tests.helpers.tiny_submissions import write_submission


def assert_refused(outcome: Outcome, kind: str, sentence: str, output: Path) -> None:
    """Exit code 2, one message, no traceback of ours, and no results, an earlier run's included."""
    code, text = outcome
    assert code == 2
    message = text[text.index(f"{kind}: ") :]
    assert sentence in message
    assert "higgs_challenge" not in message
    assert not names_in(output) & {
        "result_0.json",
        "result_7.json",
        "ingestion_summary.json",
        "ingestion_duration.json",
    }
    assert not list(output.glob("*.partial"))
    assert (output / "ingestion_failure.txt").read_text() == message


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """An output folder in which an earlier run has left its files."""
    folder = tmp_path / "output"
    folder.mkdir()
    for name in ("result_0.json", "result_7.json", "ingestion_summary.json", "ingestion_duration.json"):
        (folder / name).write_text("{}")
    return folder


@pytest.mark.parametrize(
    ("methods", "sentence"),
    [
        ({"constructor": "1 / 0"}, "fit failed: ZeroDivisionError: division by zero"),
        ({"predict": "1 / 0"}, "predict failed: ZeroDivisionError: division by zero"),
        ({"answer": "dict(mu_hat=1, delta_mu_hat=1, p16=2, p84=1)"}, "predict returned p16 = 2.0 above p84 = 1.0"),
        ({"answer": "None"}, "predict must return a dict"),
    ],
    ids=["constructor", "predict", "interval", "None"],
)
def test_a_participants_mistake_ends_the_run(
    tmp_path: Path, earlier: Path, ingest: Ingest, methods: dict[str, str], sentence: str
) -> None:
    write_submission(tmp_path / "submission", **methods)
    outcome = ingest()
    assert_refused(outcome, "SubmissionError", sentence, earlier)
    assert ("Set " in outcome[1]) == (", pseudo-experiment " in outcome[1]) == sentence.startswith("predict")


def test_a_submission_without_model_ends_the_run(tmp_path: Path, earlier: Path, ingest: Ingest) -> None:
    (tmp_path / "submission").mkdir()
    assert_refused(ingest(), "SubmissionError", "has no model.py in its top folder", earlier)


@pytest.mark.parametrize("name", ["result_3.json", "ingestion_summary.json", "journal.jsonl"])
def test_a_submission_with_a_file_named_like_a_result_ends_the_run(
    tmp_path: Path, earlier: Path, ingest: Ingest, name: str
) -> None:
    write_submission(tmp_path / "submission", {name: "{}"})
    assert_refused(ingest(), "SubmissionError", f"The submission contains {name}, a name reserved for results", earlier)


@pytest.mark.parametrize("name", ["metadata", "metadata.yaml", "mine/metadata.yaml", "mine/metadata"])
def test_a_submission_with_metadata_ends_the_run(tmp_path: Path, earlier: Path, ingest: Ingest, name: str) -> None:
    write_submission(tmp_path / "submission", {name: "command: python3 model.py"})
    sentence = f"The submission contains {name}: it names a command, so the platform would start the submission as a"
    assert_refused(ingest(), "SubmissionError", sentence, earlier)


def test_a_model_type_for_a_constructor_without_it_ends_the_run(tmp_path: Path, earlier: Path, ingest: Ingest) -> None:
    write_submission(tmp_path / "submission")
    sentence = (
        "class Model must be Model(get_train_set=None, systematics=None, model_type=None): got an unexpected keyword "
        "argument 'model_type'; run it without --model-type if it needs none."
    )
    assert_refused(ingest("--model-type", "BDT"), "SubmissionError", sentence, earlier)


def test_metadata_where_the_platform_does_not_look_do_no_harm(tmp_path: Path, counting: Path, ingest: Ingest) -> None:
    write_submission(
        counting, {"a/package/metadata": "", "network_metadata.yaml": "", "metadata": "author: me"}, **COUNTING
    )
    assert ingest("--num-of-sets", 1, "--num-pseudo-experiments", 1)[0] == 0


def test_a_slow_prediction_ends_the_run(tmp_path: Path, phase: Path, earlier: Path, ingest: Ingest) -> None:
    (phase / "settings.yaml").write_text(f"{SETTINGS}limits: {{predict_seconds: 0.3}}\n")
    write_submission(tmp_path / "submission", predict="import time\ntime.sleep(100)")
    assert_refused(ingest(), "SubmissionError", "predict took longer than its limit of 0.3 s", earlier)


def test_a_model_that_does_not_pickle_needs_one_worker(tmp_path: Path, earlier: Path, ingest: Ingest) -> None:
    write_submission(tmp_path / "submission", fit="import threading\nself.guard = threading.Lock()")
    assert_refused(ingest("--workers", 2), "SubmissionError", "guard does not pickle", earlier)
    assert ingest("--workers", 1)[0] == 0


def test_wrong_settings_end_the_run(phase: Path, earlier: Path, counting: Path, ingest: Ingest) -> None:
    (phase / "settings.yaml").write_text("num_of_sets: many\n")
    assert_refused(ingest(), "InputError", "settings.yaml: num_of_sets: Input should be a valid integer", earlier)


@pytest.mark.parametrize("option", [("--num-of-sets", 0), ("--random-seed", -1)])
def test_wrong_plan_options_end_the_run(earlier: Path, counting: Path, ingest: Ingest, option: tuple[str, int]) -> None:
    assert_refused(ingest(*option), "InputError", option[0].removeprefix("--").replace("-", "_"), earlier)


def test_missing_data_end_the_run(earlier: Path, counting: Path, ingest: Ingest) -> None:
    assert_refused(ingest(data=None), "InputError", "No data in ", earlier)


def test_damaged_data_end_the_run(
    tmp_path: Path, earlier: Path, counting: Path, ingest: Ingest, small_yields: dict[str, float]
) -> None:
    store = write_store(tmp_path / "damaged", {}, {}, small_yields)
    (store / "hidden" / "ttbar.events.f32").write_bytes(b"0")
    assert_refused(ingest(data=store), "InputError", "the store is damaged", earlier)


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (("--workers", 0), "'--workers': must be auto or at least 1"),
        (("--submission", "/not/there"), "Directory '/not/there' does not exist"),
        (("--num-of-sets", "ten"), "'ten' is not a valid integer"),
    ],
)
def test_wrong_options_are_refused(counting: Path, ingest: Ingest, option: tuple[str, object], sentence: str) -> None:
    code, text = ingest(*option)
    assert code == 2
    assert sentence in text


def test_a_damaged_training_part_is_not_the_submission_s_fault(
    tmp_path: Path, counting: Path, ingest: Ingest, small_store: Path
) -> None:
    shutil.copytree(small_store, tmp_path / "damaged")
    (tmp_path / "damaged" / "training" / "weights.f32").unlink()
    code, text = ingest(data=tmp_path / "damaged")
    assert code == 2
    assert "InputError: " in text
    assert "the store is damaged" in text
