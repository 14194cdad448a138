"""JSON input files, read whole and checked against a model; a mistake is reported with file, entry and index."""

import hashlib
import json
import os
import reprlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from higgs_scoring.errors import ScoringError

Content = TypeVar("Content", bound="FileContent")
Value = TypeVar("Value")


class FileContent(BaseModel):
    """The entries that a file must have; others are left alone. Nothing is converted, not even "1.5" into a number."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


def _refuse_null(value: Value | None) -> Value:
    if value is None:
        raise PydanticCustomError("null", "must not be null")
    return value


OptionalEntry = Annotated[Value | None, BeforeValidator(_refuse_null)]
"""An entry that may be left out, which is not the same as being null."""

Text = Annotated[str, Field(min_length=1)]

EXPECTED = {
    "float_type": "must be a number",
    "finite_number": "must be finite",
    "int_type": "must be a whole number",
    "string_type": "must be a string",
    "string_too_short": "must not be empty",
    "list_type": "must be a list",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "literal_error": "must be {expected}",
    "null": "must not be null",
    "too_short": "must have at least {min_length} entry",
}
"""What should be there, by the kind of pydantic's error."""


@dataclass(frozen=True)
class JsonFile:
    """The object in a JSON file, with the file's name, what to do when an entry is wrong, and the file's SHA-256."""

    name: str
    entries: dict[str, Any]
    remedy: str
    digest: str = ""

    @classmethod
    def read(cls, path: Path, *, remedy: str) -> "JsonFile":
        """Read the file; refuse a missing or broken one, a key that occurs twice, and anything but an object.

        Args:
            path: of the file.
            remedy: what to do where it is wrong, as the end of a sentence.

        Raises:
            ScoringError: the file cannot be used.
        """
        # Unlike Path.is_file, this does not raise for names that are too long or directories that are closed.
        if not os.path.isfile(path):
            raise ScoringError(f"{path.name} is missing from {path.parent}, or not a regular file: {remedy}.")
        try:
            content = path.read_bytes()
            entries = json.loads(content, object_pairs_hook=_refuse_repeated_keys)
        except OSError as error:
            raise ScoringError(f"{path.name} cannot be read ({error}): {remedy}.") from error
        # ValueError: not JSON, not UTF-8, a repeated key, an integer of too many digits.
        except (ValueError, RecursionError) as error:
            reason = str(error).replace("\n", " ")
            raise ScoringError(f"{path.name} is not readable as JSON ({reason}): {remedy}.") from error
        file = cls(path.name, {}, remedy)
        if not isinstance(entries, dict):
            raise file.wrong("its content", entries, "must be an object with named entries")
        return cls(path.name, entries, remedy, hashlib.sha256(content).hexdigest())

    def check(self, model: type[Content]) -> Content:
        """Return the entries as the model has them; refuse the file for the first that is wrong.

        Raises:
            ScoringError: an entry is missing or wrong.
        """
        try:
            return model.model_validate(self.entries)
        except ValidationError as error:
            raise self._explain(error.errors(include_url=False)[0]) from error

    def wrong(self, what: str, value: object, expected: str) -> ScoringError:
        """Return the mistake "<file>: <what> is <value> but <expected>: <remedy>." to raise."""
        return ScoringError(f"{self.name}: {what} is {reprlib.repr(value)} but {expected}: {self.remedy}.")

    def require_length(self, what: str, values: Sequence[object], length: int) -> None:
        """Refuse a list of another length."""
        if len(values) != length:
            raise ScoringError(f"{self.name}: {what} has {len(values)} entries instead of {length}: {self.remedy}.")

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def _explain(self, mistake: ErrorDetails) -> ScoringError:
        first, *inner = mistake["loc"]
        where = f"{first}{''.join(f'[{index}]' for index in inner)}"
        kind, value = mistake["type"], mistake["input"]
        if kind == "missing":
            return ScoringError(f"{self.name} has no entry {where!r}: {self.remedy}.")
        if kind == "float_type" and isinstance(value, int) and not isinstance(value, bool):
            return self.wrong(where, value, "must be a number of ordinary size")
        expected = EXPECTED.get(kind)
        return self.wrong(where, value, expected.format(**mistake.get("ctx", {})) if expected else mistake["msg"])


def _refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for key, value in pairs:
        if key in entries:
            raise ValueError(f"the entry {reprlib.repr(key)} occurs twice")
        entries[key] = value
    return entries
