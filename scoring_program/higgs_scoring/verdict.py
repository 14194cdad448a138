"""The sentences of a report: the verdict, what to do about it, and what errors and p-values mean."""

import math

from higgs_scoring.analysis import Analysis
from higgs_scoring.bootstrap import Bootstrap, uncertainty_of_error
from higgs_scoring.calibration import Calibration
from higgs_scoring.dependence import MAX_PULL, Dependence, PullSummary
from higgs_scoring.metrics import TARGET_COVERAGE, Scores, allowed_coverage, coverage_sigma
from higgs_scoring.number_formats import ROUNDING, decimal, grouped, number, percentage, plus_minus
from higgs_scoring.range_cut import RangeCut
from higgs_scoring.shared_events import RARE_SHIFT, SharedEvents
from higgs_scoring.truth import MU

WORTH_SAYING = 10
"""The uncertainty of a standard error is stated where it exceeds so many percent."""

SUSPICIOUS = 0.001
"""A p-value below this is reported as unlikely to be chance; one of 70 correct runs has one among its fourteen."""

MIN_FACTOR, MAX_FACTOR = 0.1, 10.0
"""Factors beyond these are not stated more precisely: they are of no use, and could reveal digits of the truth."""


def verdict(analysis: Analysis) -> str:
    """Return one sentence on the coverage and on how to correct it.

    Too narrow by 14 % means that intervals 1/0.86 = 1.16 times as wide would have the right coverage.
    """
    scores, calibration, pulls = analysis.scores, analysis.calibration, analysis.pull_summary
    error = None if analysis.bootstrap is None else analysis.bootstrap.standard_errors.coverage
    n = calibration.curve.needed.size
    lowest, highest = allowed_coverage(n)
    experiments = f"{grouped(n)} pseudo-experiment{'' if n == 1 else 's'}"
    start = f"The intervals cover the true μ in {_percentage(scores.coverage, error)} of {experiments}"
    if lowest <= 0:
        return f"{start}, too few to say whether that is right."
    if lowest <= scores.coverage <= highest:
        return f"{start}, which is right within the allowed error."
    exact, shared = calibration.exact, analysis.shared
    too_rarely = scores.coverage < lowest
    # A shared shift can only cost coverage, so it never excuses too much of it.
    if too_rarely and shared is not None and scores.coverage >= lowest - shared.rare_cost:
        return f"{start}, too rarely; but a store of this size alone may cost as much: the intervals may be right."
    # If all answers are alike, the next step of the coverage may be far beyond the target.
    if exact is None or exact.factor in (0.0, 1.0) or exact.coverage > highest:
        return f"{start}, too {'rarely' if too_rarely else 'often'}; rescaling cannot fix this."
    fault = _too_much("narrow" if too_rarely else "wide", exact.factor)
    if too_rarely and pulls is not None and pulls.is_biased:
        fault += f", or shifted to {'higher' if pulls.mean > 0 else 'lower'} μ"
    factor = _factor(exact.factor)
    remedy = f"widening every interval by a factor of {factor}"
    if not too_rarely:
        remedy = f"narrowing every interval to {factor} of its width"
    now, then = decimal(scores.quantile_score, 2), decimal(exact.quantile_score, 2)
    gain = "would give" if exact.quantile_score > scores.quantile_score else "would fix this, at"
    return f"{start}, {fault}: {remedy} {gain} a score of {then} instead of {now}."


def advice(scores: Scores, n: int) -> str:
    r"""Return a sentence on what the penalty does to the score or, without one, on how to raise it.

    >>> advice(Scores(0.5, 0.6, 0.7, 1.0, 0, 0, 0), 200).replace("\xa0", " ").split(": ")[0]
    'Any coverage from 61.7 % to 74.9 % is free of penalty'
    """
    low, high = (min(max(end, 0.0), 1.0) for end in allowed_coverage(n))
    _, low_text, high_text = _percentages(scores.coverage, low, high)
    allowed = f"Any coverage from {low_text} to {high_text} is free of penalty"
    if scores.penalty == 1:
        return (
            f"{allowed}: the mean width, {scores.interval:.3f}, alone determines the score of "
            f"{decimal(scores.quantile_score, 3)}, and narrower intervals with the same coverage would raise it."
        )
    unpenalised = scores.quantile_score + math.log(scores.penalty)
    return (
        f"{allowed}. Here the penalty multiplies the mean width, {scores.interval:.3f}, by {number(scores.penalty)} "
        f"and lowers the score from {decimal(unpenalised, 3)} to {decimal(scores.quantile_score, 3)}."
    )


def cut_note(cut: RangeCut | None, interval: float) -> str:
    r"""Return a sentence on intervals that are cut at the range of mu; empty if none is, or where that is unknown.

    >>> cut_note(RangeCut(0.25, 0.495), interval=0.46).replace("\xa0", " ")
    '25 % of the intervals are cut at the range of μ: the mean width is 0.46, and was 0.495 before (2 δμ̂).'
    """
    if cut is None or not cut.share:
        return ""
    return (
        f"{percentage(cut.share)} of the intervals are cut at the range of μ: the mean width is {number(interval)}, "
        f"and was {number(cut.interval_before)} before (2 δμ̂)."
    )


def scaling_advice(calibration: Calibration, *, in_full: bool) -> str:
    r"""Return sentences on the factor for exact coverage and, in full, on its range and on that for the best score.

    Each of these factors depends on a single interval, so that a report which must not reveal one says less.

    >>> import numpy as np
    >>> from higgs_scoring.calibration import ScalingCurve
    >>> curve = ScalingCurve(np.array([0.1, 0.5, 1.0, 1.25, 2.0]), 0.4)
    >>> scaling_advice(Calibration(curve, curve.scaled(1.25), None, None), in_full=True).replace("\xa0", " ")
    'A coverage of 68.27 % needs intervals 1.25 times as wide, 0.5 on average.'
    """
    target = f"{100 * TARGET_COVERAGE:.2f}\u00a0%"
    if (exact := calibration.exact) is None:
        return f"No common factor on the widths gives a coverage of {target}: too many intervals have zero width."
    if exact.factor == 0:
        return ""
    size = calibration.curve.needed.size
    off = exact.coverage - TARGET_COVERAGE > max(1 / size, 0.1 * coverage_sigma(size))
    reached = f", which then cover {_percentage(exact.coverage, None)}" if off else ""
    if not in_full:
        return f"A coverage of {target} needs intervals {_factor(exact.factor)} times as wide{reached}."
    low, high = map(_factor, calibration.exact_range or (exact.factor, exact.factor))
    known = f" ({low} to {high} within one standard error)" if low != high else ""
    width = f"{number(exact.interval)} on average"
    sentence = f"A coverage of {target} needs intervals {_factor(exact.factor)} times as wide{known}, {width}{reached}."
    if (best := calibration.best) is None or best.coverage >= exact.coverage:
        return sentence
    return (
        f"{sentence} Among the factors that keep the penalty below 2, {_factor(best.factor)} gives the best score on "
        f"these pseudo-experiments, {decimal(best.quantile_score, 2)}; it exploits the allowed error, so expect less "
        "on others."
    )


def shared_note(shared: SharedEvents | None, error: float | None) -> str:
    r"""Return sentences on what the events that pseudo-experiments share do to the coverage; empty if it is unknown.

    Args:
        shared: how many there are.
        error: standard error of the coverage, with which the cost is compared.

    >>> shared_note(SharedEvents(25, 24), 0.0147).replace("\xa0", " ").split(". ")[1].partition(";")[0]
    'This costs 0.019 of coverage on average, and more than 0.0749 in one run of twenty'
    """
    if shared is None:
        return ""
    parts = {"hidden": shared.hidden_depth, "training": shared.training_depth}
    held = [f"the {name} events are those of {number(depth)}" for name, depth in parts.items() if math.isfinite(depth)]
    if not held:
        return "The pseudo-experiments share no events, and the training events are made without limit."
    alone = "No two pseudo-experiments share an event. " if math.isinf(shared.hidden_depth) else ""
    held_by = f"{' and '.join(held).capitalize()} pseudo-experiments"
    cost, rare = number(shared.mean_cost), number(shared.rare_cost)
    statistical = "" if error is None or error < ROUNDING else f"; its statistical error is {number(error)}"
    return (
        f"{alone}{held_by}, which shifts all estimates together by about b = {number(shared.shift)} of an interval's "
        f"half width. This costs {cost} of coverage on average, and more than {rare} in one run of twenty{statistical}."
    )


def pull_note(pulls: PullSummary | None, shared: SharedEvents | None = None) -> str:
    """Return a sentence on bias and stated uncertainty; empty for fewer than two pulls or sets.

    >>> pull_note(PullSummary(mean=0.31, error=0.05, units=10, width=1.2)).split(":")[0]
    'On average μ̂ lies 0.31 ± 0.05 stated uncertainties above the true μ'
    """
    if pulls is None or pulls.units == 1:
        return ""
    error = plus_minus(pulls.error, 2)
    width = f"the pulls (μ̂ − μ) / δμ̂ have a width of {pulls.width:.2f}, where 1 is ideal."
    if not pulls.is_biased:
        return f"No overall bias is seen (mean pull {decimal(pulls.mean, 2)} {error}); {width}"
    side = "above" if pulls.mean > 0 else "below"
    amount = f"{abs(pulls.mean):.2f} {error}" if abs(pulls.mean) < MAX_PULL else f"{MAX_PULL:g} or more"
    cause = "a bias, which no change of the widths can fix"
    if shared is not None and abs(pulls.mean) <= RARE_SHIFT * shared.shift:
        cause = "no more than a store of this size may cause"
    return f"On average μ̂ lies {amount} stated uncertainties {side} the true μ: {cause}; {width}"


def dependence_note(dependences: tuple[Dependence, ...]) -> str:
    """Return a sentence on the parameters with which coverage or bias change by more than chance explains."""
    of_coverage = [symbol(one.parameter) for one in dependences if is_suspicious(one.coverage_p_value)]
    of_bias = [symbol(one.parameter) for one in dependences if is_suspicious(one.bias_p_value)]
    if of_coverage and of_coverage == of_bias:
        names = _listed(of_bias)
        return f"Coverage and the bias of μ̂ change with {names}: fix how the method treats {names}."
    found = [
        f"{what} changes with {_listed(names)}"
        for what, names in (("coverage", of_coverage), ("the bias of μ̂", of_bias))
        if names
    ]
    if found:
        sentence, names = " and ".join(found), _listed(_unique(of_coverage, of_bias))
        return f"{sentence[0].upper()}{sentence[1:]}: fix how the method treats {names}."
    examined = [symbol(one.parameter) for one in dependences if one.coverage_p_value is not None]
    if not examined:
        return ""
    return f"Neither coverage nor bias is seen to change with {_listed(examined, 'or')}."


def is_suspicious(p_value: float | None) -> bool:
    """Return whether a p-value is so small that chance is an unlikely explanation."""
    return p_value is not None and p_value < SUSPICIOUS


def p_value_text(p_value: float | None) -> str:
    """Return a p-value as it is printed.

    >>> [p_value_text(p) for p in (0.4567, 0.0023, 1e-30, None)]
    ['0.46', '0.002', '< 0.001', '–']
    """
    if p_value is None:
        return "–"
    return f"< {SUSPICIOUS:g}" if is_suspicious(p_value) else f"{p_value:.{2 if p_value >= 0.01 else 3}f}"


def dependence_conclusion(dependence: Dependence) -> str:
    """Return in a few words what the two tests for one parameter say."""
    changing = [
        what
        for what, p in (("coverage", dependence.coverage_p_value), ("bias", dependence.bias_p_value))
        if is_suspicious(p)
    ]
    if changing:
        return f"{' and '.join(changing)} change{'s' if len(changing) == 1 else ''} with it"
    if dependence.sizes.size == 1:
        return "too few different values to say"
    if dependence.coverage_p_value is None:
        return "too few intervals that cover, or that miss, to say"
    return "no change beyond chance"


def error_note(over_sets: Bootstrap | None, over_experiments: Bootstrap | None) -> str:
    """Return sentences on what the standard errors of a run mean."""
    drawn = over_sets or over_experiments
    if drawn is None:
        return "A single pseudo-experiment says nothing about the errors of its scores."
    times = f"resampled {grouped(drawn.interval.size)} times with replacement"
    sentences = []
    if over_sets is not None:
        known = 100 * uncertainty_of_error(over_sets.num_units)
        limit = f" (known to {known:.0f}\u00a0% from {over_sets.num_units} sets)" if known > WORTH_SAYING else ""
        sentences.append(
            f"± sets is the scatter of a number when the sets are {times}, as for the final ranking{limit}."
        )
    if over_experiments is not None:
        sentences.append(f"± pseudo-experiments is the scatter when those of each set are {times}, at the same μ.")
    if over_sets is not None and over_experiments is not None:
        sentences.append("Where the first is much larger, the number depends on μ.")
    low, high = drawn.score_range
    sentences.append(
        f"95\u00a0% of the resampled quantile scores lie between {decimal(low, 3)} and {decimal(high, 3)}."
    )
    return " ".join(sentences)


def symbol(parameter: str) -> str:
    """Return the name of a parameter as a report shows it.

    >>> symbol("mu"), symbol("ttbar_scale")
    ('μ', 'ttbar scale')
    """
    return "μ" if parameter == MU else parameter.replace("_", " ")


def _too_much(what: str, factor: float) -> str:
    """Return by how much intervals are too narrow, or too wide, that need a factor."""
    if not MIN_FACTOR <= factor <= MAX_FACTOR:
        return f"far too {what}"
    off = 100 * abs(1 - 1 / factor)
    if off >= 100:
        return f"too {what} by a factor of {1 / factor:.1f}"
    return f"too {what} by {off:.0f}\u00a0%" if off >= 1 else f"too {what} by {off:.1f}\u00a0%"


def _factor(factor: float) -> str:
    """Return a factor with two decimals, or with three where it is nearly 1."""
    if factor < MIN_FACTOR:
        return f"less than {MIN_FACTOR:g}"
    if factor > MAX_FACTOR:
        return f"more than {MAX_FACTOR:g}"
    return f"{factor:.2f}" if abs(factor - 1) >= 0.05 else f"{factor:.3f}"


def _unique(*names: list[str]) -> list[str]:
    return list(dict.fromkeys(name for some in names for name in some))


def _listed(names: list[str], conjunction: str = "and") -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {conjunction} {names[-1]}"


def _percentage(share: float, error: float | None) -> str:
    # Resamples that all cover, or all miss, say nothing about the error.
    if not error or error < ROUNDING:
        return f"{100 * share:.1f}\u00a0%"
    digits = 1 if error >= 0.0005 else 2
    return f"{100 * share:.{digits}f} ± {100 * error:.{digits}f}\u00a0%"


def _percentages(*shares: float) -> list[str]:
    """Return the shares with one decimal, or with as many as keep different shares different."""
    for digits in range(1, 7):
        texts = [f"{100 * share:.{digits}f}\u00a0%" for share in shares]
        if len(set(texts)) == len(set(shares)):
            break
    return texts
