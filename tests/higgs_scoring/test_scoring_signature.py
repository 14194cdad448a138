"""Results that ingestion did not write: scored by whoever cannot tell, refused where the truth has the key."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from higgs_challenge.execution.result_files import write_json
from higgs_challenge.execution.signature import sign
from higgs_challenge.experiments import Settings
from higgs_scoring.errors import ScoringError
from higgs_scoring.json_file import JsonFile
from higgs_scoring.signature import check_signature
from higgs_scoring.truth import read_truth
from tests.helpers.commands import COMMAND
from tests.helpers.plans import plan_of
from tests.helpers.tiny_submissions import write_submission

SEED = 171_717_171_717_171_717_171_717
KEY = plan_of(Settings(random_seed=SEED)).signature_key
SUMMARY = "res/ingestion_summary.json"
DURATION = "res/ingestion_duration.json"
RESULT = "res/result_1.json"
TRUTH = "ref/truth.json"

Spoil = Callable[[Any], object]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, run_in: Any) -> Any:
    """What a run and its truth leave of three sets of four pseudo-experiments."""
    run = run_in(tmp_path_factory.mktemp("made"))
    phase = run.folder / "phase"
    phase.mkdir()
    plan = {"task": "gaussian", "num_of_sets": 3, "num_pseudo_experiments": 4, "random_seed": SEED}
    (phase / "settings.yaml").write_text(json.dumps(plan))
    submission = write_submission(run.folder / "submission")
    for command, *options in (
        ("run", "--submission", submission, "--output", run.prediction, "--workers", 1),
        ("truth", "--output", run.reference),
    ):
        words = [*COMMAND, command, "--input", str(phase), *map(str, options)]
        ended = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
        assert ended.returncode == 0, ended.stderr
        assert KEY not in ended.stdout + ended.stderr
    return run


@pytest.fixture
def signed(made: Any, run_in: Any, tmp_path: Path) -> Any:
    """A copy to be spoilt."""
    shutil.copytree(made.folder, tmp_path / "copy")
    return run_in(tmp_path / "copy")


def contents(run: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The summary without signature, and what is signed with it, as they lie there."""
    summary = run.read(SUMMARY)
    del summary["signature"]
    names = [*summary["result_files"], "ingestion_duration.json"]
    return summary, {name: (run.prediction / name).read_bytes() for name in names}


def forge_intervals(run: Any) -> None:
    """Narrow intervals around the true mu."""
    for number, mu in enumerate(run.read(TRUTH)["ground_truth_mus"]):
        n = 4
        run.change(f"res/result_{number}.json", mu_hats=[mu] * n, p16=[mu - 0.01] * n, p84=[mu + 0.01] * n)


def swap_sets(run: Any) -> None:
    for source, target in (("result_0.json", "aside"), ("result_1.json", "result_0.json"), ("aside", "result_1.json")):
        (run.prediction / source).rename(run.prediction / target)


def drop_signature(run: Any) -> None:
    run.write(SUMMARY, contents(run)[0])


def sign_with_another_seed(run: Any) -> None:
    forge_intervals(run)
    other = plan_of(Settings(random_seed=SEED + 1)).signature_key
    run.change(SUMMARY, signature=sign(other, *contents(run)))


def reverse_files(run: Any) -> None:
    run.change(SUMMARY, result_files=run.read(SUMMARY)["result_files"][::-1])


def nest(run: Any) -> None:
    """As deep as Python still reads, which it then cannot write one level deeper."""
    text = (run.folder / SUMMARY).read_text()
    for depth in range(sys.getrecursionlimit(), 0, -1):
        nested = text.replace("{", '{"deep": ' + "[" * depth + "]" * depth + ",", 1)
        try:
            json.loads(nested)
        except RecursionError:
            continue
        (run.folder / SUMMARY).write_text(nested)
        return
    raise AssertionError


FORGED: dict[str, Spoil] = {
    "all intervals": forge_intervals,
    "one interval": lambda run: run.replace_entry(RESULT, "p84", 2, 1.2000001),
    "a space in a file": lambda run: (run.folder / RESULT).write_text((run.folder / RESULT).read_text() + " "),
    "two sets swapped": swap_sets,
    "duration": lambda run: run.change(DURATION, ingestion_duration=0.01),
    "a field that is scored": lambda run: run.change(SUMMARY, fit_seconds=0.01),
    "a field that is shown": lambda run: run.change(SUMMARY, warnings=["not ours"]),
    "a field that nobody reads": lambda run: run.change(SUMMARY, engine="dask"),
    "one field more": lambda run: run.change(SUMMARY, more=1),
    "the order of files": reverse_files,
    "no signature": drop_signature,
    "a signature of nothing": lambda run: run.change(SUMMARY, signature=""),
    "a signature that is null": lambda run: run.change(SUMMARY, signature=None),
    "a signature that is a list": lambda run: run.change(SUMMARY, signature=[1]),
    "a signature that is no ASCII": lambda run: run.change(SUMMARY, signature="\xb5" * 64),
    "a signature that is no text at all": lambda run: run.change(SUMMARY, signature="\udc80" * 64),
    "a signature in capitals": lambda run: run.change(SUMMARY, signature=run.read(SUMMARY)["signature"].upper()),
    "a signature cut short": lambda run: run.change(SUMMARY, signature=run.read(SUMMARY)["signature"][:32]),
    "the signature of another seed": sign_with_another_seed,
}

TOLD_OTHERWISE: dict[str, tuple[Spoil, str]] = {
    "a file more": (lambda run: shutil.copy(run.folder / RESULT, run.prediction / "result_3.json"), "not declare it"),
    "a file less": (lambda run: (run.folder / RESULT).unlink(), "result_1.json is missing"),
    "a file renamed": (
        lambda run: (run.folder / RESULT).rename(run.prediction / "result_01.json"),
        "'result_01.json' is in the prediction folder",
    ),
    "another plan": (lambda run: run.change(SUMMARY, plan_fingerprint="cafe"), "made from another plan"),
    "a number that is none": (lambda run: run.replace_entry(RESULT, "p16", 0, None), "result_1.json: p16[0] is None"),
}
"""What has a message of its own, which says more."""


def assert_refused(run: Any, main: Any, capsys: pytest.CaptureFixture[str], said: str) -> None:
    capsys.readouterr()
    assert main(run.arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("Not scored: ")
    assert printed.err.endswith(".\n")
    assert printed.err.count("\n") == 1
    assert said in printed.err
    assert KEY not in printed.err
    (page,) = run.output.iterdir()
    assert page.name == "detailed_results.html"
    assert KEY not in page.read_text()


def test_results_as_ingestion_left_them_are_scored_and_nothing_tells_the_key(
    signed: Any, main: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert signed.read(TRUTH)["signature_key"] == KEY
    assert main(signed.arguments) == 0
    printed = capsys.readouterr()
    assert KEY not in printed.out + printed.err
    written = [path for folder in (signed.prediction, signed.output) for path in folder.iterdir() if path.is_file()]
    assert {"scores.json", "detailed_results.html", "ingestion_summary.json"} <= {path.name for path in written}
    for path in written:
        assert KEY.encode() not in path.read_bytes(), path.name
    truth = read_truth(signed.reference)
    assert truth.signature_key == KEY
    assert KEY not in repr(truth)


def test_summaries_that_are_only_written_otherwise_are_the_same(signed: Any, main: Any) -> None:
    """Values are signed, not spaces or the order of keys."""
    (signed.folder / SUMMARY).write_text(json.dumps(dict(reversed(signed.read(SUMMARY).items()))))
    assert main(signed.arguments) == 0


@pytest.mark.parametrize("spoil", FORGED.values(), ids=FORGED.keys())
def test_forged_results_are_refused_by_their_signature_alone(
    signed: Any, main: Any, capsys: pytest.CaptureFixture[str], spoil: Spoil
) -> None:
    spoil(signed)
    assert_refused(signed, main, capsys, "so the results were not written by this phase's ingestion or were changed")
    truth = signed.read(TRUTH)
    del truth["signature_key"]
    signed.write(TRUTH, truth)
    assert main(signed.arguments) == 0, "a truth without key must not see it"
    assert (signed.output / "scores.json").exists()


def test_without_the_check_forged_intervals_would_win(signed: Any, main: Any) -> None:
    truth = signed.read(TRUTH)
    del truth["signature_key"]
    signed.write(TRUTH, truth)
    scores = []
    for spoil in (lambda run: None, forge_intervals):
        spoil(signed)
        assert main(signed.arguments) == 0
        scores.append(signed.read("out/scores.json"))
    assert scores[1]["interval"] == pytest.approx(0.02)
    assert scores[1]["quantiles_score"] > scores[0]["quantiles_score"] + 0.5


@pytest.mark.parametrize(("spoil", "said"), TOLD_OTHERWISE.values(), ids=TOLD_OTHERWISE.keys())
def test_a_message_of_its_own_is_kept(
    signed: Any, main: Any, capsys: pytest.CaptureFixture[str], spoil: Spoil, said: str
) -> None:
    spoil(signed)
    assert_refused(signed, main, capsys, said)


def test_a_summary_too_deep_to_be_signed_is_refused(signed: Any, main: Any, capsys: pytest.CaptureFixture[str]) -> None:
    nest(signed)
    assert main(signed.arguments) == 2
    assert capsys.readouterr().err.startswith("Not scored: ingestion_summary.json ")


@pytest.mark.parametrize("key", [None, "", 7, [KEY], KEY[:-1], KEY[:30], KEY.upper(), f"{KEY} ", "g" * 32])
def test_a_key_that_is_none_is_refused_and_not_shown(
    signed: Any, main: Any, capsys: pytest.CaptureFixture[str], key: object
) -> None:
    signed.change(TRUTH, signature_key=key)
    assert_refused(signed, main, capsys, "truth.json: signature_key must be at least 32 hexadecimal digits")


def test_the_ranking_asks_for_signatures_too(
    signed: Any, run_in: Any, rank: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forged = run_in(shutil.copytree(signed.folder, tmp_path / "forged"))
    forge_intervals(forged)
    board = tmp_path / "board"
    runs = (f"honest={signed.prediction}", f"forged={forged.prediction}")
    assert rank(["--reference", str(signed.reference), "--output", str(board), *runs]) == 0
    printed = capsys.readouterr()
    assert "Not ranked: forged. ingestion_summary.json has a signature that" in printed.out
    assert "honest" in (board / "leaderboard.csv").read_text().splitlines()[1]
    texts = [printed.out, printed.err, *(path.read_text() for path in board.iterdir())]
    assert not any(KEY in text for text in texts)


names = st.text().filter(lambda name: name != "signature")
texts = st.text() | st.text(st.characters(categories=["Cs", "Cc"]))
"""Keys are ingestion's own; warnings hold a submission's words, surrogates too."""
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=10,
)


@given(summary=st.dictionaries(names, values, max_size=6))
def test_both_programs_sign_any_summary_alike(tmp_path_factory: pytest.TempPathFactory, summary: Any) -> None:
    """They share no code: what one writes, the other reads from a file."""
    folder = tmp_path_factory.mktemp("both")
    files = {"result_0.json": write_json(folder / "result_0.json", {"p16": np.arange(3.0).tolist()})}
    write_json(folder / "summary.json", {**summary, "signature": sign(KEY, summary, files)})
    found, result = (JsonFile.read(folder / name, remedy="again") for name in ("summary.json", "result_0.json"))
    check_signature(KEY, found, [result])
    with pytest.raises(ScoringError, match="does not match"):
        check_signature(KEY, found, [])
