"""The results file of a run: everything that the table shows, and the answers from which its scores follow."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import ConfigDict, Field, NonNegativeInt, PositiveInt, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from higgs_challenge.atomic import write_bytes
from higgs_challenge.errors import InputError
from higgs_scoring.errors import ScoringError
from higgs_scoring.json_file import FileContent, JsonFile, Text
from higgs_scoring.metrics import Intervals, score_sets

REMEDY = "restore it, or delete it and run `make baselines` again"

ANSWER_DECIMALS = 6
"""Of the answers that are kept and scored."""

SAME = 1e-9
"""Relative difference of two scores that comes from rounding alone."""

Finite = Annotated[float, Field(allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Probability = Annotated[float, Field(ge=0, le=1)]


class Content(FileContent):
    """Entries of a results file: all that are named must be there, and no others."""

    model_config = ConfigDict(extra="forbid")


class Identity(Content):
    """What makes two runs the same run.

    Attributes:
        method: its name.
        training_seed: None where the method has none.
        submission, library, data, plan: hashes of its files, of higgs_inference, of the events and of what is drawn.
    """

    method: Text
    training_seed: NonNegativeInt | None
    submission: Text
    library: Text
    data: Text
    plan: Text


class Source(Content):
    """The state of the repository: its commit, None where there is no git, and whether files differed from it."""

    commit: Text | None
    is_changed: bool


class PlanSettings(Content):
    """What was drawn.

    Attributes:
        phase: folder of input_data that the other settings are from.
        sets, pseudo_experiments: number of sets, and of pseudo-experiments in each.
        seed: of everything that is drawn.
    """

    phase: Text
    sets: PositiveInt
    pseudo_experiments: PositiveInt
    seed: NonNegativeInt


class Events(Content):
    """The events.

    Attributes:
        source: where they come from, in words.
        store: path of the store in the repository; None where it is elsewhere, or where there is none.
        fresh: whether each pseudo-experiment had events of its own.
        hidden_depth, training_depth: how many pseudo-experiments' events the two parts hold; None without limit.
    """

    source: str
    store: Text | None
    fresh: bool
    hidden_depth: NotNegative | None
    training_depth: NotNegative | None


class Machine(Content):
    """Where it ran: model of the processor, cores that were used, models of the GPUs, and versions of the software."""

    processor: str
    cores: PositiveInt
    gpus: list[str]
    versions: dict[str, str]


class Cost(Content):
    """Seconds of fit, median seconds of predict, and the largest memory of one of the submission's workers."""

    fit_seconds: NotNegative
    predict_seconds: NotNegative
    peak_memory_bytes: NonNegativeInt


class Estimate(Content):
    """A score and its standard error; None where a single pseudo-experiment has no scatter."""

    value: Finite
    error: NotNegative | None


class ScoreEstimates(Content):
    """The scores of the whole run, with the errors that the leaderboard has."""

    quantile_score: Estimate
    interval: Estimate
    coverage: Estimate
    winkler: Estimate
    rmse: Estimate
    mae: Estimate


class Pulls(Content):
    """Mean of the pulls with its error, None for a single one, and their standard deviation."""

    mean: Finite
    error: NotNegative | None
    width: NotNegative


class Flatness(Content):
    """P-values of a coverage, and of a bias, that do not depend on a parameter; None where too few answers tell."""

    coverage: Probability | None
    bias: Probability | None


class OrderCheck(Content):
    """How many pseudo-experiments were repeated in fresh processes, and how many then had another answer.

    Attributes:
        repeated, different: numbers of them.
        by_chance: how many of the different ones had yet another answer in another fresh process.
        largest_difference: in interval widths.
    """

    repeated: PositiveInt
    different: NonNegativeInt
    by_chance: NonNegativeInt
    largest_difference: NotNegative


class Answers(Content):
    """The answers, a list for each set, and the true mu of each set."""

    mus: list[Finite]
    mu_hats: list[list[Finite]]
    delta_mu_hats: list[list[Finite]]
    p16: list[list[Finite]]
    p84: list[list[Finite]]

    @property
    def intervals(self) -> Intervals:
        """The same as arrays, for scoring."""
        return Intervals(*map(np.array, (self.mus, self.mu_hats, self.delta_mu_hats, self.p16, self.p84)))


class ResultFile(Content):
    """The results file of a run; `model_json_schema()` gives its schema.

    Attributes:
        format: of the file.
        title: of the method.
        identity, source, plan, events, machine, cost: what ran where on what.
        failed_predictions: how many count as the whole range of mu.
        scores, pulls: of the whole run.
        flatness: by parameter: mu, then every nuisance parameter that was drawn.
        width_before: mean width of the intervals before any cut, 2 delta_mu_hat.
        cut_share: share of the intervals that are cut at the range of mu.
        expected_width: what the method says in fit that it expects, before any cut; None where it does not.
        order_check: None where the order was not checked.
        answers: from which the scores follow.
    """

    format: Literal[1]
    title: Text
    identity: Identity
    source: Source
    plan: PlanSettings
    events: Events
    machine: Machine
    cost: Cost
    failed_predictions: NonNegativeInt
    scores: ScoreEstimates
    pulls: Pulls | None
    flatness: dict[str, Flatness]
    width_before: NotNegative
    cut_share: Probability
    expected_width: NotNegative | None
    order_check: OrderCheck | None
    answers: Answers

    @field_validator("answers")
    @classmethod
    def _check_answers(cls, answers: Answers, info: ValidationInfo) -> Answers:
        plan, scores = info.data.get("plan"), info.data.get("scores")
        if plan is None or scores is None:
            return answers  # wrong themselves, which is reported
        lists = (answers.mu_hats, answers.delta_mu_hats, answers.p16, answers.p84)
        of_sets = all(len(own) == plan.sets for own in (answers.mus, *lists))
        if not of_sets or any(len(one) != plan.pseudo_experiments for own in lists for one in own):
            raise PydanticCustomError("shape", "must have the sets and pseudo-experiments of the plan")
        found = asdict(score_sets(answers.intervals))
        for name, estimate in scores:
            if not math.isclose(estimate.value, found[name], rel_tol=SAME, abs_tol=SAME):
                raise PydanticCustomError("scores", f"must give the scores of the file, of which {name} differs")
        return answers


def write_result(path: Path, result: ResultFile) -> None:
    """Write a results file, whole or not at all: an entry a line, but the answers in one.

    Raises:
        InputError: it cannot be written.
    """
    content = result.model_dump(mode="json")
    answers = json.dumps(content.pop("answers"), allow_nan=False)
    described = json.dumps(content, indent=2, allow_nan=False).removesuffix("\n}")
    write_bytes(path, f'{described},\n  "answers": {answers}\n}}\n'.encode())


def read_result(path: Path) -> ResultFile:
    """Read a results file.

    Raises:
        InputError: it cannot be read, or is not what `write_result` writes.
    """
    try:
        return JsonFile.read(path, remedy=REMEDY).check(ResultFile)
    except ScoringError as error:
        raise InputError(str(error)) from error


def read_results(folder: Path) -> list[ResultFile]:
    """Read all results files of a folder, in the order of their names.

    Raises:
        InputError: there is none, or one cannot be used.
    """
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise InputError(f"There is no results file in {folder}; `make baselines` writes them.")
    return [read_result(path) for path in paths]
