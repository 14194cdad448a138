"""JSON files whose every entry is checked before use; what is wrong is said with file, key and index."""

import hashlib
import json
import math
import os
import reprlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from higgs_scoring.errors import ScoringError
from higgs_scoring.metrics import FloatArray


@dataclass(frozen=True)
class JsonFile:
    """The object in a JSON file, with the file's name, what to do when an entry is wrong, and the file's SHA-256."""

    name: str
    entries: dict[str, Any]
    remedy: str
    digest: str = ""

    @classmethod
    def read(cls, path: Path, *, remedy: str) -> "JsonFile":
        """Read the file; refuse a missing or broken one, a doubled key, and anything but an object."""
        # Unlike that of Path, this question has an answer for names that are too long and folders that are closed, too.
        if not os.path.isfile(path):
            raise ScoringError(f"{path.name} is missing, or no file, in {path.parent}: {remedy}.")
        try:
            content = path.read_bytes()
            entries = json.loads(content, object_pairs_hook=_without_doubled_keys)
        except OSError as problem:
            raise ScoringError(f"{path.name} cannot be read ({problem}): {remedy}.") from problem
        except (ValueError, RecursionError) as problem:  # ValueError: no JSON, no UTF-8, doubled key, endless integer
            reason = str(problem).replace("\n", " ")
            raise ScoringError(f"{path.name} is not readable as JSON ({reason}): {remedy}.") from problem
        file = cls(path.name, {}, remedy)
        if not isinstance(entries, dict):
            raise file.wrong("its content", entries, "must be an object with named entries")
        return cls(path.name, entries, remedy, hashlib.sha256(content).hexdigest())

    def wrong(self, what: str, value: object, expected: str) -> ScoringError:
        """Return the mistake "<file>: <what> is <value> but <expected>: <remedy>." to raise."""
        return ScoringError(f"{self.name}: {what} is {reprlib.repr(value)} but {expected}: {self.remedy}.")

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def entry(self, key: str) -> Any:
        """Return the entry, or refuse the file that lacks it."""
        if key not in self.entries:
            raise ScoringError(f"{self.name} has no entry {key!r}: {self.remedy}.")
        return self.entries[key]

    def text(self, key: str) -> str:
        """Return a text that is not empty."""
        value = self.entry(key)
        if not isinstance(value, str) or not value:
            raise self.wrong(key, value, "must be a text")
        return value

    def texts(self, key: str) -> list[str]:
        """Return a list of texts."""
        values = self._list(key, self.entry(key))
        for index, value in enumerate(values):
            if not isinstance(value, str):
                raise self.wrong(f"{key}[{index}]", value, "must be a text")
        return values

    def choice(self, key: str, choices: Sequence[str]) -> str:
        """Return a text that is one of the choices."""
        value = self.entry(key)
        if not isinstance(value, str) or value not in choices:
            raise self.wrong(key, value, f"must be {', '.join(choices[:-1])} or {choices[-1]}")
        return value

    def count(self, key: str, *, least: int = 1) -> int:
        """Return a whole number of at least so much."""
        value = self.entry(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise self.wrong(key, value, f"must be a whole number of at least {least}")
        return value

    def number(self, key: str, *, lowest: float, highest: float) -> float:
        """Return a finite number between the limits."""
        value = self.entry(key)
        self._check_number(key, value, lowest, highest)
        return float(value)

    def numbers(self, key: str, *, length: int | None = None, lowest: float, highest: float) -> FloatArray:
        """Return a list of finite numbers between the limits as an array, of the given length if there is one."""
        return self._numbers(key, self.entry(key), length, lowest, highest)

    def table(self, key: str, shape: tuple[int, int], *, lowest: float, highest: float) -> FloatArray:
        """Return a list of lists of finite numbers between the limits as an array of the given shape."""
        rows, columns = shape
        lines = self._list(key, self.entry(key), rows)
        return np.stack(
            [
                self._numbers(f"{key}[{number}]", line, columns, lowest=lowest, highest=highest)
                for number, line in enumerate(lines)
            ]
        )

    def _numbers(self, what: str, values: object, length: int | None, lowest: float, highest: float) -> FloatArray:
        checked = self._list(what, values, length)
        if not _all_between(checked, lowest, highest):
            # One by one takes several times as long, but tells which is wrong and why.
            for index, value in enumerate(checked):
                self._check_number(f"{what}[{index}]", value, lowest, highest)
        return np.array(checked, dtype=np.float64)

    def _list(self, what: str, values: object, length: int | None = None) -> list[Any]:
        if not isinstance(values, list):
            raise self.wrong(what, values, "must be a list")
        if length is not None and len(values) != length:
            raise ScoringError(f"{self.name}: {what} has {len(values)} entries instead of {length}: {self.remedy}.")
        return values

    def _check_number(self, what: str, value: object, lowest: float, highest: float) -> None:
        # To Python a bool is an int, and numpy would read the text "1.5" as a number.
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong(what, value, "must be a number")
        # A Python int has no largest value, so math.isfinite would overflow on a very long one.
        if isinstance(value, float) and not math.isfinite(value):
            raise self.wrong(what, value, "must be finite")
        if not lowest <= value <= highest:
            raise self.wrong(what, value, f"must lie between {lowest:g} and {highest:g}")


def _all_between(values: list[Any], lowest: float, highest: float) -> bool:
    """Return whether all are integers or floats between the limits, which rules out NaN too."""
    if not set(map(type, values)) <= {int, float}:
        return False
    try:
        array = np.array(values, dtype=np.float64)
    except OverflowError:  # an integer beyond all floats
        return False
    return bool(((lowest <= array) & (array <= highest)).all())


def _without_doubled_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for key, value in pairs:
        if key in entries:
            raise ValueError(f"the entry {reprlib.repr(key)} is there twice")
        entries[key] = value
    return entries
