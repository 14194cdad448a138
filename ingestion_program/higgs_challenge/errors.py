"""Mistakes of participants and organisers, each ending a run with one sentence and exit code 2."""

from enum import StrEnum


class Cause(StrEnum):
    """Why a submission failed, where that alone suggests what to do."""

    TIME = "time"
    MEMORY = "memory"
    KILLED = "killed"
    IMPORT = "import"
    CONTRACT = "contract"
    ANSWER = "answer"
    WRONG_PATH = "wrong path"
    SANDBOX = "sandbox"


class ChallengeError(Exception):
    """A mistake that a person can fix; its text says what was expected, what came, where, and what to do."""


class SubmissionError(ChallengeError):
    """The participant's mistake: a submission that cannot be loaded, fails, or answers wrongly.

    Attributes:
        cause: None where the text says all.
    """

    def __init__(self, text: str, cause: Cause | None = None) -> None:
        super().__init__(text)
        self.cause = cause


class InputError(ChallengeError):
    """The organiser's mistake: settings, data or paths that cannot be used."""


def named(error: BaseException) -> str:
    """Describe an exception of a library in a message to people: its kind and its text.

    Example:
        >>> named(KeyError("total_rows")), named(ValueError())
        ("KeyError: 'total_rows'", 'ValueError')
    """
    return f"{type(error).__name__}: {error}".removesuffix(": ")


def mistake_kind(error: ChallengeError) -> str:
    """Return what a mistake's message begins with: whose it is."""
    return (SubmissionError if isinstance(error, SubmissionError) else InputError).__name__


def printable(text: str) -> str:
    """Replace control characters but line breaks and tabs, so that a participant's text cannot control a terminal."""
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" else "\N{REPLACEMENT CHARACTER}" for letter in text
    )
