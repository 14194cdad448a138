"""Numbers and durations as pages and terminals show them."""

from higgs_scoring.metrics import significant

MAX_DECIMALS = 10
"""Digits after the point that a column of the platform's leaderboard stores."""

ROUNDING = 1e-12
"""Equal numbers may differ by this much from rounding alone."""


def plus_minus(error: float, digits: int) -> str:
    """Return a standard error with so many decimals; one that would round to 0 is given as an upper limit.

    >>> [plus_minus(error, 4) for error in (0.01234, 1e-7, 0.0, 3e-17)]
    ['± 0.0123', '± < 0.0001', '± 0.0000', '± 0.0000']
    """
    if error < ROUNDING:
        return f"± {0:.{digits}f}"
    return f"± {error:.{digits}f}" if error >= 0.5 * 10**-digits else f"± < {10**-digits:.{digits}f}"


def score_text(name: str, value: float) -> str:
    """Return a score, a field of `metrics.Scores`, as pages and terminals show it.

    Scores that answers can make arbitrarily large have four significant digits instead of four decimals.

    >>> score_text("coverage", 0.6), score_text("winkler", 184487.64)
    ('0.6000', '184500')
    """
    return f"{significant(value, 4):g}" if name in ("rmse", "mae", "winkler") else f"{value:.4f}"


def rounded_error(error: float) -> str:
    """Return a standard error with two significant digits, or 0 if it comes from rounding alone.

    >>> [rounded_error(error) for error in (0.45447, 0.0001234, 1e-16)]
    ['± 0.45', '± 0.00012', '± 0']
    """
    return f"± {significant(error, 2) if error > ROUNDING else 0:g}"


def decimal(value: float, digits: int) -> str:
    """Return the value with so many decimals and a typographic minus sign, but none for zero.

    >>> decimal(-0.58234, 3), decimal(-0.0001, 3)
    ('−0.582', '0.000')
    """
    text = f"{value:.{digits}f}"
    return text.replace("-", "−") if float(text) else text.removeprefix("-")


def number(value: float) -> str:
    r"""Return a number with three significant digits, or as a whole number if it has more.

    >>> number(1.2345), number(6722.3).replace("\u202f", " ")
    ('1.23', '6 722')
    """
    return f"{value:.3g}" if value < 999.5 else grouped(round(value))


def percentage(share: float) -> str:
    r"""Return a share in percent with three significant digits.

    >>> [percentage(share).replace("\xa0", " ") for share in (0.0, 0.0712, 0.25, 1.0)]
    ['0 %', '7.12 %', '25 %', '100 %']
    """
    return f"{number(100 * share)}\u00a0%"


def grouped(whole: int) -> str:
    r"""Return a whole number in groups of three digits.

    >>> grouped(100_000).replace("\u202f", " ")
    '100 000'
    """
    return f"{whole:,}".replace(",", "\u202f")


def duration(seconds: float) -> str:
    """Return a duration in the unit that suits it.

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
