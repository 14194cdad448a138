"""Check what an untrusted submission returns: its answers and its failures."""

import math
from dataclasses import dataclass
from typing import Any

from higgs_challenge.errors import Cause, SubmissionError, printable

KEYS = ("mu_hat", "delta_mu_hat", "p16", "p84")

MAX_NAME_LENGTH = 200
MAX_HIDDEN_MODULES = 100
MAX_LOADED_FILES = 10_000
MAX_ROWS = 10**12


@dataclass(frozen=True)
class Interval:
    """A submission's answer: the estimate of mu, its standard deviation, and the ends of the 68.27 % interval."""

    mu_hat: float
    delta_mu_hat: float
    p16: float
    p84: float


def check_answer(answer: Any) -> Interval:
    """Check what predict returned, as the child described it.

    Args:
        answer: for a dict, its numbers by key, and for anything else the name of its type; see child.describe.

    Raises:
        SubmissionError: it is not a valid interval; the message says what was expected and what was returned.

    Example:
        >>> check_answer({"mu_hat": 1.0, "delta_mu_hat": 0.2, "p16": 0.8, "p84": 1.2}).p84
        1.2
    """
    if not isinstance(answer, dict):
        raise SubmissionError(f"predict must return a dict with {', '.join(KEYS)}; it returned {answer}.", Cause.ANSWER)
    missing = [key for key in KEYS if key not in answer]
    if missing:
        raise SubmissionError(
            f"predict must return a dict with {', '.join(KEYS)}; {', '.join(missing)} is missing.", Cause.ANSWER
        )
    for key in KEYS:
        value = answer[key]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise SubmissionError(f"predict returned {key} = {value}; expected a number.", Cause.ANSWER)
        if not _is_finite(value):
            raise SubmissionError(f"predict returned {key} = {value}; expected a finite number.", Cause.ANSWER)
    if answer["p16"] > answer["p84"]:
        raise SubmissionError(
            f"predict returned p16 = {answer['p16']} above p84 = {answer['p84']}; expected p16 <= p84.", Cause.ANSWER
        )
    return Interval(**{key: float(answer[key]) for key in KEYS})


def whole_range(low: float, high: float) -> Interval:
    """Return the interval that a failed prediction counts as.

    Args:
        low, high: the range of mu from which the phase's sets are drawn.

    Example:
        >>> whole_range(0.0, 3.0)
        Interval(mu_hat=1.5, delta_mu_hat=1.5, p16=0.0, p84=3.0)
    """
    return Interval(mu_hat=(low + high) / 2, delta_mu_hat=(high - low) / 2, p16=low, p84=high)


def check_name(name: Any) -> str:
    """Make a name that an untrusted process gave safe to store and print: bounded, and without control characters.

    Args:
        name: any object; one that is not a string gives an empty string.
    """
    return printable(name[:MAX_NAME_LENGTH]) if isinstance(name, str) else ""


def check_cause(cause: Any) -> Cause | None:
    """Read the cause of a failure that an untrusted process reports; None if it is not one of ours."""
    return Cause(cause) if isinstance(cause, str) and cause in set(Cause) else None


def check_hidden_modules(pairs: Any) -> tuple[tuple[str, str], ...]:
    """Check the hidden modules that an untrusted process reports; entries of another form are left out.

    Args:
        pairs: expected to be a list of [file name, module name]; see child.find_hidden_modules.

    Returns:
        (file name, module name) of each, at most MAX_HIDDEN_MODULES.
    """
    if not isinstance(pairs, list):
        return ()
    shaped = [pair for pair in pairs[:MAX_HIDDEN_MODULES] if isinstance(pair, list) and len(pair) == 2]
    return tuple((check_name(name), check_name(module)) for name, module in shaped)


def check_loaded_files(names: Any) -> tuple[str, ...]:
    """Check the files of a submission that an untrusted process reports as imported; what is no string is left out.

    Args:
        names: expected to be a list of paths from the submission's folder; see child.find_loaded_files.

    Returns:
        At most MAX_LOADED_FILES of them.
    """
    if not isinstance(names, list):
        return ()
    return tuple(check_name(name) for name in names[:MAX_LOADED_FILES] if isinstance(name, str))


def check_rows(rows: Any) -> int:
    """Read a number of rows that an untrusted process reports; 0 if it is no whole number from 0 to MAX_ROWS."""
    return rows if type(rows) is int and 0 <= rows <= MAX_ROWS else 0


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an int beyond the largest float
        return False
