"""The table of runs: its numbers, its ranks, every bad input, and names that nobody should trust."""

import csv
import io
import json
import math
import pickle
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from outline import Outline

from higgs_scoring import leaderboard
from higgs_scoring.bootstrap import bootstrap_pseudo_experiments, bootstrap_sets
from higgs_scoring.errors import ScoringError
from higgs_scoring.leaderboard import make_leaderboard
from higgs_scoring.metrics import score_sets
from higgs_scoring.results import read_truth
from higgs_scoring.run_folders import name_runs

Main = Callable[[list[str]], int]


@pytest.fixture
def main(rank: Main) -> Main:
    """Here the program is that which ranks."""
    return rank


@dataclass
class Phase:
    """A plan's truth, and runs of it, in one folder; the intervals of run k are k times as much too wide."""

    folder: Path
    num_sets: int = 6
    num_experiments: int = 10

    @property
    def reference(self) -> Path:
        return self.folder / "reference"

    @property
    def output(self) -> Path:
        return self.folder / "out"

    @property
    def mus(self) -> np.ndarray:
        return np.linspace(0.5, 2.5, self.num_sets)

    def plan(self) -> dict[str, Any]:
        return {"plan_fingerprint": "5eed", "num_pseudo_experiments": self.num_experiments}

    def write_truth(self) -> None:
        write(self.reference / "truth.json", {**self.plan(), "ground_truth_mus": self.mus.tolist()})

    def answers(self, stretch: float) -> dict[str, Any]:
        """Seven of ten contain mu, whatever the stretch, so that it alone decides."""
        shape = (self.num_sets, self.num_experiments)
        widths = stretch * np.random.default_rng(1).uniform(0.3, 0.7, shape)
        p16 = self.mus[:, np.newaxis] - np.where(np.arange(shape[1]) % 10 < 7, 0.5, 1.5) * widths
        p84 = p16 + widths
        return {"mu_hats": (p16 + p84) / 2, "delta_mu_hats": widths / 2, "p16": p16, "p84": p84}

    def write_run(self, name: str, stretch: float, **summary: Any) -> Path:
        """Write what ingestion leaves, and return its folder."""
        results = self.folder / name
        files = [f"result_{number}.json" for number in range(self.num_sets)]
        for number, file in enumerate(files):
            write(results / file, {key: values[number].tolist() for key, values in self.answers(stretch).items()})
        content = {**self.plan(), "num_of_sets": self.num_sets, "result_files": files, **summary}
        write(results / "ingestion_summary.json", content)
        write(results / "ingestion_duration.json", {"ingestion_duration": 12.5})
        return results

    def arguments(self, *runs: Path | str) -> list[str]:
        return ["--reference", str(self.reference), "--output", str(self.output), *map(str, runs)]

    def table(self) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO((self.output / "leaderboard.csv").read_text(encoding="utf-8"))))

    def page(self) -> str:
        return (self.output / "leaderboard.html").read_text(encoding="utf-8")


def write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def change(path: Path, **entries: Any) -> None:
    write(path, json.loads(path.read_text(encoding="utf-8")) | entries)


@pytest.fixture
def phase(tmp_path: Path) -> Phase:
    made = Phase(tmp_path)
    made.write_truth()
    return made


def test_three_runs_are_ranked_printed_and_written(
    phase: Phase, main: Main, capsys: pytest.CaptureFixture[str]
) -> None:
    wide = phase.write_run("wide/results", 1.5, fit_seconds=61.5)
    twins = [phase.write_run(name, 1.0) for name in ("second", "first")]
    for number in range(6):
        change(wide / f"result_{number}.json", predict_seconds=[0.5] * 5 + [2.5] * 5)

    assert main(phase.arguments(wide.parent, *twins)) == 0

    table = phase.table()
    assert [(row["rank"], row["name"]) for row in table] == [("1", "first"), ("1", "second"), ("3", "wide")]
    for row, stretch in zip(table, (1.0, 1.0, 1.5), strict=True):
        answers = phase.answers(stretch)
        scores, drawn = score_sets(phase.mus, **answers), bootstrap_sets(phase.mus, **answers)
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


def test_only_the_two_files_are_left_and_the_same_runs_give_the_same_bytes(phase: Phase, main: Main) -> None:
    runs = [phase.write_run("a", 1.0), phase.write_run("b", 1.1)]
    assert main(phase.arguments(*runs)) == 0
    first = {path.name: path.read_bytes() for path in phase.output.iterdir()}
    assert main(phase.arguments(*runs)) == 0
    assert sorted(first) == ["leaderboard.csv", "leaderboard.html"]
    assert {path.name: path.read_bytes() for path in phase.output.iterdir()} == first


def test_without_output_nothing_is_written(phase: Phase, main: Main, capsys: pytest.CaptureFixture[str]) -> None:
    run = phase.write_run("a", 1.0)
    before = sorted(phase.folder.rglob("*"))
    assert main(["--reference", str(phase.reference), str(run)]) == 0
    assert sorted(phase.folder.rglob("*")) == before
    assert capsys.readouterr().out.startswith("a is the only run that could be ranked.\n")


@pytest.mark.parametrize("columns", ["80", "200"])
def test_the_printed_table_fits(
    phase: Phase, main: Main, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    runs = [f"{'a very long name ' * 3}{number}={phase.write_run(str(number), 1.0)}" for number in range(3)]
    assert main(["--reference", str(phase.reference), *runs]) == 0
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= int(columns)
    table = printed.split("\n\n")[1]
    error = " ± 0\\.\\d{4}" if columns == "200" else ""
    assert re.search(rf"0\.\d{{4}} ± 0\.\d{{4}} +0\.\d{{4}}{error} +0\.7000{error} ", table)
    assert ("95\xa0% range" in table) is (columns == "200")
    assert "12.5" in table
    assert ("fit()" in table) is (columns == "200")
    # No name is cut, as these differ at their ends.
    width = table.splitlines()[0].index("Quantile score")
    names = " ".join(line[5:width].strip() for line in table.splitlines())
    assert all(f"{number}" in names for number in range(3))


@pytest.mark.parametrize(
    ("num_sets", "num_experiments", "words"),
    [
        (1, 10, "draws of the pseudo-experiments of the only set"),
        (1, 1, "One pseudo-experiment alone does not tell"),
    ],
)
def test_a_single_set_is_drawn_from_its_pseudo_experiments_and_a_single_one_of_those_ties(
    tmp_path: Path,
    main: Main,
    capsys: pytest.CaptureFixture[str],
    num_sets: int,
    num_experiments: int,
    words: str,
) -> None:
    phase = Phase(tmp_path, num_sets, num_experiments)
    phase.write_truth()
    assert main(phase.arguments(phase.write_run("narrow", 1.0), phase.write_run("wide", 2.0))) == 0
    narrow, wide = phase.table()
    assert (narrow["rank"], narrow["name"], wide["name"]) == ("1", "narrow", "wide")
    assert words in " ".join(capsys.readouterr().out.split())
    assert words in phase.page()
    if num_experiments == 1:
        assert wide["rank"] == "1"
        assert narrow["quantile_score_error"] == narrow["quantile_score_low"] == ""
        assert "nan" not in phase.page().lower()
        return
    drawn = bootstrap_pseudo_experiments(phase.mus, **phase.answers(1.0))
    assert drawn is not None
    assert float(narrow["interval_error"]) == pytest.approx(drawn.standard_errors.interval, abs=1e-9)
    assert wide["rank"] == "2"


def test_little_is_kept_of_a_run(tmp_path: Path) -> None:
    phase = Phase(tmp_path, 100, 50)
    phase.write_truth()
    board = make_leaderboard(read_truth(phase.reference), name_runs([str(phase.write_run("a", 1.0))]))
    assert len(pickle.dumps(board)) < 8 * 100 * 50 * 2


# What a person can do wrong.


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (shutil.rmtree, "bad does not exist: give the folder that ingestion wrote"),
        (lambda run: (run / "ingestion_summary.json").unlink(), "is neither in"),
        (lambda run: change(run / "ingestion_summary.json", plan_fingerprint="cafe"), "made from another plan"),
        (lambda run: change(run / "result_2.json", p16=[math.nan] * 10), "result_2.json: p16[0] is nan"),
        (lambda run: (run / "result_3.json").write_text("{"), "result_3.json is not readable as JSON"),
        (lambda run: (run / "result_9.json").write_text("{}"), "'result_9.json' lies in the prediction folder"),
    ],
    ids=["missing", "unfinished", "other plan", "nan", "broken", "planted"],
)
def test_a_run_that_cannot_be_scored_is_listed_with_the_reason(
    phase: Phase, main: Main, capsys: pytest.CaptureFixture[str], spoil: Callable[[Path], object], words: str
) -> None:
    good, bad = phase.write_run("good", 1.0), phase.write_run("bad", 0.5)
    spoil(bad)

    assert main(phase.arguments(bad, good)) == 0

    assert [(row["rank"], row["name"]) for row in phase.table()] == [("1", "good"), ("", "bad")]
    problem = phase.table()[1]["problem"]
    assert words in problem
    assert set(phase.table()[1].values()) == {"", "bad", problem}
    assert f"Not ranked: bad, because of this: {problem}" in capsys.readouterr().out
    assert words in unescape(phase.page())


def test_runs_on_other_events_are_said_not_to_be_comparable(
    phase: Phase, main: Main, capsys: pytest.CaptureFixture[str]
) -> None:
    seed_1 = {"data": "synthetic events, seed 1", "hidden_multiples": {"ztautau": 5.0}}
    runs = [
        phase.write_run("first", 1.0, **seed_1),
        phase.write_run("second", 1.2, **seed_1),
        phase.write_run("larger", 1.4, **(seed_1 | {"hidden_multiples": {"ztautau": 25.0}})),
    ]
    assert main(phase.arguments(*runs)) == 0
    words = "Not comparable: larger had other events than first"
    assert words in capsys.readouterr().out
    assert words in phase.page()
    assert main(phase.arguments(*runs[:2])) == 0
    assert "Not comparable" not in capsys.readouterr().out + phase.page()


def test_a_folder_that_may_not_be_read_is_one_runs_problem(
    phase: Phase, main: Main, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = phase.write_run("good", 1.0), phase.write_run("bad", 0.5)
    read = leaderboard.read_predictions

    def refuse(folder: Path, truth: Any) -> Any:
        if folder == bad:
            raise PermissionError(13, "Permission denied", str(bad))
        return read(folder, truth)

    monkeypatch.setattr(leaderboard, "read_predictions", refuse)
    assert main(phase.arguments(good, bad)) == 0
    assert "Permission denied" in phase.table()[1]["problem"]


def one_sentence(printed: Any) -> str:
    assert printed.out == ""
    assert printed.err.startswith("Not ranked: ")
    assert printed.err.endswith(".\n")
    assert printed.err.count("\n") == 1
    return str(printed.err)


def test_where_no_run_can_be_ranked_nothing_is_written(
    phase: Phase, main: Main, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(phase.arguments(phase.folder / "a", phase.folder / "b")) == 2
    said = one_sentence(capsys.readouterr())
    assert "No run can be ranked, of 2 the first, a, because of this: The folder" in said
    assert not phase.output.exists()
    assert main(phase.arguments("x" * 500)) == 2  # longer than any file's name
    assert "does not exist" in one_sentence(capsys.readouterr())


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda phase: shutil.rmtree(phase.reference), "The reference folder"),
        (lambda phase: change(phase.reference / "truth.json", ground_truth_mus=[]), "ground_truth_mus is []"),
    ],
)
def test_an_unusable_reference_is_refused(
    phase: Phase, main: Main, capsys: pytest.CaptureFixture[str], spoil: Callable[[Phase], object], words: str
) -> None:
    run = phase.write_run("a", 1.0)
    spoil(phase)
    assert main(phase.arguments(run)) == 2
    assert words in one_sentence(capsys.readouterr())
    assert not phase.output.exists()


def test_doubled_names_are_refused_with_what_to_do(
    phase: Phase, main: Main, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = phase.write_run("first/results", 1.0), phase.write_run("second/results", 1.0)
    assert main(phase.arguments(first, second)) == 2
    said = one_sentence(capsys.readouterr())
    assert f"The name 'results' is given twice, for {first} and for {second}: write NAME=FOLDER" in said
    # As they would be shown, the two are alike.
    assert main(phase.arguments(f"a\x1b={first}", f"a={second}")) == 2
    assert "The name 'a' is given twice" in one_sentence(capsys.readouterr())
    assert main(phase.arguments(f"a={first}", f"b={second}")) == 0


@pytest.mark.parametrize("text", ["={}", "\x1b={}", "name="])
def test_a_run_without_a_name_or_a_folder_is_refused(
    phase: Phase, main: Main, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    assert main(phase.arguments(text.format(phase.write_run("a", 1.0)))) == 2
    assert "lacks a name or a folder: write NAME=FOLDER." in one_sentence(capsys.readouterr())


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


def test_no_run_at_all(phase: Phase, main: Main, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(phase.arguments())
    assert ended.value.code == 2
    assert "RUN" in capsys.readouterr().err
    with pytest.raises(ScoringError, match="none was given: name at least one"):
        make_leaderboard(read_truth(phase.reference), [])


def test_an_output_that_is_a_file_is_kept(phase: Phase, main: Main, capsys: pytest.CaptureFixture[str]) -> None:
    phase.output.write_text("kept")
    assert main(phase.arguments(phase.write_run("a", 1.0))) == 2
    assert "cannot be a folder" in one_sentence(capsys.readouterr())
    assert phase.output.read_text() == "kept"


def test_a_file_that_cannot_be_written_leaves_no_half_of_it(
    phase: Phase, main: Main, capsys: pytest.CaptureFixture[str]
) -> None:
    (phase.output / "leaderboard.csv").mkdir(parents=True)
    assert main(phase.arguments(phase.write_run("a", 1.0))) == 2
    assert "leaderboard.csv cannot be written" in one_sentence(capsys.readouterr())
    assert [path.name for path in phase.output.iterdir()] == ["leaderboard.csv"]


def test_a_mistake_of_the_program_is_not_hidden(phase: Phase, main: Main, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> Any:
        raise KeyError("ours")

    monkeypatch.setattr(leaderboard, "score_sets", broken)
    with pytest.raises(KeyError, match="ours"):
        main(phase.arguments(phase.write_run("a", 1.0)))
    assert not phase.output.exists()


# Names are strangers' words.


HOSTILE = [
    "</td><script>alert(1)</script>",
    "two\nlines\r\n, and a \x1b[31mred\x07 one",
    '=cmd|"/C calc"!A1',
    "@SUM(1+1)",
    "+1",
    "-1",
    "[bold]mark[/bold] [/] :smile:",
    "$\\frac{1}$ 深層学習 \u202eevil",
    "#010203 var(--ink) name1",
    "x" * 5000,
]


def test_hostile_names_are_shown_and_do_nothing(phase: Phase, main: Main, capsys: pytest.CaptureFixture[str]) -> None:
    good = phase.write_run("good", 1.0)
    missing = f"{HOSTILE[0]}\x1b[2J"
    runs = [f"{name}={good}" for name in HOSTILE[3:]]
    # A name that begins with = can only be a folder's.
    folders = [shutil.copytree(good, phase.folder / "hostile" / name.replace("/", "∕")) for name in HOSTILE[:3]]

    assert main(phase.arguments("--", *folders, *runs, f"missing={missing}")) == 0

    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "\x07" not in printed
    assert "\u202e" not in printed

    names = [row["name"] for row in phase.table()]
    assert len(names) == len(HOSTILE) + 1
    assert all(name.isprintable() and len(name) <= 61 and name[0] not in "=+-@" for name in names)
    assert {'\'=cmd|"∕C calc"!A1', "'@SUM(1+1)", "'+1", "'-1", "two lines , and a [31mred one"} <= set(names)
    assert "x" * 59 + "…" in names

    page = phase.page()
    assert not {"script", "link", "iframe", "img"} & set(Outline(page).tags)
    assert "&lt;script&gt;alert(1)&lt;∕script&gt;" in page
    assert "<script" not in page
    assert not {"\x1b", "\x07", "\u202e"} & set(page)
    assert "x" * 60 not in page
    assert ">=cmd|" in page
    picture = page[page.index("<svg") : page.index("</svg>")]
    assert "&lt;∕td&gt;&lt;script&gt;al…<" in picture
    assert ">#010203 var(--i…<" in picture
    assert ">$\\frac{1}$ 深層…<" in picture


@pytest.mark.parametrize("name", ["[bold]mark[/bold] [/] :smile:", "<b>&amp;"])
def test_a_hostile_name_in_the_verdict(phase: Phase, main: Main, capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main(phase.arguments(f"{name}={phase.write_run('a', 1.0)}")) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == f"{name} is the only run that could be ranked."
    assert name[:11] in printed[3]
    assert f'<p class="verdict">{escape(name)} is the only run' in phase.page()


# The program as people call it.


def test_the_program_folder_alone_is_enough(phase: Phase, run_alone: Callable[[str, list[str]], str]) -> None:
    arguments = phase.arguments(phase.write_run("a", 1.0), phase.write_run("b", 1.5))
    assert run_alone("rank_runs", arguments).startswith("a wins: it beats b.\n")
    assert [row["rank"] for row in phase.table()] == ["1", "2"]


def test_help_explains_every_option(main: Main, help_of: Callable[[Main], str]) -> None:
    text = help_of(main)
    for words in (
        "--reference DIR",
        "--output DIR",
        "[NAME=]FOLDER",
        "in more than 97.5 % of 1 000 random draws",
        "no two may be alike",
    ):
        assert words in text
