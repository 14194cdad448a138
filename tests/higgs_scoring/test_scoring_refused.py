"""Every input that cannot be scored: one sentence, exit code 2, and nothing written."""

import html
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from higgs_scoring.errors import ScoringError
from higgs_scoring.json_file import FileContent, JsonFile
from higgs_scoring.truth import Number

Spoil = Callable[[Any], object]

RESULT = "res/result_1.json"
SUMMARY = "res/ingestion_summary.json"
DURATION = "res/ingestion_duration.json"
TRUTH = "ref/truth.json"
NUISANCES_NAME = "true_nuisances.json"
NUISANCES = f"ref/{NUISANCES_NAME}"
KEYS = ["mu_hats", "delta_mu_hats", "p16", "p84"]


def remove(name: str) -> Spoil:
    return lambda run: (run.folder / name).unlink()


def remove_entry(name: str, key: str) -> Spoil:
    def spoil(run: Any) -> None:
        content = run.read(name)
        del content[key]
        run.write(name, content)

    return spoil


def raw(name: str, text: str | bytes) -> Spoil:
    content = text if isinstance(text, bytes) else text.encode()
    return lambda run: (run.folder / name).write_bytes(content)


def change(name: str, **entries: Any) -> Spoil:
    return lambda run: run.change(name, **entries)


def replace(key: str, value: Any, index: int = 3) -> Spoil:
    return lambda run: run.replace_entry(RESULT, key, index, value)


def link(name: str, target: str) -> Spoil:
    def spoil(run: Any) -> None:
        (run.folder / name).unlink()
        (run.folder / name).symlink_to(target)

    return spoil


def declare(*names: str) -> Spoil:
    return change(SUMMARY, result_files=list(names))


def invert(run: Any) -> None:
    p84 = run.read(RESULT)["p84"][4]
    run.replace_entry(RESULT, "p16", 4, p84 + 1e-9)


def plant(name: str) -> Spoil:
    return lambda run: shutil.copy(run.folder / RESULT, run.prediction / name)


def plant_and_declare(run: Any) -> None:
    plant("result_00.json")(run)
    declare("result_0.json", "result_00.json", "result_1.json", "result_2.json")(run)


def plural_beside_singular(run: Any) -> None:
    run.change(RESULT, p16s=run.read(RESULT)["p16"])


BAD_NUMBERS = [
    ("nan", float("nan"), "p16[3] is nan but must be finite"),
    ("infinity", float("inf"), "p16[3] is inf but must be finite"),
    ("text", "1.5", "p16[3] is '1.5' but must be a number"),
    ("true", True, "p16[3] is True but must be a number"),
    ("null", None, "p16[3] is None but must be a number"),
    ("list", [1.0], "p16[3] is [1.0] but must be a number"),
    ("endless integer", 10**400, "but must be a number of ordinary size"),
]

CASES: list[tuple[str, Spoil, list[str]]] = [
    ("no prediction folder", lambda run: shutil.rmtree(run.prediction), ["prediction folder", "does not exist"]),
    ("no reference folder", lambda run: shutil.rmtree(run.reference), ["reference folder", "does not exist"]),
    ("no truth", remove(TRUTH), ["truth.json is missing"]),
    ("no summary", remove(SUMMARY), ["ingestion_summary.json is missing"]),
    ("no duration", remove(DURATION), ["ingestion_duration.json is missing"]),
    ("no result", remove(RESULT), ["result_1.json is missing"]),
    ("broken truth", raw(TRUTH, "{"), ["truth.json is not readable as JSON"]),
    ("broken summary", raw(SUMMARY, ""), ["ingestion_summary.json is not readable as JSON"]),
    ("broken result", raw(RESULT, '{"mu_hats": [1,'), ["result_1.json is not readable as JSON"]),
    ("result is no text", raw(RESULT, b"\xff\xfe\x00\x80"), ["result_1.json is not readable as JSON"]),
    ("result nested too deeply", raw(RESULT, "[" * 100_000), ["result_1.json is not readable as JSON"]),
    ("doubled key", raw(RESULT, '{"p16": [], "p16": []}'), ["result_1.json", "the entry 'p16' occurs twice"]),
    ("result is a list", raw(RESULT, "[1]"), ["result_1.json: its content is [1] but must be an object"]),
    ("duration is text", change(DURATION, ingestion_duration="5"), ["ingestion_duration is '5' but must be a number"]),
    ("duration is nan", change(DURATION, ingestion_duration=float("nan")), ["ingestion_duration is nan"]),
    ("duration is negative", change(DURATION, ingestion_duration=-1), ["ingestion_duration is -1"]),
    ("no fingerprint", remove_entry(SUMMARY, "plan_fingerprint"), ["ingestion_summary.json has no entry"]),
    ("fingerprint is a number", change(SUMMARY, plan_fingerprint=7), ["plan_fingerprint is 7 but must be a string"]),
    ("another plan", change(SUMMARY, plan_fingerprint="cafe"), ["'cafe'", "made from another plan"]),
    ("other number of sets", change(SUMMARY, num_of_sets=4), ["num_of_sets is 4 but the reference has 3"]),
    ("number of sets is true", change(SUMMARY, num_of_sets=True), ["num_of_sets is True but must be a whole number"]),
    ("other size", change(SUMMARY, num_pseudo_experiments=6), ["num_pseudo_experiments is 6 but the reference has 5"]),
    ("files are no list", change(SUMMARY, result_files="all"), ["result_files is 'all' but must be a list"]),
    ("file is no text", change(SUMMARY, result_files=[0]), ["result_files[0] is 0 but must be a string"]),
    ("warnings are no texts", change(SUMMARY, warnings=["a", 1]), ["warnings[1] is 1 but must be a string"]),
    ("fit time is text", change(SUMMARY, fit_seconds="1"), ["fit_seconds is '1' but must be a number"]),
    ("missing set", declare("result_0.json", "result_2.json"), ["lacks set 1"]),
    (
        "extra set",
        declare(*(f"result_{i}.json" for i in range(4))),
        ["result_files[3] is 'result_3.json'", "sets 0 to 2"],
    ),
    (
        "set declared twice",
        declare("result_0.json", "result_1.json", "result_1.json", "result_2.json"),
        ["result_files[2] is 'result_1.json' but set 1 was declared before"],
    ),
    ("set under two names", plant_and_declare, ["result_files[1] is 'result_00.json' but set 0 was declared before"]),
    ("foreign name", declare("../ref/truth.json"), ["result_files[0] is '../ref/truth.json'", "must be named like"]),
    ("planted double", plant("result_00.json"), ["'result_00.json' is in the prediction folder", "not declare it"]),
    ("planted set", plant("result_3.json"), ["'result_3.json' is in the prediction folder", "not declare it"]),
    ("planted text", plant("result_best.json"), ["'result_best.json' is in the prediction folder"]),
    ("inverted interval", invert, ["result_1.json: p16[4] is", "p84[4] is lower"]),
    ("both spellings", plural_beside_singular, ["result_1.json has both 'p16' and 'p16s'"]),
    ("negative time", replace("predict_seconds", -0.1), ["result_1.json: predict_seconds[3] is -0.1"]),
    ("short times", change(RESULT, predict_seconds=[1.0]), ["predict_seconds has 1 entries instead of 5"]),
    ("no sets", change(TRUTH, ground_truth_mus=[]), ["truth.json: ground_truth_mus is []"]),
    (
        "true mu is nan",
        change(TRUTH, ground_truth_mus=[1, 2, float("nan")]),
        ["truth.json: ground_truth_mus[2] is nan"],
    ),
    ("true mu is text", change(TRUTH, ground_truth_mus=["1", 2, 3]), ["truth.json: ground_truth_mus[0] is '1'"]),
    ("no size in truth", change(TRUTH, num_pseudo_experiments=0), ["truth.json: num_pseudo_experiments is 0"]),
    ("size is a float", change(TRUTH, num_pseudo_experiments=5.0), ["truth.json: num_pseudo_experiments is 5.0"]),
    ("reveal is unknown", change(TRUTH, reveal="no"), ["truth.json: reveal is 'no' but must be 'none', 'mu' or 'all'"]),
    ("reveal is a flag", change(TRUTH, reveal=True), ["truth.json: reveal is True but must be 'none', 'mu' or 'all'"]),
    ("nuisances of another plan", change(NUISANCES, plan_fingerprint="cafe"), [NUISANCES_NAME, "'cafe'", "'5eed'"]),
    ("nuisances are no table", change(NUISANCES, tes=1.0), [f"{NUISANCES_NAME}: tes is 1.0 but must be a list"]),
    ("nuisances are no lists", change(NUISANCES, tes=[1, 1, 1]), [f"{NUISANCES_NAME}: tes[0] is 1 but must be a list"]),
    ("nuisances lack a set", change(NUISANCES, tes=[[1.0] * 5] * 2), ["tes has 2 entries instead of 3"]),
    ("nuisances lack one", change(NUISANCES, tes=[[1.0] * 5] * 2 + [[1.0] * 4]), ["tes[2] has 4 entries instead of 5"]),
    (
        "nuisance is nan",
        change(NUISANCES, tes=[[1.0] * 5] * 2 + [[1.0] * 4 + [float("nan")]]),
        [f"{NUISANCES_NAME}: tes[2][4] is nan but must be finite"],
    ),
    ("fit time is null", change(SUMMARY, fit_seconds=None), ["fit_seconds is None but must not be null"]),
    ("times are null", change(RESULT, predict_seconds=None), ["predict_seconds is None but must not be null"]),
    ("title is empty", change(TRUTH, title=""), ["truth.json: title is '' but must not be empty"]),
    ("range is one number", change(TRUTH, mu_range=[0.1]), ["truth.json: mu_range is [0.1] but must be the lowest"]),
    (
        "range is inverted",
        change(TRUTH, mu_range=[3.0, 0.1]),
        ["mu_range is [3.0, 0.1] but must be the lowest and the"],
    ),
    ("range is text", change(TRUTH, mu_range="0.1 to 3"), ["truth.json: mu_range is '0.1 to 3' but must be a list"]),
    ("range is infinite", change(TRUTH, mu_range=[0.1, float("inf")]), ["truth.json: mu_range[1] is inf"]),
    ("range is null", change(TRUTH, mu_range=None), ["truth.json: mu_range is None but must not be null"]),
    ("title is a number", change(TRUTH, title=1), ["truth.json: title is 1 but must be a string"]),
    ("replacements below zero", change(SUMMARY, processes_replaced=-1), ["is -1 but must be at least 0"]),
    ("result is a folder", link(RESULT, "."), ["result_1.json is missing from"]),
    ("result cannot be read", link(RESULT, "/proc/self/mem"), ["result_1.json cannot be read"]),
    ("result is a dead link", link(RESULT, "nowhere"), ["result_1.json is missing from"]),
    ("nuisances are a dead link", link(NUISANCES, "nowhere"), [f"{NUISANCES_NAME} is missing"]),
    ("mu among the nuisances", change(NUISANCES, mu=[[1.0] * 5] * 3), [f"{NUISANCES_NAME} has the entry 'mu'"]),
    ("a very long name", declare("x" * 1_000_000), ["result_files[0] is 'xxxxxxxxxxxx...xxxxxxxxxxxxx' but"]),
    ("output is a file", lambda run: run.output.write_text("kept"), ["cannot be a folder", "--output"]),
    *((f"no {key}", remove_entry(RESULT, key), [f"result_1.json has no entry '{key}'"]) for key in KEYS),
    *((f"{key} is no list", change(RESULT, **{key: 1.0}), [f"result_1.json: {key} is 1.0"]) for key in KEYS),
    *((f"short {key}", change(RESULT, **{key: [1.0] * 4}), [f"{key} has 4 entries instead of 5"]) for key in KEYS),
    *((f"long {key}", change(RESULT, **{key: [1.0] * 6}), [f"{key} has 6 entries instead of 5"]) for key in KEYS),
    *((f"{key} holds nan", replace(key, float("nan")), [f"result_1.json: {key}[3] is nan"]) for key in KEYS),
    *((f"p16 holds {name}", replace("p16", value), ["result_1.json", said]) for name, value, said in BAD_NUMBERS),
]


def assert_only_the_page(output: Path, message: str) -> None:
    """There is nothing but a page that says why there is no score."""
    (page,) = output.iterdir()
    assert page.name == "detailed_results.html"
    assert f"<pre>{message}</pre>" in html.unescape(page.read_text())


@pytest.mark.parametrize(("spoil", "said"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_refused(run: Any, main: Any, capsys: pytest.CaptureFixture[str], spoil: Spoil, said: list[str]) -> None:
    spoil(run)
    before = run.output.read_text() if run.output.is_file() else None

    assert main(run.arguments) == 2

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("Not scored: ")
    assert printed.err.endswith(".\n")
    assert printed.err.count("\n") == 1
    for words in said:
        assert words in printed.err
    if before is None:
        assert_only_the_page(run.output, printed.err.strip())
    else:
        assert run.output.read_text() == before


def test_refused_in_a_process_of_its_own(run: Any) -> None:
    run.replace_entry(RESULT, "mu_hats", 0, "one")

    ended = subprocess.run(
        [sys.executable, str(run.entry_point), *run.arguments], capture_output=True, text=True, check=False
    )

    assert ended.returncode == 2
    assert ended.stderr == (
        "Not scored: result_1.json: mu_hats[0] is 'one' but must be a number: "
        "run ingestion again, with predict() corrected if it returned that.\n"
    )
    assert_only_the_page(run.output, ended.stderr.strip())


def test_older_scores_are_not_left_to_be_taken_for_those_of_a_refused_run(run: Any, main: Any) -> None:
    run.output.mkdir()
    for name in ("scores.json", "detailed_results.html", "notes.txt"):
        (run.output / name).write_text("older")
    invert(run)
    assert main(run.arguments) == 2
    assert {path.name for path in run.output.iterdir()} == {"notes.txt", "detailed_results.html"}
    assert "Not scored: " in (run.output / "detailed_results.html").read_text()


@pytest.mark.parametrize("name", ["scores.json", "detailed_results.html"])
def test_an_older_result_that_cannot_be_removed_is_named(
    run: Any, main: Any, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (run.output / name).mkdir(parents=True)
    assert main(run.arguments) == 2
    assert f"{name} of an earlier run cannot be removed" in capsys.readouterr().err


def test_a_path_that_is_too_long_is_refused(run: Any, main: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for option in ("--prediction", "--reference", "--output"):
        place = run.arguments.index(option) + 1
        assert main([*run.arguments[:place], "x" * 5000, *run.arguments[place + 1 :]]) == 2
        assert capsys.readouterr().err.startswith("Not scored: ")


def test_links_that_are_planted_where_files_are_written_are_not_followed(run: Any, main: Any) -> None:
    """A submission's own files lie in the prediction folder, and somebody may write the scores there."""
    truth = (run.folder / TRUTH).read_text()
    for name in (".scores.json.unfinished", "scores.json", "detailed_results.html"):
        (run.prediction / name).symlink_to(run.folder / TRUTH)
    arguments = [*run.arguments[:-1], str(run.prediction)]
    assert main(arguments) == 0
    assert (run.folder / TRUTH).read_text() == truth
    assert not (run.prediction / "scores.json").is_symlink()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_lacks_letters_is_no_failure(run: Any, encoding: str) -> None:
    ended = subprocess.run(
        [sys.executable, str(run.entry_point), *run.arguments],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"cover the true ? in" in ended.stdout


def test_a_mistake_of_the_program_is_not_hidden(run: Any, main: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> str:
        raise KeyError("ours")

    monkeypatch.setattr("higgs_scoring.scoring.render_report", broken)
    with pytest.raises(KeyError, match="ours"):
        main(run.arguments)
    assert_only_the_page(run.output, "Not scored: scoring itself broke with KeyError. Tell the organisers.")


entries = st.one_of(st.floats(-1e4, 1e4), st.integers(-10_000, 10_000))
wrong_entries = st.one_of(st.floats(), st.integers(), st.booleans(), st.none(), st.just("1"), st.just(10**400))


class OneList(FileContent):
    p16: list[Number]


@given(st.lists(entries, max_size=30), st.lists(wrong_entries, max_size=2), st.randoms(use_true_random=False))
def test_a_list_is_taken_if_every_entry_is_right_and_the_first_wrong_one_is_named(
    right: list[Any], wrong: list[Any], random: Any
) -> None:
    values = [*right, *wrong]
    random.shuffle(values)
    fits = [type(value) in (int, float) and -1e4 <= value <= 1e4 for value in values]
    file = JsonFile("a.json", {"p16": values}, "do it again")
    if all(fits):
        assert file.check(OneList).p16 == values
    else:
        with pytest.raises(ScoringError, match=rf"^a\.json: p16\[{fits.index(False)}\] is "):
            file.check(OneList)
