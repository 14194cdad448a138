"""The ranking on bad input, and with names that nobody should trust."""

import math
import shutil
from collections.abc import Callable
from html import escape, unescape
from pathlib import Path
from typing import Any

import pytest

from higgs_scoring import leaderboard
from higgs_scoring.errors import ScoringError
from higgs_scoring.leaderboard import make_leaderboard
from higgs_scoring.truth import read_truth
from tests.helpers.outline import Outline
from tests.helpers.phase import Phase, change

Main = Callable[[list[str]], int]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (shutil.rmtree, "bad does not exist: give the folder that ingestion wrote"),
        (lambda run: (run / "ingestion_summary.json").unlink(), "is neither in"),
        (lambda run: change(run / "ingestion_summary.json", plan_fingerprint="cafe"), "made from another plan"),
        (lambda run: change(run / "result_2.json", p16=[math.nan] * 10), "result_2.json: p16[0] is nan"),
        (lambda run: (run / "result_3.json").write_text("{"), "result_3.json is not readable as JSON"),
        (lambda run: (run / "result_9.json").write_text("{}"), "'result_9.json' is in the prediction folder"),
    ],
    ids=["missing", "unfinished", "other plan", "nan", "broken", "planted"],
)
def test_a_run_that_cannot_be_scored_is_listed_with_the_reason(
    phase: Phase, rank: Main, capsys: pytest.CaptureFixture[str], spoil: Callable[[Path], object], words: str
) -> None:
    good, bad = phase.write_run("good", 1.0), phase.write_run("bad", 0.5)
    spoil(bad)

    assert rank(phase.arguments(bad, good)) == 0

    assert [(row["rank"], row["name"]) for row in phase.table()] == [("1", "good"), ("", "bad")]
    problem = phase.table()[1]["problem"]
    assert words in problem
    assert set(phase.table()[1].values()) == {"", "bad", problem}
    assert f"Not ranked: bad. {problem}" in capsys.readouterr().out
    assert words in unescape(phase.page())


def test_a_file_that_cannot_be_read_is_one_runs_problem(phase: Phase, rank: Main) -> None:
    good, bad = phase.write_run("good", 1.0), phase.write_run("bad", 0.5)
    (bad / "result_3.json").unlink()
    (bad / "result_3.json").symlink_to("/proc/self/mem")
    assert rank(phase.arguments(good, bad)) == 0
    assert "result_3.json cannot be read" in phase.table()[1]["problem"]


def one_sentence(printed: Any) -> str:
    assert printed.out == ""
    assert printed.err.startswith("Not ranked: ")
    assert printed.err.endswith(".\n")
    assert printed.err.count("\n") == 1
    return str(printed.err)


def test_where_no_run_can_be_ranked_nothing_is_written(
    phase: Phase, rank: Main, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rank(phase.arguments(phase.folder / "a", phase.folder / "b")) == 2
    said = one_sentence(capsys.readouterr())
    assert "No run can be ranked: the first of 2 is a. The folder" in said
    assert not phase.output.exists()
    assert rank(phase.arguments("x" * 500)) == 2  # longer than any file's name
    assert "does not exist" in one_sentence(capsys.readouterr())


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda phase: shutil.rmtree(phase.reference), "The reference folder"),
        (lambda phase: change(phase.reference / "truth.json", ground_truth_mus=[]), "ground_truth_mus is []"),
    ],
)
def test_an_unusable_reference_is_refused(
    phase: Phase, rank: Main, capsys: pytest.CaptureFixture[str], spoil: Callable[[Phase], object], words: str
) -> None:
    run = phase.write_run("a", 1.0)
    spoil(phase)
    assert rank(phase.arguments(run)) == 2
    assert words in one_sentence(capsys.readouterr())
    assert not phase.output.exists()


def test_doubled_names_are_refused_with_what_to_do(
    phase: Phase, rank: Main, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = phase.write_run("first/results", 1.0), phase.write_run("second/results", 1.0)
    assert rank(phase.arguments(first, second)) == 2
    said = one_sentence(capsys.readouterr())
    assert f"The name 'results' is given twice, for {first} and for {second}: write NAME=FOLDER" in said
    # As they would be shown, the two are alike.
    assert rank(phase.arguments(f"a\x1b={first}", f"a={second}")) == 2
    assert "The name 'a' is given twice" in one_sentence(capsys.readouterr())
    assert rank(phase.arguments(f"a={first}", f"b={second}")) == 0


@pytest.mark.parametrize("text", ["={}", "\x1b={}", "name="])
def test_a_run_without_a_name_or_a_folder_is_refused(
    phase: Phase, rank: Main, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    assert rank(phase.arguments(text.format(phase.write_run("a", 1.0)))) == 2
    assert "has no name or no folder: write NAME=FOLDER." in one_sentence(capsys.readouterr())


def test_no_run_at_all(phase: Phase, rank: Main, capsys: pytest.CaptureFixture[str]) -> None:
    assert rank(phase.arguments()) == 2
    assert "RUN" in capsys.readouterr().err
    with pytest.raises(ScoringError, match="none was given; name at least one"):
        make_leaderboard(read_truth(phase.reference), [])


def test_an_output_that_is_a_file_is_kept(phase: Phase, rank: Main, capsys: pytest.CaptureFixture[str]) -> None:
    phase.output.write_text("kept")
    assert rank(phase.arguments(phase.write_run("a", 1.0))) == 2
    assert "cannot be a folder" in one_sentence(capsys.readouterr())
    assert phase.output.read_text() == "kept"


def test_a_file_that_cannot_be_written_leaves_no_half_of_it(
    phase: Phase, rank: Main, capsys: pytest.CaptureFixture[str]
) -> None:
    (phase.output / "leaderboard.csv").mkdir(parents=True)
    assert rank(phase.arguments(phase.write_run("a", 1.0))) == 2
    assert "leaderboard.csv cannot be written" in one_sentence(capsys.readouterr())
    assert [path.name for path in phase.output.iterdir()] == ["leaderboard.csv"]


def test_a_mistake_of_the_program_is_not_hidden(phase: Phase, rank: Main, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> Any:
        raise KeyError("ours")

    monkeypatch.setattr(leaderboard, "score_sets", broken)
    with pytest.raises(KeyError, match="ours"):
        rank(phase.arguments(phase.write_run("a", 1.0)))
    assert not phase.output.exists()


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


def test_hostile_names_are_shown_and_do_nothing(phase: Phase, rank: Main, capsys: pytest.CaptureFixture[str]) -> None:
    good = phase.write_run("good", 1.0)
    missing = f"{HOSTILE[0]}\x1b[2J"
    runs = [f"{name}={good}" for name in HOSTILE[3:]]
    # A name that begins with = can only be a folder's.
    folders = [shutil.copytree(good, phase.folder / "hostile" / name.replace("/", "∕")) for name in HOSTILE[:3]]

    assert rank(phase.arguments("--", *folders, *runs, f"missing={missing}")) == 0

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
def test_a_hostile_name_in_the_verdict(phase: Phase, rank: Main, capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert rank(phase.arguments(f"{name}={phase.write_run('a', 1.0)}")) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == f"{name} is the only run that could be ranked."
    assert name[:11] in printed[3]
    assert f'<p class="verdict">{escape(name)} is the only run' in phase.page()
