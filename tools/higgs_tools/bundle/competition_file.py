"""The shape of competition.yaml (version 2): the fields that Codabench reads, and the values that it can store."""

import datetime
import uuid
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1)]
Key = Annotated[str, Field(min_length=1, max_length=36)]
Index = Annotated[int, Field(ge=0)]
Count = Annotated[int, Field(ge=1, le=2**31 - 1)]
SubmissionRule = Literal[
    "Add", "Add_And_Delete", "Add_And_Delete_Multiple", "Force_Last", "Force_Latest_Multiple", "Force_Best"
]


class Part(BaseModel):
    """Base of every part; a field that Codabench would silently ignore is refused, since it must be a typing error."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Page(Part):
    """One tab of the competition's description."""

    title: Text
    file: Text


class Phase(Part):
    """One period of the competition, with its limits.

    Dates are whole days: Codabench drops the time of day of an unquoted one, so two phases that meet within a day would
    collide.
    """

    index: Index
    name: Annotated[str, Field(min_length=1, max_length=256)]
    description: str | None = None
    start: datetime.date
    end: datetime.date | None = None
    execution_time_limit: Count = 600
    max_submissions_per_day: Count
    max_submissions: Count
    auto_migrate_to_this_phase: bool = False
    hide_output: bool = False
    hide_prediction_output: bool = False
    hide_score_output: bool = False
    accepts_only_result_submissions: bool = False
    starting_kit: Text | None = None
    public_data: Text | None = None
    tasks: Annotated[list[Index], Field(min_length=1)]


class Task(Part):
    """What a submission is run on and how it is scored.

    Every entry is a zip in the bundle, a folder in it, which Codabench zips itself, or the key of a dataset that the
    organiser has uploaded before.
    """

    index: Index
    name: Annotated[str, Field(min_length=1, max_length=256)]
    description: str | None = None
    scoring_program: Text
    ingestion_program: Text | None = None
    input_data: Text | None = None
    reference_data: Text | None = None
    ingestion_only_during_scoring: bool = False


class Solution(Part):
    """A submission that travels with the competition."""

    index: Index
    name: Text
    description: str | None = None
    path: Text
    tasks: Annotated[list[Index], Field(min_length=1)]


class Column(Part):
    """One column of the leaderboard; its key is one of scores.json."""

    title: Key
    key: Key
    index: Index
    sorting: Literal["asc", "desc"]
    # A score is stored as a decimal of 20 digits, 10 of them after the point.
    precision: Annotated[int, Field(ge=0, le=10)] = 2
    computation: Literal["sum", "avg", "min", "max"] | None = None
    computation_indexes: list[Index] | None = None
    hidden: bool = False


class Leaderboard(Part):
    """The table of results."""

    title: Annotated[str, Field(min_length=1, max_length=64)]
    key: Key
    submission_rule: SubmissionRule = "Add"
    hidden: bool = False
    columns: Annotated[list[Column], Field(min_length=1)]


class Question(Part):
    """One question of the fact sheet; Codabench wants all six fields, the last two as words."""

    key: Text
    type: Literal["checkbox", "text", "select"]
    title: Text
    selection: Any
    is_required: Literal["true", "false"]
    is_on_leaderboard: Literal["true", "false"]


class Competition(Part):
    """The whole file."""

    version: Literal[2]
    title: Annotated[str, Field(min_length=1, max_length=256)]
    description: str = ""
    image: Text
    terms: Text
    registration_auto_approve: bool = False
    docker_image: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^\S+$")] = "codalab/codalab-legacy:py37"
    enable_detailed_results: bool = False
    show_detailed_results_in_submission_panel: bool = True
    show_detailed_results_in_leaderboard: bool = True
    auto_run_submissions: bool = True
    can_participants_make_submissions_public: bool = True
    forum_enabled: bool = True
    competition_type: Literal["competition", "benchmark"] = "competition"
    reward: Text | None = None
    make_programs_available: bool = False
    make_input_data_available: bool = False
    queue: Text | None = None
    contact_email: Text | None = None
    pages: Annotated[list[Page], Field(min_length=1)]
    phases: Annotated[list[Phase], Field(min_length=1)]
    tasks: Annotated[list[Task], Field(min_length=1)]
    solutions: list[Solution] = []
    # Codabench links every phase to the first leaderboard and ignores the others.
    leaderboards: Annotated[list[Leaderboard], Field(min_length=1, max_length=1)]
    fact_sheet: dict[str, Question] = {}

    def texts(self) -> list[str]:
        """List the files that Codabench shows as text."""
        return [self.terms, *(page.file for page in self.pages)]

    def programs(self) -> Iterator[tuple[str, str]]:
        """Return pairs of (ingestion or scoring, name of the program's zip)."""
        for task in self.tasks:
            if task.ingestion_program:
                yield "ingestion", task.ingestion_program
            yield "scoring", task.scoring_program

    def sources(self) -> set[str]:
        """Collect all that Codabench makes datasets of: zips or folders in the bundle, and keys of datasets."""
        kits = [name for phase in self.phases for name in (phase.starting_kit, phase.public_data) if name]
        data = [name for task in self.tasks for name in (task.input_data, task.reference_data) if name]
        return {*kits, *data, *(name for _, name in self.programs()), *(solution.path for solution in self.solutions)}

    def archives(self) -> set[str]:
        """Collect the names of all zips and folders in the bundle."""
        return {name for name in self.sources() if not is_dataset_key(name)}

    def files(self) -> set[str]:
        """Collect the names of everything that must be in the bundle."""
        return {"competition.yaml", self.image, *self.texts(), *self.archives()}


def is_dataset_key(name: str) -> bool:
    """Check whether a name is the key (UUID) of a dataset on the platform, not a file's name."""
    try:
        uuid.UUID(name)
    except ValueError:
        return False
    return True
