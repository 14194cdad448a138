"""The shape of competition.yaml (version 2): the fields that Codabench reads, and the values that it can store."""

import datetime
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1)]
Key = Annotated[str, Field(min_length=1, max_length=36)]
Index = Annotated[int, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]
SubmissionRule = Literal[
    "Add", "Add_And_Delete", "Add_And_Delete_Multiple", "Force_Last", "Force_Latest_Multiple", "Force_Best"
]


class Part(BaseModel):
    """Base of every part; a field that Codabench would silently ignore is refused, for it is a typing error."""

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
    starting_kit: Text | None = None
    public_data: Text | None = None
    tasks: Annotated[list[Index], Field(min_length=1)]


class Task(Part):
    """What a submission is run on and how it is scored; every entry is a zip in the bundle."""

    index: Index
    name: Annotated[str, Field(min_length=1, max_length=256)]
    description: str | None = None
    ingestion_program: Text
    scoring_program: Text
    input_data: Text
    reference_data: Text


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
    precision: Annotated[int, Field(ge=0, le=10)] = 2
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
    docker_image: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^\S+$")]
    enable_detailed_results: bool = False
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
        """Names of the files that Codabench shows as text."""
        return [self.terms, *(page.file for page in self.pages)]

    def programs(self) -> Iterator[tuple[str, str]]:
        """Pairs of (ingestion or scoring, name of the program's zip)."""
        for task in self.tasks:
            yield "ingestion", task.ingestion_program
            yield "scoring", task.scoring_program

    def archives(self) -> set[str]:
        """Names of all zips in the bundle."""
        kits = [name for phase in self.phases for name in (phase.starting_kit, phase.public_data) if name]
        data = [name for task in self.tasks for name in (task.input_data, task.reference_data)]
        return {*kits, *data, *(name for _, name in self.programs()), *(solution.path for solution in self.solutions)}

    def files(self) -> set[str]:
        """Names of everything that must be in the bundle."""
        return {"competition.yaml", self.image, *self.texts(), *self.archives()}
