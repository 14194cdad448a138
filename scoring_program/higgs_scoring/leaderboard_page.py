"""leaderboard.html: the ranking in one file that needs nothing else; names, strangers' words, are escaped."""

from html import escape
from string import ascii_uppercase

from higgs_scoring.bootstrap import Bootstrap
from higgs_scoring.formats import grouped
from higgs_scoring.leaderboard import Leaderboard
from higgs_scoring.leaderboard_picture import MOST_LINES, draw_scores
from higgs_scoring.leaderboard_words import cells, data_note, outcome, tie_rule
from higgs_scoring.metrics import FloatArray
from higgs_scoring.ranking import BEATS, LOSES, verdict_of
from higgs_scoring.style import CSS, html_page

MOST_PAIRS = 12
"""Runs whose pairs are shown; more columns could not be read."""

SCROLLABLE = '<div class="wide" tabindex="0">'
"""Around a table that may be wider than the page; by its tabindex, keys can scroll it too."""

PAGE_CSS = f"""{CSS}
.wide {{ overflow-x: auto; }}
.wide table {{ font-size: .875rem; }}
.wide thead th {{ color: var(--quiet); font-weight: 400; vertical-align: bottom; }}
.wide td, .wide thead th {{ padding-right: 0; padding-left: .8rem; }}
.wide .rank {{ padding-left: 0; padding-right: .8rem; white-space: nowrap; font-variant-numeric: tabular-nums; }}
.wide th.name {{
  position: sticky; left: 0; min-width: 7rem; max-width: 15rem; padding-left: 0; background: var(--paper);
  white-space: normal; overflow-wrap: anywhere; unicode-bidi: isolate;
}}
th.value {{ text-align: right; }}
table.pairs {{ width: auto; }}
table.pairs td, table.pairs thead th.value {{ text-align: center; min-width: 4.2rem; padding-left: .6rem; }}
table.pairs td {{ line-height: 1.3; }}
table.pairs .beats {{ color: var(--covers); font-weight: 600; }}
table.pairs .loses {{ color: var(--misses); font-weight: 600; }}
table.pairs .ties {{ color: var(--quiet); }}
.distributions {{ max-width: 36rem; }}
@media (max-width: 40rem) {{ .wide th.name {{ max-width: 8rem; }} }}
@media print {{
  .wide {{ overflow-x: visible; }}
  .wide table {{ font-size: .6rem; }}
  .wide td, .wide thead th.value, table.pairs td {{ padding-left: .3rem; }}
  .wide th.name, table.pairs td, table.pairs thead th.value {{ min-width: 0; }}
}}
"""


def render_leaderboard(board: Leaderboard) -> str:
    """Return the page."""
    sections = [_opening(board), _table(board), _distributions(board), _pairs(board), _unranked(board), _method(board)]
    return html_page("Ranking", PAGE_CSS, "\n".join(section for section in sections if section))


def _opening(board: Leaderboard) -> str:
    notes = "\n".join(f"<p>{escape(note)}</p>" for note in (tie_rule(board), data_note(board)) if note)
    return f'<h1>HiggsML Uncertainty Challenge: ranking</h1>\n<p class="verdict">{escape(outcome(board))}</p>\n{notes}'


def _table(board: Leaderboard) -> str:
    rows = [cells(board, place) for place in range(len(board.runs))]
    heads = "".join(f'<th scope="col" class="{_kind(heading)}">{heading}</th>' for heading in rows[0])
    lines = "\n".join(
        "<tr>" + "".join(_cell(heading, escape(text)) for heading, text in row.items()) + "</tr>" for row in rows
    )
    note = "± is the standard error; = marks a shared rank; predict() is the median of its times."
    return (
        f'{SCROLLABLE}<table class="ranking">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{lines}\n</tbody>'
        f'</table></div>\n<p class="quiet">{note}</p>'
    )


def _kind(heading: str) -> str:
    return {"Run": "name", "Rank": "rank"}.get(heading, "value")


def _cell(heading: str, text: str) -> str:
    if heading == "Run":
        return f'<th scope="row" class="name">{text}</th>'
    return f'<td class="{_kind(heading)}">{text}</td>'


def _distributions(board: Leaderboard) -> str:
    shown = [run for run in board.runs[:MOST_LINES] if run.bootstrap is not None]
    if not shown:
        return ""
    which = f" The best {MOST_LINES} of {len(board.runs)} runs." if len(board.runs) > MOST_LINES else ""
    return (
        f'<h2>Scatter of the score</h2>\n<figure class="distributions">{draw_scores(shown)}<figcaption>'
        "Thin lines hold 95 % of the drawn scores, thick lines 68 %, dots are medians. An arrow is a run far below the "
        f"best, with its median.{which} Lines that overlap need not tie: what two runs have in common moves both."
        "</figcaption></figure>"
    )


def _pairs(board: Leaderboard) -> str:
    number = min(len(board.runs), MOST_PAIRS)
    if number == 1 or board.runs[0].bootstrap is None:
        return ""
    which = f"The best {number} of {len(board.runs)} runs. " if len(board.runs) > number else ""
    letters = ascii_uppercase[:number]
    heads = "".join(f'<th scope="col" class="value">{letter}</th>' for letter in letters)
    lines = "\n".join(
        f'<tr><th scope="row" class="name">{letter} {escape(run.name)}</th>{_pair_cells(chances[:number], place)}</tr>'
        for place, (letter, run, chances) in enumerate(
            zip(letters, board.runs, board.ranking.probabilities, strict=False)
        )
    )
    return (
        f"<h2>Pair by pair</h2>\n<p>{which}In how many of the draws the run of the row has the larger quantile score, "
        f"equal ones counted half. Above {100 * BEATS:.1f}\u00a0% it beats the run of the column, below "
        f"{100 * LOSES:.1f}\u00a0% it loses to it.</p>\n"
        f'{SCROLLABLE}<table class="pairs">\n<thead><tr><th class="name"></th>{heads}</tr></thead>\n'
        f"<tbody>\n{lines}\n</tbody></table></div>"
    )


def _pair_cells(chances: FloatArray, place: int) -> str:
    return "".join("<td></td>" if column == place else _pair(float(chance)) for column, chance in enumerate(chances))


def _pair(chance: float) -> str:
    # Of 1 000 draws with equal ones counted half, two digits show a probability as it is compared.
    verdict = verdict_of(chance)
    return f'<td class="{verdict}">{verdict}<div>{100 * chance:.2f}\u00a0%</div></td>'


def _unranked(board: Leaderboard) -> str:
    if not board.unranked:
        return ""
    items = "\n".join(f"<li><b>{escape(run.name)}</b>: {escape(run.problem)}</li>" for run in board.unranked)
    return f"<h2>Not ranked</h2>\n<p>These runs could not be scored.</p>\n<ul>\n{items}\n</ul>"


def _method(board: Leaderboard) -> str:
    total = grouped(board.num_sets * board.num_pseudo_experiments)
    paragraphs = [
        f"Every run holds {total} intervals: {board.num_sets} sets of one true μ each, with "
        f"{board.num_pseudo_experiments} pseudo-experiments in a set. The quantile score is "
        "−ln((mean width + 0.001) × penalty); the penalty is 1 for a coverage within two standard deviations of "
        "0.6827, and grows fast beyond.",
        _drawing(board.runs[0].bootstrap),
        "The rank of a run is one more than the number of runs that beat it. Ties are not transitive: two runs may "
        "each tie with a third although one of them beats the other. Runs of one rank are in the order of their "
        "scores.",
    ]
    text = "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"<h2>How it was computed</h2>\n{text}"


def _drawing(bootstrap: Bootstrap | None) -> str:
    if bootstrap is None:
        return (
            "One pseudo-experiment alone does not tell the scatter of a score: there are no errors, and all runs tie."
        )
    what = "the sets" if bootstrap.unit == "set" else "the pseudo-experiments of the only set"
    times = grouped(bootstrap.quantile_score.size)
    return (
        f"For the scatter, {what} are drawn anew {times} times, with replacement and as many as there are, and each "
        "draw is scored like the whole. The organisers ranked the final phase by draws of the sets, and runs whose "
        "scores overlap tied (results paper, arXiv:2509.22247). Here all runs are scored on the same draws and "
        "compared draw by draw, so that what is hard for all of them decides nothing. The score scatters further down "
        "than up, as the penalty only lowers it; hence a range beside the standard error."
    )
