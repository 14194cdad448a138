"""What the report says in words: the verdict on the coverage, what an error means, and numbers for people."""

import math

from higgs_scoring.bootstrap import Bootstrap, uncertainty_of_error
from higgs_scoring.metrics import TARGET_COVERAGE, Scores, allowed_coverage

WORTH_SAYING = 10
"""A standard error itself uncertain by more percent than this is said to be so."""


def verdict(scores: Scores, n: int) -> str:
    r"""Return one sentence on the coverage of n pseudo-experiments.

    >>> verdict(Scores(0.5, 0.6, 0.61, 1.0005, 0.3, 0.2), 200).split(", ", 1)[1]
    'below the allowed 61.7\xa0% to 74.9\xa0%: they are too narrow, or off to one side.'
    """
    lowest, highest = (min(max(end, 0.0), 1.0) for end in allowed_coverage(n))
    covered, low, high = _percentages(scores.coverage, lowest, highest)
    experiments = f"{n:,}".replace(",", "\u202f") + (" pseudo-experiment" if n == 1 else " pseudo-experiments")
    start = f"The intervals cover the true μ in {covered} of {experiments}, "
    allowed = f"the allowed {low} to {high}"
    if scores.coverage < lowest:
        return f"{start}below {allowed}: they are too narrow, or off to one side."
    if scores.coverage > highest:
        return f"{start}above {allowed}: they are too wide."
    return f"{start}within {allowed}: the coverage costs nothing."


def advice(scores: Scores) -> str:
    """Return a sentence on what the penalty does to the score, or on what alone would raise it.

    >>> advice(Scores(0.5, 0.6, 0.7, 1.0, 0.3, 0.2))
    'The mean width, 0.600, alone sets the score of 0.500; narrower intervals of the same coverage would raise it.'
    """
    if scores.penalty == 1:
        return (
            f"The mean width, {scores.interval:.3f}, alone sets the score of {decimal(scores.quantile_score, 3)}; "
            "narrower intervals of the same coverage would raise it."
        )
    unpenalised = scores.quantile_score + math.log(scores.penalty)
    return (
        f"The penalty for that counts the mean width, {scores.interval:.3f}, {scores.penalty:.3g} times and so lowers "
        f"the score from {decimal(unpenalised, 3)} to {decimal(scores.quantile_score, 3)}. "
        f"The target is a coverage of {100 * TARGET_COVERAGE:.2f}\u00a0%."
    )


def error_note(bootstrap: Bootstrap | None) -> str:
    """Return a sentence on what the standard errors of a run mean, None being those of a single pseudo-experiment."""
    if bootstrap is None:
        return "One pseudo-experiment alone does not tell the error of its scores."
    start = "± is the standard error: the scatter of the number when"
    times = f"{bootstrap.interval.size:,}".replace(",", "\u202f") + " times"
    if bootstrap.unit == "pseudo-experiment":
        return (
            f"{start} the pseudo-experiments of the only set are drawn anew, {times} with replacement. "
            "How much it changes with another μ, one set cannot tell."
        )
    known = 100 * uncertainty_of_error(bootstrap.num_units)
    limit = (
        f" Of {bootstrap.num_units} sets it is known to about {known:.0f}\u00a0% only." if known > WORTH_SAYING else ""
    )
    return f"{start} the sets are drawn anew, {times} with replacement, as for the final ranking.{limit}"


def plus_minus(error: float, digits: int) -> str:
    """Return a standard error with so many digits after the point, never rounded down to none at all.

    >>> [plus_minus(error, 4) for error in (0.01234, 1e-7, 0.0)]
    ['± 0.0123', '± 0.0001', '± 0.0000']
    """
    return f"± {max(error, 10**-digits) if error > 0 else 0:.{digits}f}"


def decimal(value: float, digits: int) -> str:
    """Return the value with so many digits after the point and a true minus sign.

    >>> decimal(-0.58234, 3)
    '−0.582'
    """
    return f"{value:.{digits}f}".replace("-", "−")


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


def _percentages(*shares: float) -> list[str]:
    """Write the shares with one digit, or with as many as keep different shares different."""
    for digits in range(1, 7):
        texts = [f"{100 * share:.{digits}f}\u00a0%" for share in shares]
        if len(set(texts)) == len(set(shares)):
            break
    return texts
