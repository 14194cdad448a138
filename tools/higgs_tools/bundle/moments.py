"""Dates of competition.yaml, read as Codabench reads them: every one becomes a time in UTC."""

import datetime
import re
from dataclasses import dataclass

from dateutil import parser


@dataclass(frozen=True)
class Moment:
    """When a phase starts or ends.

    Attributes:
        time: in UTC, without saying so.
        doubt: what the organiser may have meant instead; empty where there is no doubt.
    """

    time: datetime.datetime
    doubt: str = ""

    def __str__(self) -> str:
        """Write the day alone at midnight, else with the time.

        Example:
            >>> str(Moment(datetime.datetime(2027, 6, 30))), str(Moment(datetime.datetime(2027, 6, 30, 23, 59)))
            ('2027-06-30', '2027-06-30 23:59')
        """
        if self.time.time() == datetime.time():
            return self.time.date().isoformat()
        return self.time.isoformat(sep=" ", timespec="seconds" if self.time.second else "minutes")


def read_moment(written: object) -> Moment | None:
    """Read a date as Codabench's unpacker does.

    YAML makes a date of what it knows and leaves the rest as text. Of a date, Codabench takes the day alone, even where
    a time stands beside it; a text it reads with dateutil, which takes the month first, and drops the offset from UTC.

    Args:
        written: what YAML made of the field.

    Returns:
        The time; None for an empty field.

    Raises:
        ValueError: it is not a date.
    """
    if isinstance(written, Moment):
        return written
    if not written:
        return None
    if isinstance(written, datetime.date):
        return _read_date(written)
    if not isinstance(written, str):
        raise ValueError(f"{written} is not a date")
    try:
        time = parser.parse(written)
    except (ValueError, OverflowError):
        raise ValueError(f"{written} is not a date, the month before the day") from None
    return Moment(time.replace(tzinfo=None), _doubt_text(written, time))


def _read_date(written: datetime.date) -> Moment:
    day = datetime.datetime(written.year, written.month, written.day)
    lost = isinstance(written, datetime.datetime) and written.replace(tzinfo=None) != day
    return Moment(day, f"Codabench drops the time of day of {written}, which has no quotes" if lost else "")


def _doubt_text(written: str, time: datetime.datetime) -> str:
    if time.utcoffset():
        return f"Codabench takes {written} for UTC and drops the offset"
    if not re.match(r"\s*\d{4}", written) and parser.parse(written, dayfirst=True) != time:
        return f"Codabench takes {written} for {time.date()}, the month first"
    return ""
