"""What a check of a submission found, what to do about it, and how to show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from rich.console import Console
from rich.table import Table
from rich.text import Text

from higgs_challenge.errors import printable
from higgs_challenge.number_formats import count

READY, NOT_READY, UNDECIDED = 0, 1, 2
"""Exit codes of a check; 2 is also the code of a wrong command line."""


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    REMARK = "remark"
    WARNING = "warning"
    FAILURE = "failure"
    UNCHECKED = "not checked"


STYLES = {
    Level.OK: "green",
    Level.REMARK: "cyan",
    Level.WARNING: "yellow",
    Level.FAILURE: "bold red",
    Level.UNCHECKED: "magenta",
}


@dataclass(frozen=True)
class Finding:
    """One finding.

    Attributes:
        check: what was checked, in a word or two.
        level: how bad it is.
        text: what was found.
        remedy: what to do; empty where nothing has to be done.
    """

    check: str
    level: Level
    text: str
    remedy: str = ""


@dataclass(frozen=True)
class Verdict:
    """The overall result of all findings, as a sentence and as an exit code."""

    text: str
    code: int


def judge(findings: Sequence[Finding], name: str) -> Verdict:
    """Return the verdict on a submission.

    Args:
        findings: all of them.
        name: what the submission is called.

    Example:
        >>> judge([Finding("fit", Level.OK, "3 s")], "mine.zip").code
        0
    """
    counts = {level: sum(finding.level == level for finding in findings) for level in Level}
    if counts[Level.FAILURE]:
        return Verdict(f"NOT READY: {name} has {count(counts[Level.FAILURE], 'failure')} to fix.", NOT_READY)
    if counts[Level.UNCHECKED]:
        undone = count(counts[Level.UNCHECKED], "check")
        return Verdict(f"UNDECIDED: nothing wrong was found in {name}, but {undone} could not be run.", UNDECIDED)
    warnings = f", with {count(counts[Level.WARNING], 'warning')}" if counts[Level.WARNING] else ""
    return Verdict(f"READY: {name} will run, as far as this machine can tell{warnings}.", READY)


def show(findings: Sequence[Finding], console: Console) -> None:
    """Print findings as a table, one row each; control characters in a participant's text are made harmless."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        text = Text(printable(finding.text))
        if finding.remedy:
            text.append(f"\nDo: {printable(finding.remedy)}", style="bold")
        table.add_row(Text(finding.level.value, style=STYLES[finding.level]), finding.check, text)
    console.print(table)
