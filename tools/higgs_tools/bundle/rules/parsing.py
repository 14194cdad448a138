"""Reading competition.yaml: from bytes to the fields that Codabench knows."""

import datetime

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from higgs_tools.bundle.competition_file import Competition
from higgs_tools.bundle.rules.findings import Problem, in_competition


def load_yaml(content: bytes) -> object:
    """Read the content of a YAML file.

    Raises:
        ValueError: it is not UTF-8, not YAML, holds a date such as 2026-02-30, or nests lists without end.
    """
    try:
        return yaml.safe_load(content.decode("utf-8"))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())) from None


def read_competition(content: bytes) -> object | Problem:
    """Read the content of competition.yaml, not yet checked, or the problem that it is not YAML."""
    try:
        return load_yaml(content)
    except ValueError as error:
        return in_competition(f"is not YAML ({error})", "correct that line")


def parse_competition(competition: object) -> Competition | list[Problem]:
    """Parse the competition, or list what is wrong with the shape of competition.yaml."""
    try:
        return Competition.model_validate(competition)
    except ValidationError as error:
        return [_problem_of_shape(one) for one in error.errors()]


def _problem_of_shape(error: ErrorDetails) -> Problem:
    place = ".".join(str(step) for step in error["loc"]) or "its content"
    if error["type"] == "missing":
        return in_competition(f"{place} is missing", "add it")
    if error["type"] == "extra_forbidden":
        return in_competition(f"{place} is not a field that Codabench reads", "correct its name or remove it")
    if error["type"] == "date_type" and isinstance(written := error["input"], str | datetime.date):
        # Codabench's unpacker turns a date with a time of day into the midnight before it.
        return in_competition(
            f"{place}: {written} is not a whole day", "write the day alone, without quotes, as 2027-06-30"
        )
    return in_competition(f"{place}: {error['msg'][:1].lower()}{error['msg'][1:]}", "correct it")
