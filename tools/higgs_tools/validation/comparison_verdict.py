"""Texts of the report: the verdict, where the numbers come from, and numbers formatted for people."""

from collections.abc import Sequence

from higgs_tools.validation.checks import MAX_SIGMAS, Check
from higgs_tools.validation.findings import Findings

SYMBOLS = {"htautau": "H → ττ", "ztautau": "Z → ττ", "diboson": "VV", "ttbar": "tt̄"}

CHANCE = 0.0027
"""Probability that a normal deviate exceeds three standard deviations."""


def verdict(checks: Sequence[Check]) -> str:
    """Report how many checks passed, and which subjects did not.

    Args:
        checks: all of them, one at least.

    Returns:
        One or two sentences.
    """
    failed = [check for check in checks if not check.passed]
    if not failed:
        return f"All {len(checks)} checks pass: the synthetic events agree with the official ones within tolerances."
    subjects = {check.subject: sum(other.subject == check.subject for other in failed) for check in failed}
    named = ", ".join(f"{count} of {subject.lower()}" for subject, count in subjects.items())
    worst = max(failed, key=_overshoot)
    return (
        f"{len(checks) - len(failed)} of {len(checks)} checks pass, {len(failed)} fail: {named}. "
        f"The largest excess over its tolerance is {worst.name} of {worst.process}."
    )


def _overshoot(check: Check) -> float:
    return abs(check.deviation) / check.limit if check.limit else float("inf")


def explanation(findings: Sequence[Findings]) -> str:
    """Explain what was compared, and how many checks fail by chance alone.

    Args:
        findings: of each process.

    Returns:
        Some sentences.
    """
    statistical = sum(check.unit == "σ" for one in findings for check in one.checks)
    chance = (
        f"Of the {statistical} comparisons in standard errors about {CHANCE * statistical:.1f} exceed {MAX_SIGMAS:g} "
        "by chance alone, though many are correlated."
    )
    if any(one.real is not None for one in findings):
        rows = ", ".join(f"{number(len(one.real.rows))} {one.process}" for one in findings if one.real is not None)
        return (
            f"Yields are compared with the published ones; quantiles, jets and correlations with those of the "
            f"official 1\u202f000-row sample; moments and responses with those of the whole official file, where "
            f"they are given. The real rows shown are {rows}. {chance}"
        )
    return (
        "No real rows were given, so the synthetic events are compared with published numbers only: region yields, and "
        f"quantiles, jets and correlations of the official 1\u202f000-row sample. {chance} To compare every column and "
        "train a classifier, give the folder of the official file: make validate-data OFFICIAL=folder."
    )


def number(value: float) -> str:
    """Format a whole number with thin spaces between thousands.

    Example:
        >>> number(12345).replace("\u202f", " ")
        '12 345'
    """
    return f"{value:,.0f}".replace(",", "\u202f")


def significant(value: float, digits: int = 4) -> str:
    """Format a number with the given significant digits, large ones whole, and a true minus sign.

    Example:
        >>> significant(901137.52).replace("\u202f", " "), significant(-0.031), significant(12.345)
        ('901 138', '−0.031', '12.35')
    """
    text = number(value) if abs(value) >= 10 ** (digits - 1) else f"{value:.{digits}g}"
    return text.replace("-", "−")


def signed(value: float, digits: int = 1) -> str:
    """Format a number with its sign.

    Example:
        >>> signed(2.345), signed(-0.31, 2)
        ('+2.3', '−0.31')
    """
    return f"{value:+.{digits}f}".replace("-", "−")
