"""The table of runs: its numbers, its ranks, and how it is printed."""

import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from higgs_scoring.bootstrap import bootstrap_pseudo_experiments, bootstrap_sets
from higgs_scoring.leaderboard import make_leaderboard
from higgs_scoring.metrics import Intervals, score_sets
from higgs_scoring.run_folders import name_runs
from higgs_scoring.truth import read_truth
from tests.helpers.phase import Phase, change

Main = Callable[[list[str]], int]


def test_three_runs_are_ranked_printed_and_written(
    phase: Phase, rank: Main, capsys: pytest.CaptureFixture[str]
) -> None:
    wide = phase.write_run("wide/results", 1.5, fit_seconds=61.5)
    twins = [phase.write_run(name, 1.0) for name in ("second", "first")]
    for number in range(6):
        change(wide / f"result_{number}.json", predict_seconds=[0.5] * 5 + [2.5] * 5)

    assert rank(phase.arguments(wide.parent, *twins)) == 0

    table = phase.table()
    assert [(row["rank"], row["name"]) for row in table] == [("1", "first"), ("1", "second"), ("3", "wide")]
    for row, stretch in zip(table, (1.0, 1.0, 1.5), strict=True):
        answers = phase.answers(stretch)
        scores, drawn = score_sets(Intervals(phase.mus, **answers)), bootstrap_sets(Intervals(phase.mus, **answers))
        assert drawn is not None
        low, high = np.quantile(drawn.quantile_score, [0.025, 0.975])
        expected = {
            "quantile_score": scores.quantile_score,
            "quantile_score_error": drawn.standard_errors.quantile_score,
            "quantile_score_median": drawn.medians.quantile_score,
            "quantile_score_low": low,
            "quantile_score_high": high,
            "interval": scores.interval,
            "interval_error": drawn.standard_errors.interval,
            "coverage": 0.7,
            "coverage_error": drawn.standard_errors.coverage,
            "minutes": 12.5,
        }
        assert {key: float(row[key]) for key in expected} == pytest.approx(expected, abs=1e-9)
    assert [(row["fit_seconds"], row["predict_seconds"], row["problem"]) for row in table] == [
        ("", "", ""),
        ("", "", ""),
        ("61.5", "1.5", ""),
    ]

    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.startswith("first and second tie for first.\n")
    lines = printed.out.splitlines()
    assert [line.split()[:3] for line in lines[3:5]] == [["1", "=", "first"], ["1", "=", "second"]]
    assert lines[5].split()[:2] == ["3", "wide"]
    assert f"{phase.output}/leaderboard.html" in printed.out.replace("\n", "")
    assert "first and second tie for first." in phase.page()


@pytest.mark.parametrize(
    ("options", "baseline", "ranks"),
    [
        ([], "sample_code_submission", ["1", "", "2"]),
        (["--baseline", "wide"], "wide", ["1", "2", ""]),
    ],
    ids=["by its usual name", "by name"],
)
def test_the_baseline_stands_in_its_place_without_a_rank(
    phase: Phase, rank: Main, capsys: pytest.CaptureFixture[str], options: list[str], baseline: str, ranks: list[str]
) -> None:
    stretches = {"narrow": 1.0, "sample_code_submission": 1.5, "wide": 2.0}
    runs = [phase.write_run(name, stretch) for name, stretch in stretches.items()]
    assert rank([*phase.arguments(*runs), *options]) == 0
    table = phase.table()
    assert [row["name"] for row in table] == list(stretches)
    assert [row["rank"] for row in table] == ranks
    assert [row["name"] for row in table if row["baseline"]] == [baseline]
    printed = capsys.readouterr().out
    assert f"beats the baseline, {baseline}, which takes no rank." in printed.replace("\n", " ").replace("  ", " ")
    assert printed.count("(baseline)") == phase.page().count('class="baseline"') == 1


def test_a_baseline_that_is_not_there_is_refused(phase: Phase, rank: Main, capsys: pytest.CaptureFixture[str]) -> None:
    runs = [phase.write_run(name, 1.0) for name in ("first", "second")]
    assert rank([*phase.arguments(*runs), "--baseline", "base"]) == 2
    assert "There is no run base to be the baseline: write one of first, second." in capsys.readouterr().err
    assert not phase.output.exists()


def test_the_page_has_the_title_of_the_truth(phase: Phase, rank: Main) -> None:
    runs = [phase.write_run("a", 1.0)]
    assert rank(phase.arguments(*runs)) == 0
    assert "<h1>Ranking</h1>" in phase.page()
    change(phase.reference / "truth.json", title="Two Gaussians")
    assert rank(phase.arguments(*runs)) == 0
    assert "<h1>Two Gaussians: ranking</h1>" in phase.page()


def test_only_the_two_files_are_left_and_the_same_runs_give_the_same_bytes(phase: Phase, rank: Main) -> None:
    runs = [phase.write_run("a", 1.0), phase.write_run("b", 1.1)]
    assert rank(phase.arguments(*runs)) == 0
    first = {path.name: path.read_bytes() for path in phase.output.iterdir()}
    assert rank(phase.arguments(*runs)) == 0
    assert sorted(first) == ["leaderboard.csv", "leaderboard.html"]
    assert {path.name: path.read_bytes() for path in phase.output.iterdir()} == first


def test_without_output_nothing_is_written(phase: Phase, rank: Main, capsys: pytest.CaptureFixture[str]) -> None:
    run = phase.write_run("a", 1.0)
    before = sorted(phase.folder.rglob("*"))
    assert rank(["--reference", str(phase.reference), str(run)]) == 0
    assert sorted(phase.folder.rglob("*")) == before
    assert capsys.readouterr().out.startswith("a is the only run that could be ranked.\n")


@pytest.mark.parametrize("columns", ["80", "160", "200"])
def test_the_printed_table_fits(
    phase: Phase, rank: Main, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    runs = [f"{'a very long name ' * 3}{number}={phase.write_run(str(number), 1.0)}" for number in range(3)]
    assert rank(["--reference", str(phase.reference), *runs]) == 0
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= int(columns)
    table = printed.split("\n\n")[1]
    is_wide = columns != "80"
    error = " ± 0\\.\\d{4}" if is_wide else ""
    assert re.search(rf"0\.\d{{4}} ± 0\.\d{{4}} +0\.\d{{4}}{error} +0\.7000{error} ", table)
    assert "12.5" in table
    for heading in ("95\xa0% range", "fit()", "Before cut"):
        assert (heading in table) is is_wide
    # No name is cut, as these differ at their ends.
    width = table.splitlines()[0].index("Quantile score")
    names = " ".join(line[5:width].strip() for line in table.splitlines())
    assert all(f"{number}" in names for number in range(3))


@pytest.mark.parametrize(
    ("num_sets", "num_experiments", "words"),
    [
        (1, 10, "resamples of the pseudo-experiments of the only set"),
        (1, 1, "A single pseudo-experiment says nothing about"),
    ],
)
def test_a_single_set_is_drawn_from_its_pseudo_experiments_and_a_single_one_of_those_ties(
    tmp_path: Path,
    rank: Main,
    capsys: pytest.CaptureFixture[str],
    num_sets: int,
    num_experiments: int,
    words: str,
) -> None:
    phase = Phase(tmp_path, num_sets, num_experiments)
    phase.write_truth()
    assert rank(phase.arguments(phase.write_run("narrow", 1.0), phase.write_run("wide", 2.0))) == 0
    narrow, wide = phase.table()
    assert (narrow["rank"], narrow["name"], wide["name"]) == ("1", "narrow", "wide")
    assert words in " ".join(capsys.readouterr().out.split())
    assert words in phase.page()
    if num_experiments == 1:
        assert wide["rank"] == "1"
        assert narrow["quantile_score_error"] == narrow["quantile_score_low"] == ""
        assert "nan" not in phase.page().lower()
        return
    drawn = bootstrap_pseudo_experiments(Intervals(phase.mus, **phase.answers(1.0)))
    assert drawn is not None
    assert float(narrow["interval_error"]) == pytest.approx(drawn.standard_errors.interval, abs=1e-9)
    assert wide["rank"] == "2"


def test_little_is_kept_of_a_run(tmp_path: Path) -> None:
    phase = Phase(tmp_path, 100, 50)
    phase.write_truth()
    board = make_leaderboard(read_truth(phase.reference), name_runs([str(phase.write_run("a", 1.0))]))
    assert len(pickle.dumps(board)) < 8 * 100 * 50 * 2


def test_runs_on_other_events_are_said_not_to_be_comparable(
    phase: Phase, rank: Main, capsys: pytest.CaptureFixture[str]
) -> None:
    seed_1 = {"data": "synthetic events, seed 1", "hidden_multiples": {"ztautau": 5.0}}
    runs = [
        phase.write_run("first", 1.0, **seed_1),
        phase.write_run("second", 1.2, **seed_1),
        phase.write_run("larger", 1.4, **(seed_1 | {"hidden_multiples": {"ztautau": 25.0}})),
    ]
    assert rank(phase.arguments(*runs)) == 0
    words = "Not comparable: larger used other events than first"
    assert words in capsys.readouterr().out
    assert words in phase.page()
    assert rank(phase.arguments(*runs[:2])) == 0
    assert "Not comparable" not in capsys.readouterr().out + phase.page()


def test_names_and_folders_are_told_apart(phase: Phase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(phase.folder)
    phase.write_run("rate=1", 1.0)
    (phase.folder / "odd/a=b").mkdir(parents=True)
    texts = ["rate=1", "mine=rate=1", "odd/a=b", "a/b=odd/a=b", "odd/c=d", "odd/", "."]
    assert [(run.name, str(run.folder)) for run in name_runs(texts)] == [
        ("rate=1", "rate=1"),
        ("mine", "rate=1"),
        ("a=b", "odd/a=b"),
        ("a/b", "odd/a=b"),
        ("c=d", "odd/c=d"),
        ("odd", "odd"),
        (phase.folder.name, "."),
    ]


def test_the_module_is_a_command(phase: Phase) -> None:
    arguments = phase.arguments(phase.write_run("a", 1.0), phase.write_run("b", 1.5))
    command = [sys.executable, "-W", "error", "-m", "higgs_tools", "leaderboard", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("a wins: it beats b.\n")
    assert [row["rank"] for row in phase.table()] == ["1", "2"]


def test_a_reader_that_goes_away_is_no_traceback(phase: Phase) -> None:
    command = [sys.executable, "-m", "higgs_tools", "leaderboard", "--reference", str(phase.reference)]
    with subprocess.Popen(
        [*command, str(phase.write_run("a", 1.0))], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_help_explains_every_option(rank: Main, help_of: Callable[[Main], str]) -> None:
    text = help_of(rank)
    for words in (
        "--reference DIR",
        "--output DIR",
        "[NAME=]FOLDER",
        "in more than 97.5 % of 1 000 random draws",
        "no two names may be the same",
    ):
        assert words in text
