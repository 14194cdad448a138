"""Untrusted text, such as warnings of a submission and names of runs, made fit to be shown anywhere."""

import unicodedata

import numpy as np

FORMULA_STARTS = ("=", "+", "-", "@")
"""A spreadsheet would compute a text that begins like this."""


def printable(text: str) -> str:
    r"""Return a text without control and direction characters, which a page or terminal would obey; lines stay.

    >>> printable("a\n\x1b[31mb\u202e\ud800")
    'a\n[31mb'
    """
    return "".join(letter for letter in text if letter.isprintable() or letter in "\n\t")


def one_line(text: str, max_length: int) -> str:
    r"""Return a text as one line of at most so many printable characters, with single blanks as white space.

    >>> one_line("a\n\x1b[31mb\u202e  c", 60)
    'a [31mb c'
    >>> one_line("abcdef", 4)
    'abc…'
    """
    line = " ".join(printable(" ".join(text.split())).split())
    return line if len(line) <= max_length else line[: max_length - 1] + "…"


def cut_to_width(text: str, max_width: int) -> str:
    """Return as much of a text as is no wider than so many letters; wide ones, such as Chinese, count twice.

    >>> cut_to_width("abcdef", 6), cut_to_width("abcdef", 5), cut_to_width("機械学習", 5)
    ('abcdef', 'abcd…', '機械…')
    """
    widths = np.cumsum([2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text])
    if not text or widths[-1] <= max_width:
        return text
    return text[: int(np.searchsorted(widths, max_width - 1, side="right"))] + "…"


def spreadsheet_cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: one that begins like a formula gets an apostrophe.

    >>> spreadsheet_cell("=1+1"), spreadsheet_cell("1+1")
    ("'=1+1", '1+1')
    """
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
