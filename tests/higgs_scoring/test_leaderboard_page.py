"""What a leaderboard says in words and shows on its page, for made-up scores; all draws are seeded."""

import csv
import io
import re
from typing import Any

import numpy as np
import pytest

from higgs_scoring.bootstrap import Bootstrap
from higgs_scoring.leaderboard import Leaderboard, ScoredRun, UnrankedRun, as_csv
from higgs_scoring.leaderboard_page import render_leaderboard
from higgs_scoring.leaderboard_text import baseline_note, outcome, tie_rule
from higgs_scoring.metrics import Scores
from higgs_scoring.ranking import Contender, Ranking, rank_all
from tests.helpers.outline import outline_without_strangers


def board_of(
    *runs: tuple[str, float],
    unranked: tuple[UnrankedRun, ...] = (),
    draws: int = 1000,
    unit: Any = "set",
    baseline: str | None = None,
) -> Leaderboard:
    """Runs of these names whose scores scatter around these values by 0.01, each by its own chance."""
    rng, scored = np.random.default_rng(2), []
    for name, score in runs:
        others = {key: rng.normal(0.5, 0.01, draws) for key in ("interval", "coverage", "rmse", "mae", "winkler")}
        drawn = Bootstrap(
            unit=unit, num_units=10, quantile_score=rng.normal(score, 0.01, draws), penalty=np.ones(draws), **others
        )
        scores = Scores(score, 0.5, 0.68, 1.0, 0.3, 0.2, 0.9)
        scored.append(ScoredRun(name, scores, drawn, 12.5, None, None, is_baseline=name == baseline))
    ranking = rank_all(
        [Contender(run.name, run.scores.quantile_score, run.bootstrap, run.is_baseline) for run in scored]
    )
    return Leaderboard(tuple(scored[number] for number in ranking.order), ranking, unranked, 10, 100)


def without_bootstraps(board: Leaderboard) -> Leaderboard:
    runs = [ScoredRun(run.name, run.scores, None, run.minutes, None, None) for run in board.runs]
    ranking = rank_all([Contender(run.name, run.scores.quantile_score, None) for run in runs])
    return Leaderboard(tuple(runs[number] for number in ranking.order), ranking, (), 1, 1)


def test_texts_in_the_table_are_no_formulas() -> None:
    board = board_of(("=1+1", 0.5), ("plain", -0.5), unranked=(UnrankedRun("@bad", "-1 is wrong"),))
    rows = list(csv.DictReader(io.StringIO(as_csv(board))))
    assert [row["name"] for row in rows] == ["'=1+1", "plain", "'@bad"]
    assert rows[2]["problem"] == "'-1 is wrong"
    assert rows[1]["quantile_score"] == "-0.5"  # a number stays one


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ((("A", 1.0),), "A is the only run that could be ranked."),
        ((("A", 1.0), ("B", 0.5)), "A wins: it beats B."),
        ((("A", 1.0), ("B", 0.5), ("C", 0.5)), "A wins: it beats every other run."),
        ((("A", 1.0), ("B", 0.999), ("C", 0.5)), "A and B tie for first."),
        (tuple((name, 1.0) for name in "FEDCBA"), "A, B, C, D and 2 more tie for first."),
        # The difference of two scatters by 0.014: A beats B by 2.8, while C, between them, ties with both.
        ((("A", 1.0), ("C", 0.98), ("B", 0.96)), "A and C tie for first."),
    ],
)
def test_the_verdict_in_words(runs: tuple[tuple[str, float], ...], words: str) -> None:
    board = board_of(*runs)
    assert outcome(board) == words
    assert f'<p class="verdict">{words}</p>' in render_leaderboard(board)


def test_a_first_run_that_does_not_beat_all_others_has_not_won() -> None:
    # C ties with A, but B, which A beats, beats C.
    chances = np.array([[0.5, 0.99, 0.9], [0.01, 0.5, 0.99], [0.1, 0.01, 0.5]])
    ranking = Ranking((0, 1, 2), (1, 2, 2), chances)
    board = Leaderboard(board_of(("A", 1.0), ("B", 0.95), ("C", 0.9)).runs, ranking, (), 10, 100)
    assert outcome(board) == "A is first, as no run beats it, but it ties with C."


@pytest.mark.parametrize(
    ("runs", "words", "about_baseline"),
    [
        ((("A", 1.0), ("B", 0.9), ("base", 0.5)), "A wins: it beats B.", "Every run beats the baseline"),
        ((("A", 1.0), ("base", 0.9), ("B", 0.5)), "A wins: it beats B.", "A beats the baseline"),
        ((("A", 1.0), ("B", 0.999), ("base", 0.9), ("C", 0.5)), "A and B tie for first.", "A and B beat the baseline"),
        ((("base", 1.0), ("A", 0.9), ("B", 0.5)), "A wins: it beats B.", "No run beats the baseline"),
        ((("base", 0.5), ("A", 0.9)), "A is the only run that could be ranked.", "A beats the baseline"),
    ],
)
def test_the_baseline_is_compared_but_decides_nothing(
    runs: tuple[tuple[str, float], ...], words: str, about_baseline: str
) -> None:
    board = board_of(*runs, baseline="base")
    assert outcome(board) == words
    assert baseline_note(board) == f"{about_baseline}, base, which takes no rank."
    assert baseline_note(board_of(*runs)) == ""


def test_a_baseline_alone_has_nobody_to_be_compared_with() -> None:
    board = board_of(("base", 1.0), baseline="base")
    assert outcome(board) == "Only the baseline, base, could be scored."
    assert baseline_note(board) == ""


def test_the_baseline_is_marked_in_the_table_the_picture_and_the_pairs() -> None:
    runs = ("A", 1.0), ("base", 0.9), ("B", 0.5)
    page, plain = render_leaderboard(board_of(*runs, baseline="base")), render_leaderboard(board_of(*runs))
    rows = re.findall(
        r'<tr( class="baseline")?>\s*<td class="rank">(.*?)</td><th scope="row" class="name">(.*?)</th>', page
    )
    assert rows == [("", "1", "A"), (' class="baseline"', "", "base (baseline)"), ("", "2", "B")]
    assert ">B base (baseline)</th>" in page
    pictures = [text[text.index("<svg") : text.index("</svg>")] for text in (page, plain)]
    # Two lines; a marker, filled.
    assert [picture.count("stroke: var(--quiet)") for picture in pictures] == [3, 0]
    assert pictures[0].count("fill: var(--quiet); stroke: var(--quiet)") == 1
    for words in ("The baseline stands where", "The baseline is grey", "not counting the baseline", "(baseline)"):
        assert (words in page, words in plain) == (True, False)


def test_the_rule_of_a_tie_in_words() -> None:
    pair = (("A", 1.0), ("B", 0.5))
    said = tie_rule(board_of(*pair)).replace("\xa0", " ").replace("\u202f", " ")
    assert "larger quantile score in more than 97.5 % of 1 000 resamples of the sets" in said
    assert "pseudo-experiments of the only set" in tie_rule(board_of(*pair, unit="pseudo-experiment"))
    board = without_bootstraps(board_of(*pair))
    assert tie_rule(board) == ""
    assert outcome(board) == "A single pseudo-experiment says nothing about the scatter of a score: all 2 runs tie."


@pytest.mark.parametrize("number", [1, 3, 12, 13, 61])
def test_page_is_whole_and_needs_nothing_from_outside(number: int) -> None:
    page = render_leaderboard(board_of(*((f"run {place}", 1 - 0.03 * place) for place in range(number))))
    outline = outline_without_strangers(page)
    assert "image" not in outline.tags
    assert outline.tags.count("svg") == 1
    assert "prefers-color-scheme: dark" in page
    picture = page[page.index("<svg") : page.index("</svg>")]
    assert re.findall(r"#[0-9a-f]{6}\b", re.sub(r'(href|url)[=("]*#\w+', "", picture)) == []
    assert picture.count(">run ") == min(number, 60)
    height = float(re.search(r'viewBox="0 0 \S+ (\S+)"', picture)[1])  # type: ignore[index]
    assert height <= 850
    shown = min(number, 12)
    pairs = sum(outline.attributes.count(("class", verdict)) for verdict in ("beats", "ties", "loses"))
    assert pairs == shown * (shown - 1)
    assert (f"Only the best 12 of {number} runs" in page) is (number > 12)
    assert (f"Only the best 60 of {number} runs" in page) is (number > 60)
    assert outline.tags.count("table") == (1 if number == 1 else 2)


def test_the_matrix_says_in_words_and_numbers_who_beats_whom() -> None:
    board = board_of(("A", 1.0), ("B", 0.999), ("C", 0.5))
    table = render_leaderboard(board).split('<table class="pairs">')[1].split("</table>")[0].replace("\xa0", " ")
    chance = f"{100 * board.ranking.probabilities[0, 1]:.2f} %"
    rows = re.findall(r"<tr>(<th scope=.row.*?)</tr>", table)
    assert rows[0].endswith(
        f'A A</th><td></td><td class="ties">ties<div>{chance}</div></td><td class="beats">beats<div>100.00 %</div></td>'
    )
    assert rows[2].endswith(
        'C C</th><td class="loses">loses<div>0.00 %</div></td><td class="loses">loses<div>0.00 %</div></td><td></td>'
    )


def test_a_run_far_below_does_not_hide_how_the_others_differ() -> None:
    page = render_leaderboard(board_of(("A", 1.0), ("B", 0.9), ("far", -20.0)))
    picture = page[page.index("<svg") : page.index("</svg>")]
    assert re.search(r">−(19\.9\d|20\.0\d)<", picture)
    assert not re.search(r">−1\d<|>−20<", picture)  # no such tick


def test_runs_without_any_scatter_are_drawn_too() -> None:
    board = board_of(("A", 1.0), ("B", 1.0), draws=1)
    assert "<svg" in render_leaderboard(board)
    assert "<svg" not in render_leaderboard(without_bootstraps(board))
