"""The types that options of several commands share."""

from pathlib import Path

import click

from higgs_challenge.tasks import task_names

AT_LEAST_ONE = click.IntRange(min=1)
NOT_NEGATIVE = click.IntRange(min=0)
POSITIVE = click.FloatRange(min=0, min_open=True, max=float("inf"), max_open=True)
PATH = click.Path(path_type=Path)
EXISTING_DIRECTORY = click.Path(exists=True, file_okay=False, path_type=Path)
TASK_NAME = click.Choice(task_names())
