"""The reference data: the true signal strengths, the true nuisance parameters, and how much of them may be shown."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from higgs_scoring.errors import ScoringError
from higgs_scoring.json_file import FileContent, JsonFile, OptionalEntry, Text
from higgs_scoring.metrics import FloatArray
from higgs_scoring.signature import read_key

TRUTH_FILE = "truth.json"
NUISANCES_FILE = "true_nuisances.json"

MU = "mu"
"""The name of the signal strength among parameters; the others are nuisance parameters by their names."""

MAX_VALUE = 1e4
"""Answers beyond this count as this: mu is about 1, and the RMSE of 1e5 no longer fits the leaderboard's decimals."""

REMEDY = "make the reference data again from the plan"

Number = Annotated[float, Field(ge=-MAX_VALUE, le=MAX_VALUE, allow_inf_nan=False)]

Reveal = Literal["none", "mu", "all"]


class TruthContent(FileContent):
    """truth.json, but for the key of the signature, whose value no message may show; see `signature.read_key`."""

    plan_fingerprint: Text
    num_pseudo_experiments: int = Field(ge=1)
    ground_truth_mus: list[Number] = Field(min_length=1)
    # A truth that does not say so is not shown.
    reveal: Reveal = "none"
    title: OptionalEntry[Text] = None
    mu_range: OptionalEntry[list[Number]] = None

    @field_validator("mu_range")
    @classmethod
    def _check_range(cls, mu_range: list[float]) -> list[float]:
        if len(mu_range) != 2 or mu_range[0] > mu_range[1]:
            raise PydanticCustomError("range", "must be the lowest and the highest mu")
        return mu_range


class NuisancesContent(FileContent):
    """true_nuisances.json: under the name of each nuisance parameter a list of its values for each set."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, list[list[Number]]]

    plan_fingerprint: Text


@dataclass(frozen=True, eq=False)
class Truth:
    """The reference data.

    Attributes:
        plan_fingerprint: identifies the plan that the data belong to.
        num_pseudo_experiments: of each set.
        mus: true mu by set number, shape (sets,).
        nuisances: true values of the nuisance parameters that were drawn, by name, each of shape (sets,
            pseudo-experiments); empty where the reference data lack them.
        reveal: what a report may show: "none" numbers about the whole run, "mu" the true mu of each set too, "all" also
            how answers depend on the true nuisance parameters.
        title: of the competition, for the head of a page; None where the reference data have none.
        mu_range: lowest and highest mu from which the sets are drawn; None where the reference data do not say.
        signature_key: of the results; None where they need no signature.
    """

    plan_fingerprint: str
    num_pseudo_experiments: int
    mus: FloatArray
    nuisances: Mapping[str, FloatArray]
    reveal: Reveal = "none"
    title: str | None = None
    mu_range: tuple[float, float] | None = None
    signature_key: str | None = field(default=None, repr=False)


def read_truth(directory: Path) -> Truth:
    """Read the reference data.

    Args:
        directory: with truth.json and, where nuisance parameters were drawn, true_nuisances.json.

    Raises:
        ScoringError: a file is missing or wrong.
    """
    if not os.path.isdir(directory):
        raise ScoringError(f"The reference folder {directory} does not exist: {REMEDY}, or correct --reference.")
    file = JsonFile.read(directory / TRUTH_FILE, remedy=REMEDY)
    content = file.check(TruthContent)
    shape = (len(content.ground_truth_mus), content.num_pseudo_experiments)
    return Truth(
        plan_fingerprint=content.plan_fingerprint,
        num_pseudo_experiments=content.num_pseudo_experiments,
        mus=np.array(content.ground_truth_mus),
        nuisances=_read_nuisances(directory / NUISANCES_FILE, content.plan_fingerprint, shape),
        reveal=content.reveal,
        title=content.title,
        mu_range=None if content.mu_range is None else (content.mu_range[0], content.mu_range[1]),
        signature_key=read_key(file),
    )


def _read_nuisances(path: Path, fingerprint: str, shape: tuple[int, int]) -> dict[str, FloatArray]:
    if not os.path.lexists(path):
        return {}
    file = JsonFile.read(path, remedy=REMEDY)
    if MU in file:
        raise ScoringError(f"{file.name} has the entry {MU!r}, but true mu belong in {TRUTH_FILE} alone: {REMEDY}.")
    content = file.check(NuisancesContent)
    if content.plan_fingerprint != fingerprint:
        raise file.wrong("plan_fingerprint", content.plan_fingerprint, f"{TRUTH_FILE} has {fingerprint!r}")
    for name, rows in content.__pydantic_extra__.items():
        file.require_length(name, rows, shape[0])
        for number, row in enumerate(rows):
            file.require_length(f"{name}[{number}]", row, shape[1])
    return {name: np.array(rows) for name, rows in content.__pydantic_extra__.items()}
