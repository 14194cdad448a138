"""What the report says in words: the verdict, what to do about it, what an error means, and numbers for people."""

import math

import numpy as np

from higgs_scoring.analysis import MU
from higgs_scoring.bootstrap import Bootstrap, uncertainty_of_error
from higgs_scoring.calibration import Calibration
from higgs_scoring.dependence import Dependence, PullSummary
from higgs_scoring.metrics import TARGET_COVERAGE, Scores, allowed_coverage

WORTH_SAYING = 10
"""A standard error itself uncertain by more percent than this is said to be so."""

SUSPICIOUS = 0.001
"""A p-value below this is said to be no chance; of the seven of an honest run, one is in 1 of 140 runs."""

ROUNDING = 1e-12
"""Equal numbers scatter by so much, or less, from arithmetic alone."""

SIGMAS_OF_BIAS = 3
"""A mean pull so many standard errors from zero is said to be a bias."""


def verdict(scores: Scores, coverage_error: float | None, calibration: Calibration) -> str:
    r"""Return one sentence on the coverage, and on the factor that would put it right.

    Too narrow by 14 % means that intervals 1/0.86 = 1.16 times as wide would cover as they should.

    >>> needed = np.array([0.1, 0.5, 1.0, 1.25, 2.0])
    >>> exact = Calibration(needed, 0.4, None, None)
    >>> verdict(Scores(0.9, 0.4, 0.6, 1.0, 0, 0, 0), 0.22, exact).replace("\xa0", " ").split(", ")[0]
    'The intervals cover the true μ in 60.0 ± 22.0 % of 5 pseudo-experiments'
    """
    n = calibration.needed.size
    lowest, highest = allowed_coverage(n)
    experiments = f"{grouped(n)} pseudo-experiment{'' if n == 1 else 's'}"
    start = f"The intervals cover the true μ in {_percentage(scores.coverage, coverage_error)} of {experiments}, "
    if lowest <= scores.coverage <= highest:
        return f"{start}as often as they should."
    seldom = scores.coverage < lowest
    exact = calibration.exact
    if exact is None or exact.factor == 0:
        return f"{start}too {'seldom' if seldom else 'often'}, which no factor on their widths would mend."
    off = 100 * abs(1 - 1 / exact.factor)
    amount = f"{off:.0f}\u00a0%" if off >= 1 else f"{off:.1f}\u00a0%"
    fault, remedy = ("narrow", "widening") if seldom else ("wide", "narrowing")
    return (
        f"{start}too {fault} by {amount}: {remedy} every interval by a factor of {_factor(exact.factor)} would "
        f"give a score of {decimal(exact.quantile_score, 2)} instead of {decimal(scores.quantile_score, 2)}."
    )


def advice(scores: Scores, n: int) -> str:
    r"""Return a sentence on what the penalty does to the score, or on what alone would raise it.

    >>> advice(Scores(0.5, 0.6, 0.7, 1.0, 0, 0, 0), 200).replace("\xa0", " ").split(": ")[0]
    'Any coverage from 61.7 % to 74.9 % costs nothing'
    """
    low, high = (min(max(end, 0.0), 1.0) for end in allowed_coverage(n))
    _, low_text, high_text = _percentages(scores.coverage, low, high)
    allowed = f"Any coverage from {low_text} to {high_text} costs nothing"
    if scores.penalty == 1:
        return (
            f"{allowed}: the mean width, {scores.interval:.3f}, alone sets the score of "
            f"{decimal(scores.quantile_score, 3)}, and narrower intervals of the same coverage would raise it."
        )
    unpenalised = scores.quantile_score + math.log(scores.penalty)
    return (
        f"{allowed}. The penalty for this one counts the mean width, {scores.interval:.3f}, {number(scores.penalty)} "
        f"times and lowers the score from {decimal(unpenalised, 3)} to {decimal(scores.quantile_score, 3)}."
    )


def scaling_advice(calibration: Calibration, coverage_error: float | None) -> str:
    r"""Return sentences on the factors for exact coverage and for the best score.

    >>> from higgs_scoring.calibration import Scaled
    >>> exact = Scaled(1.25, 0.5, 0.8, 0.69)
    >>> calibration = Calibration(np.array([0.1, 0.5, 1.0, 1.25, 2.0]), 0.4, exact, None)
    >>> scaling_advice(calibration, None).replace("\xa0", " ")
    'A coverage of 68.27 % needs intervals 1.25 times as wide, 0.500 on average.'
    """
    if (exact := calibration.exact) is None:
        return (
            f"No factor on all widths gives a coverage of {100 * TARGET_COVERAGE:.2f}\u00a0%: too many intervals have "
            "no width."
        )
    known = ""
    if coverage_error:
        low, high = calibration.exact_range(coverage_error)
        known = f" ({_factor(low)} to {_factor(high)} within one standard error)" if math.isfinite(high) else ""
    sentence = (
        f"A coverage of {100 * TARGET_COVERAGE:.2f}\u00a0% needs intervals {_factor(exact.factor)} times as "
        f"wide{known}, {exact.interval:.3f} on average."
    )
    if (best := calibration.best) is None:
        return sentence
    return (
        f"{sentence} The best score of these pseudo-experiments, {decimal(best.quantile_score, 2)}, is at a factor of "
        f"{_factor(best.factor)}, but it uses up all the error that is allowed; expect less elsewhere."
    )


def pull_note(pulls: PullSummary | None) -> str:
    """Return a sentence on bias and stated uncertainty; empty where no pull is defined.

    >>> pull_note(PullSummary(mean=0.31, error=0.05, width=1.2, undefined=0)).split(":")[0]
    'On average μ̂ lies 0.31 ± 0.05 of its stated uncertainty above the true μ'
    """
    if pulls is None:
        return ""
    width = f"the pulls (μ̂ − μ) / δμ̂ scatter with a width of {pulls.width:.2f}, where 1 is right."
    if abs(pulls.mean) <= SIGMAS_OF_BIAS * pulls.error:
        return f"No bias is seen (mean pull {decimal(pulls.mean, 2)} ± {pulls.error:.2f}); {width}"
    side = "above" if pulls.mean > 0 else "below"
    return (
        f"On average μ̂ lies {abs(pulls.mean):.2f} ± {pulls.error:.2f} of its stated uncertainty {side} the true μ: a "
        f"bias, which no width repairs; {width}"
    )


def uniformity_note(dependences: tuple[Dependence, ...]) -> str:
    """Return a sentence on the parameters with which coverage changes more than chance explains."""
    examined = [one for one in dependences if one.p_value is not None]
    if not examined:
        return "There are too few pseudo-experiments to tell whether coverage changes with a parameter."
    found = [symbol(one.parameter) for one in examined if _is_suspicious(one)]
    if not found:
        return f"Coverage changes with none of {_listed([symbol(one.parameter) for one in examined])} beyond chance."
    return f"Coverage changes with {_listed(found)}: mend how the method treats {'it' if len(found) == 1 else 'them'}."


def p_value_words(dependence: Dependence) -> tuple[str, str]:
    """Return a p-value to print, and what it says."""
    p = dependence.p_value
    if p is None:
        return "–", "too few pseudo-experiments to tell"
    text = f"{p:.2f}" if p >= 0.01 else f"{p:.0e}" if p >= 1e-99 else "below 1e-99"
    if _is_suspicious(dependence):
        return text, "coverage changes with it"
    return text, "no change beyond chance"


def error_note(over_sets: Bootstrap | None, over_experiments: Bootstrap | None) -> str:
    """Return sentences on what the standard errors of a run mean."""
    if over_sets is None and over_experiments is None:
        return "One pseudo-experiment alone does not tell the error of its scores."
    sentences = []
    if over_sets is not None:
        known = 100 * uncertainty_of_error(over_sets.num_units)
        limit = f" (known to {known:.0f}\u00a0% from {over_sets.num_units} sets)" if known > WORTH_SAYING else ""
        sentences.append(
            f"± sets is the scatter of the number when the sets are drawn anew, {grouped(over_sets.interval.size)} "
            f"times with replacement, as for the final ranking{limit}."
        )
    if over_experiments is not None:
        sentences.append(
            "± pseudo-experiments is the same for those of each set: the scatter at these values of μ alone. "
            "Where ± sets is much larger, the number changes with μ."
        )
    low, high = np.quantile((over_sets or over_experiments).quantile_score, [0.025, 0.975])  # type: ignore[union-attr]
    sentences.append(f"95\u00a0% of the drawn quantile scores lie between {decimal(low, 3)} and {decimal(high, 3)}.")
    return " ".join(sentences)


def symbol(parameter: str) -> str:
    """Return a parameter's name for people.

    >>> symbol("mu"), symbol("ttbar_scale")
    ('μ', 'ttbar scale')
    """
    return "μ" if parameter == MU else parameter.replace("_", " ")


def plus_minus(error: float, digits: int) -> str:
    """Return a standard error with so many digits after the point; one that vanishes there is said to be below it.

    >>> [plus_minus(error, 4) for error in (0.01234, 1e-7, 0.0, 3e-17)]
    ['± 0.0123', '± < 0.0001', '± 0.0000', '± 0.0000']
    """
    if error < ROUNDING:
        return f"± {0:.{digits}f}"
    return f"± {error:.{digits}f}" if error >= 0.5 * 10**-digits else f"± < {10**-digits:.{digits}f}"


def decimal(value: float, digits: int) -> str:
    """Return the value with so many digits after the point and a true minus sign.

    >>> decimal(-0.58234, 3)
    '−0.582'
    """
    return f"{value:.{digits}f}".replace("-", "−")


def number(value: float) -> str:
    r"""Return a number with three digits, or all those before the point.

    >>> number(1.2345), number(6722.3).replace("\u202f", " ")
    ('1.23', '6 722')
    """
    return f"{value:.3g}" if value < 999.5 else grouped(round(value))


def grouped(whole: int) -> str:
    r"""Return a whole number in groups of three digits.

    >>> grouped(100_000).replace("\u202f", " ")
    '100 000'
    """
    return f"{whole:,}".replace(",", "\u202f")


def duration(seconds: float) -> str:
    """Return a time in the unit that fits it.

    >>> [duration(seconds) for seconds in (0.0123, 4.5, 125, 7260)]
    ['12 ms', '4.5 s', '2 min 5 s', '2 h 1 min']
    """
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _is_suspicious(dependence: Dependence) -> bool:
    return dependence.p_value is not None and dependence.p_value < SUSPICIOUS


def _factor(factor: float) -> str:
    """Write a factor with two digits, or with three where it is nearly 1."""
    return f"{factor:.2f}" if abs(factor - 1) >= 0.05 else f"{factor:.3f}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _percentage(share: float, error: float | None) -> str:
    if error is None:
        return f"{100 * share:.1f}\u00a0%"
    digits = 1 if error >= 0.0005 else 2
    return f"{100 * share:.{digits}f} ± {100 * error:.{digits}f}\u00a0%"


def _percentages(*shares: float) -> list[str]:
    """Write the shares with one digit, or with as many as keep different shares different."""
    for digits in range(1, 7):
        texts = [f"{100 * share:.{digits}f}\u00a0%" for share in shares]
        if len(set(texts)) == len(set(shares)):
            break
    return texts
