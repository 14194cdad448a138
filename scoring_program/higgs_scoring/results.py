"""What is scored: the truth from the reference folder, the intervals and the summary from the prediction folder.

The prediction folder may hold files of the submission too, so only the result files that the summary declares count,
and any other file named like one is refused. Truth is never read from there.
"""

import json
import os
import re
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import TypedDict

import numpy as np

from higgs_scoring.errors import ScoringError
from higgs_scoring.json_file import JsonFile
from higgs_scoring.metrics import FloatArray
from higgs_scoring.signature import check_signature, read_key

TRUTH_FILE = "truth.json"
NUISANCES_FILE = "true_nuisances.json"
MU = "mu"
"""The name of the signal strength among parameters; the others are the nuisance parameters by their names."""
SUMMARY_FILE = "ingestion_summary.json"
DURATION_FILE = "ingestion_duration.json"
RESULT_NAME = re.compile(r"result_([0-9]{1,9})\.json")

LARGEST = 1e4
"""No |mu| beyond this is scored: mu is about 1, and the RMSE of 1e5 no longer fits the leaderboard's decimals."""

LONGEST = 1e9
"""No time beyond this, in its own unit, fits the leaderboard's decimals."""

ORGANISER = "make the reference data anew from the plan"
RERUN = "run ingestion again and score the folder that it writes"
PREDICT = "run ingestion again, with predict() corrected where it returned that"


REVEALS = ("none", "mu", "all")


@dataclass(frozen=True)
class Truth:
    """The reference data.

    Attributes:
        plan_fingerprint: tells to which plan it belongs.
        num_pseudo_experiments: of each set.
        mus: true mu by set number, shape (sets,).
        nuisances: true values of the nuisance parameters that were drawn, by name, each of shape (sets,
            pseudo-experiments); empty where the reference data lack them.
        reveal: what a report may show: "none" numbers about the whole run, "mu" the true mu of each set too, "all" also
            how answers depend on the true nuisance parameters.
        signature_key: of the results; None where they need no signature.
    """

    plan_fingerprint: str
    num_pseudo_experiments: int
    mus: FloatArray
    nuisances: Mapping[str, FloatArray]
    reveal: str
    signature_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Summary:
    """What ingestion says of its run.

    Attributes:
        result_files: names of those that count.
        fit_seconds: None where the run does not tell.
        processes_replaced: how often a process of the submission died.
        warnings: may hold the submission's own words.
        data: a text that differs between runs on different events; the same where runs do not tell.
    """

    result_files: tuple[str, ...]
    fit_seconds: float | None = None
    processes_replaced: int = 0
    warnings: tuple[str, ...] = ()
    data: str = ""


@dataclass(frozen=True)
class SetResult:
    """The answers of one set, each array of shape (pseudo-experiments,)."""

    mu_hats: FloatArray
    delta_mu_hats: FloatArray
    p16: FloatArray
    p84: FloatArray
    predict_seconds: FloatArray | None


class Answers(TypedDict):
    """The arrays of a run that scores are made of, by the names of the functions' arguments."""

    mu_hats: FloatArray
    delta_mu_hats: FloatArray
    p16: FloatArray
    p84: FloatArray


@dataclass(frozen=True)
class Predictions:
    """A whole run, each array of shape (sets, pseudo-experiments), sets in the order of their numbers."""

    mu_hats: FloatArray
    delta_mu_hats: FloatArray
    p16: FloatArray
    p84: FloatArray
    predict_seconds: FloatArray | None
    minutes: float
    summary: Summary

    @property
    def answers(self) -> Answers:
        """What scores are made of, to pass on as keyword arguments."""
        return {
            "mu_hats": self.mu_hats,
            "delta_mu_hats": self.delta_mu_hats,
            "p16": self.p16,
            "p84": self.p84,
        }


def read_truth(folder: Path) -> Truth:
    """Read the reference folder."""
    _require_folder(folder, "reference", ORGANISER)
    file = JsonFile.read(folder / TRUTH_FILE, remedy=ORGANISER)
    mus = file.numbers("ground_truth_mus", lowest=-LARGEST, highest=LARGEST)
    if mus.size == 0:
        raise file.wrong("ground_truth_mus", [], "must hold the mu of at least one set")
    fingerprint, num_experiments = file.text("plan_fingerprint"), file.count("num_pseudo_experiments")
    return Truth(
        plan_fingerprint=fingerprint,
        num_pseudo_experiments=num_experiments,
        mus=mus,
        nuisances=_read_nuisances(folder / NUISANCES_FILE, fingerprint, (mus.size, num_experiments)),
        # A truth that does not say so is not shown.
        reveal=file.choice("reveal", REVEALS) if "reveal" in file else "none",
        signature_key=read_key(file),
    )


def _read_nuisances(path: Path, fingerprint: str, shape: tuple[int, int]) -> dict[str, FloatArray]:
    if not os.path.lexists(path):
        return {}
    file = JsonFile.read(path, remedy=ORGANISER)
    if (found := file.text("plan_fingerprint")) != fingerprint:
        raise file.wrong("plan_fingerprint", found, f"{TRUTH_FILE} has {fingerprint!r}")
    names = [name for name in file.entries if name != "plan_fingerprint"]
    if MU in names:
        raise file.wrong(MU, "there", f"the true mu are in {TRUTH_FILE} alone")
    return {name: file.table(name, shape, lowest=-LARGEST, highest=LARGEST) for name in names}


def read_predictions(folder: Path, truth: Truth) -> Predictions:
    """Read the prediction folder and refuse whatever does not fit the plan of the truth."""
    _require_folder(folder, "prediction", RERUN)
    file = JsonFile.read(folder / SUMMARY_FILE, remedy=RERUN)
    summary = _read_summary(file, truth)
    names = _name_of_each_set(summary.result_files, truth.mus.size)
    _refuse_undeclared(folder, summary.result_files)
    files = [JsonFile.read(folder / name, remedy=RERUN) for name in names]
    results = [_read_result(result, truth.num_pseudo_experiments) for result in files]
    duration = JsonFile.read(folder / DURATION_FILE, remedy=RERUN)
    minutes = duration.number("ingestion_duration", lowest=0, highest=LONGEST)
    # Last, as whoever damaged a file by mistake is better told which.
    check_signature(truth.signature_key, file, [*files, duration])
    return Predictions(
        mu_hats=np.stack([result.mu_hats for result in results]),
        delta_mu_hats=np.stack([result.delta_mu_hats for result in results]),
        p16=np.stack([result.p16 for result in results]),
        p84=np.stack([result.p84 for result in results]),
        predict_seconds=_stack_times(results),
        minutes=minutes,
        summary=summary,
    )


def _require_folder(folder: Path, kind: str, remedy: str) -> None:
    if not os.path.isdir(folder):
        raise ScoringError(f"The {kind} folder {folder} does not exist: {remedy}, or give the right --{kind}.")


def _read_summary(file: JsonFile, truth: Truth) -> Summary:
    for key, expected in (("num_of_sets", truth.mus.size), ("num_pseudo_experiments", truth.num_pseudo_experiments)):
        if (found := file.count(key)) != expected:
            raise file.wrong(key, found, f"the reference has {expected}, so the run was made from another plan")
    fingerprint = file.text("plan_fingerprint")
    if fingerprint != truth.plan_fingerprint:
        raise file.wrong(
            "plan_fingerprint",
            fingerprint,
            f"the reference has {truth.plan_fingerprint!r}, so the run was made from another plan",
        )
    return Summary(
        result_files=tuple(file.texts("result_files")),
        fit_seconds=file.number("fit_seconds", lowest=0, highest=LONGEST) if "fit_seconds" in file else None,
        processes_replaced=file.count("processes_replaced", least=0) if "processes_replaced" in file else 0,
        warnings=tuple(file.texts("warnings")) if "warnings" in file else (),
        data=json.dumps([file.entries.get(key) for key in ("data", "hidden_multiples")]),
    )


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


def _refuse_undeclared(folder: Path, declared: Sequence[str]) -> None:
    known = set(declared)
    try:
        names = sorted(os.listdir(folder))
    except OSError as problem:
        raise ScoringError(f"The prediction folder {folder} cannot be read ({problem}): {RERUN}.") from problem
    for name in names:
        if fnmatch(name, "result_*.json") and name not in known:
            raise ScoringError(
                f"{reprlib.repr(name)} lies in the prediction folder but {SUMMARY_FILE} does not declare it: "
                "remove files of that name from the submission and run ingestion again."
            )


def _read_result(file: JsonFile, length: int) -> SetResult:
    file = replace(file, remedy=PREDICT)
    mu_hats = file.numbers("mu_hats", length=length, lowest=-LARGEST, highest=LARGEST)
    delta_mu_hats = file.numbers("delta_mu_hats", length=length, lowest=-LARGEST, highest=LARGEST)
    key16, key84 = _quantile_key(file, "p16"), _quantile_key(file, "p84")
    p16 = file.numbers(key16, length=length, lowest=-LARGEST, highest=LARGEST)
    p84 = file.numbers(key84, length=length, lowest=-LARGEST, highest=LARGEST)
    inverted = np.flatnonzero(p16 > p84)
    if inverted.size:
        index = int(inverted[0])
        raise file.wrong(f"{key16}[{index}]", float(p16[index]), f"{key84}[{index}] is lower, {p84[index]}")
    seconds = None
    if "predict_seconds" in file:
        seconds = file.numbers("predict_seconds", length=length, lowest=0, highest=LONGEST)
    return SetResult(mu_hats, delta_mu_hats, p16, p84, seconds)


def _quantile_key(file: JsonFile, key: str) -> str:
    """Return the key, or its plural as the official scorer reads it; both in one file contradict each other."""
    plural = f"{key}s"
    if plural not in file:
        return key
    if key in file:
        raise ScoringError(f"{file.name} has both {key!r} and {plural!r} instead of one of them: {file.remedy}.")
    return plural


def _stack_times(results: Sequence[SetResult]) -> FloatArray | None:
    times = [result.predict_seconds for result in results if result.predict_seconds is not None]
    return np.stack(times) if len(times) == len(results) else None
