"""The shape of competition.yaml (version 2): the fields that Codabench reads, and the values that it takes.

Codabench reads numbers and truth values as its web forms do: "5" is 5, "true" is true, and a number is a text. What it
does not read it ignores.
"""

import posixpath
import re
import uuid
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from higgs_tools.bundle.moments import Moment, read_moment

MAX_NUMBER = 2**31 - 1
"""The largest number that a field of Codabench's database holds."""


def _label(value: object) -> object:
    if not isinstance(value, int | str):
        raise ValueError("should be a whole number")
    return value


def _email(value: str) -> str:
    if value and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", value):
        raise ValueError(f"{value} is not an e-mail address")
    return value


def _written(value: object) -> object:
    if value is None:
        raise ValueError("is empty, which Codabench does not take for absent")
    return value


Title = Annotated[str, Field(min_length=1, max_length=256)]
Key = Annotated[str, Field(min_length=1, max_length=36)]
Index = Annotated[int, Field(ge=0, le=MAX_NUMBER)]
Count = Annotated[int, Field(ge=0, le=MAX_NUMBER)]
FileName = Annotated[str, Field(strict=True), AfterValidator(posixpath.normpath)]
"""A file of the bundle, a folder of it, or the key of a dataset; the bundle itself is "."."""
MaybeFile = Annotated[FileName | None, BeforeValidator(_written)]
MaybeKey = Annotated[str | None, BeforeValidator(_written)]
Email = Annotated[str, Field(max_length=256), AfterValidator(_email)]
TaskIndex = Annotated[Any, AfterValidator(_label)]
"""What phases and solutions call a task: Codabench compares the values as they are, so "0" is not 0."""
When = Annotated[Moment | None, BeforeValidator(read_moment)]
SubmissionRule = Literal[
    "Add", "Add_And_Delete", "Add_And_Delete_Multiple", "Force_Last", "Force_Latest_Multiple", "Force_Best"
]


class Part(BaseModel):
    """Base of every part. What it does not declare is ignored, as Codabench does."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, str_strip_whitespace=True)

    ignored: ClassVar[frozenset[str]] = frozenset()
    """Fields that Codabench writes into its dumps, or documents, and does not read."""


class Page(Part):
    """One tab of the competition's description."""

    title: Annotated[str, Field(min_length=1, max_length=255)]
    file: FileName


class Phase(Part):
    """One period of the competition, with its limits. A limit of 0 submissions is none."""

    ignored = frozenset({"solutions", "accepts_only_result_submissions"})

    index: Index = 0
    name: Title
    description: str | None = None
    start: When = None
    end: When = None
    execution_time_limit: Count | None = None
    max_submissions_per_day: Count | None = 5
    max_submissions: Count | None = 100
    auto_migrate_to_this_phase: bool = False
    hide_output: bool = False
    hide_prediction_output: bool = False
    hide_score_output: bool = False
    starting_kit: MaybeFile = None
    public_data: MaybeFile = None
    tasks: list[TaskIndex]

    @property
    def time_limit(self) -> int:
        """Return the seconds that Codabench gives ingestion, and scoring again, on a queue of the organiser's own."""
        return self.execution_time_limit or 600


class Task(Part):
    """What a submission is run on and how it is scored.

    It has a scoring program, or the key of a task on the platform, and then Codabench reads nothing else.
    """

    ignored = frozenset({"is_public"})

    index: TaskIndex
    key: MaybeKey = None
    name: Annotated[str, Field(max_length=256)] = ""
    description: str | None = None
    scoring_program: MaybeFile = None
    ingestion_program: MaybeFile = None
    input_data: MaybeFile = None
    reference_data: MaybeFile = None
    ingestion_only_during_scoring: bool = False

    def files(self) -> dict[str, str]:
        """Return what the task is made of, by the name of the field; nothing where it has a key."""
        names = ("ingestion_program", "scoring_program", "input_data", "reference_data")
        return {} if self.key else {name: file for name in names if (file := getattr(self, name)) is not None}


class Solution(Part):
    """A submission that travels with the competition: a path, or the key of a solution on the platform."""

    index: TaskIndex
    key: MaybeKey = None
    name: Annotated[str, Field(max_length=256)] | None = None
    description: str | None = None
    path: MaybeFile = None
    tasks: list[TaskIndex]


class Column(Part):
    """One column of the leaderboard; its key is one of scores.json."""

    title: Key
    key: Key
    index: Index
    sorting: Literal["asc", "desc"] = "desc"
    precision: int = 2
    computation: Literal["sum", "avg", "min", "max"] | None = None
    computation_indexes: Any = None
    hidden: bool = False


class Leaderboard(Part):
    """The table of results."""

    ignored = frozenset({"index"})

    title: Annotated[str, Field(min_length=1, max_length=64)]
    key: Key
    primary_index: Index = 0
    submission_rule: SubmissionRule = "Add"
    hidden: bool = False
    columns: list[Column]


class Competition(Part):
    """The whole file."""

    ignored = frozenset({"enable_human_in_the_loop"})

    version: Any = 2
    title: Title
    description: str | None = ""
    image: MaybeFile = None
    terms: MaybeFile = None
    registration_auto_approve: bool = False
    docker_image: Annotated[str, Field(min_length=1, max_length=128)] = "codalab/codalab-legacy:py37"
    enable_detailed_results: bool = False
    show_detailed_results_in_submission_panel: bool = True
    show_detailed_results_in_leaderboard: bool = True
    auto_run_submissions: bool = True
    can_participants_make_submissions_public: bool = True
    forum_enabled: bool = True
    competition_type: Literal["competition", "benchmark"] = "competition"
    reward: Annotated[str, Field(max_length=256)] | None = None
    make_programs_available: bool = False
    make_input_data_available: bool = False
    queue: str | None = None
    contact_email: Email | None = None
    pages: list[Page]
    phases: list[Phase]
    tasks: list[Task]
    solutions: list[Solution] | None = None
    # Codabench links every phase to the first leaderboard.
    leaderboards: list[Leaderboard]
    fact_sheet: Any = None

    def texts(self) -> list[str]:
        """List the files that Codabench shows as text."""
        return [name for name in (self.terms, *(page.file for page in self.pages)) if name is not None]

    def programs(self) -> Iterator[tuple[str, str]]:
        """Return pairs of (ingestion or scoring, name of the program's archive)."""
        for task in self.tasks:
            for name, file in task.files().items():
                if name.endswith("_program"):
                    yield name.removesuffix("_program"), file

    def run_files(self) -> set[str]:
        """Collect all that the worker unpacks for a run: programs and data."""
        return {file for task in self.tasks for file in task.files().values()}

    def sources(self) -> set[str]:
        """Collect all that Codabench makes datasets of: zips or folders in the bundle, and keys of datasets."""
        kits = {name for phase in self.phases for name in (phase.starting_kit, phase.public_data) if name is not None}
        return self.run_files() | kits | set(self.solution_files())

    def solution_files(self) -> list[str]:
        """List the submissions that travel with the competition."""
        return [one.path for one in self.solutions or [] if one.path is not None and not one.key]

    def archives(self) -> set[str]:
        """Collect the names of all zips and folders in the bundle."""
        return {name for name in self.sources() if not is_dataset_key(name)}

    def files(self) -> set[str]:
        """Collect the names of everything that must be in the bundle."""
        return {"competition.yaml", *([self.image] if self.image else []), *self.texts(), *self.archives()}


def is_dataset_key(name: str) -> bool:
    """Check whether a name is the key (UUID) of a dataset on the platform, not a file's name."""
    try:
        uuid.UUID(name)
    except ValueError:
        return False
    return True
