"""leaderboard.html: the ranking in one file that needs nothing else."""

from dataclasses import dataclass
from string import ascii_uppercase

from markupsafe import Markup

from higgs_scoring.html_pages import render_template
from higgs_scoring.leaderboard import Leaderboard
from higgs_scoring.leaderboard_plot import MAX_RUNS_DRAWN, draw_scores
from higgs_scoring.leaderboard_text import baseline_note, cells, outcome, remarks, tie_rule
from higgs_scoring.number_formats import grouped
from higgs_scoring.ranking import BEATS, LOSES, Verdict, verdict_of

MAX_RUNS_PAIRED = 12
"""Runs whose pairs are shown; more columns could not be read."""


@dataclass(frozen=True)
class PairCell:
    """What comparing two runs gave, and in how many draws the run of the row is better."""

    verdict: Verdict
    chance: str


@dataclass(frozen=True)
class PairRow:
    """A run against all others; None stands for the run itself."""

    letter: str
    name: str
    cells: tuple[PairCell | None, ...]


def render_leaderboard(board: Leaderboard) -> str:
    """Return the page."""
    drawn = [run for run in board.runs[:MAX_RUNS_DRAWN] if run.bootstrap is not None]
    bootstrap = board.runs[0].bootstrap
    return render_template(
        "leaderboard.html",
        title=board.title,
        outcome=outcome(board),
        notes=[note for note in (baseline_note(board), tie_rule(board), *remarks(board)) if note],
        rows=[cells(board, place) for place in range(len(board.runs))],
        baseline=next((place for place, run in enumerate(board.runs) if run.is_baseline), None),
        kinds={"Run": "name", "Rank": "rank"},
        plot=Markup(draw_scores(drawn)) if drawn else "",
        num_runs=len(board.runs),
        max_drawn=MAX_RUNS_DRAWN,
        pairs=_pairs(board),
        beats=f"{100 * BEATS:.1f}\u00a0%",
        loses=f"{100 * LOSES:.1f}\u00a0%",
        unranked=board.unranked,
        num_intervals=grouped(board.num_sets * board.num_pseudo_experiments),
        num_sets=board.num_sets,
        num_pseudo_experiments=board.num_pseudo_experiments,
        drawn=bootstrap,
        draws="" if bootstrap is None else grouped(bootstrap.quantile_score.size),
    )


def _pairs(board: Leaderboard) -> list[PairRow]:
    number = min(len(board.runs), MAX_RUNS_PAIRED)
    if number == 1 or board.runs[0].bootstrap is None:
        return []
    return [
        PairRow(
            ascii_uppercase[row],
            board.runs[row].label,
            tuple(None if row == column else _pair(board, row, column) for column in range(number)),
        )
        for row in range(number)
    ]


def _pair(board: Leaderboard, row: int, column: int) -> PairCell:
    # Of 1 000 draws with equal ones counted half, two digits show a probability as it is compared.
    chance = float(board.ranking.probabilities[row, column])
    return PairCell(verdict_of(chance), f"{100 * chance:.2f}\u00a0%")
