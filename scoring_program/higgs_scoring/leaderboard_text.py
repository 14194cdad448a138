"""The texts of a leaderboard: who has won, when two runs tie, and the cells of the table."""

from collections.abc import Sequence

from higgs_scoring.leaderboard import Leaderboard
from higgs_scoring.number_formats import decimal, duration, grouped, number, percentage, plus_minus
from higgs_scoring.ranking import BEATS, Verdict, verdict_of

MAX_NAMES = 5
"""Names in a sentence; more are counted."""


def outcome(board: Leaderboard) -> str:
    """Return one sentence, in plain text, on who is first."""
    places = board.ranking.ranked
    names = [board.runs[place].name for place in places]
    if not names:
        return f"Only the baseline, {board.runs[0].name}, could be scored."
    if len(names) == 1:
        return f"{names[0]} is the only run that could be ranked."
    if board.runs[0].bootstrap is None:
        return f"A single pseudo-experiment says nothing about the scatter of a score: all {len(names)} runs tie."
    # No run beats one of rank 1, so that those of rank 1 tie with each other.
    first = board.ranking.ranks.count(board.ranking.ranks[places[0]])
    if first > 1:
        return f"{join_names(names[:first])} tie for first."
    tied = [board.runs[place].name for place in places[1:] if _verdict(board, places[0], place) == "ties"]
    if tied:
        return f"{names[0]} is first, as no run beats it, but it ties with {join_names(tied)}."
    return f"{names[0]} wins: it beats {names[1] if len(names) == 2 else 'every other run'}."


def baseline_note(board: Leaderboard) -> str:
    """Return one sentence on who beats the baseline; empty if there is none, or nobody to compare it with."""
    found = [place for place, run in enumerate(board.runs) if run.is_baseline]
    places = board.ranking.ranked
    if not found or not places or board.runs[0].bootstrap is None:
        return ""
    (baseline,) = found
    better = [board.runs[place].name for place in places if _verdict(board, place, baseline) == "beats"]
    if not better:
        who = "No run beats"
    elif len(better) == len(places) > 1:
        who = "Every run beats"
    else:
        who = f"{join_names(better)} {'beats' if len(better) == 1 else 'beat'}"
    return f"{who} the baseline, {board.runs[baseline].name}, which takes no rank."


def _verdict(board: Leaderboard, row: int, column: int) -> Verdict:
    return verdict_of(float(board.ranking.probabilities[row, column]))


def tie_rule(board: Leaderboard) -> str:
    """Return one sentence on when two runs tie; empty where they always do, and for a single run."""
    drawn = board.runs[0].bootstrap
    if drawn is None or len(board.runs) == 1:
        return ""
    times = grouped(drawn.quantile_score.size)
    what = "the sets" if drawn.unit == "set" else "the pseudo-experiments of the only set"
    return (
        f"Two runs tie unless one has the larger quantile score in more than {100 * BEATS:.1f}\u00a0% of {times} "
        f"resamples of {what}, the same for both."
    )


def remarks(board: Leaderboard) -> list[str]:
    """Return what else is to be said of the runs: cuts, shared events, failures, other events than the first's."""
    return [note for note in (cut_note(board), shared_note(board), failure_note(board), data_note(board)) if note]


def data_note(board: Leaderboard) -> str:
    """Return a warning if some runs used other events than the first; empty if none did."""
    others = [run.name for run in board.runs if run.data != board.runs[0].data]
    if not others:
        return ""
    return (
        f"Not comparable: {join_names(others)} used other events than {board.runs[0].name} (a different size, seed or "
        "source of the data), so the pseudo-experiments were not the same."
    )


def cut_note(board: Leaderboard) -> str:
    """Return which runs have intervals that are cut at the range of mu; empty if none has, or where it is unknown."""
    cuts = [
        f"{run.name} ({percentage(cut.share)} of its intervals, {number(cut.interval_before)} wide before)"
        for run in board.runs
        if (cut := run.range_cut) and cut.share
    ]
    if not cuts:
        return ""
    return (
        "Intervals that are cut at the range of μ are narrower and cover as often, so compare the mean widths before "
        f"the cut too: {join_names(cuts)}."
    )


def shared_note(board: Leaderboard) -> str:
    """Return by how much shared events shift a run's estimates, and what that costs; empty where no run reports it."""
    known = [run.shared for run in board.runs if run.shared is not None]
    if not known:
        return ""
    shifts = dict.fromkeys(f"{number(one.shift)} (costs {one.mean_cost:.4f})" for one in known)
    return (
        "Pseudo-experiments share the events of a finite store, which shifts all estimates of a run together by about "
        f"b = {join_names(list(shifts))} of an interval's half width. In brackets, and in the column Lost, is the "
        "coverage that this costs on average, whatever the method."
    )


def failure_note(board: Leaderboard) -> str:
    """Return which runs have failed predictions; empty if none has."""
    failed = [f"{run.name} ({grouped(run.failed_predictions)})" for run in board.runs if run.failed_predictions]
    if not failed:
        return ""
    return f"With failed predictions, each of which counts as the whole range of μ: {join_names(failed)}."


def cells(board: Leaderboard, place: int, *, all_errors: bool = True) -> dict[str, str]:
    """Return the row of a run by heading; texts are empty for what is unknown.

    Args:
        board: the leaderboard.
        place: of the run, from 0.
        all_errors: include the standard errors of width and coverage, not of the quantile score alone.

    Returns:
        The texts; a shared rank is followed by a =, and the baseline has none.
    """
    run = board.runs[place]
    scores, median, ends = run.scores, run.score_median, run.score_range
    return {
        "Rank": f"{board.ranking.ranks[place] or ''}{' =' if board.ranking.is_shared(place) else ''}",
        "Run": run.label,
        "Quantile score": _with_error(scores.quantile_score, run.error_of("quantile_score")),
        "Interval": _with_error(scores.interval, run.error_of("interval") if all_errors else None),
        "Before cut": "" if run.range_cut is None else decimal(run.range_cut.interval_before, 4),
        "Cut": "" if run.range_cut is None else percentage(run.range_cut.share),
        "Coverage": _with_error(scores.coverage, run.error_of("coverage") if all_errors else None),
        "Lost": "" if run.shared is None else f"{run.shared.mean_cost:.4f}",
        "Median": "" if median is None else decimal(median, 4),
        "95\u00a0% range": "" if ends is None else f"{decimal(ends[0], 3)} to {decimal(ends[1], 3)}",
        "Minutes": f"{run.minutes:.1f}",
        "fit()": "" if run.fit_seconds is None else duration(run.fit_seconds),
        "predict()": "" if run.predict_seconds is None else duration(run.predict_seconds),
        "Failed": grouped(run.failed_predictions),
    }


def _with_error(value: float, error: float | None) -> str:
    return decimal(value, 4) + ("" if error is None else f" {plus_minus(error, 4)}")


def join_names(names: Sequence[str]) -> str:
    """Return the names as a part of a sentence.

    >>> join_names(["A"]), join_names(["A", "B", "C"])
    ('A', 'A, B and C')
    >>> join_names(list("ABCDEFG"))
    'A, B, C, D and 3 more'
    """
    if len(names) > MAX_NAMES:
        kept = MAX_NAMES - 1
        names = [*names[:kept], f"{len(names) - kept} more"]
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
