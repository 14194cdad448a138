"""What a run answered: the intervals and the summary from the prediction folder.

The folder may hold files of the submission too, so only the result files that the summary declares count, and any other
file named like one is refused. Truth is never read from there.
"""

import json
import math
import os
import re
import reprlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import AliasChoices, Field

from higgs_scoring.errors import ScoringError
from higgs_scoring.json_file import FileContent, JsonFile, OptionalEntry, Text
from higgs_scoring.metrics import FloatArray, Intervals
from higgs_scoring.shared_events import SharedEvents
from higgs_scoring.signature import check_signature
from higgs_scoring.truth import MAX_VALUE, Truth
from higgs_scoring.untrusted_text import printable

SUMMARY_FILE = "ingestion_summary.json"
DURATION_FILE = "ingestion_duration.json"
FAILURE_FILE = "ingestion_failure.txt"
MAX_FAILURE_LENGTH = 10_000
RESULT_NAME = re.compile(r"result_([0-9]{1,9})\.json")

MAX_DURATION = 1e9
"""No longer time, in its own unit, fits the leaderboard's decimals."""

RERUN = "run ingestion again and score the folder that it writes"
CORRECT_PREDICT = "run ingestion again, with predict() corrected if it returned that"

MAX_FAILED = 10**9
"""No larger count fits the leaderboard's decimals."""

Duration = Annotated[float, Field(ge=0, le=MAX_DURATION, allow_inf_nan=False)]
Depth = Annotated[float, Field(ge=0, allow_inf_nan=False)]
FiniteNumber = Annotated[float, Field(allow_inf_nan=False)]


class SummaryContent(FileContent):
    """ingestion_summary.json, as far as it is scored."""

    num_of_sets: int = Field(ge=1)
    num_pseudo_experiments: int = Field(ge=1)
    plan_fingerprint: Text
    result_files: list[str]
    fit_seconds: OptionalEntry[Duration] = None
    processes_replaced: int = Field(default=0, ge=0)
    failed_predictions: int = Field(default=0, ge=0, le=MAX_FAILED)
    warnings: list[str] = Field(default=[])
    # Null where events are made afresh.
    hidden_depth: Depth | None = None
    training_depth: Depth | None = None


class ResultContent(FileContent):
    """The result file of a set; the ends of the intervals may have the official scorer's plural names."""

    mu_hats: list[FiniteNumber]
    delta_mu_hats: list[FiniteNumber]
    p16: list[FiniteNumber] = Field(validation_alias=AliasChoices("p16", "p16s"))
    p84: list[FiniteNumber] = Field(validation_alias=AliasChoices("p84", "p84s"))
    predict_seconds: OptionalEntry[list[Duration]] = None


class DurationContent(FileContent):
    """ingestion_duration.json: the minutes of the whole run."""

    ingestion_duration: Duration


@dataclass(frozen=True)
class Summary:
    """What ingestion reports about its run.

    Attributes:
        result_files: names of those that count.
        fit_seconds: None where the run does not report it.
        processes_replaced: how often a process of the submission died.
        failed_predictions: how many predictions failed, each of which has the whole range of mu as its interval.
        warnings: may hold the submission's own words.
        data: a text that differs between runs on different events; the same where runs do not report any.
        shared: how many events its pseudo-experiments share; None where the run does not report it.
    """

    result_files: tuple[str, ...]
    fit_seconds: float | None = None
    processes_replaced: int = 0
    failed_predictions: int = 0
    warnings: tuple[str, ...] = ()
    data: str = ""
    shared: SharedEvents | None = None


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a whole run answered.

    Attributes:
        intervals: beside the truth, sets in the order of their numbers; no number is beyond MAX_VALUE.
        num_cut: how many answers had a number beyond MAX_VALUE, which counts as MAX_VALUE.
        predict_seconds: of each pseudo-experiment, shape (sets, pseudo-experiments); None where the run does not
            report them.
        minutes: duration of the whole ingestion.
        summary: what ingestion reports about its run.
    """

    intervals: Intervals
    num_cut: int
    predict_seconds: FloatArray | None
    minutes: float
    summary: Summary


def read_predictions(directory: Path, truth: Truth) -> Predictions:
    """Read what ingestion wrote, and refuse whatever does not fit the plan of the truth.

    Args:
        directory: that ingestion wrote.
        truth: of the same plan.

    Raises:
        ScoringError: a file is missing or wrong, or was not written by the phase's ingestion.
    """
    if not os.path.isdir(directory):
        raise ScoringError(f"The prediction folder {directory} does not exist: {RERUN}, or correct --prediction.")
    if not os.path.exists(directory / SUMMARY_FILE) and (failure := read_failure(directory)):
        raise ScoringError(f"Ingestion failed: {failure}")
    file = JsonFile.read(directory / SUMMARY_FILE, remedy=RERUN)
    summary = _read_summary(file, truth)
    names = _name_of_each_set(summary.result_files, truth.mus.size)
    _refuse_undeclared(directory, summary.result_files)
    files = [JsonFile.read(directory / name, remedy=RERUN) for name in names]
    results = [_read_result(result, truth.num_pseudo_experiments) for result in files]
    duration = JsonFile.read(directory / DURATION_FILE, remedy=RERUN)
    minutes = duration.check(DurationContent).ingestion_duration
    # Last, since whoever damaged a file by mistake needs to know which one.
    check_signature(truth.signature_key, file, [*files, duration])
    times = [result.predict_seconds for result in results if result.predict_seconds is not None]
    answers = np.array([[one.mu_hats, one.delta_mu_hats, one.p16, one.p84] for one in results]).swapaxes(0, 1)
    return Predictions(
        intervals=Intervals(truth.mus, *np.clip(answers, -MAX_VALUE, MAX_VALUE)),
        num_cut=int((np.abs(answers) > MAX_VALUE).any(axis=0).sum()),
        predict_seconds=np.array(times) if len(times) == len(results) else None,
        minutes=minutes,
        summary=summary,
    )


def read_failure(directory: Path) -> str:
    """Return why ingestion failed, as it says; empty where it says nothing.

    It is shown and nothing else, as a submission might have written it: no more than MAX_FAILURE_LENGTH characters that
    can be printed, and from no link, which might lead to the truth.

    Args:
        directory: that ingestion wrote.
    """
    path = directory / FAILURE_FILE
    if path.is_symlink() or not path.is_file():
        return ""
    with path.open("rb") as file:
        text = file.read(4 * MAX_FAILURE_LENGTH).decode(errors="replace")
    return printable(text)[:MAX_FAILURE_LENGTH].strip()


def _read_summary(file: JsonFile, truth: Truth) -> Summary:
    content = file.check(SummaryContent)
    for key, expected in (
        ("num_of_sets", truth.mus.size),
        ("num_pseudo_experiments", truth.num_pseudo_experiments),
        ("plan_fingerprint", truth.plan_fingerprint),
    ):
        if (found := getattr(content, key)) != expected:
            advice = "give the reference of the run's own settings, number of sets and of pseudo-experiments"
            reason = f"the reference has {expected!r}, so the run was made from another plan; {advice}"
            raise file.wrong(key, found, reason)
    return Summary(
        result_files=tuple(content.result_files),
        fit_seconds=content.fit_seconds,
        processes_replaced=content.processes_replaced,
        failed_predictions=content.failed_predictions,
        warnings=tuple(content.warnings),
        data=json.dumps([file.entries.get(key) for key in ("data", "hidden_multiples")]),
        shared=_shared_events(content) if {"hidden_depth", "training_depth"} <= file.entries.keys() else None,
    )


def _shared_events(content: SummaryContent) -> SharedEvents:
    depths = (content.hidden_depth, content.training_depth)
    return SharedEvents(*(math.inf if depth is None else depth for depth in depths))


def _name_of_each_set(declared: Sequence[str], num_of_sets: int) -> list[str]:
    """Return the declared file names in the order of their set numbers, which must be each of 0 .. n-1 once."""
    names: dict[int, str] = {}
    for index, name in enumerate(declared):
        where = f"{SUMMARY_FILE}: result_files[{index}] is {reprlib.repr(name)}"
        match = RESULT_NAME.fullmatch(name)
        if match is None:
            raise ScoringError(f"{where} but must be named like result_0.json: {RERUN}.")
        number = int(match[1])
        if number in names:
            raise ScoringError(f"{where} but set {number} was declared before as {names[number]!r}: {RERUN}.")
        if number >= num_of_sets:
            raise ScoringError(f"{where} but the reference has only sets 0 to {num_of_sets - 1}: {RERUN}.")
        names[number] = name
    for number in range(num_of_sets):
        if number not in names:
            raise ScoringError(f"{SUMMARY_FILE}: result_files lacks set {number}, result_{number}.json: {RERUN}.")
    return [names[number] for number in range(num_of_sets)]


def _refuse_undeclared(directory: Path, declared: Sequence[str]) -> None:
    known = set(declared)
    try:
        names = sorted(os.listdir(directory))
    except OSError as error:
        raise ScoringError(f"The prediction folder {directory} cannot be read ({error}): {RERUN}.") from error
    for name in names:
        if fnmatch(name, "result_*.json") and name not in known:
            raise ScoringError(
                f"{reprlib.repr(name)} is in the prediction folder but {SUMMARY_FILE} does not declare it: "
                "remove files of that name from the submission and run ingestion again."
            )


def _read_result(file: JsonFile, length: int) -> ResultContent:
    file = replace(file, remedy=CORRECT_PREDICT)
    names = {key: f"{key}s" if f"{key}s" in file else key for key in ("p16", "p84")}
    for key, plural in names.items():
        if key != plural and key in file:
            raise ScoringError(f"{file.name} has both {key!r} and {plural!r} instead of one of them: {file.remedy}.")
    content = file.check(ResultContent)
    for key in ("mu_hats", "delta_mu_hats", "p16", "p84", "predict_seconds"):
        if (values := getattr(content, key)) is not None:
            file.require_length(names.get(key, key), values, length)
    for index, (low, high) in enumerate(zip(content.p16, content.p84, strict=True)):
        if low > high:
            raise file.wrong(f"{names['p16']}[{index}]", low, f"{names['p84']}[{index}] is lower, {high}")
    return content
