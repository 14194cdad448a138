"""The types that options of several commands share."""

import math
from pathlib import Path
from typing import Any

import click

from higgs_challenge.tasks import task_names


class PositiveNumber(click.FloatRange):
    """A finite number above 0."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read the number."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number", param, ctx)
        return number


AT_LEAST_ONE = click.IntRange(min=1)
NOT_NEGATIVE = click.IntRange(min=0)
POSITIVE = PositiveNumber(min=0, min_open=True)
PATH = click.Path(path_type=Path)
EXISTING_DIRECTORY = click.Path(exists=True, file_okay=False, path_type=Path)
TASK_NAME = click.Choice(task_names())
