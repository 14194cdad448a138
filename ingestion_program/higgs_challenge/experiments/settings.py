"""Read settings.yaml: what one phase of the competition measures, and its limits."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from higgs_challenge.errors import InputError

SETTINGS_FILE = "settings.yaml"
MAX_MU = 1000.0
MIN_MEMORY = 0.3
"""In gigabytes; the process and its events alone take nearly that much."""


Reveal = Literal["none", "mu", "all"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Limits(_Strict):
    """Limits on a submission; exceeding one ends the run.

    Attributes:
        fit_seconds, predict_seconds: wall-clock time of one call.
        total_seconds: wall-clock time of the whole run, from opening the data to the last prediction; a resumed run
            goes on counting. No limit if absent.
        memory_gigabytes: memory of one worker's processes together.
        disk_gigabytes: files that it writes.
        failed_predictions: how many predictions may fail; each counts as the whole range of mu.
    """

    fit_seconds: PositiveFloat = 3600.0
    predict_seconds: PositiveFloat = 60.0
    total_seconds: PositiveFloat | None = None
    memory_gigabytes: Annotated[float, Field(ge=MIN_MEMORY)] = 32.0
    disk_gigabytes: PositiveFloat = 20.0
    failed_predictions: NonNegativeInt = 0


class Settings(_Strict):
    """Settings of a phase; the defaults are the official feedback phase.

    Attributes:
        num_of_sets: number of signal strengths.
        num_pseudo_experiments: pseudo-experiments of each set.
        mu_range: lowest and highest signal strength, drawn uniformly.
        task: name of the measurement, a folder of tasks/; make_plan is given the task itself.
        systematics: for each nuisance parameter of the task whether it is drawn from its prior, by default all are; the
            others stay nominal.
        fresh_events: whether hidden events are made for each pseudo-experiment alone, not drawn from stored ones.
        random_seed: of everything that is drawn; as secret as the truth, so make it too long to be found by trying
            (`python -c "import secrets; print(secrets.randbits(128))"`).
        limits: time limits on the submission.
        reveal: what reports of scoring may show of the truth: "none" numbers about the whole run, "mu" the true mu of
            each set too, "all" also how answers depend on the true nuisance parameters.
    """

    num_of_sets: PositiveInt = 10
    num_pseudo_experiments: PositiveInt = 100
    mu_range: tuple[float, float] = Field(default=(0.1, 3.0), strict=False)
    task: str = "higgs"
    systematics: dict[str, bool] = {}
    fresh_events: bool = False
    random_seed: Annotated[int, Field(ge=0)] = 31415
    limits: Limits = Limits()
    reveal: Reveal = "none"

    @property
    def number(self) -> int:
        """The number of pseudo-experiments of all sets."""
        return self.num_of_sets * self.num_pseudo_experiments

    @model_validator(mode="after")
    def _check_mu_range(self) -> "Settings":
        low, high = self.mu_range
        if not 0 <= low <= high <= MAX_MU:
            raise ValueError(f"mu_range must be 0 <= low <= high <= {MAX_MU:g}, not {low} and {high}")
        return self


def require_settings(phase: Path) -> None:
    """Check that a phase has settings of its own, before a truth is made: the official seed is public.

    Args:
        phase: folder of the phase.

    Raises:
        InputError: it has no settings.yaml.
    """
    if not (phase / SETTINGS_FILE).is_file():
        raise InputError(f"{phase} has no {SETTINGS_FILE}; the official seed is public, so its truth is no secret.")


def load_settings(path: Path | None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read a settings.yaml; an absent file gives the official settings.

    Args:
        path: the file; None, or a path that does not exist, for the defaults.
        overrides: settings that replace the file's.

    Raises:
        InputError: the file is not YAML, or a setting is unknown, of the wrong type or out of range.
    """
    content: Any = {}
    if path is not None and path.exists():
        try:
            with path.open() as file:
                content = yaml.safe_load(file)
        except (OSError, yaml.YAMLError, ValueError) as error:
            raise InputError(f"{path} cannot be read as YAML: {' '.join(str(error).split())}.") from error
        content = {} if content is None else content
        if not isinstance(content, dict):
            raise InputError(f"{path} must be a mapping of settings, not {type(content).__name__}.")
    try:
        return Settings(**{**content, **(overrides or {})})
    except (ValidationError, TypeError) as error:
        replaced = f", {' and '.join(overrides)} replaced by the command line" if overrides else ""
        raise InputError(f"{path or 'Settings'}{replaced}: {_explain(error)}.") from error


def _explain(error: ValidationError | TypeError) -> str:
    if isinstance(error, TypeError):
        return str(error)
    return "; ".join(_explain_part(part) for part in error.errors())


def _explain_part(part: ErrorDetails) -> str:
    name = ".".join(map(str, part["loc"])) or "settings"
    if part["type"] == "extra_forbidden":
        known = Limits.model_fields if len(part["loc"]) > 1 else Settings.model_fields
        return f"there is no setting {name}; the settings here are {', '.join(known)}"
    return f"{name}: {part['msg']}"
