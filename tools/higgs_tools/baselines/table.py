"""The table of methods: rows from results files, ranked with ties as the leaderboard ranks."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from itertools import groupby
from operator import attrgetter

import numpy as np

from higgs_challenge.errors import InputError
from higgs_challenge.number_formats import count
from higgs_scoring.bootstrap import Bootstrap, bootstrap_pseudo_experiments, bootstrap_sets
from higgs_scoring.metrics import Scores
from higgs_scoring.number_formats import decimal, duration, plus_minus
from higgs_scoring.ranking import Contender, Ranking, rank_all
from higgs_scoring.verdict import p_value_text
from higgs_tools.baselines.methods import REFERENCE
from higgs_tools.baselines.result_file import ResultFile
from higgs_tools.baselines.table_text import describe_setting, make_command

DIGITS = 3
"""After the point; errors from a thousand pseudo-experiments are some thousandths or more."""

METHOD, WIDTH_BEFORE = "Method", "Width before the cut"
ASIMOV = f"Asimov limit of the {REFERENCE}"


@dataclass(frozen=True, eq=False)
class Entry:
    """A method in the table: its runs, one a training, and the mean of their resampled scores.

    Attributes:
        results: of the same method, at least one.
        bootstrap: of the scores' mean over the trainings; None for a single pseudo-experiment.
    """

    results: tuple[ResultFile, ...]
    bootstrap: Bootstrap | None

    @property
    def name(self) -> str:
        """The method's."""
        return self.results[0].identity.method

    def mean(self, value: Callable[[ResultFile], float | None]) -> float | None:
        """Return the mean over the trainings of what a results file holds; None where one does not hold it."""
        values = [value(result) for result in self.results]
        known = [one for one in values if one is not None]
        return statistics.fmean(known) if len(known) == len(values) else None


@dataclass(frozen=True)
class Table:
    """A table: its rows by heading, the last one perhaps the limit, and what is to be said below it.

    Attributes:
        rows: cells of each row, all with the same headings.
        has_limit: whether the last row is no method, but the limit that the reference expects.
        notes: sentences on what was run where, and on what the columns mean.
        command: that runs the same.
    """

    rows: list[dict[str, str]]
    has_limit: bool
    notes: list[str]
    command: str


def make_table(results: Sequence[ResultFile]) -> Table:
    """Make the table of runs on the same pseudo-experiments.

    Args:
        results: at least one; several of a method are different trainings.

    Raises:
        InputError: two of them have other pseudo-experiments, or are the same training of a method.
    """
    _require_same(results)
    by_method = attrgetter("identity.method")
    entries = [_entry(tuple(own)) for _, own in groupby(sorted(results, key=by_method), key=by_method)]
    ranking = rank_all([Contender(entry.name, _score(entry), entry.bootstrap) for entry in entries])
    entries = [entries[place] for place in ranking.order]
    rows = [_cells(entry, ranking, place) for place, entry in enumerate(entries)]
    limits = [entry.mean(attrgetter("expected_width")) for entry in entries if entry.name == REFERENCE]
    limit = limits[0] if limits else None
    if limit is not None:
        rows.append(dict.fromkeys(rows[0], "") | {METHOD: ASIMOV, WIDTH_BEFORE: decimal(limit, DIGITS)})
    return Table(rows, limit is not None, describe_setting(results, ranking), make_command(results[0]))


def are_comparable(first: ResultFile, second: ResultFile) -> bool:
    """Return whether two runs had the same pseudo-experiments, and trained on the same events."""
    return (first.identity.plan, first.identity.data) == (second.identity.plan, second.identity.data)


def _require_same(results: Sequence[ResultFile]) -> None:
    first, seen = results[0], set()
    for result in results:
        run = (result.identity.method, result.identity.training_seed)
        if run in seen:
            raise InputError(f"Two results files are of {run[0]} with the training seed {run[1]}; remove one.")
        seen.add(run)
        if not are_comparable(first, result):
            raise InputError(
                f"The results of {first.identity.method} and {run[0]} are of different pseudo-experiments (another "
                "phase, seed, number or store), so they cannot be compared: keep them in different folders."
            )


def _entry(results: tuple[ResultFile, ...]) -> Entry:
    intervals = [result.answers.intervals for result in results]
    drawn = [bootstrap_sets(one) or bootstrap_pseudo_experiments(one) for one in intervals]
    known = [one for one in drawn if one is not None]
    if not known:
        return Entry(results, None)
    names = [field.name for field in fields(Scores)]
    means = {name: np.mean([getattr(one, name) for one in known], axis=0) for name in names}
    return Entry(results, replace(known[0], **means))


def _score(entry: Entry) -> float:
    return statistics.fmean(result.scores.quantile_score.value for result in entry.results)


def _cells(entry: Entry, ranking: Ranking, place: int) -> dict[str, str]:
    first, number = entry.results[0], len(entry.results)
    title = "" if first.title == entry.name else f": {first.title}"
    p_values = [one.coverage for result in entry.results for one in result.flatness.values()]
    return {
        "Rank": f"{ranking.ranks[place]}{' =' if ranking.is_shared(place) else ''}",
        METHOD: f"{entry.name}{title}" + (f" ({count(number, 'training')})" if number > 1 else ""),
        "Quantile score": _score_text(entry, "quantile_score"),
        "Width": _score_text(entry, "interval"),
        WIDTH_BEFORE: _number(entry.mean(attrgetter("width_before"))),
        "Share cut": _number(entry.mean(attrgetter("cut_share"))),
        "Coverage": _score_text(entry, "coverage"),
        "Mean pull": _number(entry.mean(lambda result: None if result.pulls is None else result.pulls.mean)),
        "Pull width": _number(entry.mean(lambda result: None if result.pulls is None else result.pulls.width)),
        "Flat coverage": p_value_text(min((one for one in p_values if one is not None), default=None)),
        "Expected width": _number(entry.mean(attrgetter("expected_width"))),
        "fit()": _seconds(entry.mean(attrgetter("cost.fit_seconds"))),
        "predict()": _seconds(entry.mean(attrgetter("cost.predict_seconds"))),
        "Order": _order(entry.results),
    }


def _score_text(entry: Entry, name: str) -> str:
    """Return the mean of a score with its standard error and, of several trainings, their standard deviation."""
    values = [getattr(result.scores, name).value for result in entry.results]
    errors = None if entry.bootstrap is None else entry.bootstrap.standard_errors
    error = "" if errors is None else f" {plus_minus(getattr(errors, name), DIGITS)}"
    spread = f" (spread {statistics.stdev(values):.{DIGITS}f})" if len(values) > 1 else ""
    return f"{decimal(statistics.fmean(values), DIGITS)}{error}{spread}"


def _number(value: float | None) -> str:
    return "" if value is None else decimal(value, DIGITS)


def _seconds(value: float | None) -> str:
    return "" if value is None else duration(value)


def _order(results: Iterable[ResultFile]) -> str:
    checks = [result.order_check for result in results]
    known = [check for check in checks if check is not None]
    if len(known) < len(checks):
        return ""
    different, repeated = sum(check.different for check in known), sum(check.repeated for check in known)
    return f"{different} of {repeated} differ" if different else f"{repeated} the same"
